//! Scripted answers, for tests: what is said, how fast, and how it fails.

use super::play::Step;
use crate::Error;
use crate::codec::openai_chat::OpenAiChat;
use crate::codec::{Codec, Peer};
use crate::provider::Timeouts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use std::collections::VecDeque;
use std::time::Duration;

/// A script.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Script {
    /// Pieces of reasoning, said first.
    pub(super) reasoning: Vec<String>,
    /// Pieces of text.
    pub(super) deltas: Vec<String>,
    /// Wait before every piece, in milliseconds.
    pub(super) delay_ms: u64,
    /// The word for why it stopped, as OpenAI spells it; `stop` when absent.
    pub(super) stop: Option<String>,
    /// How it fails.
    pub(super) fail: Option<Fail>,
}

/// How an answer fails.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Fail {
    /// In what way.
    kind: Kind,
    /// HTTP status, for `status`; 500 when absent.
    #[serde(default)]
    status: Option<u16>,
    /// Seconds of `Retry-After`, for `status`.
    #[serde(default)]
    retry_after: Option<u64>,
    /// The provider's words, for `status`.
    #[serde(default)]
    message: Option<String>,
    /// How long it takes, in milliseconds, for `hang` (then it times out; the usual deadline when
    /// absent) and `slowFirst` (then it goes on; 1000 when absent).
    #[serde(default)]
    after_ms: Option<u64>,
    /// How many pieces come first.
    #[serde(default)]
    after_deltas: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    /// An HTTP status other than success.
    Status,
    /// Silence until the deadline.
    Hang,
    /// The connection closes in the middle.
    Cut,
    /// Something that is not JSON.
    BadJson,
    /// A long silence, then an ordinary answer.
    SlowFirst,
    /// No connection.
    Refuse,
}

impl Fail {
    /// How long the first piece takes in coming.
    pub(super) fn slow_first(&self) -> Option<Duration> {
        (self.kind == Kind::SlowFirst).then(|| Duration::from_millis(self.after_ms.unwrap_or(1000)))
    }

    /// How many pieces are said before it fails; `None` when it does not fail after all.
    pub(super) fn after(&self) -> Option<usize> {
        (self.kind != Kind::SlowFirst).then_some(self.after_deltas)
    }

    /// Ends `steps` with the failure.
    pub(super) fn end(&self, peer: &Peer, steps: &mut VecDeque<Step>) {
        let provider = peer.provider.clone();
        let broken = |detail: &str| Error::BrokenStream {
            provider: peer.provider.clone(),
            detail: detail.to_owned(),
        };
        let error = match self.kind {
            Kind::Status => self.status(peer),
            Kind::Hang => {
                let usual = Timeouts::default();
                let (phase, deadline) = if self.after_deltas == 0 {
                    ("first byte", usual.first_byte)
                } else {
                    ("idle", usual.idle)
                };
                let waited = self.after_ms.map_or(deadline, Duration::from_millis);
                steps.push_back(Step::Wait(waited));
                Error::TimedOut {
                    provider,
                    phase,
                    waited,
                }
            }
            Kind::Cut => broken("the connection closed before the answer was complete"),
            Kind::BadJson => broken("an event is not a chat completion (scripted)"),
            Kind::Refuse => Error::Unreachable {
                provider,
                origin: "offline".to_owned(),
                detail: "connection refused (scripted)".to_owned(),
            },
            Kind::SlowFirst => return,
        };
        steps.push_back(Step::Fail(error));
    }

    /// The error a real provider's answer with this status would be.
    fn status(&self, peer: &Peer) -> Error {
        let status = self
            .status
            .and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers = HeaderMap::new();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let message = self.message.as_deref().unwrap_or("scripted failure");
        let body = serde_json::json!({ "error": { "message": message } }).to_string();
        OpenAiChat::new(peer.clone()).error(status, &headers, body.as_bytes())
    }
}
