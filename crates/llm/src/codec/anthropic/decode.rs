//! From the wire to the inner language.

use super::blocks::Blocks;
use crate::codec::{Decode, Peer, Progress, fail};
use crate::sse::Frame;
use crate::wire::anthropic::{Answer, Event, OutputTokens, WireUsage};
use crate::wire::openai_chat::{ErrorBody, ErrorDetail};
use crate::{Error, ModelEvent};
use domain::{ModelId, StopReason, TokenCount, Usage};
use std::collections::VecDeque;

/// Reads one answer.
#[derive(Debug)]
pub(super) struct Decoder {
    peer: Peer,
    answer: Option<Box<str>>,
    started: bool,
    blocks: Blocks,
    stop: Option<StopReason>,
    counts: WireUsage,
    progress: Progress,
}

impl Decoder {
    pub(super) fn new(peer: Peer) -> Self {
        Self {
            peer,
            answer: None,
            started: false,
            blocks: Blocks::default(),
            stop: None,
            counts: WireUsage::default(),
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
            "{what} is not a message ({:?} error at line {} column {})",
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

    /// Counts are told as soon as they are known, so that a cut answer is not taken for free.
    fn count(&mut self, usage: Option<WireUsage>, out: &mut VecDeque<ModelEvent>) {
        let Some(new) = usage else {
            return;
        };
        let known = self.counts;
        self.counts = WireUsage {
            input_tokens: known.input_tokens.max(new.input_tokens),
            cache_creation_input_tokens: known
                .cache_creation_input_tokens
                .max(new.cache_creation_input_tokens),
            cache_read_input_tokens: known
                .cache_read_input_tokens
                .max(new.cache_read_input_tokens),
            output_tokens: known.output_tokens.max(new.output_tokens),
            output_tokens_details: OutputTokens {
                thinking_tokens: known
                    .output_tokens_details
                    .thinking_tokens
                    .max(new.output_tokens_details.thinking_tokens),
            },
        };
        if self.counts != known {
            out.push_back(ModelEvent::Usage(inner_usage(&self.counts)));
        }
    }

    fn stopped(&mut self, reason: Option<&str>) {
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            self.stop = Some(stop_reason(reason));
            self.progress = Progress::Stopped;
        }
    }

    fn event(
        &mut self,
        kind: &str,
        event: Event<'_>,
        out: &mut VecDeque<ModelEvent>,
    ) -> Result<(), Error> {
        match kind {
            "message_start" => {
                let message = event.message.unwrap_or_default();
                self.start(message.id.as_deref(), message.model.as_deref(), out);
                self.count(message.usage, out);
            }
            "content_block_start" => {
                self.start(None, None, out);
                let block = event.content_block.unwrap_or_default();
                let (peer, answer) = (&self.peer, self.answer.as_deref());
                let begun = self.blocks.begin(event.index, block, peer, answer, out);
                begun.map_err(|_| self.broken("a tool call has no name"))?;
            }
            "content_block_delta" => {
                self.start(None, None, out);
                self.blocks.grow(event.index, event.delta, out);
            }
            "content_block_stop" => self.blocks.close(event.index, &self.peer, out),
            "message_delta" => {
                self.start(None, None, out);
                self.count(event.usage, out);
                self.stopped(event.delta.stop_reason.as_deref());
            }
            "message_stop" => self.finish(out)?,
            // Pings, and what is still to be invented.
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        if self.progress == Progress::Ended {
            return Ok(());
        }
        if !self.started {
            return Err(self.broken("it ended before it began"));
        }
        self.blocks.close_all(&self.peer, out);
        let reason = match self.stop.take() {
            // A reason that contradicts the calls is a known slip of imitators.
            Some(StopReason::Stop) | None if self.blocks.has_calls() => StopReason::ToolCalls,
            Some(StopReason::ToolCalls) if !self.blocks.has_calls() => StopReason::Stop,
            Some(reason) => reason,
            None => StopReason::Stop,
        };
        out.push_back(ModelEvent::Finished { reason });
        self.progress = Progress::Ended;
        Ok(())
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame<'_>, out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        let data = frame.data.trim_ascii();
        // Some imitators end like OpenAI.
        if self.progress == Progress::Ended || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let event: Event<'_> = match serde_json::from_slice(data) {
            Ok(event) => event,
            Err(_) if frame.event == "error" => return Err(self.failed(None, data)),
            Err(error) => return Err(self.unreadable("an event", &error)),
        };
        let kind = event.kind.clone().unwrap_or_else(|| frame.event.into());
        if kind == "error" || event.error.is_some() {
            return Err(self.failed(event.error, data));
        }
        self.event(&kind, event, out)
    }

    fn body(&mut self, body: &[u8], out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        let answer: Answer<'_> =
            serde_json::from_slice(body).map_err(|error| self.unreadable("it", &error))?;
        if answer.kind.as_deref() == Some("error") || answer.error.is_some() {
            return Err(self.failed(answer.error, body));
        }
        if answer.kind.is_none() && answer.content.is_empty() && answer.stop_reason.is_none() {
            return Err(self.broken("it is not a message"));
        }
        self.start(answer.id.as_deref(), answer.model.as_deref(), out);
        for (index, block) in (0..).zip(answer.content) {
            let (peer, answer) = (&self.peer, self.answer.as_deref());
            let begun = self.blocks.begin(Some(index), block, peer, answer, out);
            begun.map_err(|_| self.broken("a tool call has no name"))?;
            self.blocks.close(Some(index), &self.peer, out);
        }
        self.count(answer.usage, out);
        self.stopped(answer.stop_reason.as_deref());
        self.finish(out)
    }

    fn end(&mut self, out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        if self.progress == Progress::Open {
            return Err(self.broken("the connection closed before the answer was complete"));
        }
        self.finish(out)
    }

    fn progress(&self) -> Progress {
        self.progress
    }
}

fn stop_reason(word: &str) -> StopReason {
    match word {
        "end_turn" | "stop_sequence" => StopReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => StopReason::Length,
        "tool_use" => StopReason::ToolCalls,
        "refusal" => StopReason::ContentFilter,
        other => StopReason::Other(other.into()),
    }
}

/// The provider counts cached input apart; we count it within.
fn inner_usage(counts: &WireUsage) -> Usage {
    let written = counts.cache_creation_input_tokens;
    let read = counts.cache_read_input_tokens;
    let whole = |fresh: u64| {
        let cached = written.unwrap_or(0).saturating_add(read.unwrap_or(0));
        TokenCount(fresh.saturating_add(cached))
    };
    Usage {
        input: counts.input_tokens.map(whole),
        output: counts.output_tokens.map(TokenCount),
        cache_read: read.map(TokenCount),
        cache_write: written.map(TokenCount),
        media: None,
        reasoning: counts.output_tokens_details.thinking_tokens.map(TokenCount),
    }
}
