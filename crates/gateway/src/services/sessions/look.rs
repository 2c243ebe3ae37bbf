//! Looking at sessions: `sessions.describe`, `sessions.get`, `sessions.preview`, `sessions.resolve`
//! and what clients ask for at their start.

use super::super::Services;
use super::super::transcript::{Shown, headline, text_of};
use super::bounded;
use crate::error::ApiError;
use domain::SessionKey;
use protocol::Protocol;
use protocol::methods::chat::{ChatHistoryParams, ChatHistoryReply};
use protocol::methods::sessions::{
    BranchEntry, SessionEntry, SessionPreview, SessionPreviewItem, SessionsBranchesParams,
    SessionsBranchesReply, SessionsDescribeParams, SessionsDescribeReply, SessionsGetParams,
    SessionsGetReply, SessionsPreviewParams, SessionsPreviewReply, SessionsResolveParams,
    SessionsResolveReply,
};
use serde_json::Value;
use state::{Seq, SessionFilter, SessionRow};

/// Most sessions of one preview.
const MAX_PREVIEWS: usize = 64;

/// Messages of a preview unless told otherwise, and at most.
const PREVIEW: (u32, u32) = (12, 50);

/// Characters of a previewed message unless told otherwise, and at most.
const PREVIEW_CHARS: (u32, u32) = (240, 4_000);

/// Characters of a title made from a message.
const TITLE: usize = 60;

/// Characters of a last message in a list.
const LAST: usize = 160;

/// Fewest characters of the beginning of a session id.
const SHORTEST_ID: usize = 6;

/// Records that are searched for a title or a last message.
const NEAR: usize = 20;

impl Services {
    /// One session.
    ///
    /// # Errors
    /// [`ApiError`] when the key is no key or the store cannot be read.
    pub(crate) async fn sessions_describe(
        &self,
        params: SessionsDescribeParams,
    ) -> Result<SessionsDescribeReply, ApiError> {
        let key = self.session_key(&params.key, None)?;
        let Some(row) = self.state.sessions.get(&key).await? else {
            return Ok(SessionsDescribeReply::default());
        };
        let titles = params.include_derived_titles.unwrap_or(false);
        let last = params.include_last_message.unwrap_or(false);
        let mut session = self.session_entry(&key, Some(&row));
        self.add_words(&mut session, &row, titles, last).await?;
        Ok(SessionsDescribeReply {
            session: Some(session),
        })
    }

    /// Adds the beginning of the first and of the last message.
    pub(super) async fn add_words(
        &self,
        entry: &mut SessionEntry,
        row: &SessionRow,
        titles: bool,
        last: bool,
    ) -> Result<(), ApiError> {
        let shown = Shown::default();
        if titles && row.entry.label.is_none() {
            let start = Seq(row.start.0.saturating_sub(1));
            let records = self.state.log.read(&row.key, start, NEAR).await?;
            let mut messages = records.iter().flat_map(|it| shown.messages(it));
            let first = messages.find(|message| role_of(message) == "user");
            entry.derived_title = first
                .map(|message| headline(&text_of(&message), TITLE))
                .filter(|title| !title.is_empty());
        }
        if last {
            let end = Some(Seq(row.last_seq.0.saturating_add(1)));
            let records = self.state.log.read_back(&row.key, end, NEAR).await?;
            let records = records.iter().filter(|it| it.seq >= row.start);
            let messages = records.flat_map(|it| shown.messages(it));
            let mut texts = messages
                .filter(|message| role_of(message) != "toolResult")
                .map(|message| headline(&text_of(&message), LAST));
            entry.last_message_preview = texts.find(|text| !text.is_empty());
        }
        Ok(())
    }

    /// The newest messages of a session.
    ///
    /// # Errors
    /// [`ApiError`] when the key is no key or the store cannot be read.
    pub(crate) async fn sessions_get(
        &self,
        params: SessionsGetParams,
        protocol: Protocol,
    ) -> Result<SessionsGetReply, ApiError> {
        let history = ChatHistoryParams {
            session_key: params.key,
            agent_id: params.agent_id,
            limit: params.limit,
            ..ChatHistoryParams::default()
        };
        let ChatHistoryReply { messages, .. } = self.chat_history(history, protocol).await?;
        Ok(SessionsGetReply { messages })
    }

    /// The last words of several sessions.
    ///
    /// # Errors
    /// [`ApiError`] for too many keys, a limit out of bounds, or a store that cannot be read.
    pub(crate) async fn sessions_preview(
        &self,
        params: SessionsPreviewParams,
    ) -> Result<SessionsPreviewReply, ApiError> {
        if params.keys.len() > MAX_PREVIEWS {
            return Err(ApiError::invalid(format!(
                "at most {MAX_PREVIEWS} keys are previewed at once"
            )));
        }
        let limit = params.limit.map(|limit| limit.min(PREVIEW.1));
        bounded(limit, PREVIEW, "limit")?;
        let max_chars = params.max_chars.map(|chars| chars.min(PREVIEW_CHARS.1));
        let max_chars = bounded(max_chars, PREVIEW_CHARS, "maxChars")?;
        let mut previews = Vec::with_capacity(params.keys.len());
        for key in params.keys {
            let history = ChatHistoryParams {
                session_key: key.clone(),
                limit: Some(limit.unwrap_or(PREVIEW.0)),
                ..ChatHistoryParams::default()
            };
            let history = self.chat_history(history, Protocol::V4).await?;
            let items = history.messages.iter().filter_map(|message| {
                let text = headline(&text_of(message), max_chars);
                let role = match role_of(message) {
                    "toolResult" => "tool",
                    role => role,
                };
                (!text.is_empty()).then(|| SessionPreviewItem {
                    role: role.to_owned(),
                    text,
                })
            });
            let items: Vec<_> = items.collect();
            let status = match (history.session_id.is_empty(), items.is_empty()) {
                (true, _) => "missing",
                (false, true) => "empty",
                (false, false) => "ok",
            };
            previews.push(SessionPreview {
                key,
                status: status.to_owned(),
                items,
            });
        }
        Ok(SessionsPreviewReply {
            ts: self.clock.now().0,
            previews,
        })
    }

    /// Finds a session by key, id or label.
    ///
    /// # Errors
    /// [`ApiError`] when there is none, unless that is allowed, or when nothing is asked for.
    pub(crate) async fn sessions_resolve(
        &self,
        params: SessionsResolveParams,
    ) -> Result<SessionsResolveReply, ApiError> {
        let agent_id = params.agent_id.as_deref();
        let (found, asked) = if let Some(key) = &params.key {
            let key = self.session_key(key, agent_id)?;
            let row = self.state.sessions.get(&key).await?;
            (row.map(|row| row.key), key.to_string())
        } else if let Some(id) = &params.session_id {
            let row = self.state.sessions.by_session_id(id).await?;
            (row.map(|row| row.key), id.clone())
        } else if let Some(label) = &params.label {
            (self.labelled(label.trim()).await?, label.clone())
        } else if let Some(short) = &params.short_id {
            (self.by_short_id(short).await?, short.clone())
        } else {
            return Err(ApiError::invalid(
                "invalid sessions.resolve params: one of key, sessionId, label and shortId is required",
            ));
        };
        let found = found.filter(|key| {
            agent_id.is_none_or(|agent| agent::owner(key).is_none_or(|owner| owner == agent))
        });
        match found {
            Some(key) => Ok(SessionsResolveReply {
                ok: true,
                agent_id: agent::owner(&key).map(str::to_owned),
                key: Some(key.to_string()),
            }),
            None if params.allow_missing.unwrap_or(false) => Ok(SessionsResolveReply::default()),
            None => Err(ApiError::invalid(format!("No session found: {asked}"))),
        }
    }

    /// The session with this label.
    pub(super) async fn labelled(&self, label: &str) -> Result<Option<SessionKey>, ApiError> {
        let filter = SessionFilter {
            label: Some(label.to_owned()),
            ..SessionFilter::default()
        };
        let page = self.state.sessions.list(&filter, 0, 1).await?;
        Ok(page.rows.into_iter().next().map(|row| row.key))
    }

    async fn by_short_id(&self, short: &str) -> Result<Option<SessionKey>, ApiError> {
        if short.len() < SHORTEST_ID {
            return Err(ApiError::invalid(format!(
                "shortId must have at least {SHORTEST_ID} characters"
            )));
        }
        let filter = SessionFilter::default();
        let page = self.state.sessions.list(&filter, 0, 1_000).await?;
        let mut rows = page.rows.into_iter();
        let found = rows.find(|row| row.session_id.starts_with(short));
        Ok(found.map(|row| row.key))
    }

    /// The one branch of a session.
    ///
    /// # Errors
    /// [`ApiError`] when the key is no key or the store cannot be read.
    pub(crate) async fn sessions_branches(
        &self,
        params: SessionsBranchesParams,
    ) -> Result<SessionsBranchesReply, ApiError> {
        let history = ChatHistoryParams {
            session_key: params.session_key,
            agent_id: params.agent_id,
            ..ChatHistoryParams::default()
        };
        let history = self.chat_history(history, Protocol::V4).await?;
        let branches = history.messages.last().map(|leaf| BranchEntry {
            leaf_entry_id: leaf
                .pointer("/__openclaw/id")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            headline: headline(&text_of(leaf), TITLE),
            message_count: u64::try_from(history.messages.len()).unwrap_or_default(),
            updated_at: history
                .session_info
                .updated_at
                .and_then(chrono::DateTime::from_timestamp_millis)
                .map(|at| at.to_rfc3339())
                .unwrap_or_default(),
            active: true,
        });
        Ok(SessionsBranchesReply {
            branches: branches.into_iter().collect(),
        })
    }
}

fn role_of(message: &Value) -> &str {
    message
        .get("role")
        .and_then(Value::as_str)
        .unwrap_or_default()
}
