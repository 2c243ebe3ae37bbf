//! From the wire to the inner language.

use super::REASONING_CONTENT;
use super::calls::{Announce, Calls};
use crate::codec::parts::Parts;
use crate::codec::{Decode, Peer, Progress, fail};
use crate::sse::Frame;
use crate::wire::openai_chat::{
    CallDelta, ChatAnswer, ChatChunk, Content, Delta, ErrorBody, FunctionDelta, WireUsage,
};
use crate::{Error, ModelEvent};
use domain::{ModelId, ProviderState, StopReason, TokenCount, Usage};
use std::collections::VecDeque;

/// Reads one answer.
#[derive(Debug)]
pub(super) struct Decoder {
    peer: Peer,
    answer: Option<Box<str>>,
    started: bool,
    parts: Parts,
    calls: Calls,
    stop: Option<StopReason>,
    usage: Option<Usage>,
    /// The counts that were told while the answer went on.
    told: Option<Usage>,
    saw_choice: bool,
    progress: Progress,
}

impl Decoder {
    pub(super) fn new(peer: Peer) -> Self {
        Self {
            peer,
            answer: None,
            started: false,
            parts: Parts::default(),
            calls: Calls::default(),
            stop: None,
            usage: None,
            told: None,
            saw_choice: false,
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
            "{what} is not a chat completion ({:?} error at line {} column {})",
            error.classify(),
            error.line(),
            error.column()
        ))
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

    /// Reasoning in the spelling of those who want it back.
    fn reasoning_kept(&mut self, delta: String, out: &mut VecDeque<ModelEvent>) {
        let provider = &self.peer.provider;
        let keep = || {
            Some(ProviderState {
                provider: provider.clone(),
                kind: REASONING_CONTENT.into(),
                data: "".into(),
            })
        };
        self.parts.reasoning(delta, keep, out);
    }

    fn call(&mut self, delta: &CallDelta<'_>, out: &mut VecDeque<ModelEvent>) {
        let answer = self.answer.as_deref();
        self.calls.add(
            delta,
            Announce {
                answer,
                parts: &mut self.parts,
                out,
            },
        );
    }

    fn delta(&mut self, delta: Delta<'_>, out: &mut VecDeque<ModelEvent>) {
        if let Some(thought) = delta.reasoning_content {
            self.reasoning_kept(thought.into_owned(), out);
        } else if let Some(thought) = delta.reasoning {
            self.parts.reasoning(thought.into_owned(), || None, out);
        }
        if let Some(text) = delta.content.map(plain).or(delta.refusal.map(Into::into)) {
            self.parts.text(text, out);
        }
        for call in &delta.tool_calls {
            self.call(call, out);
        }
        if let Some(function) = delta.function_call {
            self.call(
                &CallDelta {
                    function,
                    ..CallDelta::default()
                },
                out,
            );
        }
    }

    fn stopped(&mut self, reason: Option<&str>) {
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            self.stop = Some(stop_reason(reason));
            self.progress = Progress::Stopped;
        }
    }

    fn finish(&mut self, out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        if self.progress == Progress::Ended {
            return Ok(());
        }
        if !self.saw_choice {
            return Err(self.broken("it ended before it began"));
        }
        if self.calls.has_nameless() {
            return Err(self.broken("a tool call has no name"));
        }
        let reason = match self.stop.take() {
            // A reason that contradicts the calls is a known slip of imitators.
            Some(StopReason::Stop) | None if !self.calls.is_empty() => StopReason::ToolCalls,
            Some(StopReason::ToolCalls) if self.calls.is_empty() => StopReason::Stop,
            Some(StopReason::Other(word)) if &*word == "error" => {
                return Err(self.broken("the provider gave up in the middle"));
            }
            Some(reason) => reason,
            None => StopReason::Stop,
        };
        self.calls.complete(out);
        if let Some(usage) = self.usage.filter(|usage| self.told != Some(*usage)) {
            out.push_back(ModelEvent::Usage(usage));
        }
        out.push_back(ModelEvent::Finished { reason });
        self.progress = Progress::Ended;
        Ok(())
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame<'_>, out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        let data = frame.data.trim_ascii();
        if self.progress == Progress::Ended || data.is_empty() {
            return Ok(());
        }
        if data == b"[DONE]" {
            return self.finish(out);
        }
        if frame.event == "error" {
            return Err(fail::in_stream(
                &self.peer,
                &ErrorBody::read(data).unwrap_or_default(),
                data,
            ));
        }
        let chunk: ChatChunk<'_> =
            serde_json::from_slice(data).map_err(|error| self.unreadable("an event", &error))?;
        if let Some(error) = chunk.error {
            let body = ErrorBody {
                error: Some(error),
                ..ErrorBody::default()
            };
            return Err(fail::in_stream(&self.peer, &body, data));
        }
        // Azure begins with a chunk that says nothing, not even who answers.
        let says_nothing = chunk.choices.is_empty() && chunk.id.as_deref().unwrap_or("").is_empty();
        if !says_nothing {
            self.start(chunk.id.as_deref(), chunk.model.as_deref(), out);
        }
        if let Some(usage) = chunk.usage {
            let usage = inner_usage(&usage);
            self.usage = Some(usage);
            // Told at once while the answer goes on, so that a cut one is not taken for free.
            if self.stop.is_none() && self.told != self.usage {
                self.told = self.usage;
                out.push_back(ModelEvent::Usage(usage));
            }
        }
        // Only the first alternative is ours; we never ask for more.
        if let Some(choice) = chunk
            .choices
            .into_iter()
            .find(|c| c.index.unwrap_or(0) == 0)
        {
            self.saw_choice = true;
            self.delta(choice.delta, out);
            self.stopped(choice.finish_reason.as_deref());
        }
        Ok(())
    }

    fn body(&mut self, body: &[u8], out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        let answer: ChatAnswer<'_> =
            serde_json::from_slice(body).map_err(|error| self.unreadable("it", &error))?;
        if let Some(error) = answer.error {
            let read = ErrorBody {
                error: Some(error),
                ..ErrorBody::default()
            };
            return Err(fail::in_stream(&self.peer, &read, body));
        }
        self.start(answer.id.as_deref(), answer.model.as_deref(), out);
        self.usage = answer.usage.as_ref().map(inner_usage);
        if let Some(choice) = answer.choices.into_iter().next() {
            self.saw_choice = true;
            let message = choice.message;
            self.delta(
                Delta {
                    role: message.role,
                    content: message.content,
                    refusal: message.refusal,
                    reasoning_content: message.reasoning_content,
                    reasoning: message.reasoning,
                    ..Delta::default()
                },
                out,
            );
            for (index, call) in (0..).zip(message.tool_calls) {
                let function = FunctionDelta {
                    name: Some(call.function.name),
                    arguments: Some(call.function.arguments),
                };
                let index = Some(index);
                self.call(
                    &CallDelta {
                        index,
                        id: Some(call.id),
                        kind: None,
                        function,
                    },
                    out,
                );
            }
            self.stopped(choice.finish_reason.as_deref());
        }
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

/// The text of a content; kinds of parts that are not text are left out.
fn plain(content: Content<'_>) -> String {
    match content {
        Content::Text(text) => text.into_owned(),
        Content::Parts(parts) => parts.into_iter().filter_map(|part| part.text).collect(),
    }
}

fn stop_reason(word: &str) -> StopReason {
    match word {
        "stop" | "end_turn" | "stop_sequence" | "eos" => StopReason::Stop,
        "length" | "max_tokens" => StopReason::Length,
        "tool_calls" | "function_call" | "tool_use" => StopReason::ToolCalls,
        "content_filter" => StopReason::ContentFilter,
        other => StopReason::Other(other.into()),
    }
}

fn inner_usage(usage: &WireUsage) -> Usage {
    let prompt = usage.prompt_tokens_details.unwrap_or_default();
    let output = usage.completion_tokens_details.unwrap_or_default();
    Usage {
        input: usage.prompt_tokens.map(TokenCount),
        output: whole_output(usage).map(TokenCount),
        cache_read: prompt
            .cached_tokens
            .or(usage.prompt_cache_hit_tokens)
            .or(usage.cached_tokens)
            .map(TokenCount),
        cache_write: prompt.cache_write_tokens.map(TokenCount),
        media: [
            prompt.audio_tokens,
            prompt.image_tokens,
            prompt.video_tokens,
        ]
        .into_iter()
        .flatten()
        .reduce(u64::saturating_add)
        .map(TokenCount),
        reasoning: output.reasoning_tokens.map(TokenCount),
    }
}

/// Output tokens with reasoning. xAI counts reasoning beside the answer, not within it; its total
/// tells.
fn whole_output(usage: &WireUsage) -> Option<u64> {
    let answer = usage.completion_tokens?;
    let reasoning = usage
        .completion_tokens_details
        .and_then(|details| details.reasoning_tokens);
    let apart = || {
        let whole = answer.checked_add(reasoning?)?;
        let total = usage.prompt_tokens?.checked_add(whole)?;
        (usage.total_tokens == Some(total)).then_some(whole)
    };
    apart().or(Some(answer))
}
