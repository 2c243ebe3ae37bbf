//! Calls and messages added up in every way a report shows.

use super::activity::{Activity, Tally};
use super::listed::Listed;
use super::messages::Heard;
use crate::services::usage::days::Days;
use domain::{SessionKey, UnixMillis};
use protocol::methods::sessions::{
    AgentUsage, DailyUsage, ProviderUsage, SessionUsage, UsageAggregates,
};
use protocol::methods::usage::{CostTotals, DailyCost};
use state::{CallRow, Recorded, SessionRow};
use std::collections::{BTreeMap, HashMap};

/// When a session was first and last heard of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// First.
    pub(super) first: UnixMillis,
    /// Last.
    pub(super) last: UnixMillis,
}

impl Seen {
    /// The time between.
    pub(super) fn duration(self) -> i64 {
        self.last.0.saturating_sub(self.first.0)
    }
}

/// A report as it grows. Of a session that is not listed only when it was heard of is kept.
pub(super) struct Report {
    days: Days,
    all: Activity,
    listed: HashMap<SessionKey, Listed>,
    seen: HashMap<SessionKey, Seen>,
    providers: BTreeMap<String, Tally>,
    agents: BTreeMap<String, Tally>,
}

impl Report {
    /// An empty one, which will tell of these sessions one by one.
    pub(super) fn new(days: Days, listed: &[SessionRow]) -> Self {
        let listed = listed.iter();
        Self {
            days,
            all: Activity::default(),
            listed: listed
                .map(|row| (row.key.clone(), Listed::default()))
                .collect(),
            seen: HashMap::new(),
            providers: BTreeMap::new(),
            agents: BTreeMap::new(),
        }
    }

    /// Adds a call; those outside of sessions are passed over.
    pub(super) fn call(&mut self, row: &CallRow) {
        let Some(session) = &row.session else { return };
        self.see(session, row.at);
        self.all.call(row, &self.days);
        if let Some(listed) = self.listed.get_mut(session) {
            listed.call(row, &self.days);
        }
        let provider = row.provider.to_string();
        self.providers.entry(provider).or_default().add(row);
        if let Some(agent) = &row.agent {
            self.agents.entry(agent.to_string()).or_default().add(row);
        }
    }

    /// Adds a record of a session's log.
    pub(super) fn hear(&mut self, session: &SessionKey, recorded: &Recorded) {
        let Some(heard) = Heard::of(&recorded.record) else {
            return;
        };
        self.see(session, recorded.at);
        self.all.hear(&heard, recorded.at, &self.days);
        if let Some(listed) = self.listed.get_mut(session) {
            listed.hear(&heard, recorded.at, &self.days);
        }
    }

    fn see(&mut self, session: &SessionKey, at: UnixMillis) {
        if let Some(seen) = self.seen.get_mut(session) {
            seen.first = seen.first.min(at);
            seen.last = seen.last.max(at);
        } else {
            let seen = Seen {
                first: at,
                last: at,
            };
            self.seen.insert(session.clone(), seen);
        }
    }

    /// What a listed session used and did; `None` when that is nothing.
    pub(super) fn session(&self, row: &SessionRow) -> Option<SessionUsage> {
        let seen = self.seen.get(&row.key)?;
        let listed = self.listed.get(&row.key)?;
        Some(listed.told(&row.session_id, *seen))
    }

    /// What all calls used.
    pub(super) fn totals(&self) -> CostTotals {
        self.all.all.calls.told()
    }

    /// All sessions together.
    pub(super) fn aggregates(&self) -> UsageAggregates {
        let all = &self.all;
        let providers = by_cost(&self.providers).map(|(provider, tally)| ProviderUsage {
            provider: provider.clone(),
            count: tally.calls(),
            totals: tally.told(),
        });
        let agents = by_cost(&self.agents).map(|(agent, tally)| AgentUsage {
            agent_id: agent.clone(),
            totals: tally.told(),
        });
        let paid = all.days.iter().filter(|(_, day)| day.calls.calls() > 0);
        let costs = paid.map(|(date, day)| DailyCost {
            date: date.to_string(),
            totals: day.calls.told(),
        });
        UsageAggregates {
            session_count: u64::try_from(self.seen.len()).unwrap_or(u64::MAX),
            longest_session_duration_ms: self
                .seen
                .values()
                .map(|seen| seen.duration())
                .max()
                .unwrap_or_default(),
            messages: all.all.messages,
            tools: all.tools(),
            by_model: all.models(),
            by_provider: providers.collect(),
            by_agent: agents.collect(),
            by_channel: Vec::new(),
            cost_daily: costs.collect(),
            latency: all.latency().unwrap_or_default(),
            daily_latency: all.daily_latency(),
            model_daily: all.daily_models(),
            daily: self.daily(),
        }
    }

    fn daily(&self) -> Vec<DailyUsage> {
        let days = self.all.days.iter();
        let told = days.map(|(date, day)| {
            let totals = day.calls.told();
            DailyUsage {
                date: date.to_string(),
                tokens: totals.total_tokens,
                cost: totals.total_cost,
                calls: day.calls.calls(),
                messages: day.messages.total,
                tool_calls: day.messages.tool_calls,
                errors: day.messages.errors,
            }
        });
        told.collect()
    }
}

/// The most expensive first.
fn by_cost(tallies: &BTreeMap<String, Tally>) -> impl Iterator<Item = (&String, &Tally)> {
    let mut sorted: Vec<_> = tallies.iter().collect();
    sorted.sort_by_key(|(_, tally)| tally.rank());
    sorted.into_iter()
}
