//! A session of the list of a report.

use super::activity::{Activity, Tally};
use super::messages::{self, Heard};
use super::report::Seen;
use crate::services::usage::days::Days;
use crate::services::usage::zone::Zone;
use domain::UnixMillis;
use protocol::methods::sessions::{
    DailyBreakdown, DailyMessageCounts, MessageCounts, QuarterMessageCounts, QuarterTokenUsage,
    SessionUsage,
};
use state::CallRow;
use std::collections::BTreeMap;

/// A quarter of an hour in milliseconds.
const QUARTER: i64 = 15 * 60 * 1_000;

/// Quarters of an hour in a day.
const QUARTERS: i64 = 96;

/// What a session used and did.
#[derive(Default)]
pub(super) struct Listed {
    activity: Activity,
    /// The same by quarter of an hour since 1970.
    quarters: BTreeMap<i64, Quarter>,
}

#[derive(Default)]
struct Quarter {
    calls: Tally,
    messages: MessageCounts,
}

impl Listed {
    /// Adds a call.
    pub(super) fn call(&mut self, row: &CallRow, days: &Days) {
        self.activity.call(row, days);
        self.quarter(row.at).calls.add(row);
    }

    /// Adds what a record tells.
    pub(super) fn hear(&mut self, heard: &Heard<'_>, at: UnixMillis, days: &Days) {
        self.activity.hear(heard, at, days);
        messages::add(&mut self.quarter(at).messages, &heard.counts);
    }

    fn quarter(&mut self, at: UnixMillis) -> &mut Quarter {
        let number = at.0.div_euclid(QUARTER);
        self.quarters.entry(number).or_default()
    }

    /// As clients read it.
    pub(super) fn told(&self, session_id: &str, seen: Seen) -> SessionUsage {
        let activity = &self.activity;
        let days = &activity.days;
        let breakdown = days.iter().filter(|(_, day)| day.calls.calls() > 0);
        let breakdown = breakdown.map(|(date, day)| {
            let totals = day.calls.told();
            DailyBreakdown {
                date: date.to_string(),
                tokens: totals.total_tokens,
                cost: totals.total_cost,
                totals,
            }
        });
        let spoken = days.iter().map(|(date, day)| DailyMessageCounts {
            date: date.to_string(),
            counts: day.messages,
        });
        let tools = activity.tools();
        SessionUsage {
            session_id: session_id.to_owned(),
            first_activity: seen.first.0,
            last_activity: seen.last.0,
            duration_ms: seen.duration(),
            activity_dates: days.keys().map(ToString::to_string).collect(),
            daily_breakdown: breakdown.collect(),
            daily_message_counts: spoken.collect(),
            utc_quarter_hour_message_counts: self.quarter_messages(),
            utc_quarter_hour_token_usage: self.quarter_tokens(),
            daily_latency: activity.daily_latency(),
            daily_model_usage: activity.daily_models(),
            message_counts: activity.all.messages,
            tool_usage: (tools.total_calls > 0).then_some(tools),
            model_usage: activity.models(),
            latency: activity.latency(),
            totals: activity.all.calls.told(),
        }
    }

    fn quarter_messages(&self) -> Vec<QuarterMessageCounts> {
        let quarters = self.quarters.iter();
        let spoken = quarters.filter(|(_, it)| it.messages != MessageCounts::default());
        let told = spoken.map(|(number, it)| {
            let (date, quarter_index) = place(*number);
            QuarterMessageCounts {
                date,
                quarter_index,
                counts: it.messages,
            }
        });
        told.collect()
    }

    fn quarter_tokens(&self) -> Vec<QuarterTokenUsage> {
        let quarters = self.quarters.iter();
        let paid = quarters.filter(|(_, it)| it.calls.calls() > 0);
        let told = paid.map(|(number, it)| {
            let (date, quarter_index) = place(*number);
            let totals = it.calls.told();
            QuarterTokenUsage {
                date,
                quarter_index,
                input: totals.input,
                output: totals.output,
                cache_read: totals.cache_read,
                cache_write: totals.cache_write,
                total_tokens: totals.total_tokens,
                total_cost: totals.total_cost,
            }
        });
        told.collect()
    }
}

/// The day of a quarter of an hour, and its number there.
fn place(number: i64) -> (String, u32) {
    let day = Zone::Utc.day(UnixMillis(number.saturating_mul(QUARTER)));
    let index = u32::try_from(number.rem_euclid(QUARTERS)).unwrap_or_default();
    (day.to_string(), index)
}
