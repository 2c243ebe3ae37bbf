//! `chat.inject`: a note of the assistant that no model made.

use super::super::Services;
use super::super::transcript::inject_run;
use super::MAX_MESSAGE;
use crate::error::ApiError;
use domain::record::AssistantMessage;
use domain::{Message, MicroUsd, ModelId, ProviderId, Record, StopReason, Usage};
use protocol::methods::chat::{ChatInjectParams, ChatInjectReply};

/// Longest label, in characters.
const MAX_LABEL: usize = 100;

impl Services {
    /// Appends a note to a session and tells everybody.
    ///
    /// # Errors
    /// [`ApiError`]: an unknown session, an empty note, or a store that refuses.
    pub(crate) async fn chat_inject(
        &self,
        params: ChatInjectParams,
    ) -> Result<ChatInjectReply, ApiError> {
        let session = self.session_key(&params.session_key, params.agent_id.as_deref())?;
        let note = params.message.trim();
        if note.is_empty() || note.len() > MAX_MESSAGE {
            return Err(ApiError::invalid(
                "message must have between 1 byte and 4 MiB",
            ));
        }
        let label = params.label.as_deref().map(str::trim);
        let text = match label.filter(|label| !label.is_empty()) {
            Some(label) if label.chars().count() > MAX_LABEL => {
                return Err(ApiError::invalid(format!(
                    "label must not be longer than {MAX_LABEL} characters"
                )));
            }
            Some(label) => format!("[{label}]\n\n{note}"),
            None => note.to_owned(),
        };
        if self.state.sessions.get(&session).await?.is_none() {
            return Err(ApiError::invalid("session not found"));
        }
        let said = AssistantMessage {
            message: Message::assistant(text.as_str()),
            provider: ProviderId::new("openclaw"),
            model: ModelId::new("gateway-injected"),
            usage: Usage::default(),
            cost: Some(MicroUsd::ZERO),
            stop: Some(StopReason::Stop),
            incomplete: false,
        };
        let record = Record::AssistantMessage(Box::new(said));
        let seq = self.state.log.note(&session, vec![record]).await?;
        let message_id = seq.0.to_string();
        self.tell_final(&session, &inject_run(seq.0), 0, &text);
        Ok(ChatInjectReply {
            ok: true,
            message_id,
        })
    }
}
