//! The sessions as `health` and `status` show them.

use super::Services;
use crate::error::ApiError;
use domain::{AgentId, RunOutcome, UnixMillis};
use protocol::methods::status::{
    AgentSessions, RecentSession, SessionStatus, SessionsHealth, SessionsSummary,
};
use state::{SessionFilter, SessionRow};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a look counts as fresh: `health` is asked often.
const FRESH: Duration = Duration::from_secs(1);

/// Sessions shown by `health`, per agent and in all.
const HEALTH: usize = 5;

/// Sessions shown by `status`, per agent and in all.
const STATUS: usize = 10;

/// The last look at the sessions.
#[derive(Debug, Default)]
pub(crate) struct SeenSessions {
    last: Mutex<Option<(Instant, Arc<Look>)>>,
}

/// What a look found.
#[derive(Debug, Default)]
pub(super) struct Look {
    all: Part,
    by_agent: BTreeMap<AgentId, Part>,
}

/// The sessions of one agent, or all.
#[derive(Debug, Default)]
struct Part {
    count: u64,
    /// The newest first, at most [`STATUS`].
    rows: Vec<SessionRow>,
}

impl Look {
    /// The sessions of one agent, or all; which ones only with `names`.
    pub(super) fn of(
        &self,
        agent: Option<&AgentId>,
        path: &str,
        now: UnixMillis,
        names: bool,
    ) -> SessionsHealth {
        let part = match agent {
            None => Some(&self.all),
            Some(id) => self.by_agent.get(id),
        };
        let rows = part.map(|part| part.rows.as_slice()).unwrap_or_default();
        let recent = rows.iter().map(|row| RecentSession {
            key: row.key.to_string(),
            updated_at: row.updated_at.0,
            age: now.0.saturating_sub(row.updated_at.0),
        });
        SessionsHealth {
            path: path.to_owned(),
            count: part.map_or(0, |part| part.count),
            recent: recent.take(if names { HEALTH } else { 0 }).collect(),
        }
    }
}

impl Services {
    /// The sessions, looked at within the last second or, with `again`, now. A store that cannot be
    /// read has none: `health` says why elsewhere.
    pub(super) async fn seen_sessions(&self, again: bool) -> Arc<Look> {
        let last = || {
            let last = self.seen.last.lock();
            last.unwrap_or_else(PoisonError::into_inner).clone()
        };
        if let Some((at, look)) = last()
            && !again
            && at.elapsed() < FRESH
        {
            return look;
        }
        let look = Arc::new(self.look().await.unwrap_or_default());
        let seen = (Instant::now(), Arc::clone(&look));
        *self
            .seen
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(seen);
        look
    }

    async fn look(&self) -> Result<Look, state::Error> {
        let mut look = Look {
            all: self.part(None).await?,
            by_agent: BTreeMap::new(),
        };
        for agent in self.agents.roster().iter() {
            let part = self.part(Some(agent.id.clone())).await?;
            look.by_agent.insert(agent.id.clone(), part);
        }
        Ok(look)
    }

    async fn part(&self, agent: Option<AgentId>) -> Result<Part, state::Error> {
        let filter = SessionFilter {
            agent,
            ..SessionFilter::default()
        };
        let page = self.state.sessions.list(&filter, 0, STATUS).await?;
        Ok(Part {
            count: page.total,
            rows: page.rows,
        })
    }

    /// The sessions as `status` shows them.
    pub(super) async fn sessions_summary(&self) -> Result<SessionsSummary, ApiError> {
        let path = self.runtime.database_path().display().to_string();
        let look = self.look().await?;
        let shown = |row: &SessionRow| self.session_status(row);
        let by_agent = look.by_agent.iter().map(|(id, part)| AgentSessions {
            agent_id: id.to_string(),
            path: path.clone(),
            count: part.count,
            recent: part.rows.iter().map(shown).collect(),
        });
        Ok(SessionsSummary {
            paths: vec![path.clone()],
            count: look.all.count,
            defaults: self.session_defaults(self.agents.roster().default_agent()),
            recent: look.all.rows.iter().map(shown).collect(),
            by_agent: by_agent.collect(),
            path: path.clone(),
        })
    }

    fn session_status(&self, row: &SessionRow) -> SessionStatus {
        let named = |set: Option<&str>| {
            let model = self.model_of(row.agent.as_str(), set);
            let name = format!("{}/{}", model.provider, model.model);
            (!model.model.is_empty()).then_some((name, model))
        };
        let set = row.entry.model.as_deref();
        let (selected, model) = named(set).unzip();
        let window = model.as_ref().and_then(|model| model.info.as_ref());
        let window = window.and_then(|info| info.context_window).map(u64::from);
        let used = row.last_run.context_tokens;
        let both = window.filter(|window| *window > 0).zip(used);
        SessionStatus {
            agent_id: row.agent.to_string(),
            key: row.key.to_string(),
            kind: "direct".to_owned(),
            session_id: row.session_id.clone(),
            updated_at: row.updated_at.0,
            age: self.clock.now().0.saturating_sub(row.updated_at.0),
            thinking_level: row.entry.thinking_level.clone(),
            verbose_level: row.entry.verbose_level.clone(),
            system_sent: row.turns > 0,
            aborted_last_run: matches!(row.last_run.outcome, Some(RunOutcome::Aborted { .. })),
            input_tokens: row.usage.input.map(|t| t.0),
            output_tokens: row.usage.output.map(|t| t.0),
            cache_read: row.usage.cache_read.map(|t| t.0),
            cache_write: row.usage.cache_write.map(|t| t.0),
            total_tokens: used,
            total_tokens_fresh: used.is_some(),
            remaining_tokens: both.map(|(window, used)| window.saturating_sub(used)),
            percent_used: both.map(|(window, used)| used.saturating_mul(100) / window),
            model: model.map(|model| model.model),
            configured_model: named(None).map(|(name, _)| name),
            selected_model: selected,
            model_selection_reason: set.map(|_| "session override".to_owned()),
            runtime: "OpenClaw".to_owned(),
            context_tokens: window,
            flags: vec![format!("id:{}", row.session_id)],
        }
    }
}
