//! Our public contract: methods with their parameters and replies, scopes, error codes.
//!
//! What: one Rust type per method of the control plane; dispatch, schema and clients derive from it.
//! Who calls it: `gateway` serves it, `client` and `cli` call it.
//! Never: depends on another crate of ours; knows how a method does its work.
//! Invariants: names and shapes follow the recorded protocol, so existing clients understand them;
//! public names are `camelCase`; every method is listed in [`METHODS`].
//! Start reading at [`methods`].

mod error;
mod method;
pub mod methods;

pub use error::{ErrorCode, ErrorShape};
pub use method::{METHODS, Method, MethodInfo, MethodSchema, Scope};
