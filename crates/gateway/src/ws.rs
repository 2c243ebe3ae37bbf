//! The WebSocket protocol: sockets in, frames out. Source: WebSocket protocol.

pub(crate) mod hub;
pub(crate) mod link;
pub(crate) mod outbox;

pub(crate) use hub::Hub;
pub(crate) use link::{Link, Told};
pub(crate) use outbox::Close;
