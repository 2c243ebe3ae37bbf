//! The gateway, tried from outside.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets something else must stop and say so"
)]

mod chat;
mod chat_tools;
mod faults;
mod limits;
mod models;
mod net;
mod reload;
mod rpc;
mod sessions;
mod site;
