//! What the kinds of tokens cost, from the prices each call was charged at.

use super::days::Days;
use crate::error::ApiError;
use domain::{AgentId, MicroUsd, TokenCount};
use state::{CallRow, Metering};
use std::collections::HashMap;

/// Calls read at a time.
const PAGE: usize = 5_000;

/// Costs by kind of token. A call's parts are rounded one by one, so they may differ from its cost
/// by a few micro-dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) input: MicroUsd,
    pub(super) output: MicroUsd,
    pub(super) cache_read: MicroUsd,
    pub(super) cache_write: MicroUsd,
}

impl Split {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            output: self.output + other.output,
            cache_read: self.cache_read + other.cache_read,
            cache_write: self.cache_write + other.cache_write,
        }
    }

    pub(super) fn of(row: &CallRow) -> Self {
        let Some([input, output, read, write]) = row.note.price else {
            return Self::default();
        };
        let count = |tokens: Option<TokenCount>| tokens.unwrap_or_default().0;
        let cached = count(row.usage.cache_read);
        let written = count(row.usage.cache_write);
        let fresh = count(row.usage.input)
            .saturating_sub(cached)
            .saturating_sub(written);
        Self {
            input: cost(fresh, input),
            output: cost(count(row.usage.output), output),
            cache_read: cost(cached, read),
            cache_write: cost(written, write),
        }
    }
}

fn cost(tokens: u64, per_million: i64) -> MicroUsd {
    let total = i128::from(tokens) * i128::from(per_million) / 1_000_000;
    MicroUsd(i64::try_from(total).unwrap_or(i64::MAX))
}

/// The costs of every day with calls.
pub(super) async fn by_day(
    metering: &dyn Metering,
    days: &Days,
    agent: Option<&AgentId>,
) -> Result<HashMap<String, Split>, ApiError> {
    let mut found: HashMap<String, Split> = HashMap::new();
    let mut after = None;
    loop {
        let page = metering.page(days.begin(), days.end(), after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(found);
        };
        after = Some(*last);
        for (_, row) in &page {
            if agent.is_some() && row.agent.as_ref() != agent {
                continue;
            }
            let day = found.entry(days.day(row.at).to_string()).or_default();
            *day = day.plus(Split::of(row));
        }
    }
}
