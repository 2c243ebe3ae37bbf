//! How the end of a run is told.

use super::super::tell::Saying;
use super::watched::Watched;
use crate::error::of_outcome;
use agent::RunReport;
use domain::{FailureKind, Message, RunLimit, RunOutcome, StopReason, UnixMillis};
use serde_json::{Value, json};
use tokio::time::Instant;

/// Most characters of an error's text. Source: gateway RPC methods, "Run events".
const MAX_ERROR_CHARS: usize = 300;

impl Watched {
    pub(super) fn finished(
        &mut self,
        report: &RunReport,
        stopped_by: Option<&'static str>,
        now: Instant,
        at: UnixMillis,
    ) -> Vec<Saying> {
        let whole = report.message.as_ref().map(Message::text);
        if let Some(whole) = whole.as_ref().filter(|whole| whole.starts_with(&self.text)) {
            // The last delta carries everything, also what was left out on the way.
            self.text.clone_from(whole);
        }
        let mut sayings = self.flush(now, at);
        let text = whole.filter(|text| !text.is_empty());
        let message = text.map(|text| Self::message(&text, at));
        match ending(&report.outcome, stopped_by) {
            Ending::Final(stop) => self.ends_well(&mut sayings, report, stop, message.as_ref(), at),
            Ending::Aborted(stop) => {
                let data = json!({
                    "phase": "end", "status": "cancelled", "aborted": true, "stopReason": stop,
                    "startedAt": self.started_at.map(|at| at.0), "endedAt": report.finished_at.0,
                });
                let ended = self.lifecycle(without_nulls(data), at);
                let chat = json!({ "state": "aborted", "stopReason": stop, "message": message });
                sayings.extend([ended, self.chat(without_nulls(chat))]);
            }
            Ending::Failed(kind, reason) => {
                self.ends_badly(&mut sayings, report, (kind, reason), message.as_ref(), at);
            }
        }
        sayings
    }

    fn ends_well(
        &mut self,
        sayings: &mut Vec<Saying>,
        report: &RunReport,
        stop: &str,
        message: Option<&Value>,
        at: UnixMillis,
    ) {
        let data = json!({
            "phase": "end", "aborted": false, "stopReason": stop,
            "startedAt": self.started_at.map(|at| at.0), "endedAt": report.finished_at.0,
        });
        sayings.push(self.lifecycle(without_nulls(data), at));
        let usage = &report.usage;
        let chat = json!({
            "state": "final", "stopReason": stop, "message": message,
            "usage": {
                "input": usage.input.map(|t| t.0).unwrap_or_default(),
                "output": usage.output.map(|t| t.0).unwrap_or_default(),
                "cacheRead": usage.cache_read.map(|t| t.0).unwrap_or_default(),
                "cacheWrite": usage.cache_write.map(|t| t.0).unwrap_or_default(),
                "totalTokens": usage.total().map(|t| t.0).unwrap_or_default(),
            },
        });
        sayings.push(self.chat(without_nulls(chat)));
    }

    fn ends_badly(
        &mut self,
        sayings: &mut Vec<Saying>,
        report: &RunReport,
        (kind, reason): (&str, &str),
        message: Option<&Value>,
        at: UnixMillis,
    ) {
        let error = of_outcome(&report.outcome).map(|error| error.message);
        let error = error.unwrap_or_else(|| "the run failed".to_owned());
        let data = json!({
            "phase": "error", "error": error, "aborted": false,
            "startedAt": self.started_at.map(|at| at.0), "endedAt": report.finished_at.0,
        });
        sayings.push(self.lifecycle(without_nulls(data), at));
        let short: String = error.chars().take(MAX_ERROR_CHARS).collect();
        let detail = self
            .model
            .as_deref()
            .and_then(|model| model.split_once('/'));
        let detail = detail.map(|(provider, model)| {
            json!({ "provider": provider, "model": model, "failoverReason": reason })
        });
        let chat = json!({
            "state": "error", "errorMessage": short, "errorKind": kind, "errorDetail": detail,
            "message": message,
        });
        sayings.push(self.chat(without_nulls(chat)));
    }
}

/// How a run ended, in the words of `chat` events.
enum Ending {
    Final(&'static str),
    Aborted(&'static str),
    /// With the kind of error, and the reason for which another model would be tried.
    Failed(&'static str, &'static str),
}

fn ending(outcome: &RunOutcome, stopped_by: Option<&'static str>) -> Ending {
    match outcome {
        RunOutcome::Completed { stop } => Ending::Final(stop_word(stop)),
        RunOutcome::AwaitingClient => Ending::Final("toolUse"),
        RunOutcome::Aborted { .. } => Ending::Aborted(stopped_by.unwrap_or("stop")),
        RunOutcome::Limited {
            limit: RunLimit::WallTime { .. },
        } => Ending::Aborted("timeout"),
        RunOutcome::Limited { .. } | RunOutcome::Interrupted => {
            Ending::Failed("unknown", "unknown")
        }
        RunOutcome::Failed { kind, .. } => match kind {
            FailureKind::TimedOut => Ending::Failed("timeout", "timeout"),
            FailureKind::RateLimited => Ending::Failed("rate_limit", "rate_limit"),
            FailureKind::ContextTooLong => Ending::Failed("context_length", "format"),
            FailureKind::InvalidRequest => Ending::Failed("unknown", "format"),
            FailureKind::Unauthorized | FailureKind::Forbidden => Ending::Failed("unknown", "auth"),
            FailureKind::ModelNotFound => Ending::Failed("unknown", "model_not_found"),
            FailureKind::OverBudget => Ending::Failed("unknown", "billing"),
            FailureKind::ProviderFailed
            | FailureKind::Unreachable
            | FailureKind::BrokenStream
            | FailureKind::Internal => Ending::Failed("unknown", "unknown"),
        },
    }
}

/// Why a model stopped, as clients know the words.
pub(crate) fn stop_word(stop: &StopReason) -> &'static str {
    match stop {
        StopReason::Stop | StopReason::Other(_) => "stop",
        StopReason::Length => "length",
        StopReason::ToolCalls => "toolUse",
        StopReason::ContentFilter => "contentFilter",
    }
}

/// An object without its members that are null.
fn without_nulls(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, member| !member.is_null());
    }
    value
}
