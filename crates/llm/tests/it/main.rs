//! The crate as its users see it.

mod catalog;
mod fake;
mod golden;
mod offline;
mod quirks;
mod refusals;
mod repair;
mod said;
mod settings;
mod sse;
mod transport;
