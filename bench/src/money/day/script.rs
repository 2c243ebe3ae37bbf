// tidy: table
//! What happens on the day, in order.
//!
//! The lines in capitals tell the fake model what to do; the rest is what people write.

/// Something that happens.
#[derive(Debug)]
pub(super) struct Event {
    /// Minutes since midnight.
    pub(super) minute: u64,
    pub(super) what: What,
}

/// What happens.
#[derive(Debug)]
pub(super) enum What {
    /// Somebody says something in a session.
    Turn { session: &'static str, text: String },
    /// A heartbeat asks about a state that has changed so often.
    Ping(u64),
}

/// The main session; naive pings go there too.
pub(super) const MAIN: &str = "main";
const OFFICE: &str = "office";
const CODE: &str = "code";
const PAPER: &str = "paper";

/// The day, in order.
pub(super) fn day() -> Vec<Event> {
    let ping = |number: u64| Event {
        minute: number * 30,
        what: What::Ping(number / 12),
    };
    let mut events: Vec<Event> = (0..48).map(ping).collect();
    for (session, hour, turns) in TURNS {
        for (after, text) in (0..).zip(*turns) {
            events.push(Event {
                // A minute after the pings of the half-hour, and a minute after the turn before.
                minute: hour * 60 + 1 + after,
                what: What::Turn {
                    session,
                    text: (*text).to_owned(),
                },
            });
        }
    }
    events.push(Event {
        minute: 16 * 60,
        what: What::Turn {
            session: PAPER,
            text: document(),
        },
    });
    events.sort_by_key(|event| event.minute);
    events
}

/// A lease of about 120,000 bytes, and the wish to have it summarised.
fn document() -> String {
    let mut text = String::with_capacity(125_000);
    text.push_str("Please summarise this lease for me, with what is unusual in it.\nBIG:350\n");
    let about = [
        "rent",
        "heating",
        "the garden",
        "the cellar",
        "visitors",
        "repairs",
        "insurance",
    ];
    let due = [
        "in advance",
        "by the third working day",
        "at the end of each quarter",
    ];
    let mut paragraph = 1;
    while text.len() < 120_000 {
        for (about, due) in about.iter().zip(due.iter().cycle()) {
            text.push_str(&section(paragraph, about, due));
            paragraph += 1;
        }
    }
    text
}

fn section(number: u64, about: &str, due: &str) -> String {
    format!(
        "§ {number}. What concerns {about} is settled as follows: the tenant pays {} euros {due}, \
         and gives notice in writing at least {} weeks before any change. The landlord answers \
         within {} days; if nothing is heard from either side, the rule of the year before \
         applies, with the index of the statistical office.\n",
        40 + number * 7 % 900,
        2 + number % 11,
        5 + number % 25,
    )
}

/// A session, the hour its turns begin, and the turns, a minute apart.
const TURNS: &[(&str, u64, &[&str])] = &[
    (
        MAIN,
        8,
        &[
            "Good morning!\nBIG:25",
            "How is the weather going to be, do I need an umbrella?\nBIG:40",
            "And tomorrow?\nBIG:35",
            "Remind me what I wanted to buy for the weekend.\nBIG:45",
            "Thanks, you are great.\nBIG:15",
        ],
    ),
    (
        OFFICE,
        9,
        &[
            "What is in my calendar today?\nUSE:calendar_list{\"limit\":10,\"query\":\"today\"}",
            "Any new mail from Jonas about the offer?\nUSE:mail_search{\"query\":\"Jonas offer\"}",
            "Write him a friendly answer: we take the offer if the price is held until March, the \
             delivery comes in two parts, and the second part is paid after inspection. Mention \
             that Mara is the contact from now on, and that the contract draft follows by Friday.\n\
             BIG:220",
            "Make it a little shorter and more formal.\nBIG:160",
            "Translate it into German.\nBIG:190",
            "Put a task on my list to send the draft by Friday.\n\
             USE:tasks_create{\"title\":\"Send the draft\",\"due\":\"Friday\"}",
            "What else is on the list?\nUSE:tasks_list{\"limit\":20}",
        ],
    ),
    (
        CODE,
        10,
        &[
            "Have a look at the importer and at the notes about it, please.\n\
             TOOL:read{\"path\":\"importer.py\"}\nTOOL:read{\"path\":\"notes.md\"}",
            "It fails with this:\n```\nTraceback (most recent call last):\n  File \"importer.py\", \
             line 48, in parse\n    amount = Decimal(row[\"amount\"])\nKeyError: 'amount'\n```\n\
             What is wrong, and how do I fix it?\nBIG:420",
            "Show me the whole function with the fix.\nBIG:380",
            "Now write a test for a row without an amount.\nBIG:330",
            "FLAKY:1:503\nRename `row` to `record` everywhere in it.",
            "What does this print?\n```python\nprint([x * x for x in range(5) if x % 2])\n```\n\
             BIG:60",
            "Save what we found to a file.\nTOOL:write{\"path\":\"found.md\",\"content\":\"The \
             column may be missing.\"}",
            "Good, that was all.\nBIG:20",
        ],
    ),
    (
        MAIN,
        12,
        &[
            "What could I cook with lentils, carrots and yoghurt?\nBIG:120",
            "Without garlic please.\nBIG:90",
            "How long do lentils take?\nBIG:30",
            "CUTAFTER:30\nTell me the whole recipe again, step by step.",
            "You broke off, go on please.\nBIG:140",
        ],
    ),
    (
        OFFICE,
        14,
        &[
            "Summarise what we did this morning in three sentences for Mara: We accepted the offer \
             of Jonas under the condition that the price is held until March. The delivery comes \
             in two parts, and the second is paid after inspection. The draft of the contract \
             follows on Friday. The task for it is on the list, and the calendar is free on \
             Thursday afternoon for questions.\nBIG:90",
            "Compare the two ways to pay, monthly at 118 euros or 1,320 euros at once with a \
             discount of two per cent: which is cheaper over three years, step by step?\nBIG:330",
            "Find a free hour on Thursday.\nUSE:calendar_search{\"query\":\"Thursday free\"}",
            "Book it with Mara.\nUSE:calendar_create{\"title\":\"Questions\",\"with\":\"Mara\"}",
            "FLAKY:1:503\nWhat is her telephone number?",
            "Thank you!\nBIG:15",
        ],
    ),
    (
        PAPER,
        16,
        &[
            "Who pays for repairs in the garden?\nBIG:120",
            "And if nobody gives notice in time?\nBIG:110",
            "Which paragraphs are about the cellar?\nBIG:90",
            "Is there anything about visitors who stay longer than a month?\nBIG:110",
            "What would you have changed before signing?\nBIG:260",
            "Write a short letter to the landlord about that.\nBIG:230",
            "Make it friendlier.\nBIG:230",
        ],
    ),
    (
        MAIN,
        20,
        &[
            "Good evening, how was your day?\nBIG:40",
            "Recommend a film for two tired people.\nBIG:80",
            "Something shorter?\nBIG:60",
            "Set nothing for tomorrow, I want to sleep in.\nBIG:25",
            "Good night!\nBIG:10",
        ],
    ),
];

/// The line that asks the heartbeat's question about this state.
pub(super) fn heartbeat(state: u64) -> String {
    format!(
        "Heartbeat. Read what is new and say whether I have to know it; if nothing needs me, \
         answer HEARTBEAT_OK. Inbox: {state} new. Calendar: as before. Tasks: {} open.\n\
         SAY:HEARTBEAT_OK",
        3 + state
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_as_long_as_the_report_says() {
        let events = day();
        let pings = events
            .iter()
            .filter(|event| matches!(event.what, What::Ping(_)));
        assert_eq!((pings.count(), events.len()), (48, 48 + 44));
        assert!(events.is_sorted_by_key(|event| event.minute));
        let longest = events.iter().map(|event| match &event.what {
            What::Turn { text, .. } => text.len(),
            What::Ping(_) => 0,
        });
        assert!((120_000..125_000).contains(&longest.max().unwrap()));
    }
}
