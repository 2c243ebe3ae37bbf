//! Chat completions as server-sent events. Source: HTTP API, section 3, "Streaming".

use super::complete::{Head, UsageOut};
use super::error_value;
use crate::error::ApiError;
use bytes::Bytes;
use domain::Usage;
use serde::Serialize;

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: &'a [ChunkChoice<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsageOut>,
}

#[derive(Serialize)]
struct ChunkChoice<'a> {
    index: u32,
    delta: Delta<'a>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[CallDelta<'a>; 1]>,
}

#[derive(Serialize)]
struct CallDelta<'a> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    function: FunctionDelta<'a>,
}

#[derive(Serialize)]
struct FunctionDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    arguments: &'a str,
}

/// Writes the events of one stream.
pub(super) struct Frames {
    head: Head,
}

impl Frames {
    pub(super) fn new(head: Head) -> Self {
        Self { head }
    }

    pub(super) fn role(&self) -> Bytes {
        self.delta(
            Delta {
                role: Some("assistant"),
                ..Delta::default()
            },
            None,
        )
    }

    pub(super) fn text(&self, text: &str) -> Bytes {
        self.delta(
            Delta {
                content: Some(text),
                ..Delta::default()
            },
            None,
        )
    }

    pub(super) fn reasoning(&self, text: &str) -> Bytes {
        self.delta(
            Delta {
                reasoning_content: Some(text),
                ..Delta::default()
            },
            None,
        )
    }

    pub(super) fn call(&self, index: u32, id: &str, name: &str) -> Bytes {
        let function = FunctionDelta {
            name: Some(name),
            arguments: "",
        };
        let call = CallDelta {
            index,
            id: Some(id),
            kind: Some("function"),
            function,
        };
        self.delta(
            Delta {
                tool_calls: Some([call]),
                ..Delta::default()
            },
            None,
        )
    }

    pub(super) fn arguments(&self, index: u32, json: &str) -> Bytes {
        let function = FunctionDelta {
            name: None,
            arguments: json,
        };
        let call = CallDelta {
            index,
            id: None,
            kind: None,
            function,
        };
        self.delta(
            Delta {
                tool_calls: Some([call]),
                ..Delta::default()
            },
            None,
        )
    }

    /// The end of a complete answer: the reason, the usage if asked for, `[DONE]`.
    pub(super) fn end(&self, finish_reason: &'static str, usage: Option<&Usage>) -> Bytes {
        let mut out = Vec::with_capacity(512);
        self.write(&mut out, Delta::default(), Some(finish_reason));
        if let Some(usage) = usage {
            let chunk = Chunk {
                usage: Some(UsageOut::from(usage)),
                ..self.chunk(&[])
            };
            event(&mut out, &chunk);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        out.into()
    }

    /// The end of an answer that failed after the stream began.
    pub(super) fn error(error: &ApiError) -> Bytes {
        let mut out = Vec::with_capacity(256);
        event(&mut out, &error_value(error));
        out.extend_from_slice(b"data: [DONE]\n\n");
        out.into()
    }

    /// Nothing, for those who listen for silence.
    pub(super) fn heartbeat() -> Bytes {
        Bytes::from_static(b": keep-alive\n\n")
    }

    fn delta(&self, delta: Delta<'_>, finish_reason: Option<&'static str>) -> Bytes {
        let mut out = Vec::with_capacity(256);
        self.write(&mut out, delta, finish_reason);
        out.into()
    }

    fn write(&self, out: &mut Vec<u8>, delta: Delta<'_>, finish_reason: Option<&'static str>) {
        event(
            out,
            &self.chunk(&[ChunkChoice {
                index: 0,
                delta,
                finish_reason,
            }]),
        );
    }

    fn chunk<'a>(&'a self, choices: &'a [ChunkChoice<'a>]) -> Chunk<'a> {
        Chunk {
            id: &self.head.id,
            object: "chat.completion.chunk",
            created: self.head.created,
            model: &self.head.model,
            choices,
            usage: None,
        }
    }
}

fn event(out: &mut Vec<u8>, value: &impl Serialize) {
    let start = out.len();
    out.extend_from_slice(b"data: ");
    if serde_json::to_writer(&mut *out, value).is_err() {
        // Nothing of ours has a map with keys that are no text; if it ever has, the event is left out.
        out.truncate(start);
        return;
    }
    out.extend_from_slice(b"\n\n");
}
