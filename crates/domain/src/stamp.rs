//! The line that tells a model when something was said.
//!
//! It ends the user text of an agent's turn, as a text part of its own, so that nothing before it
//! changes from turn to turn.

use crate::UnixMillis;

/// What stands before the moment. The line end keeps it apart where texts are joined.
const BEFORE: &str = "\n[";
/// What stands after it.
const AFTER: &str = " UTC]";
/// The length of a moment such as `2026-11-21 15:04`.
const MOMENT: usize = 16;

/// The line for a moment: a line end, then e.g. `[2026-11-21 15:04 UTC]`.
pub fn stamp(at: UnixMillis) -> String {
    let minutes = at.seconds().div_euclid(60);
    let (days, minute) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    let (year, month, day) = civil(days);
    format!(
        "{BEFORE}{year:04}-{month:02}-{day:02} {:02}:{:02}{AFTER}",
        minute / 60,
        minute % 60
    )
}

/// The text without the line that [`stamp`] made, if it ends with one.
pub fn unstamped(text: &str) -> &str {
    let Some((said, moment)) = text
        .strip_suffix(AFTER)
        .and_then(|rest| rest.rsplit_once(BEFORE))
    else {
        return text;
    };
    let digits = |c: char| c.is_ascii_digit() || "-: ".contains(c);
    if moment.len() == MOMENT && moment.chars().all(digits) {
        said.trim_end_matches('\n')
    } else {
        text
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar: years are
/// counted from 1 March, so that the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day + 2) / 153;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_and_taken_off_again() {
        for (seconds, moment) in [
            (0, "1970-01-01 00:00"),
            (951_782_399, "2000-02-28 23:59"),
            (951_782_400, "2000-02-29 00:00"),
            (1_795_273_499, "2026-11-21 15:04"),
            (-1, "1969-12-31 23:59"),
        ] {
            let line = stamp(UnixMillis(seconds * 1_000));
            assert_eq!(line, format!("\n[{moment} UTC]"));
            assert_eq!(unstamped(&format!("hi{line}")), "hi");
            assert_eq!(unstamped(&format!("hi\n{line}")), "hi");
        }
        for other in ["hi", "[x UTC]", "a\n[not a moment 12 UTC]", ""] {
            assert_eq!(unstamped(other), other);
        }
    }
}
