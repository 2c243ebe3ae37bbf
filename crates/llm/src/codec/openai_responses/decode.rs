//! From the wire to the inner language.

use super::items::{Items, Place, Thought};
use crate::codec::{Decode, Peer, Progress, fail};
use crate::sse::Frame;
use crate::wire::openai_chat::{ErrorBody, ErrorDetail};
use crate::wire::openai_responses::{Event, Response, WireUsage};
use crate::{Error, ModelEvent};
use domain::{ModelId, StopReason, TokenCount, Usage};
use std::collections::VecDeque;

/// Reads one answer.
#[derive(Debug)]
pub(super) struct Decoder {
    peer: Peer,
    answer: Option<Box<str>>,
    started: bool,
    items: Items,
    progress: Progress,
}

impl Decoder {
    pub(super) fn new(peer: Peer) -> Self {
        Self {
            peer,
            answer: None,
            started: false,
            items: Items::default(),
            progress: Progress::Open,
        }
    }

    fn broken(&self, detail: impl Into<String>) -> Error {
        Error::BrokenStream {
            provider: self.peer.provider.clone(),
            detail: detail.into(),
        }
    }

    /// The reader's own words may quote the answer, so only the place is told.
    fn unreadable(&self, what: &str, error: &serde_json::Error) -> Error {
        self.broken(format!(
            "{what} is not a response ({:?} error at line {} column {})",
            error.classify(),
            error.line(),
            error.column()
        ))
    }

    fn failed(&self, error: Option<ErrorDetail>, raw: &[u8]) -> Error {
        let body = ErrorBody {
            error,
            ..ErrorBody::default()
        };
        fail::in_stream(&self.peer, &body, raw)
    }

    fn start(&mut self, id: Option<&str>, model: Option<&str>, out: &mut VecDeque<ModelEvent>) {
        if self.started {
            return;
        }
        self.started = true;
        self.answer = id.filter(|id| !id.is_empty()).map(Into::into);
        out.push_back(ModelEvent::Started {
            response_id: self.answer.clone(),
            model: model.filter(|model| !model.is_empty()).map(ModelId::new),
        });
    }

    /// One event that is not an error.
    fn event(
        &mut self,
        kind: &str,
        event: &Event<'_>,
        out: &mut VecDeque<ModelEvent>,
    ) -> Result<(), Error> {
        let item = event.output_index.unwrap_or(0);
        let piece = event.content_index.unwrap_or(0);
        let place = Place { item, piece };
        let paragraph = Place {
            item,
            piece: event.summary_index.unwrap_or(0),
        };
        let delta = event.delta.as_deref().unwrap_or_default();
        match kind {
            "response.output_text.delta" | "response.refusal.delta" => {
                self.items.text(place, delta, out);
            }
            "response.output_text.done" | "response.refusal.done" => {
                let whole = event.text.as_deref().or(event.refusal.as_deref());
                self.items.whole_text(place, whole.unwrap_or_default(), out);
            }
            "response.reasoning_summary_text.delta" => {
                self.items.thought(paragraph, Thought::Summary, delta, out);
            }
            "response.reasoning_text.delta" => {
                self.items.thought(place, Thought::Whole, delta, out);
            }
            "response.function_call_arguments.delta" => self.items.arguments(item, delta, out),
            "response.function_call_arguments.done" => {
                let whole = event.arguments.as_ref().map_or("", |all| all.0.as_ref());
                self.items.whole_arguments(item, whole, out);
            }
            "response.output_item.added" => {
                if let Some(given) = event
                    .item
                    .as_ref()
                    .filter(|item| is_call(item.kind.as_deref()))
                {
                    self.items.call(item, given, self.answer.as_deref(), out);
                }
            }
            "response.output_item.done" => {
                if let Some(given) = &event.item {
                    let from = (&self.peer.provider, self.answer.as_deref());
                    self.items.done(item, given, from, out);
                }
            }
            "response.completed" | "response.incomplete" => {
                let response = event.response.clone().unwrap_or_default();
                return self.finish(kind == "response.completed", &response, out);
            }
            _ => {}
        }
        Ok(())
    }

    /// The answer reached its end.
    fn finish(
        &mut self,
        complete: bool,
        response: &Response<'_>,
        out: &mut VecDeque<ModelEvent>,
    ) -> Result<(), Error> {
        // Some servers stream nothing but the end.
        if self.items.is_empty() {
            for (item, given) in (0..).zip(&response.output) {
                let from = (&self.peer.provider, self.answer.as_deref());
                self.items.done(item, given, from, out);
            }
        }
        if complete && self.items.has_nameless() {
            return Err(self.broken("a tool call has no name"));
        }
        let details = response.incomplete_details.as_ref();
        let reason = match details.and_then(|details| details.reason.as_deref()) {
            Some("max_output_tokens") if !complete => StopReason::Length,
            Some("content_filter") if !complete => StopReason::ContentFilter,
            Some(other) if !complete => StopReason::Other(other.into()),
            None if !complete => StopReason::Other("incomplete".into()),
            Some(_) | None if self.items.has_calls() => StopReason::ToolCalls,
            Some(_) | None => StopReason::Stop,
        };
        if complete {
            self.items.complete(out);
        }
        if let Some(usage) = &response.usage {
            out.push_back(ModelEvent::Usage(inner_usage(usage)));
        }
        out.push_back(ModelEvent::Finished { reason });
        self.progress = Progress::Ended;
        Ok(())
    }

    /// A response that failed may have been paid for.
    fn refused(
        &mut self,
        response: Response<'_>,
        raw: &[u8],
        out: &mut VecDeque<ModelEvent>,
    ) -> Error {
        if let Some(usage) = response.usage.filter(|_| self.started) {
            out.push_back(ModelEvent::Usage(inner_usage(&usage)));
        }
        match response.error {
            Some(error) => self.failed(Some(error), raw),
            None => self.broken("the provider gave up in the middle"),
        }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame<'_>, out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        let data = frame.data.trim_ascii();
        if self.progress == Progress::Ended || data.is_empty() {
            return Ok(());
        }
        if data == b"[DONE]" {
            return self.end(out);
        }
        let event: Event<'_> =
            serde_json::from_slice(data).map_err(|error| self.unreadable("an event", &error))?;
        let kind = event.kind.clone().unwrap_or_else(|| frame.event.into());
        if kind == "error" || (event.error.is_some() && event.response.is_none()) {
            let detail = event.error.unwrap_or(ErrorDetail {
                message: event.message,
                code: event.code,
                ..ErrorDetail::default()
            });
            return Err(self.failed(Some(detail), data));
        }
        if let Some(response) = &event.response {
            self.start(response.id.as_deref(), response.model.as_deref(), out);
        } else if kind.starts_with("response.") {
            self.start(None, None, out);
        }
        if kind == "response.failed" {
            return Err(self.refused(event.response.unwrap_or_default(), data, out));
        }
        self.event(&kind, &event, out)
    }

    fn body(&mut self, body: &[u8], out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        let mut response: Response<'_> =
            serde_json::from_slice(body).map_err(|error| self.unreadable("it", &error))?;
        if let Some(error) = response.error.take() {
            return Err(self.failed(Some(error), body));
        }
        let status = response.status.clone().unwrap_or_default();
        let complete = match &*status {
            "incomplete" => false,
            "completed" => true,
            "" if !response.output.is_empty() => true,
            "" => return Err(self.broken("it is not a response")),
            "failed" => return Err(self.broken("the provider gave up without a reason")),
            other => {
                let shown: String = other
                    .chars()
                    .filter(char::is_ascii_graphic)
                    .take(40)
                    .collect();
                return Err(self.broken(format!("it came with the status {shown:?}")));
            }
        };
        self.start(response.id.as_deref(), response.model.as_deref(), out);
        self.finish(complete, &response, out)
    }

    fn end(&mut self, _: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        match self.progress {
            Progress::Ended => Ok(()),
            Progress::Open | Progress::Stopped if self.started => {
                Err(self.broken("the connection closed before the answer was complete"))
            }
            Progress::Open | Progress::Stopped => Err(self.broken("it ended before it began")),
        }
    }

    fn progress(&self) -> Progress {
        self.progress
    }
}

fn is_call(kind: Option<&str>) -> bool {
    kind == Some("function_call")
}

fn inner_usage(usage: &WireUsage) -> Usage {
    let input = usage.input_tokens_details.unwrap_or_default();
    let output = usage.output_tokens_details.unwrap_or_default();
    Usage {
        input: usage.input_tokens.map(TokenCount),
        output: usage.output_tokens.map(TokenCount),
        cache_read: input.cached_tokens.map(TokenCount),
        cache_write: input.cache_write_tokens.map(TokenCount),
        media: None,
        reasoning: output.reasoning_tokens.map(TokenCount),
    }
}
