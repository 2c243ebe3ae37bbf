//! What is served over HTTP: one table of routes, one folder per dialect.

mod health;
mod json;
mod metrics;
mod native;
mod openai;
mod respond;
mod router;
mod ui;

pub(crate) use router::Site;
pub use router::{ROUTES, Route, RouteAccess};
