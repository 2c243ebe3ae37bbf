//! Server-sent events, one at a time.

use anyhow::Context;
use bytes::BytesMut;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::DEADLINE;

/// A streamed answer. Dropping it closes the connection, as a client that goes away does.
#[derive(Debug)]
pub struct EventStream {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    body: Incoming,
    pending: BytesMut,
    _connection: JoinSet<()>,
}

impl EventStream {
    pub(super) fn new(response: Response<Incoming>, connection: JoinSet<()>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status,
            headers: head.headers,
            body,
            pending: BytesMut::new(),
            _connection: connection,
        }
    }

    /// A header's value; `None` when it is absent or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The `data` of the next event, `[DONE]` included; `None` when the stream ended properly.
    ///
    /// # Errors
    /// When the connection breaks, or nothing comes within [`DEADLINE`].
    pub async fn next(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            while let Some(line) = self.take_line() {
                if let Some(data) = line.strip_prefix("data:") {
                    return Ok(Some(data.trim_start().to_owned()));
                }
            }
            if !self.read_more().await? {
                return Ok(None);
            }
        }
    }

    /// Every remaining event.
    ///
    /// # Errors
    /// As [`EventStream::next`].
    pub async fn collect(mut self) -> anyhow::Result<Vec<String>> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await? {
            events.push(event);
        }
        Ok(events)
    }

    /// The text of all remaining chat completion chunks, joined.
    ///
    /// # Errors
    /// As [`EventStream::next`], and when an event before `[DONE]` is not JSON.
    pub async fn text(self) -> anyhow::Result<String> {
        let mut text = String::new();
        for event in self.collect().await? {
            if event == "[DONE]" {
                break;
            }
            let chunk: Value =
                serde_json::from_str(&event).with_context(|| format!("not JSON: {event}"))?;
            if let Some(piece) = chunk
                .pointer("/choices/0/delta/content")
                .and_then(Value::as_str)
            {
                text.push_str(piece);
            }
        }
        Ok(text)
    }

    /// The rest of the body as it is, for an answer that is no stream.
    ///
    /// # Errors
    /// As [`EventStream::next`].
    pub async fn rest(mut self) -> anyhow::Result<String> {
        while self.read_more().await? {}
        Ok(String::from_utf8_lossy(&self.pending).into_owned())
    }

    fn take_line(&mut self) -> Option<String> {
        let end = self.pending.iter().position(|byte| *byte == b'\n')?;
        let line = self.pending.split_to(end + 1);
        Some(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Reads one frame; `false` at the end.
    async fn read_more(&mut self) -> anyhow::Result<bool> {
        let frame = timeout(DEADLINE, self.body.frame())
            .await
            .context("the stream went silent")?;
        let Some(frame) = frame else { return Ok(false) };
        if let Ok(data) = frame.context("the stream broke off")?.into_data() {
            self.pending.extend_from_slice(&data);
        }
        Ok(true)
    }
}
