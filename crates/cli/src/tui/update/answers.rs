//! Answers to calls.

use super::super::history;
use super::super::model::{Ask, Effect, Model, Overlay, Run};
use super::super::picker::{Choice, Row};
use super::super::transcript::Tone;
use super::super::wire::{
    Agents, ApprovalRow, Budget, Budgets, Commands, Described, History, InFlight, Models,
    SessionRow, Sessions, read, string,
};
use super::super::{clean, slash};
use super::UNKNOWN_METHOD;
use serde_json::Value;

/// From this part on a budget is told, in percent.
const NEAR: f64 = 80.0;

impl Model {
    pub(super) fn answer(&mut self, ask: Ask, result: Result<Value, String>) -> Vec<Effect> {
        match result {
            Ok(payload) => self.succeeded(ask, payload),
            Err(why) => self.failed(ask, &clean::prose(&why)),
        }
    }

    fn succeeded(&mut self, ask: Ask, payload: Value) -> Vec<Effect> {
        match ask {
            Ask::Agents => return self.agents_known(read(payload)),
            Ask::History(key) if key == self.session => return self.history(read(payload)),
            Ask::Send(run) => self.sent(&run, &payload),
            Ask::Abort => return self.aborted(&payload),
            Ask::Describe(key) if key == self.session => {
                let described: Described = read(payload);
                if let Some(row) = described.session {
                    self.described(&row);
                }
            }
            Ask::Usage(key) if key == self.session => {
                let history: History = read(payload);
                self.take_usage(&history);
            }
            Ask::Budgets => {
                let budgets: Budgets = read(payload);
                self.facts.budget = budgets.budgets.iter().find_map(nearly_spent);
            }
            Ask::Commands => {
                let commands: Commands = read(payload);
                self.theirs = slash::theirs(commands.commands);
            }
            Ask::Patch(done) => {
                self.say(Tone::Hint, clean::line(&done));
                return self.describe();
            }
            Ask::Create(key) => {
                let key = string(&payload, "key").map_or(key, str::to_lowercase);
                return self.go_to_session(&key);
            }
            Ask::Reset => {
                self.transcript.entries.clear();
                self.say(Tone::Hint, "the session is empty now");
                return self.reload();
            }
            Ask::Approvals => {
                let rows: Vec<ApprovalRow> = read(payload);
                self.approvals.clear();
                self.deciding = None;
                for row in rows {
                    self.approval_requested(row);
                }
            }
            Ask::PickAgent | Ask::PickSession | Ask::PickModel => self.fill_picker(&ask, payload),
            Ask::Resolve(_)
            | Ask::Subscribe
            | Ask::History(_)
            | Ask::Describe(_)
            | Ask::Usage(_) => {}
        }
        Vec::new()
    }

    fn failed(&mut self, ask: Ask, why: &str) -> Vec<Effect> {
        let is_missing = why.starts_with(UNKNOWN_METHOD);
        match ask {
            // Older and smaller gateways do without these.
            Ask::Subscribe
            | Ask::Usage(_)
            | Ask::Commands
            | Ask::Describe(_)
            | Ask::Budgets
            | Ask::Approvals => {}
            Ask::Agents => return self.agents_known(Agents::default()),
            Ask::Create(key) if is_missing => return self.go_to_session(&key),
            Ask::Create(_) => self.say(Tone::Problem, format!("no new session: {why}")),
            Ask::History(_) => self.say(Tone::Problem, format!("cannot read the session: {why}")),
            Ask::Send(run) => {
                self.runs.retain(|known| known.id != run);
                if let Some(at) = self.unsent.iter().position(|unsent| unsent.run == run) {
                    let unsent = self.unsent.remove(at);
                    if self.composer.is_blank() {
                        self.composer.set(&unsent.text);
                    }
                }
                self.say(Tone::Problem, format!("not sent: {why}"));
            }
            Ask::Abort => self.say(Tone::Problem, format!("cannot stop the run: {why}")),
            Ask::Patch(_) => self.say(Tone::Problem, format!("not changed: {why}")),
            Ask::Reset => self.say(Tone::Problem, format!("not reset: {why}")),
            Ask::Resolve(id) => {
                self.approvals.retain(|approval| approval.id != id);
                self.say(Tone::Problem, format!("the answer was not taken: {why}"));
            }
            Ask::PickAgent | Ask::PickSession | Ask::PickModel => {
                self.overlay = Overlay::None;
                self.say(Tone::Problem, format!("there is no list: {why}"));
            }
        }
        Vec::new()
    }

    fn agents_known(&mut self, agents: Agents) -> Vec<Effect> {
        let is_first = self.session.is_empty();
        self.agents = agents.rows;
        self.main_key = agents.main_key.unwrap_or_else(|| "main".to_owned());
        if !is_first {
            return Vec::new();
        }
        let asked = self.wishes.session.clone().unwrap_or_default();
        let of_session = asked
            .strip_prefix("agent:")
            .and_then(|rest| rest.split_once(':'));
        self.agent = self
            .wishes
            .agent
            .clone()
            .or_else(|| of_session.map(|(agent, _)| agent.to_lowercase()))
            .or(agents.default_id)
            .unwrap_or_else(|| "main".to_owned());
        if !self.agents.is_empty() && !self.agents.iter().any(|agent| agent.id == self.agent) {
            let known: Vec<&str> = self.agents.iter().map(|agent| agent.id.as_str()).collect();
            let text = format!(
                "there is no agent {}; /agent shows {}",
                self.agent,
                known.join(", ")
            );
            self.say(Tone::Problem, clean::line(&text));
            self.agent.clone_from(
                &self
                    .agents
                    .first()
                    .map(|agent| agent.id.clone())
                    .unwrap_or_default(),
            );
        }
        let key = self.canonical(&asked);
        let mut effects = self.open_session(&key);
        if let Some(message) = self.wishes.message.take() {
            self.composer.remember(&message);
            effects.extend(self.send(&message));
        }
        effects
    }

    fn history(&mut self, history: History) -> Vec<Effect> {
        self.take_usage(&history);
        self.session_id = history.session_id.filter(|id| !id.is_empty());
        self.transcript = history::entries(&history.messages, &mut self.composer);
        let stored = |run: &str| {
            let key = format!("{run}:user");
            history
                .messages
                .iter()
                .any(|message| string(message, "idempotencyKey") == Some(&key))
        };
        let waiting: Vec<(String, String)> = self
            .unsent
            .iter()
            .filter(|unsent| !stored(&unsent.run))
            .map(|unsent| (unsent.run.clone(), unsent.text.clone()))
            .collect();
        let unsent: Vec<&str> = self
            .unsent
            .iter()
            .map(|unsent| unsent.run.as_str())
            .collect();
        self.runs.retain(|run| unsent.contains(&run.id.as_str()));
        for (_, text) in &waiting {
            self.transcript.you(text);
        }
        if let Some(run) = history.in_flight_run {
            self.in_flight(run);
        }
        Vec::new()
    }

    fn take_usage(&mut self, history: &History) {
        let (tokens, cost) = history::last_usage(&history.messages);
        self.facts.run_tokens = tokens.or(self.facts.run_tokens);
        self.facts.run_cost = cost.or(self.facts.run_cost);
    }

    fn in_flight(&mut self, run: InFlight) {
        let since = self.now;
        self.runs.retain(|known| known.id != run.run_id);
        self.runs.push(Run {
            id: run.run_id.clone(),
            since,
            phase: None,
            whole: String::new(),
            before: 0,
        });
        if let Some(text) = run.text {
            self.whole_text(&run.run_id, &text);
        }
    }

    /// The gateway has the message.
    fn sent(&mut self, run: &str, payload: &Value) {
        self.unsent.retain(|unsent| unsent.run != run);
        // A command such as `/stop` is answered at once, and so is one that ran already.
        let status = string(payload, "status");
        if status.is_none() || status == Some("ok") {
            self.runs.retain(|known| known.id != run);
        }
    }

    fn aborted(&mut self, payload: &Value) -> Vec<Effect> {
        if payload.get("aborted").and_then(Value::as_bool) == Some(false) {
            // It ended in the meantime, and we missed how.
            self.runs.clear();
            return self.reload();
        }
        Vec::new()
    }

    pub(super) fn described(&mut self, row: &SessionRow) {
        let facts = &mut self.facts;
        if let Some(model) = &row.model {
            let name = match &row.model_provider {
                Some(provider) if !model.starts_with(&format!("{provider}/")) => {
                    format!("{provider}/{model}")
                }
                Some(_) | None => model.clone(),
            };
            facts.model = Some(clean::line(&name));
        }
        facts.tokens = row.total_tokens.or(facts.tokens);
        facts.window = row.context_tokens.or(facts.window);
        facts.session_cost = row.estimated_cost_usd.or(facts.session_cost);
    }

    fn fill_picker(&mut self, ask: &Ask, payload: Value) {
        let Overlay::Picker(picker) = &mut self.overlay else {
            return;
        };
        let rows = match (ask, picker.choice) {
            (Ask::PickAgent, Choice::Agent) => {
                let agents: Agents = read(payload);
                agents
                    .rows
                    .iter()
                    .map(|agent| agent_row(agent, &self.agent))
                    .collect()
            }
            (Ask::PickModel, Choice::Model) => {
                let models: Models = read(payload);
                let current = self.facts.model.as_deref().unwrap_or_default();
                models
                    .models
                    .iter()
                    .map(|model| model_row(model, current))
                    .collect()
            }
            (Ask::PickSession, Choice::Session) => {
                let sessions: Sessions = read(payload);
                let (current, now) = (self.session.as_str(), self.now);
                sessions
                    .sessions
                    .iter()
                    .map(|row| session_row(row, current, now))
                    .collect()
            }
            // The list was closed and another opened in the meantime.
            (_, Choice::Agent | Choice::Model | Choice::Session) => return,
        };
        picker.fill(rows);
    }
}

fn agent_row(agent: &super::super::wire::AgentRow, current: &str) -> Row {
    let identity = agent.identity.clone().unwrap_or_default();
    let name = identity.name.or_else(|| agent.name.clone());
    let title = match (identity.emoji, name) {
        (Some(emoji), Some(name)) => format!("{emoji} {name}"),
        (None, Some(name)) => name,
        (_, None) => agent.id.clone(),
    };
    let model = agent.model.as_ref().and_then(|model| {
        model
            .as_str()
            .or_else(|| string(model, "primary"))
            .map(str::to_owned)
    });
    let detail = [Some(agent.id.clone()).filter(|id| *id != title), model];
    let detail: Vec<String> = detail.into_iter().flatten().collect();
    Row::new(&agent.id, &title, &detail.join(" · "), agent.id == current)
}

fn model_row(model: &super::super::wire::ModelRow, current: &str) -> Row {
    let value = match &model.provider {
        Some(provider) if !model.id.starts_with(&format!("{provider}/")) => {
            format!("{provider}/{}", model.id)
        }
        Some(_) | None => model.id.clone(),
    };
    let mut detail = Vec::new();
    detail.extend(model.name.clone().filter(|name| *name != model.id));
    detail.extend(
        model
            .context_window
            .map(|tokens| format!("{} context", super::super::view::count(tokens))),
    );
    if model.reasoning == Some(true) {
        detail.push("reasoning".to_owned());
    }
    if model.available == Some(false) {
        detail.push("no key".to_owned());
    }
    Row::new(&value, &value, &detail.join(" · "), value == current)
}

fn session_row(row: &SessionRow, current: &str, now: u64) -> Row {
    let told = [&row.label, &row.display_name, &row.derived_title];
    let name = told
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty());
    let title = name.cloned().unwrap_or_else(|| row.key.clone());
    let mut detail = Vec::new();
    detail.extend(row.updated_at.map(|at| ago(at, now)));
    if title != row.key {
        detail.push(row.key.clone());
    }
    detail.extend(row.last_message_preview.clone());
    Row::new(&row.key, &title, &detail.join(" · "), row.key == current)
}

/// How long ago a moment was, both in milliseconds since 1970.
fn ago(at: f64, now: u64) -> String {
    let at = std::time::Duration::try_from_secs_f64(at / 1000.0).unwrap_or_default();
    let minutes = std::time::Duration::from_millis(now)
        .saturating_sub(at)
        .as_secs()
        / 60;
    match minutes {
        0 => "now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        _ => format!("{} d ago", minutes / 1440),
    }
}

fn nearly_spent(budget: &Budget) -> Option<String> {
    let limit: f64 = budget.limit_usd.parse().ok()?;
    let spent: f64 = budget.spent_usd.parse().ok()?;
    let part = spent / limit * 100.0;
    (part >= NEAR).then(|| {
        clean::line(&format!(
            "{part:.0}% of the {} budget a {}",
            budget.scope, budget.window
        ))
    })
}
