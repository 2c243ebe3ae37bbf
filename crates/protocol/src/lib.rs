//! Our public contract: methods with their parameters and replies, scopes, error codes.
//!
//! What: one Rust type per method of the control plane; dispatch, schema and clients derive from it.
//! Who calls it: `gateway` serves it, `client` and `cli` call it.
//! Never: depends on another crate of ours; knows how a method does its work.
//! Invariants: names and shapes follow the recorded protocol, so existing clients understand them;
//! public names are `camelCase`; every method is in the table of [`methods`], every event in [`EVENTS`].
//! Start reading at [`methods`].

mod connect;
mod device;
mod error;
mod event;
mod frame;
pub mod json;
mod method;
pub mod methods;

pub use connect::{
    AttachmentPolicy, ClientProgram, ConnectAuth, ConnectParams, DeviceProof, Features, GivenToken,
    HelloAuth, HelloOk, Policy, ServerIdentity, SessionDefaults, Snapshot,
};
pub use device::{SignatureVersion, device_payload};
pub use error::{ErrorCode, ErrorShape};
pub use event::{EVENTS, EventRow, Guard, event_info};
pub use frame::{
    Event, FrameError, MAX_DEPTH, MAX_FRAME, MAX_HANDSHAKE_FRAME, Malformed, Protocol, Request,
    Response, StateVersion,
};
pub use method::{Method, MethodInfo, MethodSchema, Role, Scope};
