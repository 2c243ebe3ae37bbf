//! What can go wrong with a candidate, and what has to follow.

use serde_json::{Value, json};
use testkit::fake_model::Wire;
use testkit::{FakeModel, Home};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9/v1";

/// How a candidate goes wrong.
#[derive(Clone, Copy)]
enum Does {
    /// The fake does this for its key.
    Script(&'static str),
    /// Its address is not there.
    Away,
    /// It has this key before a good one.
    KeyBeforeGood(&'static str),
    /// It has no key but this one.
    OnlyKey(&'static str),
}

/// What follows from it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It answers all the same.
    Answers,
    /// Its next key answers.
    NextKey,
    /// The next candidate answers; without one it is called so many times.
    NextCandidate(usize),
    /// Nobody else could do better.
    Nobody,
    /// Something was shown, so nobody else is called.
    Shown,
}

/// A fault: a row of the table.
#[derive(Clone, Copy)]
pub(super) struct Fault {
    does: Does,
    then: Then,
    /// What the client hears when nobody answers: the status and the code.
    error: (u16, &'static str),
    /// How the receipt calls it.
    outcome: &'static str,
}

const fn fault(does: Does, then: Then, error: (u16, &'static str), outcome: &'static str) -> Fault {
    Fault {
        does,
        then,
        error,
        outcome,
    }
}

const ANSWERED: &str = "answered";
const FINE: (u16, &str) = (200, "");
const INVALID: (u16, &str) = (400, "invalid_request");
const UNAUTHORIZED: (u16, &str) = (502, "provider_unauthorized");
const FORBIDDEN: (u16, &str) = (502, "provider_forbidden");
const NO_MODEL: (u16, &str) = (404, "invalid_model");
const LIMITED: (u16, &str) = (429, "provider_rate_limited");
const FAILED: (u16, &str) = (502, "provider_error");
const SILENT: (u16, &str) = (504, "provider_timeout");
const BROKEN: (u16, &str) = (502, "provider_stream_broken");
const UNREACHABLE: (u16, &str) = (502, "provider_unreachable");

pub(super) const FAULTS: [Fault; 21] = {
    use Does::{Away, KeyBeforeGood, OnlyKey, Script};
    use Then::{Answers, NextCandidate, NextKey, Nobody, Shown};
    [
        fault(Script("STATUS:400"), Nobody, INVALID, "invalidRequest"),
        fault(
            Script("STATUS:401"),
            NextCandidate(1),
            UNAUTHORIZED,
            "unauthorized",
        ),
        fault(
            Script("STATUS:403"),
            NextCandidate(1),
            FORBIDDEN,
            "forbidden",
        ),
        fault(
            Script("STATUS:404"),
            NextCandidate(1),
            NO_MODEL,
            "modelNotFound",
        ),
        fault(
            Script("STATUS:429"),
            NextCandidate(1),
            LIMITED,
            "rateLimited",
        ),
        fault(
            Script("STATUS:429:7"),
            NextCandidate(1),
            LIMITED,
            "rateLimited",
        ),
        fault(
            Script("STATUS:500"),
            NextCandidate(1),
            FAILED,
            "providerFailed",
        ),
        fault(
            Script("STATUS:503"),
            NextCandidate(1),
            FAILED,
            "providerFailed",
        ),
        fault(Script("HANG"), NextCandidate(1), SILENT, "timedOut"),
        fault(
            Script("CUTAFTER:0"),
            NextCandidate(2),
            BROKEN,
            "brokenStream",
        ),
        fault(Script("CUTAFTER:2"), Shown, BROKEN, "brokenStream"),
        fault(Script("HANGMID"), Shown, SILENT, "timedOut"),
        fault(Script("BADJSON"), Shown, BROKEN, "brokenStream"),
        fault(Script("ERRMID:overloaded"), Shown, FAILED, "providerFailed"),
        fault(Script("EMPTY"), Answers, FINE, ANSWERED),
        fault(Script("NOUSAGE"), Answers, FINE, ANSWERED),
        fault(Away, NextCandidate(2), UNREACHABLE, "unreachable"),
        fault(
            OnlyKey("wrong"),
            NextCandidate(1),
            UNAUTHORIZED,
            "unauthorized",
        ),
        fault(
            OnlyKey("limited-30"),
            NextCandidate(1),
            LIMITED,
            "rateLimited",
        ),
        fault(KeyBeforeGood("wrong"), NextKey, FINE, "unauthorized"),
        fault(KeyBeforeGood("limited-30"), NextKey, FINE, "rateLimited"),
    ]
};

/// Where the faulty candidate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A healthy one follows.
    FirstOfTwo,
    /// One that cannot be reached comes before it.
    LastOfTwo,
    /// An agent's only model.
    Only,
    /// A model without an agent.
    Direct,
}

/// A request of the table.
pub(super) struct Case {
    pub(super) fault: Fault,
    pub(super) place: Place,
    pub(super) streamed: bool,
    /// Its name, of which the names of its agent and providers are made.
    pub(super) id: String,
}

/// What must come of a case.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// Status and code; 200 for an answer.
    pub(super) heard: (u16, &'static str),
    /// Whether words come before the end.
    pub(super) words: bool,
    /// Every call in order: which credential, and how it ended.
    pub(super) calls: Vec<(String, String)>,
}

/// Every fault in every place, whole and streamed.
pub(super) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for fault in FAULTS {
        for place in [
            Place::FirstOfTwo,
            Place::LastOfTwo,
            Place::Only,
            Place::Direct,
        ] {
            for streamed in [false, true] {
                let id = format!("c{}", all.len());
                all.push(Case {
                    fault,
                    place,
                    streamed,
                    id,
                });
            }
        }
    }
    all
}

impl Case {
    fn faulty(&self) -> String {
        format!("{}a", self.id)
    }

    fn healthy(&self) -> String {
        format!("{}b", self.id)
    }

    fn away(&self) -> String {
        format!("{}d", self.id)
    }

    /// What `model` of the request says.
    pub(super) fn model(&self) -> String {
        match self.place {
            Place::Direct => format!("{}/fake-1", self.faulty()),
            Place::FirstOfTwo | Place::LastOfTwo | Place::Only => format!("openclaw/{}", self.id),
        }
    }

    /// What the user says.
    pub(super) fn text(&self) -> String {
        match self.fault.does {
            Does::Script(script) => format!("ONLY:{}\n{script}", self.faulty()),
            Does::Away | Does::KeyBeforeGood(_) | Does::OnlyKey(_) => "hi".to_owned(),
        }
    }

    /// Whether the first candidate is told to wait.
    pub(super) fn is_limited_first(&self) -> bool {
        self.place == Place::FirstOfTwo && self.fault.outcome == "rateLimited"
    }

    /// Seconds the client is told to wait, when nobody answers.
    pub(super) fn wait(&self) -> Option<&'static str> {
        match self.fault.does {
            Does::Script("STATUS:429:7") => Some("7"),
            Does::OnlyKey("limited-30") => Some("30"),
            Does::Script(_) | Does::Away | Does::KeyBeforeGood(_) | Does::OnlyKey(_) => None,
        }
    }

    pub(super) fn name(&self) -> String {
        let does = match self.fault.does {
            Does::Script(script) => script.to_owned(),
            Does::Away => "away".to_owned(),
            Does::KeyBeforeGood(key) => format!("key {key} before a good one"),
            Does::OnlyKey(key) => format!("key {key} alone"),
        };
        let manner = if self.streamed { "streamed" } else { "whole" };
        format!("{} {does} {:?} {manner}", self.id, self.place)
    }

    /// What must come of it.
    pub(super) fn due(&self) -> Due {
        let Fault {
            then,
            error,
            outcome,
            ..
        } = self.fault;
        let call = |provider: String, key: u32, outcome: &str| {
            (format!("{provider}#{key}"), outcome.to_owned())
        };
        let faulty = call(self.faulty(), 1, outcome);
        let mut calls = match (then, self.place) {
            (Then::NextCandidate(_), Place::FirstOfTwo) => {
                vec![faulty, call(self.healthy(), 1, ANSWERED)]
            }
            (Then::NextCandidate(times), Place::Only | Place::Direct) => vec![faulty; times],
            // Nothing of an answer without a stream was read, so it is asked for again.
            (Then::Shown, Place::Direct) if !self.streamed && error == BROKEN => vec![faulty; 2],
            (Then::NextKey, _) => vec![faulty, call(self.faulty(), 2, ANSWERED)],
            (Then::Answers | Then::Nobody | Then::Shown | Then::NextCandidate(_), _) => {
                vec![faulty]
            }
        };
        if self.place == Place::LastOfTwo {
            calls.insert(0, call(self.away(), 1, "unreachable"));
        }
        let answered = calls.last().is_some_and(|(_, outcome)| outcome == ANSWERED);
        // Of two failures the one that tells more is shown.
        let tells_less = [UNAUTHORIZED, FORBIDDEN, NO_MODEL].contains(&error);
        let heard = if answered {
            FINE
        } else if self.place == Place::LastOfTwo && tells_less {
            UNREACHABLE
        } else {
            error
        };
        let silent = matches!(self.fault.does, Does::Script("EMPTY"));
        Due {
            heard,
            words: !silent && (answered || then == Then::Shown),
            calls,
        }
    }

    /// Adds its providers and its agent to the settings.
    fn add(&self, settings: &mut Value, entry: &Value) {
        let provider = |name: &str| {
            let mut entry = entry.clone();
            entry["apiKey"] = name.into();
            entry
        };
        let mut faulty = provider(&self.faulty());
        match self.fault.does {
            Does::Script("HANG") => {
                faulty["timeouts"] = json!({ "connectMs": 500, "firstByteMs": 100 });
            }
            Does::Script("HANGMID") => faulty["timeouts"]["idleMs"] = 250.into(),
            Does::Script(_) => {}
            Does::Away => faulty["baseUrl"] = NOWHERE.into(),
            Does::KeyBeforeGood(key) => faulty["apiKeys"] = json!([key, "good"]),
            Does::OnlyKey(key) => faulty["apiKey"] = key.into(),
        }
        if matches!(self.fault.does, Does::KeyBeforeGood(_)) {
            faulty.as_object_mut().unwrap().remove("apiKey");
        }
        let mut names = vec![self.faulty()];
        let providers = &mut settings["models"]["providers"];
        providers[self.faulty()] = faulty;
        match self.place {
            Place::FirstOfTwo => {
                providers[self.healthy()] = provider(&self.healthy());
                names.push(self.healthy());
            }
            Place::LastOfTwo => {
                providers[self.away()] = provider(&self.away());
                providers[self.away()]["baseUrl"] = NOWHERE.into();
                names.insert(0, self.away());
            }
            Place::Only => {}
            Place::Direct => return,
        }
        let mut models = names.iter().map(|name| format!("{name}/fake-1"));
        let (primary, fallbacks) = (models.next(), models.collect::<Vec<_>>());
        settings["agents"]["entries"][&self.id] =
            json!({ "model": { "primary": primary, "fallbacks": fallbacks } });
    }
}

/// Settings for these cases, every provider of which speaks this wire.
pub(super) fn settings(model: &FakeModel, wire: Wire, cases: &[Case]) -> Value {
    let mut settings = Home::all_wires(model);
    let mut entry = settings["models"]["providers"][wire.provider()].clone();
    entry["timeouts"] = json!({ "connectMs": 2000, "firstByteMs": 5000, "idleMs": 5000 });
    settings["agents"]["entries"]["main"] = json!({ "default": true });
    for case in cases {
        case.add(&mut settings, &entry);
    }
    settings
}
