//! What happens on the day, in order.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// Something that happens.
#[derive(Debug)]
pub(super) struct Event {
    /// Minutes since midnight.
    pub(super) minute: u32,
    pub(super) what: What,
}

/// What happens.
#[derive(Debug)]
pub(super) enum What {
    /// Somebody says something in a session.
    Turn {
        session: &'static str,
        text: String,
    },
    /// A heartbeat, and how often the state it asks about has changed.
    Ping(u32),
}

/// The main session; the naive pings go there too.
pub(super) const MAIN: &str = "main";

/// The day.
pub(super) fn day() -> Vec<Event> {
    let mut events: Vec<Event> = (0..48)
        .map(|ping| Event {
            minute: ping * 30,
            what: What::Ping(ping / 12),
        })
        .collect();
    let mut say = |minute: u32, session: &'static str, text: String| {
        events.push(Event {
            minute,
            what: What::Turn { session, text },
        });
    };
    for (index, text) in SMALL_TALK.iter().enumerate() {
        let index = u32::try_from(index).unwrap_or_default();
        let burst = [8 * 60 + 3, 12 * 60 + 34, 20 * 60 + 5][usize::try_from(index / 5).unwrap_or(0).min(2)];
        say(burst + index % 5, MAIN, format!("{text}\nBIG:40"));
    }
    say(0, MAIN, String::new());
    events
}

const SMALL_TALK: &[&str] = &[];
