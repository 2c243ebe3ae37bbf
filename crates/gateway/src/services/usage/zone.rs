//! Whose midnight parts two days.

use crate::error::ApiError;
use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone};
use domain::UnixMillis;
use protocol::methods::sessions::DaysOf;

/// Minutes from UTC within which there are clocks.
const OFFSETS: std::ops::RangeInclusive<i32> = -12 * 60..=14 * 60;

/// Names of UTC.
const UTC_NAMES: [&str; 4] = ["UTC", "Etc/UTC", "GMT", "Etc/GMT"];

/// A way to tell the day of a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Zone {
    /// UTC.
    #[default]
    Utc,
    /// The zone of this machine.
    Here,
    /// Always this far from UTC.
    Fixed(FixedOffset),
}

impl Zone {
    /// What parameters ask for.
    ///
    /// # Errors
    /// [`ApiError`] when the distance is none, or is needed and absent.
    pub(super) fn read(
        mode: Option<DaysOf>,
        offset: Option<&str>,
        name: Option<&str>,
    ) -> Result<Self, ApiError> {
        match (mode.unwrap_or_default(), offset, name) {
            (DaysOf::Utc, _, _) => Ok(Self::Utc),
            (DaysOf::Gateway, _, _) => Ok(Self::Here),
            (DaysOf::Specific, Some(offset), _) => distance(offset).map(Self::Fixed),
            (DaysOf::Specific, None, Some(name)) if UTC_NAMES.contains(&name) => Ok(Self::Utc),
            (DaysOf::Specific, None, _) => Err(ApiError::invalid(
                "mode \"specific\" needs utcOffset, written like UTC+2 or UTC-3:30; no names of \
                 time zones are known here",
            )),
        }
    }

    /// Which of the three it is.
    pub(super) fn mode(self) -> DaysOf {
        match self {
            Self::Utc => DaysOf::Utc,
            Self::Here => DaysOf::Gateway,
            Self::Fixed(_) => DaysOf::Specific,
        }
    }

    /// The day of a moment.
    pub(super) fn day(self, at: UnixMillis) -> NaiveDate {
        let Some(at) = DateTime::from_timestamp_millis(at.0) else {
            return NaiveDate::MIN;
        };
        match self {
            Self::Utc => at.date_naive(),
            Self::Here => at.with_timezone(&Local).date_naive(),
            Self::Fixed(offset) => at.with_timezone(&offset).date_naive(),
        }
    }

    /// The first moment of a day.
    pub(super) fn midnight(self, day: NaiveDate) -> UnixMillis {
        match self {
            Self::Utc => UnixMillis(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()),
            Self::Here => first_moment(&Local, day),
            Self::Fixed(offset) => first_moment(&offset, day),
        }
    }

    /// How far its clocks are from UTC at a moment, e.g. `UTC-3:30`.
    pub(super) fn offset(self, at: UnixMillis) -> String {
        let at = DateTime::from_timestamp_millis(at.0).unwrap_or_default();
        let seconds = match self {
            Self::Utc => 0,
            Self::Here => at.with_timezone(&Local).offset().fix().local_minus_utc(),
            Self::Fixed(offset) => offset.local_minus_utc(),
        };
        let minutes = seconds.abs() / 60;
        let sign = if seconds < 0 { '-' } else { '+' };
        match (minutes / 60, minutes % 60) {
            (hours, 0) => format!("UTC{sign}{hours}"),
            (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
        }
    }
}

/// Some days begin at one o'clock, where the clock is put forward at midnight.
fn first_moment<Z: TimeZone>(zone: &Z, day: NaiveDate) -> UnixMillis {
    let start = day.and_time(NaiveTime::MIN);
    let moment = (0..24).find_map(|quarters| {
        let time = start.checked_add_signed(TimeDelta::minutes(15 * quarters))?;
        zone.from_local_datetime(&time).earliest()
    });
    let moment = moment.map_or_else(
        || start.and_utc().timestamp_millis(),
        |it| it.timestamp_millis(),
    );
    UnixMillis(moment)
}

/// The distance that a text such as `UTC+5:30` says.
fn distance(text: &str) -> Result<FixedOffset, ApiError> {
    parse(text).ok_or_else(|| {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(32).collect();
        ApiError::invalid(format!(
            "{shown:?} is no distance from UTC; write it like UTC+2 or UTC-3:30"
        ))
    })
}

fn parse(text: &str) -> Option<FixedOffset> {
    let rest = text.trim().strip_prefix("UTC")?;
    let (sign, rest) = match rest.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=2).contains(&hours.len()) || minutes.len() != 2 || !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let distance = sign * (hours * 60 + minutes);
    if minutes > 59 || !OFFSETS.contains(&distance) {
        return None;
    }
    FixedOffset::east_opt(distance * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_read_and_told_alike() {
        for text in ["UTC+0", "UTC+2", "UTC-3:30", "UTC+14", "UTC-12", "UTC+5:45"] {
            let zone = Zone::read(Some(DaysOf::Specific), Some(text), None).unwrap();
            assert_eq!(zone.offset(UnixMillis(0)), text);
            assert_eq!(zone.mode(), DaysOf::Specific);
        }
        for text in [
            "",
            "UTC",
            "UTC+",
            "UTC2",
            "UTC+2:5",
            "UTC+2:60",
            "UTC+14:01",
            "UTC-13",
            "UTC++1",
            "UTC+123",
            "+02:00",
            "UTC+2:30:00",
            "UTC\u{2212}2",
        ] {
            Zone::read(Some(DaysOf::Specific), Some(text), None).unwrap_err();
        }
    }

    #[test]
    fn a_specific_day_needs_to_be_told_apart() {
        let named = |name| Zone::read(Some(DaysOf::Specific), None, name);
        assert_eq!(named(Some("Etc/UTC")).unwrap(), Zone::Utc);
        let both = Zone::read(Some(DaysOf::Specific), Some("UTC+1"), Some("Europe/Berlin"));
        assert_eq!(both.unwrap().offset(UnixMillis(0)), "UTC+1");
        named(Some("Europe/Berlin")).unwrap_err();
        named(None).unwrap_err();
        assert_eq!(Zone::read(None, Some("UTC+1"), None).unwrap(), Zone::Utc);
    }

    #[test]
    fn a_day_begins_at_its_own_midnight() {
        let zone = Zone::read(Some(DaysOf::Specific), Some("UTC+5:30"), None).unwrap();
        let day = "2026-11-21".parse().unwrap();
        let midnight = zone.midnight(day);
        assert_eq!(
            Zone::Utc.midnight(day).0 - midnight.0,
            5 * 3_600_000 + 1_800_000
        );
        assert_eq!(zone.day(midnight), day);
        assert_eq!(
            zone.day(UnixMillis(midnight.0 - 1)),
            day.pred_opt().unwrap()
        );
        let here = Zone::Here.midnight(day);
        assert_eq!(Zone::Here.day(here), day);
        assert_ne!(Zone::Here.day(UnixMillis(here.0 - 1)), day);
    }
}
