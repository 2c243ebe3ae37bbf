//! `chat.send` and what stops it. Source: gateway RPC methods, "Chat".

pub(crate) mod attachments;
mod commands;
mod history;
mod inject;
mod startup;

pub(crate) use commands::Commands;

use super::Services;
use crate::error::{ApiError, of_outcome};
use agent::{Agent, Submission, Submitted};
use commands::{Done, Place, Typed};
use data_encoding::HEXLOWER;
use domain::{
    Message, OnDisconnect, Origin, Part, Role, RunId, RunOutcome, Sampling, SessionKey, ToolChoice,
    Turn,
};
use protocol::ErrorCode;
use protocol::methods::chat::{AttachmentInput, ServerTiming};
use protocol::methods::chat::{ChatAbortParams, ChatAbortReply, ChatSendParams, ChatSendReply};
use sha2::{Digest, Sha256};
use state::{IdempotencyKey, RunStatus};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a repeated key finds the first run.
pub(super) const KEY_TTL: Duration = Duration::from_hours(24);

/// Longest idempotency key, in bytes.
const MAX_KEY: usize = 256;

/// Longest message, in bytes.
pub(super) const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// The levels of thinking that can be asked for.
pub(crate) const THINKING: [&str; 6] = ["off", "minimal", "low", "medium", "high", "xhigh"];

/// Who sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    /// Whose bill it is; `None` is the owner.
    pub(crate) principal: Option<&'a str>,
    /// Whether it may do everything.
    pub(crate) admin: bool,
}

impl Services {
    /// Makes a message durable and starts or queues its run.
    ///
    /// # Errors
    /// [`ApiError`]; nothing was kept then. A repeated call of a run that failed gets its failure.
    pub(crate) async fn chat_send(
        &self,
        params: ChatSendParams,
        sender: Sender<'_>,
    ) -> Result<ChatSendReply, ApiError> {
        let received = Instant::now();
        let run = run_id(&params.idempotency_key)?;
        let (agent, session) = self.place(&params.session_key, params.agent_id.as_deref())?;
        let mut text = params.message.as_str();
        if text.trim().is_empty() && params.attachments.is_empty() {
            return Err(ApiError::invalid("message or attachment required"));
        }
        if text.len() > MAX_MESSAGE {
            return Err(ApiError::invalid("message must not be longer than 4 MiB"));
        }
        let loaded = received.elapsed();
        let is_text = params.suppress_command_interpretation.unwrap_or(false);
        if !is_text && let Some(typed) = Typed::read(text) {
            let place = Place {
                run: &run,
                agent: &agent,
                session: &session,
                sender,
            };
            match self.command(place, typed).await? {
                Done::Answered(reply) => return Ok(reply),
                Done::Say(rest) => text = rest,
            }
        }
        let fingerprint = fingerprint(&session, text, &params.attachments);
        let turn = Turn {
            agent: agent.id.clone(),
            session,
            origin: Origin::Rpc,
            at: None,
            payer_key: sender.principal.map(str::to_owned),
            input: vec![message(text, &params.attachments)?],
            context: Vec::new(),
            instructions: Vec::new(),
            client_tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            sampling: Sampling {
                reasoning_effort: params.thinking.as_deref().map(effort).transpose()?,
                ..Sampling::default()
            },
            model: None,
            on_disconnect: OnDisconnect::Continue,
            timeout_ms: params.timeout_ms.filter(|ms| *ms > 0),
        };
        let submission = Submission {
            idempotency: Some(IdempotencyKey {
                scope: scope("chat", sender.principal),
                key: params.idempotency_key,
                fingerprint,
                ttl: KEY_TTL,
            }),
            turn,
            run: Some(run),
        };
        let Submitted { run, feed, .. } = self.submit(submission).await?;
        let status = match feed {
            Some(_) => "started",
            None => self.repeated(&run).await?,
        };
        Ok(ChatSendReply {
            run_id: run.to_string(),
            status: status.to_owned(),
            server_timing: Some(ServerTiming {
                received_to_ack_ms: millis(received.elapsed()),
                load_session_ms: millis(loaded),
            }),
            ..ChatSendReply::default()
        })
    }

    /// What a repeated call is told of the first one's run.
    async fn repeated(&self, run: &RunId) -> Result<&'static str, ApiError> {
        let row = self.state.queue.run(run).await?;
        match row.map(|row| row.status) {
            Some(RunStatus::Finished(outcome)) => match outcome {
                RunOutcome::Completed { .. }
                | RunOutcome::AwaitingClient
                | RunOutcome::Aborted { .. } => Ok("ok"),
                RunOutcome::Limited { .. }
                | RunOutcome::Failed { .. }
                | RunOutcome::Interrupted => Err(of_outcome(&outcome)
                    .unwrap_or_else(|| ApiError::new(ErrorCode::Internal, "internal error"))),
            },
            Some(RunStatus::Queued | RunStatus::Running) | None => Ok("in_flight"),
        }
    }

    /// Stops the runs of a session, those that wait too.
    ///
    /// # Errors
    /// [`ApiError`] when the session cannot be addressed.
    pub fn chat_abort(&self, params: &ChatAbortParams) -> Result<ChatAbortReply, ApiError> {
        let session = self.session_key(&params.session_key, params.agent_id.as_deref())?;
        let run = params.run_id.as_deref().map(RunId::new);
        let stopped = self.stop_runs(&session, run.as_ref(), "rpc");
        Ok(ChatAbortReply {
            ok: true,
            aborted: !stopped.is_empty(),
            run_ids: stopped.iter().map(ToString::to_string).collect(),
        })
    }

    /// Stops the runs of a session, or one of them; `word` is what clients are told.
    pub(super) fn stop_runs(
        &self,
        session: &SessionKey,
        only: Option<&RunId>,
        word: &'static str,
    ) -> Vec<RunId> {
        self.events.stopped_by(session, only, word);
        self.agents.abort(session, only)
    }

    /// The session a text from outside means, and its agent.
    ///
    /// # Errors
    /// [`ApiError`]: no key, no such agent, or a name only the gateway itself may use.
    pub(super) fn place(
        &self,
        text: &str,
        agent_id: Option<&str>,
    ) -> Result<(Arc<Agent>, SessionKey), ApiError> {
        if agent::is_reserved(text) {
            return Err(ApiError::invalid(
                "sessionKey lies in a namespace of the gateway itself; use another name",
            ));
        }
        let session = self.session_key(text, agent_id)?;
        let roster = self.agents.roster();
        let agent = match agent::owner(&session) {
            Some(owner) => roster.find(owner).map_err(agent::SubmitError::from)?,
            None => roster.default_agent(),
        };
        Ok((Arc::clone(agent), session))
    }

    /// A session key from outside, with the agent it belongs to when the key does not say.
    pub(crate) fn session_key(
        &self,
        text: &str,
        agent_id: Option<&str>,
    ) -> Result<SessionKey, ApiError> {
        let text = match text.trim() {
            "global" => "main",
            text => text,
        };
        let roster = self.agents.roster();
        let agent: &Arc<Agent> = match agent_id {
            Some(id) => roster.find(id).map_err(agent::SubmitError::from)?,
            None => roster.default_agent(),
        };
        match SessionKey::parse(text) {
            // A full key names its own agent; history of an agent that is gone stays readable.
            Ok(key) if agent_id.is_none() && agent::owner(&key).is_some() => Ok(key),
            Ok(_) => {
                agent::expand(text, &agent.id).map_err(|why| ApiError::invalid(why.to_string()))
            }
            Err(why) => Err(ApiError::invalid(why.to_string())),
        }
    }
}

/// The id of a run, chosen by a client.
pub(super) fn run_id(key: &str) -> Result<RunId, ApiError> {
    if !(1..=MAX_KEY).contains(&key.len()) || key.chars().any(char::is_control) {
        return Err(ApiError::invalid(
            "idempotencyKey must have 1 to 256 bytes and no control characters",
        ));
    }
    Ok(RunId::new(key))
}

/// A message of a user with what is attached to it.
pub(super) fn message(text: &str, attachments: &[AttachmentInput]) -> Result<Message, ApiError> {
    let mut parts = Vec::with_capacity(attachments.len() + 1);
    if !text.trim().is_empty() {
        parts.push(Part::Text {
            text: text.to_owned(),
        });
    }
    parts.extend(attachments::read(attachments)?);
    Ok(Message {
        role: Role::User,
        parts,
    })
}

/// A level of thinking as providers know it.
pub(super) fn effort(level: &str) -> Result<String, ApiError> {
    let level = level.trim().to_ascii_lowercase();
    if !THINKING.contains(&level.as_str()) {
        let levels = THINKING.join("|");
        return Err(ApiError::invalid(format!(
            "invalid thinking level (use {levels})"
        )));
    }
    Ok(match level.as_str() {
        "off" => "none".to_owned(),
        _ => level,
    })
}

/// Keys of different callers never meet.
pub(super) fn scope(what: &str, principal: Option<&str>) -> String {
    match principal {
        None => what.to_owned(),
        Some(principal) => format!("{what}:{principal}"),
    }
}

/// What makes a repeated call the same call.
pub(super) fn fingerprint(
    session: &SessionKey,
    message: &str,
    attachments: &[AttachmentInput],
) -> String {
    let mut digest = Sha256::new();
    let contents = attachments.iter().map(|it| it.content.as_str());
    for part in [session.as_str(), message].into_iter().chain(contents) {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    HEXLOWER.encode(&digest.finalize())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
