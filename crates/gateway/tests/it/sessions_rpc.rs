//! `sessions.*` and the events of sessions over a WebSocket (S000-21; gateway RPC methods,
//! "Sessions").

mod changing;
mod counting;
mod following;
mod looking;
