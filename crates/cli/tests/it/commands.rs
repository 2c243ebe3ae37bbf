//! Each command, by what it prints, leaves on disk and exits with.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod config;
mod costs;
mod doctor;
mod elsewhere;
mod flows;
mod gateway;
mod guide;
mod node;
mod onboard;
mod proxy;
mod remote;
mod sandbox;
mod terminal;
mod usage;
mod wizard;

pub(crate) use sandbox::Sandbox;
