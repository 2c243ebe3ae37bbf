//! Days as people write them: `2026-11-21`.

use super::zone::Zone;
use crate::error::ApiError;
use chrono::{Days as Step, NaiveDate};
use domain::UnixMillis;

/// The longest span of a report.
const MOST_DAYS: u32 = 3_660;

/// A span of whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Days {
    zone: Zone,
    first: NaiveDate,
    last: NaiveDate,
}

impl Days {
    /// From `since` to `until` in UTC; what is not given is today and `back` days up to the last
    /// one.
    ///
    /// # Errors
    /// [`ApiError`] when a day is none, or the span is empty or too long.
    pub(super) fn read(
        since: Option<&str>,
        until: Option<&str>,
        back: u32,
        now: UnixMillis,
    ) -> Result<Self, ApiError> {
        Self::read_in(Zone::Utc, since, until, back, now)
    }

    /// The same in a zone.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn read_in(
        zone: Zone,
        since: Option<&str>,
        until: Option<&str>,
        back: u32,
        now: UnixMillis,
    ) -> Result<Self, ApiError> {
        let today = zone.day(now);
        let last = until.map_or(Ok(today), day)?;
        let back = back.clamp(1, MOST_DAYS);
        let first = match since {
            Some(text) => day(text)?,
            None => last
                .checked_sub_days(Step::new(u64::from(back - 1)))
                .unwrap_or(last),
        };
        if first > last {
            return Err(ApiError::invalid(format!(
                "the first day {first} is after the last day {last}"
            )));
        }
        if last.signed_duration_since(first).num_days() >= i64::from(MOST_DAYS) {
            return Err(ApiError::invalid(format!(
                "a report spans at most {MOST_DAYS} days"
            )));
        }
        Ok(Self { zone, first, last })
    }

    /// Every day, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = String> {
        let last = self.last;
        self.first
            .iter_days()
            .take_while(move |day| *day <= last)
            .map(|day| day.to_string())
    }

    /// How many days.
    pub(super) fn count(self) -> u32 {
        let days = self.last.signed_duration_since(self.first).num_days();
        u32::try_from(days).unwrap_or_default().saturating_add(1)
    }

    /// The first day.
    pub(super) fn first(self) -> String {
        self.first.to_string()
    }

    /// The last day.
    pub(super) fn last(self) -> String {
        self.last.to_string()
    }

    /// The first moment of the first day.
    pub(super) fn begin(self) -> UnixMillis {
        self.zone.midnight(self.first)
    }

    /// The first moment after the last day.
    pub(super) fn end(self) -> UnixMillis {
        let next = self.last.succ_opt();
        next.map_or(UnixMillis(i64::MAX), |day| self.zone.midnight(day))
    }

    /// The day of a moment, be it one of them or not.
    pub(super) fn day(self, at: UnixMillis) -> NaiveDate {
        self.zone.day(at)
    }

    /// Whose days they are.
    pub(super) fn zone(self) -> Zone {
        self.zone
    }
}

fn day(text: &str) -> Result<NaiveDate, ApiError> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(32).collect();
        ApiError::invalid(format!("{shown:?} is not a day; write it like 2026-11-21"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis(1_795_262_400_000);

    #[test]
    fn a_span_is_counted_in_whole_days() {
        let week = Days::read(None, None, 7, NOON).unwrap();
        assert_eq!((week.count(), week.last()), (7, "2026-11-21".to_owned()));
        assert_eq!(week.iter().next().as_deref(), Some("2026-11-15"));
        assert_eq!(week.end().0 - week.begin().0, 7 * 86_400_000);
        let one = Days::read(Some("2026-02-28"), Some("2026-03-01"), 30, NOON).unwrap();
        assert_eq!(one.iter().count(), 2);
    }

    #[test]
    fn wrong_days_are_refused_in_words() {
        for (since, until) in [
            (Some("21.11.2026"), None),
            (Some("2026-02-30"), None),
            (Some("2026-11-22"), None),
            (Some("1000-01-01"), None),
        ] {
            Days::read(since, until, 1, NOON).unwrap_err();
        }
    }
}
