//! The client against sockets that answer as a gateway, or something else, would.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the socket at the other end is part of the test: it fails by panicking"
)]

mod http;
mod peer;
mod scripted;
mod ws;
