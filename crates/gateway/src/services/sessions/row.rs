//! A session as lists and events show it.

use super::super::Services;
use super::super::chat::THINKING;
use super::super::transcript::dollars;
use crate::error::{ApiError, of_outcome};
use domain::{FastMode, RunId, RunOutcome, SessionKey};
use llm::ModelInfo;
use protocol::methods::agents::AgentRuntime;
use protocol::methods::sessions::{LevelOption, ModelDefaults, SessionEntry};
use state::{LastRun, SessionRow};
use std::sync::Arc;

impl Services {
    /// The row of a session; `None` for an unknown one.
    ///
    /// # Errors
    /// [`ApiError`] when the store cannot be read.
    pub(crate) async fn session_row(
        &self,
        key: &SessionKey,
    ) -> Result<Option<SessionEntry>, ApiError> {
        let row = self.state.sessions.get(key).await?;
        Ok(row.map(|row| self.session_entry(key, Some(&row))))
    }

    /// The row of a session; without a stored one that of a session that does not exist yet.
    pub(crate) fn session_entry(&self, key: &SessionKey, row: Option<&SessionRow>) -> SessionEntry {
        let roster = self.agents.roster();
        let owner = agent::owner(key).unwrap_or(roster.default_agent().id.as_str());
        let going = self.events.going(key);
        let model = self.model_of(owner, row.and_then(|row| row.entry.model.as_deref()));
        let name = key.as_str().splitn(3, ':').nth(2).unwrap_or_default();
        let is_main = name == "main";
        let mut entry = SessionEntry {
            key: key.to_string(),
            kind: "direct".to_owned(),
            chat_type: row.map(|_| "direct".to_owned()),
            classification: classification(name),
            agent_id: owner.to_owned(),
            is_main,
            is_background: agent::is_reserved(key.as_str()),
            effective_response_usage: "off".to_owned(),
            effective_queue_mode: "followup".to_owned(),
            effective_fast_mode_source: "default".to_owned(),
            cost_usd: "0.000000".to_owned(),
            has_active_run: !going.is_empty(),
            active_run_ids: going.iter().map(|run| run.run.to_string()).collect(),
            snapshot_at: self.clock.now().0,
            ..SessionEntry::default()
        };
        model.describe(&mut entry);
        if let Some(row) = row {
            add_last_run(&mut entry, &row.last_run);
            entry.session_id.clone_from(&row.session_id);
            entry.updated_at = Some(row.updated_at.0);
            entry.created_at = Some(row.created_at.0);
            entry.system_sent = row.turns > 0;
            entry.turns = row.turns;
            entry.input_tokens = row.usage.input.map(|t| t.0);
            entry.output_tokens = row.usage.output.map(|t| t.0);
            entry.cost_usd = row.cost.to_string();
            entry.estimated_cost_usd = Some(dollars(row.cost));
            add_what_is_set(&mut entry, row);
        }
        if let Some(run) = going.iter().find(|run| run.started_at.is_some()) {
            entry.status = Some("running".to_owned());
            entry.started_at = run.started_at.map(|at| at.0);
            entry.last_run_id = Some(run.run.to_string());
        }
        entry
    }

    /// What a new session of the default agent starts with.
    pub(crate) fn model_defaults(&self) -> ModelDefaults {
        let roster = self.agents.roster();
        let model = self.model_of(roster.default_agent().id.as_str(), None);
        ModelDefaults {
            agent_runtime: AgentRuntime::here(),
            model_selection_target: "session".to_owned(),
            context_tokens: model.context_tokens(),
            thinking_options: model.levels(),
            thinking_levels: options(&model.levels()),
            thinking_default: Some("off".to_owned()),
            model_provider: model.provider,
            model: model.model,
        }
    }

    /// The model of a session: the one that is set for it, else its agent's first choice.
    pub(crate) fn model_of(&self, agent: &str, set: Option<&str>) -> SessionModel {
        let roster = self.agents.roster();
        let first = roster
            .find(agent)
            .ok()
            .and_then(|agent| agent.models.first());
        let name = set.or(first.map(String::as_str)).unwrap_or_default();
        let found = self.models.catalog().resolve(name).ok();
        let info = found.map(|target| target.info);
        let (provider, model) = if let Some(info) = &info {
            (info.provider.to_string(), info.model.to_string())
        } else {
            let (provider, model) = name.split_once('/').unwrap_or(("", name));
            (provider.to_owned(), model.to_owned())
        };
        SessionModel {
            provider,
            model,
            info,
            is_set: set.is_some(),
        }
    }
}

/// The model of a session.
pub(crate) struct SessionModel {
    /// Who serves it.
    pub(crate) provider: String,
    /// Its name there.
    pub(crate) model: String,
    /// What is known about it; absent for what the routing policy chooses.
    pub(crate) info: Option<Arc<ModelInfo>>,
    /// Whether it is set for the session.
    is_set: bool,
}

impl SessionModel {
    fn context_tokens(&self) -> u64 {
        let window = self.info.as_ref().and_then(|info| info.context_window);
        window.map(u64::from).unwrap_or_default()
    }

    /// How hard it can be asked to think.
    pub(crate) fn levels(&self) -> Vec<String> {
        let reasons = self.info.as_ref().is_none_or(|info| info.reasoning);
        let many = if reasons { THINKING.len() } else { 1 };
        let levels = THINKING.iter().take(many);
        levels.map(|level| (*level).to_owned()).collect()
    }

    fn describe(self, entry: &mut SessionEntry) {
        entry.agent_runtime = AgentRuntime::here();
        entry.context_tokens = self.context_tokens();
        entry.thinking_options = self.levels();
        entry.thinking_levels = options(&entry.thinking_options);
        entry.thinking_default = Some("off".to_owned());
        entry.model_override_source = self.is_set.then(|| "user".to_owned());
        entry.model_provider = self.provider;
        entry.model = self.model;
    }
}

fn add_last_run(entry: &mut SessionEntry, last: &LastRun) {
    entry.total_tokens = last.context_tokens;
    entry.total_tokens_fresh = last.context_tokens.is_some();
    entry.last_run_id = last.run.as_ref().map(RunId::to_string);
    entry.started_at = last.started_at.map(|at| at.0);
    entry.ended_at = last.ended_at.map(|at| at.0);
    let began = entry.started_at.zip(entry.ended_at);
    entry.runtime_ms = began.map(|(began, ended)| ended.saturating_sub(began));
    entry.aborted_last_run = matches!(last.outcome, Some(RunOutcome::Aborted { .. }));
    entry.status = last
        .run
        .as_ref()
        .map(|_| status(last.outcome.as_ref()).to_owned());
    let failed = last.outcome.as_ref().and_then(of_outcome);
    entry.last_run_error = failed
        .filter(|_| !entry.aborted_last_run)
        .map(|error| error.message);
}

/// How a run stands, in the words of the reference.
fn status(outcome: Option<&RunOutcome>) -> &'static str {
    match outcome {
        None => "running",
        Some(RunOutcome::Completed { .. } | RunOutcome::AwaitingClient) => "done",
        Some(RunOutcome::Aborted { .. }) => "killed",
        Some(RunOutcome::Limited { .. } | RunOutcome::Failed { .. } | RunOutcome::Interrupted) => {
            "failed"
        }
    }
}

fn add_what_is_set(entry: &mut SessionEntry, row: &SessionRow) {
    let set = &row.entry;
    let interaction = set.last_interaction_at.unwrap_or(row.updated_at);
    entry.last_interaction_at = Some(interaction.0);
    entry.created_via = set.created_via.clone().or_else(|| Some("run".to_owned()));
    entry.label.clone_from(&set.label);
    entry.display_name = set.display_name.clone().or_else(|| set.label.clone());
    entry.category.clone_from(&set.category);
    entry.icon.clone_from(&set.icon);
    entry.color.clone_from(&set.color);
    entry.archived = set.archived;
    entry.pinned = set.pinned;
    entry.unread = set.unread;
    entry.thinking_level.clone_from(&set.thinking_level);
    entry.verbose_level.clone_from(&set.verbose_level);
    entry.reasoning_level.clone_from(&set.reasoning_level);
    entry.elevated_level.clone_from(&set.elevated_level);
    entry.response_usage.clone_from(&set.response_usage);
    if let Some(usage) = &set.response_usage {
        entry.effective_response_usage.clone_from(usage);
    }
    entry.send_policy.clone_from(&set.send_policy);
    if let Some(FastMode::Fixed(fast)) = set.fast_mode {
        entry.effective_fast_mode = fast;
        "session".clone_into(&mut entry.effective_fast_mode_source);
    }
    let text = |key: &SessionKey| key.to_string();
    entry.parent_session_key = set.parent_session_key.as_ref().map(text);
    entry.spawned_by = set.spawned_by.as_ref().map(text);
}

pub(super) fn options(levels: &[String]) -> Vec<LevelOption> {
    let option = |level: &String| LevelOption {
        id: level.clone(),
        label: level.clone(),
    };
    levels.iter().map(option).collect()
}

/// Where a session belongs, by the first part of its name.
fn classification(name: &str) -> String {
    match name.split_once(':') {
        Some((family, _)) => family.to_owned(),
        None if name == "main" => "main".to_owned(),
        None => "custom".to_owned(),
    }
}
