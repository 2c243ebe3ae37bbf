//! The frames of the WebSocket protocol. Source: WebSocket protocol, section 1.

mod parse;

pub use parse::Malformed;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Largest frame before `connect` was accepted, in bytes.
pub const MAX_HANDSHAKE_FRAME: usize = 65_536;

/// Largest frame afterwards, in bytes.
pub const MAX_FRAME: usize = 26_214_400;

/// How deep arrays and objects of a frame may lie in each other.
pub const MAX_DEPTH: usize = 64;

/// Versions of the protocol this contract describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Version 3.
    V3,
    /// Version 4.
    V4,
}

impl Protocol {
    /// The version a client that speaks `min` to `max` and this side agree on: the highest both
    /// know; `None` when there is none.
    pub fn negotiate(min: u32, max: u32) -> Option<Self> {
        match max.min(4) {
            3 if min <= 3 => Some(Self::V3),
            4 if min <= 4 => Some(Self::V4),
            _ => None,
        }
    }

    /// Its number on the wire.
    pub fn number(self) -> u32 {
        match self {
            Self::V3 => 3,
            Self::V4 => 4,
        }
    }
}

/// A call: `{"type":"req","id":…,"method":…,"params":…}`.
#[derive(Debug, Clone)]
pub struct Request {
    /// Chosen by the client; its answer carries it again. Not empty.
    pub id: String,
    /// Which method. Not empty.
    pub method: String,
    /// Its parameters, unread.
    pub params: Option<Box<RawValue>>,
    /// Whether it came in the four-field form, without `type`, and is answered in that form.
    pub bare: bool,
}

/// An answer: `{"type":"res","id":…,"ok":…}` with `payload` or `error`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename = "res")]
pub struct Response {
    /// The call's.
    pub id: String,
    /// Whether it worked.
    pub ok: bool,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Box<RawValue>>,
    /// Why it did not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FrameError>,
}

/// Why a call did not work.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameError {
    /// `INVALID_REQUEST`, `UNAVAILABLE`, `NOT_PAIRED`, `FORBIDDEN`, `APPROVAL_NOT_FOUND`.
    pub code: String,
    /// One line for people: what went wrong and what to do.
    pub message: String,
    /// Facts a program may use; a finer `code` among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
    /// Whether the same call may work later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// When to try again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// A message nobody asked for: `{"type":"event","event":…,"payload":…}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename = "event", rename_all = "camelCase")]
pub struct Event {
    /// Its name, one of [`crate::EVENTS`].
    pub event: String,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Box<RawValue>>,
    /// Counts the events of this connection from 1, without holes; absent on addressed events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// With `presence` and `health`: how often each has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_version: Option<StateVersion>,
}

/// How often presence and health have changed since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateVersion {
    /// Presence.
    pub presence: u64,
    /// Health.
    pub health: u64,
}
