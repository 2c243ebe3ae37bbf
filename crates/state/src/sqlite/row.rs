//! Columns to and from the types of the domain.

use crate::LastRun;
use domain::{TokenCount, Usage};
use rusqlite::Row;
use std::time::Duration;

/// A count as a column; SQLite has no larger numbers.
pub(super) fn count(tokens: Option<TokenCount>) -> Option<i64> {
    tokens.map(|tokens| i64::try_from(tokens.0).unwrap_or(i64::MAX))
}

/// The six token columns, in the order of the tables, from column `first` on.
pub(super) fn usage(row: &Row<'_>, first: usize) -> rusqlite::Result<Usage> {
    let tokens = |at: usize| -> rusqlite::Result<Option<TokenCount>> {
        Ok(row
            .get::<_, Option<i64>>(first + at)?
            .map(|count| TokenCount(unsigned(count))))
    };
    Ok(Usage {
        input: tokens(0)?,
        output: tokens(1)?,
        cache_read: tokens(2)?,
        cache_write: tokens(3)?,
        media: tokens(4)?,
        reasoning: tokens(5)?,
    })
}

/// A column that is never negative.
pub(super) fn unsigned(column: i64) -> u64 {
    u64::try_from(column).unwrap_or(0)
}

/// Whole milliseconds, as far as a column can hold them.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A page size as a column.
pub(super) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The last run of a session; what cannot be read is as if there was none, since the log has it.
pub(super) fn last_run(text: &str) -> LastRun {
    serde_json::from_str(text).unwrap_or_default()
}
