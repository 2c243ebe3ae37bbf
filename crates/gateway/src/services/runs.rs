//! `agent`: a message to an agent, and its answer. Source: gateway RPC methods, "Agent runs".

mod report;

use super::Services;
use super::chat::{KEY_TTL, MAX_MESSAGE, effort, fingerprint, message, run_id, scope};
use crate::error::ApiError;
use agent::{Agent, Feed, Submission, Submitted};
use domain::{OnDisconnect, Origin, RunId, Sampling, SessionKey, ToolChoice, Turn};
use llm::{ModelRequest, Wish};
use protocol::ErrorCode;
use protocol::methods::agent::{AgentIdentityParams, AgentIdentityReply, AgentParams, AgentReply};
use state::IdempotencyKey;
use tracing::warn;

/// A run that was begun by a call of `agent`.
pub(crate) struct Begun {
    /// What the caller is told at once.
    pub(crate) accepted: AgentReply,
    run: RunId,
    /// Absent when an earlier call began it.
    feed: Option<Feed>,
}

impl Begun {
    /// Whether an earlier call of the same key began it.
    pub(crate) fn is_repeated(&self) -> bool {
        self.feed.is_none()
    }
}

impl Services {
    /// Makes a turn durable and starts its run.
    ///
    /// # Errors
    /// [`ApiError`]; nothing was kept then.
    pub(crate) async fn submit(&self, mut submission: Submission) -> Result<Submitted, ApiError> {
        self.apply_what_is_set(&mut submission.turn).await;
        self.spare_thought(&mut submission.turn);
        self.agents.submit(submission).await.map_err(|error| {
            if let agent::SubmitError::Store(_) = &error {
                self.health.doubt();
            }
            ApiError::from(error)
        })
    }

    /// What is set for a session holds for every turn of it, whoever brings it; what a turn says
    /// itself wins.
    async fn apply_what_is_set(&self, turn: &mut Turn) {
        if agent::is_one_off(&turn.session) {
            return;
        }
        // A store that cannot be read is the submission's to report.
        let Ok(Some(row)) = self.state.sessions.get(&turn.session).await else {
            return;
        };
        if let (None, Some(model)) = (&turn.model, row.entry.model) {
            let wish = Wish {
                names: std::slice::from_ref(&model),
                routing: None,
            };
            if self.models.plan(&wish, &ModelRequest::default()).is_ok() {
                turn.model = Some(model);
            } else {
                warn!(
                    session.key = %turn.session, model.id = model,
                    "the model of a session is gone; its agent's own answers"
                );
            }
        }
        if let (None, Some(level)) = (&turn.sampling.reasoning_effort, row.entry.thinking_level) {
            turn.sampling.reasoning_effort = effort(&level).ok();
        }
    }

    /// A model that is known not to reason is not asked to: its provider would refuse the whole call.
    fn spare_thought(&self, turn: &mut Turn) {
        if turn.sampling.reasoning_effort.is_some()
            && self
                .model_of(turn.agent.as_str(), turn.model.as_deref())
                .levels()
                .len()
                == 1
        {
            turn.sampling.reasoning_effort = None;
        }
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
        let wait = params.wait.unwrap_or(true);
        let begun = self.begin_agent(params, origin, payer).await?;
        if wait {
            self.end_agent(begun).await
        } else {
            Ok(begun.accepted)
        }
    }

    /// The first half of [`Services::agent`]: the message is durable.
    ///
    /// # Errors
    /// [`ApiError`]; nothing was kept then.
    pub(crate) async fn begin_agent(
        &self,
        params: AgentParams,
        origin: Origin,
        payer: Option<&str>,
    ) -> Result<Begun, ApiError> {
        if params.message.trim().is_empty() && params.attachments.is_empty() {
            return Err(invalid("message must not be empty"));
        }
        if params.message.len() > MAX_MESSAGE {
            return Err(invalid("message must not be longer than 4 MiB"));
        }
        let wanted = run_id(&params.idempotency_key).map_err(|error| invalid(&error.message))?;
        let roster = self.agents.roster();
        let agent = match (&params.agent_id, &params.session_key) {
            (Some(id), _) => roster.find(id).map_err(agent::SubmitError::from)?,
            (None, Some(key)) => {
                match SessionKey::parse(key).ok().as_ref().and_then(agent::owner) {
                    Some(owner) => roster.find(owner).map_err(agent::SubmitError::from)?,
                    None => roster.default_agent(),
                }
            }
            (None, None) => roster.default_agent(),
        };
        let session = self.addressed(agent, &params).await?;
        let fingerprint = fingerprint(&session, &params.message, &params.attachments);
        let seconds = params.timeout.filter(|seconds| *seconds > 0);
        let turn = Turn {
            agent: agent.id.clone(),
            session,
            origin,
            at: None,
            payer_key: payer.map(str::to_owned),
            input: vec![message(&params.message, &params.attachments)?],
            context: Vec::new(),
            instructions: params.extra_system_prompt.into_iter().collect(),
            client_tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            sampling: Sampling {
                reasoning_effort: params.thinking.as_deref().map(effort).transpose()?,
                ..Sampling::default()
            },
            model: params.model,
            on_disconnect: OnDisconnect::Continue,
            timeout_ms: seconds.map(|seconds| seconds.saturating_mul(1000)),
        };
        let agent_id = turn.agent.to_string();
        let key = IdempotencyKey {
            scope: scope("agent", payer),
            key: params.idempotency_key,
            fingerprint,
            ttl: KEY_TTL,
        };
        let submission = Submission {
            turn,
            idempotency: Some(key),
            run: Some(wanted),
        };
        let Submitted { run, session, feed } = self.submit(submission).await?;
        let accepted = AgentReply {
            run_id: run.to_string(),
            status: "accepted".to_owned(),
            session_key: session.to_string(),
            agent_id: Some(agent_id),
            accepted_at: Some(self.clock.now().0),
            ..AgentReply::default()
        };
        Ok(Begun {
            accepted,
            run,
            feed,
        })
    }

    /// The second half: waits for the end of the run.
    ///
    /// # Errors
    /// [`ApiError`]: why the run did not succeed.
    pub(crate) async fn end_agent(&self, begun: Begun) -> Result<AgentReply, ApiError> {
        let Some(mut feed) = begun.feed else {
            return self.earlier(&begun.run).await;
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
            let row = self.state.sessions.by_session_id(id).await?;
            let row = row.filter(|row| row.agent == agent.id);
            return row.map(|row| row.key).ok_or_else(|| {
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

    /// The name and the picture of an agent.
    ///
    /// # Errors
    /// [`ApiError`] for an agent or a key that is none.
    pub(crate) fn agent_identity(
        &self,
        params: &AgentIdentityParams,
    ) -> Result<AgentIdentityReply, ApiError> {
        let roster = self.agents.roster();
        let agent = match (&params.agent_id, &params.session_key) {
            (Some(id), _) => roster.find(id).map_err(agent::SubmitError::from)?,
            (None, Some(key)) => {
                let key = self.session_key(key, None)?;
                let owner = agent::owner(&key).and_then(|owner| roster.find(owner).ok());
                owner.unwrap_or(roster.default_agent())
            }
            (None, None) => roster.default_agent(),
        };
        let look = agent.identity.clone().unwrap_or_default();
        let is_named = look.name.is_some() || agent.name != agent.id.as_str();
        let name = look.name.unwrap_or_else(|| agent.name.clone());
        let letter = name.chars().next().unwrap_or('A');
        let letter = || letter.to_uppercase().to_string();
        Ok(AgentIdentityReply {
            agent_id: agent.id.to_string(),
            name_source: if is_named { "config" } else { "default" }.to_owned(),
            avatar: look.avatar.or(look.emoji).unwrap_or_else(letter),
            name,
        })
    }
}

fn invalid(what: &str) -> ApiError {
    ApiError::invalid(format!("invalid agent params: {what}"))
}
