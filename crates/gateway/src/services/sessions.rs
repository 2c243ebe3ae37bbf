//! `chat.history` and `sessions.list`. Source: gateway RPC methods, "Chat" and "Sessions".

use super::Services;
use crate::error::ApiError;
use domain::{Message, Part, Record, Role, StopReason};
use protocol::methods::chat::{ChatHistoryParams, ChatHistoryReply};
use protocol::methods::sessions::{SessionEntry, SessionsListParams, SessionsListReply};
use serde_json::{Value, json};
use state::{Recorded, Seq, SessionRow};

/// Messages of a history unless told otherwise, and at most.
const HISTORY: (u32, u32) = (200, 1_000);

/// Sessions of a list unless told otherwise, and at most.
const SESSIONS: (u32, u32) = (100, 1_000);

/// Longer texts are cut in a history.
const MAX_CHARS: usize = 8_000;

impl Services {
    /// The newest messages of a session, oldest first. An unknown session has none.
    ///
    /// # Errors
    /// [`ApiError`] when the key is no key or the store cannot be read.
    pub async fn chat_history(
        &self,
        params: ChatHistoryParams,
    ) -> Result<ChatHistoryReply, ApiError> {
        let key = self.session_key(&params.session_key, params.agent_id.as_deref())?;
        let limit = bounded(params.limit, HISTORY, "limit")?;
        let Some(row) = self.state.sessions.get(&key).await? else {
            let session_key = key.to_string();
            return Ok(ChatHistoryReply {
                session_key,
                ..ChatHistoryReply::default()
            });
        };
        let mut messages = Vec::new();
        let mut after = Seq(0);
        loop {
            let page = self.state.log.read(&key, after, 1_000).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            messages.extend(page.iter().flat_map(shown));
        }
        let surplus = messages.len().saturating_sub(limit);
        messages.drain(..surplus);
        Ok(ChatHistoryReply {
            session_key: key.to_string(),
            session_id: row.session_id,
            messages,
            has_more: surplus > 0,
        })
    }

    /// The sessions changed most recently.
    ///
    /// # Errors
    /// [`ApiError`] when the agent is unknown or the store cannot be read.
    pub async fn sessions_list(
        &self,
        params: SessionsListParams,
    ) -> Result<SessionsListReply, ApiError> {
        let limit = bounded(params.limit, SESSIONS, "limit")?;
        let roster = self.agents.roster();
        let agent = match &params.agent_id {
            Some(id) => Some(&roster.find(id).map_err(agent::SubmitError::from)?.id),
            None => None,
        };
        let rows = self.state.sessions.list(agent, limit).await?;
        Ok(SessionsListReply {
            path: self.runtime.database_path().display().to_string(),
            count: self.state.sessions.count().await?,
            sessions: rows.into_iter().map(entry).collect(),
        })
    }
}

fn bounded(
    asked: Option<u32>,
    (usual, most): (u32, u32),
    name: &'static str,
) -> Result<usize, ApiError> {
    let asked = asked.unwrap_or(usual);
    if !(1..=most).contains(&asked) {
        return Err(ApiError::invalid(format!(
            "{name} must be between 1 and {most}"
        )));
    }
    Ok(usize::try_from(asked).unwrap_or(usize::MAX))
}

fn entry(row: SessionRow) -> SessionEntry {
    SessionEntry {
        key: row.key.to_string(),
        session_id: row.session_id,
        agent_id: row.agent.to_string(),
        updated_at: row.updated_at.0,
        created_at: row.created_at.0,
        turns: row.turns,
        input_tokens: row.usage.input.map(|t| t.0),
        output_tokens: row.usage.output.map(|t| t.0),
        total_tokens: row.usage.total().map(|t| t.0),
        cost_usd: row.cost.to_string(),
    }
}

/// A record as the messages clients show.
fn shown(recorded: &Recorded) -> Vec<Value> {
    match &recorded.record {
        Record::TurnAccepted(turn) => turn
            .input
            .iter()
            .flat_map(|message| spoken(recorded, message))
            .collect(),
        Record::AssistantMessage(said) => {
            let usage = &said.usage;
            let mut value = json!({
                "role": "assistant",
                "content": content(&said.message),
                "provider": said.provider.as_str(),
                "model": said.model.as_str(),
                "usage": {
                    "input": usage.input.map(|t| t.0), "output": usage.output.map(|t| t.0),
                    "cacheRead": usage.cache_read.map(|t| t.0),
                    "cacheWrite": usage.cache_write.map(|t| t.0),
                    "totalTokens": usage.total().map(|t| t.0),
                },
                "stopReason": stop_reason(said.stop.as_ref(), said.incomplete),
                "incomplete": said.incomplete,
            });
            finish(&mut value, recorded);
            vec![value]
        }
        Record::ToolFinished(result) => {
            let message = Message {
                role: Role::Tool,
                parts: vec![Part::ToolResult(result.clone())],
            };
            spoken(recorded, &message)
        }
        Record::SessionOpened(_)
        | Record::RunStarted(_)
        | Record::ToolStarted(_)
        | Record::RunFinished(_)
        | Record::Unknown { .. } => Vec::new(),
    }
}

fn spoken(recorded: &Recorded, message: &Message) -> Vec<Value> {
    let mut values = match message.role {
        Role::User => vec![json!({ "role": "user", "content": content(message) })],
        Role::Assistant => vec![json!({ "role": "assistant", "content": content(message) })],
        Role::Tool => message
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::ToolResult(result) => Some(json!({
                    "role": "toolResult",
                    "toolCallId": result.call.as_str(),
                    "toolName": result.name.as_ref().map(domain::ToolName::as_str),
                    "content": [{ "type": "text", "text": cut(&result.content) }],
                    "isError": result.is_error,
                })),
                Part::Text { .. }
                | Part::Image { .. }
                | Part::File { .. }
                | Part::Reasoning { .. }
                | Part::ToolCall(_) => None,
            })
            .collect(),
    };
    for value in &mut values {
        finish(value, recorded);
    }
    values
}

fn finish(value: &mut Value, recorded: &Recorded) {
    if let Some(object) = value.as_object_mut() {
        let run = recorded.run.as_ref().map(domain::RunId::as_str);
        object.insert("timestamp".to_owned(), recorded.at.0.into());
        object.insert(
            "__openclaw".to_owned(),
            json!({ "id": recorded.seq.0.to_string(), "seq": recorded.seq.0, "runId": run }),
        );
    }
}

fn content(message: &Message) -> Value {
    let parts = message.parts.iter().filter_map(|part| match part {
        Part::Text { text } => Some(json!({ "type": "text", "text": cut(text) })),
        Part::Reasoning { text, .. } => Some(json!({ "type": "thinking", "thinking": cut(text) })),
        Part::File {
            media_type, name, ..
        } => Some(json!({ "type": "file", "mimeType": media_type, "name": name })),
        Part::Image { media_type, data } => Some(json!({
            "type": "image", "mimeType": media_type, "omitted": true, "bytes": data.0.len() / 4 * 3,
        })),
        Part::ToolCall(call) => Some(json!({
            "type": "toolCall", "id": call.id.as_str(), "name": call.name.as_str(),
            "arguments": serde_json::from_str::<Value>(&call.arguments)
                .unwrap_or_else(|_| Value::String(call.arguments.clone())),
        })),
        Part::ToolResult(_) => None,
    });
    Value::Array(parts.collect())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…[cut]", text.get(..end).unwrap_or_default()),
    }
}

fn stop_reason(stop: Option<&StopReason>, incomplete: bool) -> &'static str {
    match stop {
        _ if incomplete => "aborted",
        Some(StopReason::ToolCalls) => "toolUse",
        Some(StopReason::Length) => "length",
        Some(StopReason::Stop | StopReason::ContentFilter | StopReason::Other(_)) | None => "stop",
    }
}
