//! The door, tried from outside with raw bytes on real sockets.

mod bodies;
mod deadlines;
mod framing;
mod guard;
mod life;
mod login;
mod permits;
mod raw;
mod rig;
