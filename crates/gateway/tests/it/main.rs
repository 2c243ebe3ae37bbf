//! The gateway, tried from outside.

mod net;
mod chat;
mod faults;
mod limits;
mod models;
mod reload;
mod rpc;
mod sessions;
mod site;
