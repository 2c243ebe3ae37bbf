//! From the wire to the inner language.

use super::{SIGNATURE, fail};
use crate::codec::parts::Parts;
use crate::codec::{Decode, Peer, Progress, call_id};
use crate::sse::Frame;
use crate::wire::gemini::{Answer, AnswerPart, FunctionCall, UsageMetadata};
use crate::{Error, ModelEvent};
use domain::{ModelId, ProviderState, RunId, StopReason, TokenCount, ToolCallId, ToolName, Usage};
use std::collections::VecDeque;

/// Reads one answer.
#[derive(Debug)]
pub(super) struct Decoder {
    peer: Peer,
    /// The provider's id of the answer, the seed of ids it leaves out; made up when there is none.
    answer: Option<Box<str>>,
    started: bool,
    parts: Parts,
    calls: usize,
    saw_candidate: bool,
    stop: Option<StopReason>,
    usage: Usage,
    progress: Progress,
}

impl Decoder {
    pub(super) fn new(peer: Peer) -> Self {
        Self {
            peer,
            answer: None,
            started: false,
            parts: Parts::default(),
            calls: 0,
            saw_candidate: false,
            stop: None,
            usage: Usage::default(),
            progress: Progress::Open,
        }
    }

    fn broken(&self, detail: impl Into<String>) -> Error {
        Error::BrokenStream {
            provider: self.peer.provider.clone(),
            detail: detail.into(),
        }
    }

    /// Reads an answer, or what is new of one.
    fn read(&mut self, data: &[u8], out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        // The reader's own words may quote the answer, so only the place is told.
        let answer: Answer<'_> = serde_json::from_slice(data).map_err(|error| {
            self.broken(format!(
                "it is not an answer of generateContent ({:?} error at line {} column {})",
                error.classify(),
                error.line(),
                error.column()
            ))
        })?;
        if let Some(status) = &answer.error {
            return Err(fail::in_stream(&self.peer, status, data));
        }
        self.start(&answer, out);
        if let Some(usage) = &answer.usage_metadata {
            self.used(usage, out);
        }
        let feedback = answer.prompt_feedback.and_then(|said| said.block_reason);
        if feedback.is_some_and(|reason| !reason.is_empty()) {
            self.saw_candidate = true;
            self.stopped(StopReason::ContentFilter);
        }
        // Only the first alternative is ours; we never ask for more.
        let mut candidates = answer.candidates.into_iter();
        if let Some(candidate) = candidates.find(|one| one.index.unwrap_or(0) == 0) {
            self.saw_candidate = true;
            for part in candidate.content.parts {
                self.part(part, out)?;
            }
            if let Some(reason) = candidate.finish_reason.filter(|reason| !reason.is_empty()) {
                let reason = self.reason(&reason)?;
                self.stopped(reason);
            }
        }
        Ok(())
    }

    fn start(&mut self, answer: &Answer<'_>, out: &mut VecDeque<ModelEvent>) {
        if self.started {
            return;
        }
        self.started = true;
        let given = |text: &Option<std::borrow::Cow<'_, str>>| {
            text.as_deref()
                .filter(|text| !text.is_empty())
                .map(Box::<str>::from)
        };
        self.answer = given(&answer.response_id);
        out.push_back(ModelEvent::Started {
            response_id: self.answer.clone(),
            model: given(&answer.model_version).map(|model| ModelId::new(&*model)),
        });
    }

    /// Takes a report, which counts from the beginning of the answer.
    fn used(&mut self, report: &UsageMetadata, out: &mut VecDeque<ModelEvent>) {
        let mut usage = inner_usage(report);
        usage.input = usage.input.max(self.usage.input);
        usage.output = usage.output.max(self.usage.output);
        usage.cache_read = usage.cache_read.or(self.usage.cache_read);
        usage.media = usage.media.or(self.usage.media);
        usage.reasoning = usage.reasoning.max(self.usage.reasoning);
        if usage != self.usage {
            self.usage = usage;
            out.push_back(ModelEvent::Usage(usage));
        }
    }

    fn part(&mut self, part: AnswerPart<'_>, out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        let signature = part
            .thought_signature
            .filter(|signature| !signature.is_empty());
        let keep = signature.map(|signature| ProviderState {
            provider: self.peer.provider.clone(),
            kind: SIGNATURE.into(),
            data: signature.into(),
        });
        let text = part
            .text
            .map(std::borrow::Cow::into_owned)
            .unwrap_or_default();
        if let (true, false) = (part.thought, text.is_empty()) {
            // A signed piece goes back as it came, so it is not joined with others.
            let signed = keep.is_some();
            if signed {
                self.parts.close();
            }
            self.parts.reasoning(text, || keep, out);
            if signed {
                self.parts.close();
            }
            return Ok(());
        }
        let signed = keep.is_some();
        if let Some(keep) = keep {
            let part = self.parts.fresh();
            out.push_back(ModelEvent::Opaque { part, keep });
        }
        if let Some(call) = part.function_call {
            return self.call(call, out);
        }
        self.parts.text(text, out);
        if signed {
            self.parts.close();
        }
        Ok(())
    }

    fn call(
        &mut self,
        call: FunctionCall<'_>,
        out: &mut VecDeque<ModelEvent>,
    ) -> Result<(), Error> {
        let Some(name) = call.name.filter(|name| !name.is_empty()) else {
            return Err(self.broken("a tool call has no name"));
        };
        let given = call.id.filter(|id| !id.is_empty());
        let id = given.map_or_else(|| self.made_id(), std::borrow::Cow::into_owned);
        self.calls += 1;
        let part = self.parts.fresh();
        out.push_back(ModelEvent::ToolCallStarted {
            part,
            id: ToolCallId::new(id),
            name: ToolName::new(name.into_owned()),
        });
        let args = call.args.map(serde_json::value::RawValue::get);
        let json = args.filter(|args| *args != "null").unwrap_or("{}");
        out.push_back(ModelEvent::ToolCallArguments {
            part,
            json: json.to_owned(),
        });
        Ok(())
    }

    fn made_id(&mut self) -> String {
        let made_up = || RunId::generate().to_string().into();
        call_id::made(self.answer.get_or_insert_with(made_up), self.calls)
    }

    /// What a reason means. Those that say that the model's own words could not be read are
    /// failures: the same call again may do.
    fn reason(&self, word: &str) -> Result<StopReason, Error> {
        Ok(match word {
            "STOP" => StopReason::Stop,
            "MAX_TOKENS" => StopReason::Length,
            "SAFETY"
            | "RECITATION"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "LANGUAGE"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION" => StopReason::ContentFilter,
            "MALFORMED_FUNCTION_CALL"
            | "UNEXPECTED_TOOL_CALL"
            | "MALFORMED_RESPONSE"
            | "MISSING_THOUGHT_SIGNATURE" => {
                return Err(self.broken(format!(
                    "the model's call of a tool could not be read ({word})"
                )));
            }
            other => StopReason::Other(other.into()),
        })
    }

    fn stopped(&mut self, reason: StopReason) {
        self.stop = Some(reason);
        self.progress = Progress::Stopped;
    }

    fn finish(&mut self, out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        if self.progress == Progress::Ended {
            return Ok(());
        }
        if !self.saw_candidate {
            return Err(self.broken("it ended before it began"));
        }
        let reason = match self.stop.take() {
            Some(StopReason::Stop) | None if self.calls > 0 => StopReason::ToolCalls,
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
        // Some servers that imitate the format end with the mark of another.
        if self.progress == Progress::Ended || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        self.read(data, out)
    }

    fn body(&mut self, body: &[u8], out: &mut VecDeque<ModelEvent>) -> Result<(), Error> {
        self.read(body, out)?;
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

/// A count of zero is left out on the wire: what is missing is told by the total.
fn inner_usage(report: &UsageMetadata) -> Usage {
    let sum = |a: Option<u64>, b: Option<u64>| match (a, b) {
        (Some(a), Some(b)) => Some(a.saturating_add(b)),
        (known, None) | (None, known) => known,
    };
    let input = sum(
        report.prompt_token_count,
        report.tool_use_prompt_token_count,
    );
    let said = sum(report.candidates_token_count, report.thoughts_token_count);
    let output = said.or_else(|| Some(report.total_token_count?.saturating_sub(input?)));
    let details = &report.prompt_tokens_details;
    let media = details
        .iter()
        .filter(|one| one.modality != "TEXT")
        .filter_map(|one| one.token_count);
    Usage {
        input: input.map(TokenCount),
        output: output.map(TokenCount),
        cache_read: report.cached_content_token_count.map(TokenCount),
        cache_write: None,
        media: (!details.is_empty()).then(|| TokenCount(media.fold(0, u64::saturating_add))),
        reasoning: report.thoughts_token_count.map(TokenCount),
    }
}
