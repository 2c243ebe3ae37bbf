//! `chat.startup`, `chat.metadata`, `chat.message.get`: what a chat page begins with.

use super::super::Services;
use super::super::sessions::bounded;
use super::super::transcript::{Shown, message_id};
use crate::error::ApiError;
use domain::SessionKey;
use protocol::Protocol;
use protocol::methods::catalog::{CommandsListParams, ModelsListParams};
use protocol::methods::chat::{
    ChatHistoryParams, ChatMessageParams, ChatMessageReply, ChatMetadataParams, ChatMetadataReply,
    ChatStartupReply,
};
use serde::Serialize;
use serde_json::{Value, json};
use state::Seq;

/// Longest text of one message that can be asked for.
const MOST_CHARS: u32 = 2_000_000;

impl Services {
    /// The history of a session with models and commands beside it.
    ///
    /// # Errors
    /// [`ApiError`] when the key is no key or the store cannot be read.
    pub(crate) async fn chat_startup(
        &self,
        params: ChatHistoryParams,
        protocol: Protocol,
    ) -> Result<ChatStartupReply, ApiError> {
        let about = ChatMetadataParams {
            agent_id: params.agent_id.clone(),
            session_key: Some(params.session_key.clone()),
        };
        let metadata = self.chat_metadata(&about)?;
        let history = self.chat_history(params, protocol).await?;
        Ok(ChatStartupReply { history, metadata })
    }

    /// Models and commands to choose from.
    ///
    /// # Errors
    /// [`ApiError`] for an agent or a key that is none.
    pub(crate) fn chat_metadata(
        &self,
        params: &ChatMetadataParams,
    ) -> Result<ChatMetadataReply, ApiError> {
        let agent_id = match (&params.agent_id, &params.session_key) {
            (Some(id), _) => Some(id.clone()),
            (None, Some(key)) => {
                // The history of an agent that is gone stays readable.
                let key = self.session_key(key, None)?;
                let roster = self.agents.roster();
                let owner = agent::owner(&key).filter(|owner| roster.find(owner).is_ok());
                owner.map(str::to_owned)
            }
            (None, None) => None,
        };
        let models = self.models_list(&ModelsListParams {
            agent_id,
            ..ModelsListParams::default()
        })?;
        let commands = Self::commands_list(&CommandsListParams::default());
        Ok(ChatMetadataReply {
            models: values(models.models),
            commands: values(commands.commands),
            swarm_enabled: false,
            account_selection: json!({ "kind": "automatic", "label": "Automatic account selection" }),
        })
    }

    /// One message of a session.
    ///
    /// # Errors
    /// [`ApiError`] when the key is no key or the store cannot be read.
    pub(crate) async fn chat_message(
        &self,
        params: ChatMessageParams,
    ) -> Result<ChatMessageReply, ApiError> {
        let key = self.session_key(&params.session_key, params.agent_id.as_deref())?;
        let max_chars = bounded(params.max_chars, (MOST_CHARS, MOST_CHARS), "maxChars")?;
        let shown = Shown {
            protocol: Protocol::V4,
            max_chars,
        };
        let message = self.message_of(&key, &params.message_id, shown).await?;
        Ok(ChatMessageReply {
            ok: message.is_some(),
            unavailable_reason: message.is_none().then(|| "not_found".to_owned()),
            message,
        })
    }

    async fn message_of(
        &self,
        key: &SessionKey,
        id: &str,
        shown: Shown,
    ) -> Result<Option<Value>, ApiError> {
        let seq = id.split_once('.').map_or(id, |(seq, _)| seq);
        let Some(seq) = seq.parse::<i64>().ok().filter(|seq| *seq > 0) else {
            return Ok(None);
        };
        let Some(row) = self.state.sessions.get(key).await? else {
            return Ok(None);
        };
        // What was said before the session was begun anew belongs to another one.
        if Seq(seq) < row.start {
            return Ok(None);
        }
        let found = self.state.log.read(key, Seq(seq - 1), 1).await?;
        let Some(recorded) = found.first() else {
            return Ok(None);
        };
        let messages = shown.messages(recorded).into_iter().enumerate();
        let mut named = messages.filter(|(at, _)| message_id(recorded, *at) == id);
        Ok(named.next().map(|(_, message)| message))
    }
}

fn values(rows: Vec<impl Serialize>) -> Vec<Value> {
    let rows = rows.into_iter().map(serde_json::to_value);
    rows.filter_map(Result::ok).collect()
}
