//! How a run ended, as callers are told. Source: gateway RPC methods, "Agent runs".

use super::super::Services;
use super::super::transcript::dollars;
use crate::error::{ApiError, of_outcome};
use agent::RunReport;
use domain::{Message, MicroUsd, Record, RunId, RunOutcome, Usage};
use protocol::ErrorCode;
use protocol::methods::agent::{
    AgentMeta, AgentReply, AgentResult, AgentRunMeta, AgentWaitParams, AgentWaitReply, Payload,
    RunUsage,
};
use state::{RunRow, RunStatus, Seq};
use std::time::Duration;

/// How long `agent.wait` waits unless told otherwise.
const DEFAULT_WAIT_MS: u64 = 30_000;

/// The longest it waits.
const MAX_WAIT_MS: u64 = 600_000;

/// How long `agent` waits for a run that an earlier call of the same key started.
const DUPLICATE_WAIT: Duration = Duration::from_mins(10);

impl Services {
    pub(super) async fn reply(&self, report: &RunReport) -> Result<AgentReply, ApiError> {
        if let Some(error) = of_outcome(&report.outcome) {
            let details = serde_json::json!({
                "runId": report.run.as_str(), "sessionKey": report.session.as_str(),
                "outcome": report.outcome.name(),
                "partial": report.message.as_ref().map(Message::text),
            });
            return Err(error.with_details(details));
        }
        let text = report
            .message
            .as_ref()
            .map(Message::text)
            .unwrap_or_default();
        let session = self.state.sessions.get(&report.session).await?;
        let duration = report.finished_at.0.saturating_sub(report.accepted_at.0);
        Ok(AgentReply {
            run_id: report.run.to_string(),
            status: "ok".to_owned(),
            session_key: report.session.to_string(),
            agent_id: None,
            summary: Some("completed".to_owned()),
            accepted_at: Some(report.accepted_at.0),
            result: Some(AgentResult {
                payloads: vec![Payload {
                    text,
                    media_url: None,
                }],
                meta: AgentMeta {
                    duration_ms: u64::try_from(duration).unwrap_or_default(),
                    agent_meta: AgentRunMeta {
                        session_id: session.map(|row| row.session_id).unwrap_or_default(),
                        provider: text_of(report.provider.as_ref()),
                        model: text_of(report.model.as_ref()),
                        usage: run_usage(&report.usage),
                        cost_usd: report.cost.map(dollars),
                        cost_micro_usd: report.cost.map(|cost| cost.0),
                    },
                    aborted: false,
                    stop_reason: stop_reason(&report.outcome),
                },
            }),
        })
    }

    /// The end of a run that an earlier call started.
    pub(super) async fn earlier(&self, run: &RunId) -> Result<AgentReply, ApiError> {
        let Some(row) = self.agents.wait(run, DUPLICATE_WAIT).await? else {
            return Err(ApiError::new(
                ErrorCode::Timeout,
                "the run has not ended yet",
            ));
        };
        let report = self.reported(row).await?;
        self.reply(&report).await
    }

    /// A finished run's report, from the log.
    pub(crate) async fn reported(&self, row: RunRow) -> Result<RunReport, ApiError> {
        let RunStatus::Finished(outcome) = row.status else {
            return Err(ApiError::new(
                ErrorCode::Unavailable,
                "the run has not ended yet",
            ));
        };
        let mut report = RunReport {
            run: row.run,
            session: row.session,
            outcome,
            message: None,
            provider: None,
            model: None,
            usage: Usage::default(),
            cost: Some(MicroUsd::ZERO),
            used_tools: false,
            accepted_at: row.accepted_at,
            finished_at: row.finished_at.unwrap_or(row.accepted_at),
        };
        let mut after = Seq(row.accepted_seq.0 - 1);
        loop {
            let page = self.state.log.read(&report.session, after, 500).await?;
            let Some(last) = page.last() else {
                return Ok(report);
            };
            after = last.seq;
            for recorded in page {
                if recorded.run.as_ref() != Some(&report.run) {
                    continue;
                }
                match recorded.record {
                    Record::AssistantMessage(said) => {
                        report.usage = report.usage.plus(said.usage);
                        report.cost = report.cost.zip(said.cost).map(|(a, b)| a + b);
                        report.message = Some(said.message);
                        report.provider = Some(said.provider);
                        report.model = Some(said.model);
                    }
                    Record::ToolStarted(_) => report.used_tools = true,
                    Record::RunFinished(_) => return Ok(report),
                    Record::SessionOpened(_)
                    | Record::TurnAccepted(_)
                    | Record::RunStarted(_)
                    | Record::ToolFinished(_)
                    | Record::ApprovalDecided(_)
                    | Record::CommandAnswered(_)
                    | Record::SessionReset(_)
                    | Record::Trimmed(_)
                    | Record::Unknown { .. } => {}
                }
            }
        }
    }

    /// Waits for the end of a run.
    ///
    /// # Errors
    /// [`ApiError`] when the store cannot be read.
    pub async fn agent_wait(&self, params: AgentWaitParams) -> Result<AgentWaitReply, ApiError> {
        let wait = params
            .timeout_ms
            .unwrap_or(DEFAULT_WAIT_MS)
            .min(MAX_WAIT_MS);
        let run = RunId::new(params.run_id.as_str());
        let row = self.agents.wait(&run, Duration::from_millis(wait)).await?;
        let reply = AgentWaitReply {
            run_id: params.run_id,
            ..AgentWaitReply::default()
        };
        let Some(RunRow {
            status: RunStatus::Finished(outcome),
            finished_at,
            ..
        }) = row
        else {
            return Ok(AgentWaitReply {
                status: "timeout".to_owned(),
                ..reply
            });
        };
        let status = if outcome.is_success() { "ok" } else { "error" };
        Ok(AgentWaitReply {
            status: status.to_owned(),
            stop_reason: stop_reason(&outcome),
            outcome: Some(outcome.name().to_owned()),
            ended_at: finished_at.map(|at| at.0),
            error: of_outcome(&outcome).map(|error| error.message),
            ..reply
        })
    }
}

fn text_of<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn run_usage(usage: &Usage) -> RunUsage {
    RunUsage {
        input: usage.input.map(|t| t.0),
        output: usage.output.map(|t| t.0),
        cache_read: usage.cache_read.map(|t| t.0),
        cache_write: usage.cache_write.map(|t| t.0),
        total: usage.total().map(|t| t.0),
    }
}

fn stop_reason(outcome: &RunOutcome) -> Option<String> {
    match outcome {
        RunOutcome::Completed { stop } => Some(match stop {
            domain::StopReason::Stop => "stop".to_owned(),
            domain::StopReason::Length => "length".to_owned(),
            domain::StopReason::ToolCalls => "toolUse".to_owned(),
            domain::StopReason::ContentFilter => "contentFilter".to_owned(),
            domain::StopReason::Other(word) => word.to_string(),
        }),
        RunOutcome::AwaitingClient => Some("toolUse".to_owned()),
        RunOutcome::Limited { .. }
        | RunOutcome::Failed { .. }
        | RunOutcome::Aborted { .. }
        | RunOutcome::Interrupted => None,
    }
}
