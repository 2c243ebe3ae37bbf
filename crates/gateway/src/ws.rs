//! The WebSocket protocol: sockets in, frames out. Source: WebSocket protocol.
//!
//! What: the framing, the handshake, requests and their answers, events, presence, signs of life.
//! Who calls it: `net` hands over sockets after their 101; services tell the [`Hub`].
//! Never: decides who may come in (`identity`), does the work of a method (`services`).
//! Invariants: nothing a client sends ends more than its own connection; telling never waits for a
//! socket; every buffer has a bound; an idle connection is one task and little more.
//! Start reading at [`Sockets::serve`], then `connect`, then `requests`.

mod answer;
mod connect;
mod frames;
mod hello;
pub(crate) mod hub;
mod inside;
pub(crate) mod link;
pub(crate) mod outbox;
pub(crate) mod presence;
mod pulse;
mod requests;
mod socket;
mod sockets;
#[cfg(test)]
mod tests;

pub(crate) use hub::Hub;
pub use inside::Inside;
pub(crate) use link::{Link, Told};
pub(crate) use outbox::Close;
pub use pulse::Rhythm;
pub(crate) use pulse::pulse;
pub(crate) use sockets::{HANDSHAKE, Newcomer, Sockets, service_restart};
