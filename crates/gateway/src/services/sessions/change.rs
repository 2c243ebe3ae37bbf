//! Changing sessions: `sessions.create`, `patch`, `reset`, `delete`, `send`, `abort`.

use super::super::Services;
use super::super::chat::Sender;
use super::entry;
use crate::error::ApiError;
use crate::events::Change;
use domain::{RunId, SessionEntry, SessionKey};
use protocol::methods::chat::{ChatSendParams, ChatSendReply};
use protocol::methods::sessions::{
    SessionChangeReply, SessionsAbortParams, SessionsAbortReply, SessionsCreateParams,
    SessionsCreateReply, SessionsDeleteParams, SessionsDeleteReply, SessionsPatchParams,
    SessionsResetParams, SessionsSendParams,
};
use serde_json::{Map, Value};
use state::SessionRow;
use std::time::Duration;
use tokio::time::Instant;

/// How long the runs of a session may take to stop before it is changed.
const STOPPING: Duration = Duration::from_secs(15);

/// How often it is looked whether they have.
const STOP_POLL: Duration = Duration::from_millis(20);

impl Services {
    /// Makes a session, or finds the one there is; sends a first message if there is one.
    ///
    /// # Errors
    /// [`ApiError`]: a key, a label, a model that cannot be; nothing was made then.
    pub(crate) async fn sessions_create(
        &self,
        params: SessionsCreateParams,
        sender: Sender<'_>,
    ) -> Result<SessionsCreateReply, ApiError> {
        let made_up = || format!("chat-{}", RunId::generate());
        let text = params.key.clone().unwrap_or_else(made_up);
        let (agent, key) = self.place(&text, params.agent_id.as_deref())?;
        let parent = match params.parent_session_key.as_deref() {
            Some(parent) => Some(self.session_key(parent, None)?),
            None => None,
        };
        let mut changes = Map::new();
        for (name, value) in [
            ("label", &params.label),
            ("displayName", &params.display_name),
            ("category", &params.category),
            ("model", &params.model),
            ("thinkingLevel", &params.thinking_level),
        ] {
            if let Some(value) = value {
                changes.insert(name.to_owned(), value.as_str().into());
            }
        }
        let row = {
            let _alone = self.session_changes.lock().await;
            if let Some(row) = self.state.sessions.get(&key).await? {
                row
            } else {
                let mut entry = SessionEntry {
                    parent_session_key: parent,
                    created_via: Some("operator".to_owned()),
                    ..SessionEntry::default()
                };
                self.changed_entry(&key, &mut entry, &changes).await?;
                let id = RunId::generate().to_string();
                self.state
                    .sessions
                    .create(&key, &agent.id, &id, entry)
                    .await?
            }
        };
        self.events.changed(Change::reason(&key, "create"));
        let mut reply = SessionsCreateReply {
            ok: true,
            key: key.to_string(),
            session_id: row.session_id.clone(),
            entry: self.stored(&row),
            resolved: self.resolved(&row),
            ..SessionsCreateReply::default()
        };
        let message = params.message.or(params.task).unwrap_or_default();
        if !message.trim().is_empty() || !params.attachments.is_empty() {
            let sent = ChatSendParams {
                session_key: key.to_string(),
                message,
                attachments: params.attachments,
                idempotency_key: params
                    .idempotency_key
                    .unwrap_or_else(|| RunId::generate().to_string()),
                ..ChatSendParams::default()
            };
            let sent = self.chat_send(sent, sender).await?;
            reply.run_started = true;
            reply.run_id = Some(sent.run_id);
        }
        Ok(reply)
    }

    /// Changes what is set for a session; one that does not exist yet is made.
    ///
    /// # Errors
    /// [`ApiError`] names what cannot be set; nothing was changed then.
    pub(crate) async fn sessions_patch(
        &self,
        params: SessionsPatchParams,
    ) -> Result<SessionChangeReply, ApiError> {
        let (_, key) = self.place(&params.key, params.agent_id.as_deref())?;
        let expected = params.expected_session_id.as_deref();
        let row = self.patch(&key, &params.changes, expected).await?;
        Ok(self.change_reply(&row))
    }

    /// The same inside.
    pub(crate) async fn patch(
        &self,
        key: &SessionKey,
        changes: &Map<String, Value>,
        expected: Option<&str>,
    ) -> Result<SessionRow, ApiError> {
        let row = {
            let _alone = self.session_changes.lock().await;
            let row = self.opened(key).await?;
            expect_id(&row, expected)?;
            let mut entry = row.entry;
            self.changed_entry(key, &mut entry, changes).await?;
            self.state.sessions.set_entry(key, entry).await?
        };
        self.events.changed(Change::reason(key, "patch"));
        Ok(row)
    }

    async fn changed_entry(
        &self,
        key: &SessionKey,
        entry: &mut SessionEntry,
        changes: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let agent = agent::owner(key).unwrap_or_default();
        let levels = |entry: &SessionEntry| self.model_of(agent, entry.model.as_deref()).levels();
        entry::change(self, entry, changes, levels)?;
        if changes.contains_key("label")
            && let Some(label) = &entry.label
            && let Some(other) = self.labelled(label).await?
            && other != *key
        {
            return Err(ApiError::invalid(format!(
                "label already in use: {label}; choose another one"
            )));
        }
        Ok(())
    }

    /// A session, made if it is not there.
    ///
    /// # Errors
    /// [`ApiError`] when the store refuses.
    pub(crate) async fn opened(&self, key: &SessionKey) -> Result<SessionRow, ApiError> {
        if let Some(row) = self.state.sessions.get(key).await? {
            return Ok(row);
        }
        let roster = self.agents.roster();
        let agent = match agent::owner(key) {
            Some(owner) => roster.find(owner).map_err(agent::SubmitError::from)?,
            None => roster.default_agent(),
        };
        let entry = SessionEntry {
            created_via: Some("operator".to_owned()),
            ..SessionEntry::default()
        };
        let id = RunId::generate().to_string();
        Ok(self
            .state
            .sessions
            .create(key, &agent.id, &id, entry)
            .await?)
    }

    /// Begins a session anew; its runs are stopped.
    ///
    /// # Errors
    /// [`ApiError`]: runs that do not stop, or a store that refuses.
    pub(crate) async fn sessions_reset(
        &self,
        params: SessionsResetParams,
    ) -> Result<SessionChangeReply, ApiError> {
        let (_, key) = self.place(&params.key, params.agent_id.as_deref())?;
        let reason = match params.reason.as_deref() {
            None | Some("reset") => "reset",
            Some("new") => "new",
            Some(_) => return Err(ApiError::invalid("reason must be new or reset")),
        };
        let row = self.reset(&key, reason).await?;
        Ok(self.change_reply(&row))
    }

    /// The same inside.
    pub(crate) async fn reset(
        &self,
        key: &SessionKey,
        reason: &'static str,
    ) -> Result<SessionRow, ApiError> {
        self.opened(key).await?;
        let id = RunId::generate().to_string();
        let sessions = &self.state.sessions;
        let row = self
            .when_idle(key, || sessions.reset(key, &id, reason))
            .await?;
        self.events.changed(Change::reason(key, "reset"));
        Ok(row)
    }

    /// Removes a session; its log is kept aside.
    ///
    /// # Errors
    /// [`ApiError`]: the main session, runs that do not stop, or a store that refuses.
    pub(crate) async fn sessions_delete(
        &self,
        params: SessionsDeleteParams,
    ) -> Result<SessionsDeleteReply, ApiError> {
        let key = self.session_key(&params.key, params.agent_id.as_deref())?;
        if key.as_str().splitn(3, ':').nth(2) == Some("main") {
            return Err(ApiError::invalid(format!(
                "Cannot delete the main session ({key})."
            )));
        }
        let mut reply = SessionsDeleteReply {
            ok: true,
            key: key.to_string(),
            ..SessionsDeleteReply::default()
        };
        let Some(row) = self.state.sessions.get(&key).await? else {
            return Ok(reply);
        };
        expect_id(&row, params.expected_session_id.as_deref())?;
        let sessions = &self.state.sessions;
        let kept = self.when_idle(&key, || sessions.remove(&key)).await?;
        self.events.removed(&key);
        reply.deleted = kept.is_some();
        reply.archived = kept.iter().map(ToString::to_string).collect();
        Ok(reply)
    }

    /// Stops the runs of a session and does `work` when they have.
    async fn when_idle<T, F>(&self, key: &SessionKey, work: impl Fn() -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, state::Error>>,
    {
        let patience = Instant::now() + STOPPING;
        loop {
            self.stop_runs(key, None, "stop");
            match work().await {
                Err(state::Error::Busy(_)) if Instant::now() < patience => {
                    tokio::time::sleep(STOP_POLL).await;
                }
                done => return Ok(done?),
            }
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// As [`Services::chat_send`].
    pub(crate) async fn sessions_send(
        &self,
        params: SessionsSendParams,
        sender: Sender<'_>,
    ) -> Result<ChatSendReply, ApiError> {
        let sent = ChatSendParams {
            session_key: params.key,
            agent_id: params.agent_id,
            message: params.message,
            thinking: params.thinking,
            attachments: params.attachments,
            timeout_ms: params.timeout_ms,
            idempotency_key: params
                .idempotency_key
                .unwrap_or_else(|| RunId::generate().to_string()),
            ..ChatSendParams::default()
        };
        self.chat_send(sent, sender).await
    }

    /// Stops the runs of a session, or one run wherever it is.
    ///
    /// # Errors
    /// [`ApiError`] when neither is named, or the key is no key.
    pub(crate) fn sessions_abort(
        &self,
        params: &SessionsAbortParams,
    ) -> Result<SessionsAbortReply, ApiError> {
        let run = params.run_id.as_deref().map(RunId::new);
        let session = match (&params.key, &run) {
            (Some(key), _) => Some(self.session_key(key, params.agent_id.as_deref())?),
            (None, Some(run)) => self.events.session_of(run),
            (None, None) => return Err(ApiError::invalid("key or runId is required")),
        };
        let stopped = session.map(|session| self.stop_runs(&session, run.as_ref(), "rpc"));
        let first = stopped.into_iter().flatten().next();
        let status = match first {
            Some(_) => "aborted",
            None => "no-active-run",
        };
        Ok(SessionsAbortReply {
            ok: true,
            aborted_run_id: first.map(|run| run.to_string()),
            status: status.to_owned(),
        })
    }
}

fn expect_id(row: &SessionRow, expected: Option<&str>) -> Result<(), ApiError> {
    match expected {
        Some(expected) if expected != row.session_id => Err(ApiError::invalid(
            "the session was begun anew since; read it again",
        )),
        Some(_) | None => Ok(()),
    }
}
