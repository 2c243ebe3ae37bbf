//! What is served over HTTP: one table of routes, one folder per dialect.

mod anthropic;
mod exchange;
mod health;
mod metrics;
mod native;
mod openai;
mod respond;
mod router;
mod routes;
mod target;
mod tools;
mod ui;

pub(crate) use native::read_params;
pub(crate) use router::Site;
pub use routes::{ROUTES, Route, RouteAccess};
pub(crate) use ui::Folder as UiFolder;
