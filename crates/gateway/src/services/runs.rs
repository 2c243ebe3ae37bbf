//! `agent`, `agent.wait`, `chat.abort`: the run methods.

use super::Services;
use crate::error::{ApiError, of_outcome};
use agent::{Agent, RunReport, Submission, Submitted};
use data_encoding::HEXLOWER;
use domain::{
    Message, MicroUsd, OnDisconnect, Origin, Record, RunId, RunOutcome, Sampling, SessionKey,
    ToolChoice, Turn, Usage,
};
use protocol::ErrorCode;
use protocol::methods::agent::{
    AgentMeta, AgentParams, AgentReply, AgentResult, AgentRunMeta, AgentWaitParams, AgentWaitReply,
    Payload, RunUsage,
};
use protocol::methods::chat::{ChatAbortParams, ChatAbortReply};
use sha2::{Digest, Sha256};
use state::{IdempotencyKey, RunRow, RunStatus, Seq};
use std::sync::Arc;
use std::time::Duration;

/// How long a repeated key finds the first run.
const KEY_TTL: Duration = Duration::from_hours(24);

/// Longest idempotency key, in bytes.
const MAX_KEY: usize = 256;

/// Longest message, in bytes.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// How long `agent.wait` waits unless told otherwise.
const DEFAULT_WAIT_MS: u64 = 30_000;

/// The longest it waits.
const MAX_WAIT_MS: u64 = 600_000;

/// How long `agent` waits for a run that an earlier call of the same key started.
const DUPLICATE_WAIT: Duration = Duration::from_mins(10);

impl Services {
    /// Makes a turn durable and starts its run.
    ///
    /// # Errors
    /// [`ApiError`]; nothing was kept then.
    pub(crate) async fn submit(&self, submission: Submission) -> Result<Submitted, ApiError> {
        self.agents.submit(submission).await.map_err(|error| {
            if let agent::SubmitError::Store(_) = &error {
                self.health.doubt();
            }
            ApiError::from(error)
        })
    }

    /// Runs an agent on a message. With `wait: false` the reply is `accepted`, else the run's end.
    /// `payer` is the name of the user on whose account it goes; `None` for the owner.
    ///
    /// # Errors
    /// [`ApiError`]: what was wrong with the parameters, or why the run did not succeed.
    pub async fn agent(
        &self,
        params: AgentParams,
        origin: Origin,
        payer: Option<&str>,
    ) -> Result<AgentReply, ApiError> {
        if params.message.trim().is_empty() {
            return Err(invalid("message must not be empty"));
        }
        if params.message.len() > MAX_MESSAGE {
            return Err(invalid("message must not be longer than 4 MiB"));
        }
        if !(1..=MAX_KEY).contains(&params.idempotency_key.len()) {
            return Err(invalid("idempotencyKey must have 1 to 256 bytes"));
        }
        let roster = self.agents.roster();
        let agent = match &params.agent_id {
            Some(id) => roster.find(id).map_err(agent::SubmitError::from)?,
            None => roster.default_agent(),
        };
        let session = self.addressed(agent, &params).await?;
        let fingerprint = fingerprint(agent, &session, &params);
        let wait = params.wait.unwrap_or(true);
        let turn = Turn {
            agent: agent.id.clone(),
            session,
            origin,
            at: None,
            payer_key: payer.map(str::to_owned),
            input: vec![Message::user(params.message)],
            context: Vec::new(),
            instructions: params.extra_system_prompt.into_iter().collect(),
            client_tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            sampling: Sampling::default(),
            model: params.model,
            on_disconnect: OnDisconnect::Continue,
            timeout_ms: params
                .timeout
                .filter(|s| *s > 0)
                .map(|s| s.saturating_mul(1000)),
        };
        let key = IdempotencyKey {
            scope: "agent".to_owned(),
            key: params.idempotency_key,
            fingerprint,
            ttl: KEY_TTL,
        };
        let submission = Submission {
            turn,
            idempotency: Some(key),
            run: None,
        };
        let Submitted { run, session, feed } = self.submit(submission).await?;
        if !wait {
            return Ok(AgentReply {
                run_id: run.to_string(),
                status: "accepted".to_owned(),
                session_key: session.to_string(),
                accepted_at: Some(self.clock.now().0),
                ..AgentReply::default()
            });
        }
        let Some(mut feed) = feed else {
            return self.earlier(&run).await;
        };
        let Some(report) = feed.finished().await else {
            return Err(ApiError::new(
                ErrorCode::Unavailable,
                "the gateway is shutting down",
            ));
        };
        self.reply(&report).await
    }

    /// The session a call addresses: by `sessionId`, by key, else the agent's main session.
    async fn addressed(&self, agent: &Agent, params: &AgentParams) -> Result<SessionKey, ApiError> {
        if let Some(id) = &params.session_id {
            let rows = self
                .state
                .sessions
                .list(Some(&agent.id), usize::MAX)
                .await?;
            return rows
                .into_iter()
                .find(|row| row.session_id == *id)
                .map(|row| row.key)
                .ok_or_else(|| {
                    ApiError::new(ErrorCode::NotFound, "no session has that sessionId")
                });
        }
        let text = params.session_key.as_deref().unwrap_or("main");
        if agent::is_reserved(text) {
            return Err(invalid(
                "sessionKey lies in a namespace of the gateway itself",
            ));
        }
        agent::expand(text, &agent.id).map_err(|why| invalid(&why.to_string()))
    }

    async fn reply(&self, report: &RunReport) -> Result<AgentReply, ApiError> {
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
                        cost_usd: report.cost.map(|cost| cost.to_string()),
                    },
                    aborted: false,
                    stop_reason: stop_reason(&report.outcome),
                },
            }),
        })
    }

    /// The end of a run that an earlier call started.
    async fn earlier(&self, run: &RunId) -> Result<AgentReply, ApiError> {
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
            outcome: Some(outcome.name().to_owned()),
            ended_at: finished_at.map(|at| at.0),
            error: of_outcome(&outcome).map(|error| error.message),
            ..reply
        })
    }

    /// Stops the runs of a session.
    ///
    /// # Errors
    /// [`ApiError`] when the session cannot be addressed.
    pub fn chat_abort(&self, params: &ChatAbortParams) -> Result<ChatAbortReply, ApiError> {
        let session = self.session_key(&params.session_key, params.agent_id.as_deref())?;
        let run = params.run_id.as_deref().map(RunId::new);
        let stopped = self.agents.abort(&session, run.as_ref());
        Ok(ChatAbortReply {
            ok: true,
            aborted: !stopped.is_empty(),
            run_ids: stopped.iter().map(ToString::to_string).collect(),
        })
    }

    /// A session key from outside, with the agent it belongs to when the key does not say.
    pub(super) fn session_key(
        &self,
        text: &str,
        agent_id: Option<&str>,
    ) -> Result<SessionKey, ApiError> {
        let roster = self.agents.roster();
        let agent: &Arc<Agent> = match agent_id {
            Some(id) => roster.find(id).map_err(agent::SubmitError::from)?,
            None => roster.default_agent(),
        };
        match SessionKey::parse(text.trim()) {
            // A full key names its own agent; history of an agent that is gone stays readable.
            Ok(key) if agent_id.is_none() && key.as_str().starts_with("agent:") => Ok(key),
            Ok(_) => agent::expand(text, &agent.id).map_err(|why| invalid(&why.to_string())),
            Err(why) => Err(invalid(&why.to_string())),
        }
    }
}

/// Repeating a key with another request is an error; what makes it the same request is this.
fn fingerprint(agent: &Agent, session: &SessionKey, params: &AgentParams) -> String {
    let mut digest = Sha256::new();
    for part in [agent.id.as_str(), session.as_str(), &params.message] {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    HEXLOWER.encode(&digest.finalize())
}

fn invalid(what: &str) -> ApiError {
    ApiError::invalid(format!("invalid agent params: {what}"))
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
