//! What was used and done, added up: by one session, or by all together.

use super::latency::Latencies;
use super::messages::{self, Heard};
use crate::services::usage::days::Days;
use crate::services::usage::split::Split;
use crate::services::usage::{cost_totals, dollars};
use chrono::NaiveDate;
use domain::{ToolName, UnixMillis};
use protocol::methods::sessions::{
    DailyLatency, DailyModelUsage, MessageCounts, ModelUsage, ToolCount, ToolUsage,
};
use protocol::methods::usage::CostTotals;
use state::{CallRow, UsageTotals};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Calls added up.
#[derive(Default)]
pub(super) struct Tally {
    totals: UsageTotals,
    split: Split,
}

impl Tally {
    /// One more.
    pub(super) fn add(&mut self, row: &CallRow) {
        let all = &mut self.totals;
        all.calls = all.calls.saturating_add(1);
        all.unpriced += u64::from(row.cost.is_none());
        all.estimated += u64::from(row.estimated);
        all.usage = all.usage.plus(row.usage);
        all.cost += row.cost.unwrap_or_default();
        self.split = self.split.plus(Split::of(row));
    }

    /// How many.
    pub(super) fn calls(&self) -> u64 {
        self.totals.calls
    }

    /// What orders them by cost, the most expensive first.
    pub(super) fn rank(&self) -> Reverse<(i64, u64)> {
        let tokens = self.totals.usage.total().unwrap_or_default();
        Reverse((self.totals.cost.0, tokens.0))
    }

    /// All of them, as clients read it.
    pub(super) fn told(&self) -> CostTotals {
        cost_totals(&self.totals, &self.split)
    }

    fn tokens_and_cost(&self) -> (u64, f64) {
        let tokens = self.totals.usage.total().unwrap_or_default();
        (tokens.0, dollars(self.totals.cost))
    }
}

/// Calls by provider and model.
type Models = BTreeMap<(String, String), Tally>;

/// What was used and done on one day, or on all of them.
#[derive(Default)]
pub(super) struct Span {
    /// Calls.
    pub(super) calls: Tally,
    /// Messages.
    pub(super) messages: MessageCounts,
    models: Models,
    latencies: Latencies,
}

impl Span {
    fn call(&mut self, row: &CallRow) {
        self.calls.add(row);
        let model = (row.provider.to_string(), row.model.to_string());
        self.models.entry(model).or_default().add(row);
        self.latencies.add(row.duration_ms);
    }
}

/// What was used and done, over all and by day.
#[derive(Default)]
pub(super) struct Activity {
    /// Over all.
    pub(super) all: Span,
    /// By day.
    pub(super) days: BTreeMap<NaiveDate, Span>,
    tools: BTreeMap<ToolName, u64>,
}

impl Activity {
    /// Adds a call.
    pub(super) fn call(&mut self, row: &CallRow, days: &Days) {
        self.all.call(row);
        self.days.entry(days.day(row.at)).or_default().call(row);
    }

    /// Adds what a record tells.
    pub(super) fn hear(&mut self, heard: &Heard<'_>, at: UnixMillis, days: &Days) {
        messages::add(&mut self.all.messages, &heard.counts);
        let day = self.days.entry(days.day(at)).or_default();
        messages::add(&mut day.messages, &heard.counts);
        for tool in &heard.tools {
            match self.tools.get_mut(*tool) {
                Some(count) => *count += 1,
                None => _ = self.tools.insert((*tool).clone(), 1),
            }
        }
    }

    /// The tools, the one called most often first.
    pub(super) fn tools(&self) -> ToolUsage {
        let tools = self.tools.iter();
        let tools = tools.map(|(name, count)| ToolCount {
            name: name.to_string(),
            count: *count,
        });
        let mut tools: Vec<_> = tools.collect();
        tools.sort_by_key(|tool| Reverse(tool.count));
        ToolUsage {
            total_calls: tools.iter().map(|tool| tool.count).sum(),
            unique_tools: u64::try_from(tools.len()).unwrap_or(u64::MAX),
            tools,
        }
    }

    /// The models, the most expensive first.
    pub(super) fn models(&self) -> Vec<ModelUsage> {
        let mut models: Vec<_> = self.all.models.iter().collect();
        models.sort_by_key(|(_, tally)| tally.rank());
        let models = models.into_iter();
        let told = models.map(|((provider, model), tally)| ModelUsage {
            provider: provider.clone(),
            model: model.clone(),
            count: tally.calls(),
            totals: tally.told(),
        });
        told.collect()
    }

    /// The models by day.
    pub(super) fn daily_models(&self) -> Vec<DailyModelUsage> {
        let days = self.days.iter();
        let told = days.flat_map(|(date, day)| {
            day.models.iter().map(|((provider, model), tally)| {
                let (tokens, cost) = tally.tokens_and_cost();
                DailyModelUsage {
                    date: date.to_string(),
                    provider: provider.clone(),
                    model: model.clone(),
                    tokens,
                    cost,
                    count: tally.calls(),
                }
            })
        });
        told.collect()
    }

    /// How long calls took.
    pub(super) fn latency(&self) -> Option<protocol::methods::sessions::LatencyStats> {
        self.all.latencies.told()
    }

    /// The same by day.
    pub(super) fn daily_latency(&self) -> Vec<DailyLatency> {
        let days = self.days.iter();
        let told = days.filter_map(|(date, day)| {
            day.latencies.told().map(|latency| DailyLatency {
                date: date.to_string(),
                latency,
            })
        });
        told.collect()
    }
}
