//! What is stored of a session, in the names of the reference.

use super::super::Services;
use super::super::transcript::dollars;
use super::row::options;
use domain::RunOutcome;
use protocol::methods::agents::AgentRuntime;
use protocol::methods::sessions::{SessionChangeReply, SessionResolved};
use serde_json::{Map, Value};
use state::SessionRow;

impl Services {
    pub(super) fn change_reply(&self, row: &SessionRow) -> SessionChangeReply {
        SessionChangeReply {
            ok: true,
            path: Some(self.runtime.database_path().display().to_string()),
            key: row.key.to_string(),
            entry: self.stored(row),
            resolved: self.resolved(row),
        }
    }

    /// What is stored of a session.
    pub(super) fn stored(&self, row: &SessionRow) -> Map<String, Value> {
        let mut entry = match serde_json::to_value(&row.entry) {
            Ok(Value::Object(entry)) => entry,
            Ok(_) | Err(_) => Map::new(),
        };
        let overridden = entry.remove("model");
        let mut put = |name: &str, value: Value| {
            entry.insert(name.to_owned(), value);
        };
        if let Some(Value::String(name)) = overridden {
            let (provider, model) = name.split_once('/').unwrap_or(("", &name));
            put("providerOverride", provider.into());
            put("modelOverride", model.into());
            put("modelOverrideSource", "user".into());
        } else {
            put("modelOverrideSource", "default".into());
        }
        let resolved = self.resolved(row);
        put("modelProvider", resolved.model_provider.into());
        put("model", resolved.model.into());
        put("sessionId", row.session_id.as_str().into());
        put("updatedAt", row.updated_at.0.into());
        put("createdAt", row.created_at.0.into());
        put("systemSent", (row.turns > 0).into());
        let aborted = matches!(row.last_run.outcome, Some(RunOutcome::Aborted { .. }));
        put("abortedLastRun", aborted.into());
        put("chatType", "direct".into());
        let tokens = |count: Option<domain::TokenCount>| count.map(|t| t.0).unwrap_or_default();
        put("inputTokens", tokens(row.usage.input).into());
        put("outputTokens", tokens(row.usage.output).into());
        put("cacheRead", tokens(row.usage.cache_read).into());
        put("cacheWrite", tokens(row.usage.cache_write).into());
        let context = row.last_run.context_tokens;
        put("totalTokens", context.unwrap_or_default().into());
        put("totalTokensFresh", context.is_some().into());
        put("estimatedCostUsd", dollars(row.cost).into());
        entry
    }

    pub(super) fn resolved(&self, row: &SessionRow) -> SessionResolved {
        let model = self.model_of(row.agent.as_str(), row.entry.model.as_deref());
        SessionResolved {
            agent_runtime: AgentRuntime::here(),
            runtime_selection_locked: false,
            thinking_level: row.entry.thinking_level.clone(),
            thinking_levels: options(&model.levels()),
            model_provider: model.provider,
            model: model.model,
        }
    }
}
