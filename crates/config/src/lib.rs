//! Reads, merges, validates, diffs, watches and edits a settings file of any shape.
//!
//! What: [`locate`] finds the file, [`Document::load`] reads it, [`decode()`] checks it against a
//! schema and makes typed settings, [`secret::Resolver`] fetches secrets, [`edit`] changes the
//! text, [`watch`] tells of changes, [`lkg`] keeps the last configuration that worked.
//! Who calls it: `cli` (where is the file, edits) and `gateway` (settings, reload); other crates
//! only use [`SecretInput`] in their sections.
//! Never: knows what a setting means; resolves a reference while reading; writes a secret back.
//! Invariants: no value of a secret is in a message, a log or `Debug`; every finding has a key
//! and, where there is one, a file and line; an edit changes the one key it was asked to.
//! Start reading at [`Document`].

mod decode;
mod diff;
mod document;
mod dotenv;
pub mod edit;
mod env;
mod include;
pub mod lkg;
pub mod locate;
mod nearest;
mod node;
mod parse;
mod path;
mod permissions;
mod problem;
mod redact;
mod schema;
pub mod secret;
mod substitute;
pub mod watch;

pub use decode::{Decoded, Mode, Rules, check, decode};
pub use diff::diff;
pub use document::{Document, LoadOptions};
pub use env::Env;
pub use include::MAX_INCLUDE_DEPTH;
pub use locate::{ConfigFile, Format};
pub use parse::{MAX_DEPTH, MAX_FILE_BYTES};
pub use path::{KeyPath, Step};
pub use problem::{Problem, Problems, Severity};
pub use redact::{REDACTED, redact, restore};
pub use secret::{EnvSettings, SecretInput, SecretRef, SecretsSettings};
