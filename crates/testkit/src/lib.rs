//! Fakes and fixtures: a model server that speaks, charges and caches like the real ones, the
//! validators of their wires, an empty home, a running gateway, a small HTTP client.
//!
//! Who calls it: integration tests of any crate, the client suites and `bench`; nothing that ships.
//! It never imports the gateway's insides: what it knows is what a user knows, the binary, the
//! settings file and the HTTP surface. So a test written on it keeps its meaning when the inside
//! is rebuilt.
//!
//! Invariants: the fake model answers the same requests in the same order with the same bytes; a
//! call is on its bill before its client can read what it is charged with; nothing listens beyond loopback; no child process and no socket survives its owner.
//!
//! Start with [`FakeModel`], then [`Home`], then [`GatewayProcess`].

pub mod fake_model;
pub mod gateway;
pub mod home;
pub mod http;
pub mod ports;
pub mod wire;

pub use fake_model::FakeModel;
pub use gateway::{GatewayProcess, Launch};
pub use home::Home;
pub use http::{Answer, Caller, EventStream, raw};
pub use wire::wire_check;
