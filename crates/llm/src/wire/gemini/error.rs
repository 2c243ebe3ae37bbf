//! How errors are spelt: `google.rpc.Status` as JSON.

use crate::wire::scalar::{Scalar, null_default};
use serde::Deserialize;

/// The body of an error.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    /// What is wrong.
    pub error: Option<Status>,
}

/// What is wrong.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Status {
    /// The HTTP status.
    pub code: Scalar,
    /// For people.
    pub message: Scalar,
    /// The class, e.g. `RESOURCE_EXHAUSTED`.
    pub status: Scalar,
    /// More, by kind.
    #[serde(deserialize_with = "null_default")]
    pub details: Vec<ErrorDetail>,
}

/// More about an error. Flat, so that kinds we do not know are read too.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ErrorDetail {
    /// A word for programs, e.g. `API_KEY_INVALID`.
    pub reason: Scalar,
    /// When to try again, in seconds with an `s` at the end.
    pub retry_delay: Scalar,
}

impl ErrorBody {
    /// Reads a body leniently: an object, or a list whose first element is one.
    pub fn read(body: &[u8]) -> Option<Self> {
        if body.trim_ascii_start().starts_with(b"[") {
            let all = serde_json::from_slice::<Vec<Self>>(body).ok()?;
            return all.into_iter().next();
        }
        serde_json::from_slice(body).ok()
    }
}
