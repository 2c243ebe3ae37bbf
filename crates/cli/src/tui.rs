//! The terminal UI: a conversation with an agent in a full screen.
//!
//! [`model`] is everything that is known; [`update`] says what an event changes and what is to be
//! done; [`view`] draws it. These three know neither a terminal nor a connection, so every screen
//! can be made in a test. [`link`] is the way to the gateway, [`run`] the loop that holds the
//! terminal.
//! Invariants: no text of others reaches a cell but through [`clean`]; a frame lays out what is
//! visible only; no message is lost while the connection is away.

mod approval;
mod clean;
mod composer;
mod history;
mod link;
mod markdown;
mod model;
mod picker;
mod prose;
mod run;
mod slash;
mod terminal;
mod theme;
mod transcript;
mod update;
mod view;
mod wire;
mod wrap;

pub(crate) use link::{LocalLink, SocketLink};
pub(crate) use model::{Model, Wishes};
pub(crate) use run::run;
pub(crate) use theme::Theme;

#[cfg(test)]
mod tests;
