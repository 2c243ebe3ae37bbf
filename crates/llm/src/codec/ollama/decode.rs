//! From the wire to the inner language.

use super::THINKING;
use crate::codec::parts::Parts;
use crate::codec::{Decode, Peer, Progress, call_id, fail};
use crate::sse::Frame;
use crate::wire::ollama::{ChatLine, ToolCall};
use crate::wire::openai_chat::ErrorBody;
use crate::{Error, ModelEvent};
use domain::{ModelId, ProviderState, RunId, StopReason, TokenCount, ToolCallId, ToolName, Usage};
use std::collections::VecDeque;

/// Reads one answer.
#[derive(Debug)]
pub(super) struct Decoder {
    peer: Peer,
    /// When the first line was made: what tells this answer from others.
    made_at: Option<Box<str>>,
    started: bool,
    parts: Parts,
    calls: usize,
    progress: Progress,
}

impl Decoder {
    pub(super) fn new(peer: Peer) -> Self {
        Self {
            peer,
            made_at: None,
            started: false,
            parts: Parts::default(),
            calls: 0,
            progress: Progress::Open,
        }
    }

    fn broken(&self, detail: impl Into<String>) -> Error {
        Error::BrokenStream {
            provider: self.peer.provider.clone(),
            detail: detail.into(),
        }
    }

    fn start(&mut self, line: &ChatLine<'_>, out: &mut VecDeque<ModelEvent>) {
        if self.started {
            return;
        }
        self.started = true;
        let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        self.made_at = given(line.created_at.as_deref()).map(Into::into);
        out.push_back(ModelEvent::Started {
            response_id: None,
            model: given(line.model.as_deref()).map(ModelId::new),
        });
    }

    fn line(&mut self, data: &[u8], out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        // The reader's own words may quote the answer, so only the place is told.
        let mut line: ChatLine<'_> = serde_json::from_slice(data).map_err(|error| {
            self.broken(format!(
                "a line is not a chat answer ({:?} error at line {} column {})",
                error.classify(),
                error.line(),
                error.column()
            ))
        })?;
        if let Some(error) = line.error.take() {
            let body = ErrorBody {
                error: Some(error),
                ..ErrorBody::default()
            };
            return Err(fail::in_stream(&self.peer, &body, data));
        }
        if line.message.is_none() && !line.done {
            return Err(self.broken("a line is neither an answer nor an error"));
        }
        self.start(&line, out);
        if let Some(message) = line.message.take() {
            let thought = message.thinking.unwrap_or_default().into_owned();
            let provider = &self.peer.provider;
            let keep = || {
                Some(ProviderState {
                    provider: provider.clone(),
                    kind: THINKING.into(),
                    data: "".into(),
                })
            };
            self.parts.reasoning(thought, keep, out);
            let text = message.content.unwrap_or_default().into_owned();
            self.parts.text(text, out);
            for call in &message.tool_calls {
                self.call(call, out)?;
            }
        }
        if line.done {
            self.finish(&line, out);
        }
        Ok(())
    }

    fn call(&mut self, call: &ToolCall<'_>, out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        let name = call.function.name.as_deref().unwrap_or_default();
        if name.is_empty() {
            return Err(self.broken("a tool call has no name"));
        }
        let seed = self
            .made_at
            .get_or_insert_with(|| RunId::generate().to_string().into());
        let id = match call.id.as_deref().filter(|id| !id.is_empty()) {
            Some(id) => id.to_owned(),
            None => call_id::made(seed, self.calls),
        };
        self.calls += 1;
        let part = self.parts.fresh();
        out.push_back(ModelEvent::ToolCallStarted {
            part,
            id: ToolCallId::new(id),
            name: ToolName::new(name),
        });
        let arguments = call.function.arguments.as_ref();
        let arguments = arguments.map_or("", |arguments| arguments.0.trim());
        out.push_back(ModelEvent::ToolCallArguments {
            part,
            json: Some(arguments)
                .filter(|arguments| !arguments.is_empty())
                .unwrap_or("{}")
                .to_owned(),
        });
        Ok(())
    }

    fn finish(&mut self, line: &ChatLine<'_>, out: &mut VecDeque<ModelEvent>) {
        let reason = match line.done_reason.as_deref().unwrap_or_default() {
            "stop" | "" if self.calls > 0 => StopReason::ToolCalls,
            "stop" | "" => StopReason::Stop,
            "length" => StopReason::Length,
            other => StopReason::Other(other.into()),
        };
        if line.prompt_eval_count.is_some() || line.eval_count.is_some() {
            out.push_back(ModelEvent::Usage(Usage {
                input: line.prompt_eval_count.map(TokenCount),
                output: line.eval_count.map(TokenCount),
                ..Usage::default()
            }));
        }
        out.push_back(ModelEvent::Finished { reason });
        self.progress = Progress::Ended;
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame<'_>, out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        let data = frame.data.trim_ascii();
        if self.progress == Progress::Ended || data.is_empty() {
            return Ok(());
        }
        self.line(data, out)
    }

    fn body(&mut self, body: &[u8], out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        self.line(body, out)?;
        self.end(out)
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
