//! Days and months, UTC.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime};
use domain::UnixMillis;

/// A step back of the clock up to this many milliseconds is not followed, so that a correction
/// around midnight does not open yesterday's budget again.
const STEP_BACK: i64 = 3_600_000;

/// The day and the month that hold a moment: first milliseconds and those after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Windows {
    pub(super) day: UnixMillis,
    pub(super) next_day: UnixMillis,
    pub(super) month: UnixMillis,
    pub(super) next_month: UnixMillis,
}

/// What became of the windows when time went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing.
    Same,
    /// A new day began.
    Day,
    /// A new day and a new month began.
    Month,
}

impl Windows {
    pub(super) fn at(now: UnixMillis) -> Self {
        let today = DateTime::from_timestamp_millis(now.0)
            .map_or(NaiveDate::default(), |moment| moment.date_naive());
        let first = today.with_day(1).unwrap_or(today);
        let tomorrow = today.succ_opt().unwrap_or(today);
        let next = first.checked_add_months(Months::new(1)).unwrap_or(tomorrow);
        Self {
            day: midnight(today),
            next_day: midnight(tomorrow),
            month: midnight(first),
            next_month: midnight(next),
        }
    }

    /// Goes on to the windows of `now`. A clock that goes back far is followed, but what was spent
    /// is kept: that is no [`Turn`].
    pub(super) fn go_on(&mut self, now: UnixMillis) -> Turn {
        let earliest = self.day.0.saturating_sub(STEP_BACK);
        if now.0 >= earliest && now < self.next_day {
            return Turn::Same;
        }
        let next = Self::at(now);
        let turn = if next.day < self.day {
            Turn::Same
        } else if next.month > self.month {
            Turn::Month
        } else {
            Turn::Day
        };
        *self = next;
        turn
    }
}

fn midnight(day: NaiveDate) -> UnixMillis {
    UnixMillis(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        UnixMillis(
            DateTime::parse_from_rfc3339(text)
                .unwrap()
                .timestamp_millis(),
        )
    }

    #[test]
    fn days_and_months_are_those_of_the_calendar() {
        let windows = Windows::at(at("2028-02-29T23:59:59.999Z"));
        let expected = Windows {
            day: at("2028-02-29T00:00:00Z"),
            next_day: at("2028-03-01T00:00:00Z"),
            month: at("2028-02-01T00:00:00Z"),
            next_month: at("2028-03-01T00:00:00Z"),
        };
        assert_eq!(windows, expected);
        let december = Windows::at(at("2026-12-31T12:00:00Z"));
        assert_eq!(december.next_month, at("2027-01-01T00:00:00Z"));
        assert_eq!(Windows::at(UnixMillis(0)).day, UnixMillis(0));
    }

    #[test]
    fn midnight_turns_the_day_and_a_correction_does_not_turn_it_back() {
        let mut windows = Windows::at(at("2026-01-30T23:59:59Z"));
        assert_eq!(windows.go_on(at("2026-01-30T23:59:59.999Z")), Turn::Same);
        assert_eq!(windows.go_on(at("2026-01-31T00:00:00Z")), Turn::Day);
        let today = windows;
        assert_eq!(windows.go_on(at("2026-01-30T23:59:59.999Z")), Turn::Same);
        assert_eq!(windows, today);
        assert_eq!(windows.go_on(at("2026-02-01T00:00:00Z")), Turn::Month);
        assert_eq!(windows.go_on(at("2025-06-01T00:00:00Z")), Turn::Same);
        assert_eq!(windows, Windows::at(at("2025-06-01T00:00:00Z")));
        assert_eq!(windows.go_on(at("2025-06-02T00:00:00Z")), Turn::Day);
    }
}
