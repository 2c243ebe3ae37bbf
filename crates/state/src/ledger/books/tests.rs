//! For all interleavings: no limit is ever exceeded, and the books are the sum of the bills.

use super::*;
use domain::ledger::{CallNote, CallOutcome};
use domain::{AgentId, ModelId, ProviderId, RunId, SessionKey, Usage};
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

/// 2026-01-30, so that a few days lead into another month.
const START: i64 = 1_769_731_200_000;

#[derive(Debug, Clone, Copy)]
enum Op {
    /// Somebody asks: payer, least, more than that, what the run has left.
    Ask(u8, i64, i64, Option<i64>),
    /// One of the open calls ends and costs this part of its grant.
    Settle(prop::sample::Index, u8),
    /// One of those who wait runs out of patience, or goes away.
    Leave(prop::sample::Index, bool),
    /// Time passes, in minutes.
    Wait(u16),
}

fn op() -> impl Strategy<Value = Op> {
    let run_left = prop::option::weighted(0.2, 0..3_000_i64);
    prop_oneof![
        5 => (any::<u8>(), 0..1_500_i64, 0..3_000_i64, run_left)
            .prop_map(|(payer, least, more, left)| Op::Ask(payer, least, more, left)),
        4 => (any::<prop::sample::Index>(), any::<u8>())
            .prop_map(|(which, part)| Op::Settle(which, part)),
        1 => (any::<prop::sample::Index>(), any::<bool>())
            .prop_map(|(which, away)| Op::Leave(which, away)),
        1 => (0..2_000_u16).prop_map(Op::Wait),
    ]
}

/// Limits of a few thousandths of a cent, so that all of them are met.
fn limits() -> BudgetsSettings {
    serde_json::from_value(json!({
        "daily": "0.005", "monthly": "0.012",
        "perAgent": { "daily": "0.003" },
        "agents": { "a1": { "daily": false, "monthly": "0.004" } },
        "perSession": { "monthly": "0.006" },
        "perKey": { "daily": "0.002" },
        "keys": { "k1": { "daily": "0.004" } }
    }))
    .unwrap()
}

fn payer(number: u8) -> Payer {
    let named = |bit: u8, name: &str| {
        let which = number >> bit & 3;
        (which > 0).then(|| format!("{name}{which}"))
    };
    Payer {
        key: named(0, "k").map(Into::into),
        agent: named(2, "a").map(AgentId::new),
        session: named(4, "s").map(SessionKey::new),
        run: named(6, "r").map(RunId::new),
    }
}

fn settlement(call: &CallId, cost: Option<i64>) -> Settlement {
    Settlement {
        call: call.clone(),
        usage: Usage::default(),
        cost: cost.map(MicroUsd),
        estimated: false,
        outcome: CallOutcome::Answered,
        duration_ms: 1,
        note: CallNote::default(),
    }
}

fn ask(number: usize, payer: Payer, least: i64, most: i64) -> Ask {
    Ask {
        call: CallId::new(format!("c{number}")),
        payer,
        provider: ProviderId::new("p"),
        model: ModelId::new("m"),
        least: MicroUsd(least),
        most: MicroUsd(most),
        run_left: None,
        priced: true,
        wait: Duration::from_secs(1),
    }
}

/// A bill that was paid.
struct Paid {
    at: UnixMillis,
    payer: Payer,
    cost: i64,
}

struct Story {
    books: Books,
    now: UnixMillis,
    asked: Vec<Ask>,
    waiting: Vec<(usize, Ticket)>,
    paid: Vec<Paid>,
}

impl Story {
    fn new() -> Self {
        let now = UnixMillis(START);
        Self {
            books: Books::new(limits(), now),
            now,
            asked: Vec::new(),
            waiting: Vec::new(),
            paid: Vec::new(),
        }
    }

    fn play(&mut self, op: Op) {
        match op {
            Op::Ask(who, least, more, run_left) => {
                let mut ask = ask(self.asked.len(), payer(who), least, least + more);
                ask.run_left = run_left.map(MicroUsd);
                self.asked.push(ask.clone());
                if let Verdict::Wait(scope) = self.books.reserve(self.now, &ask) {
                    let ticket = self.books.wait(ask, scope);
                    self.waiting.push((self.asked.len() - 1, ticket));
                }
            }
            Op::Settle(which, part) => self.settle(which, part),
            Op::Leave(which, away) => {
                if self.waiting.is_empty() {
                    return;
                }
                let (asked, ticket) = self.waiting.remove(which.index(self.waiting.len()));
                let call = &self.asked[asked].call;
                if away {
                    self.books.abandon(self.now, ticket.number, call);
                    assert!(!self.books.open.contains_key(call));
                } else if let Some(answer) = self.books.leave(self.now, ticket.number) {
                    assert_eq!(answer.is_ok(), self.books.open.contains_key(call));
                }
            }
            Op::Wait(minutes) => {
                self.now.0 += i64::from(minutes) * 60_000;
                self.books.go_on(self.now);
            }
        }
    }

    fn settle(&mut self, which: prop::sample::Index, part: u8) {
        let mut open: Vec<_> = self.books.open.values().cloned().collect();
        if open.is_empty() {
            return;
        }
        open.sort_by(|a, b| a.call.cmp(&b.call));
        let call = which.get(&open);
        // One in 256 is settled without a known cost: then it costs what was reserved.
        let cost = part.checked_sub(1);
        let cost = cost.map(|part| call.amount.0 * i64::from(part) / 254);
        let row = self
            .books
            .settle(self.now, settlement(&call.call, cost))
            .unwrap();
        self.paid.push(Paid {
            at: self.now,
            payer: call.payer(),
            cost: row.cost.unwrap_or_default().0,
        });
        let again = self
            .books
            .settle(self.now, settlement(&call.call, Some(1_000_000)));
        assert_eq!(again, None);
    }

    fn check(&self) {
        let windows = Windows::at(self.now);
        let sum = |scope: &Scope, since: UnixMillis| -> i64 {
            let of_scope = |paid: &&Paid| Scope::of(&paid.payer).any(|it| it == *scope);
            let paid = self.paid.iter().filter(|paid| paid.at >= since);
            paid.filter(of_scope).map(|paid| paid.cost).sum()
        };
        for (scope, account) in &self.books.accounts {
            let reserved: i64 = self
                .books
                .open
                .values()
                .filter(|call| Scope::of(&call.payer()).any(|it| it == *scope))
                .map(|call| call.amount.0)
                .sum();
            assert_eq!(account.reserved.0, reserved, "{scope:?}");
            if let Scope::Run(_) = scope {
                continue;
            }
            assert_eq!(account.day.0, sum(scope, windows.day), "{scope:?}");
            assert_eq!(account.month.0, sum(scope, windows.month), "{scope:?}");
            let caps = self.books.budgets.caps(scope);
            for (spent, cap) in [(account.day, caps.day), (account.month, caps.month)] {
                let within = cap.is_none_or(|cap| spent.0 + reserved <= cap.0);
                assert!(within, "{scope:?}: {spent} + {reserved} > {cap:?}");
            }
        }
        self.nobody_waits_for_nothing();
    }

    /// At the head of every queue stands somebody for whom there is no room.
    fn nobody_waits_for_nothing(&self) {
        for scope in self.books.queues.scopes() {
            let (number, waiter) = self.books.queues.first(&scope).unwrap();
            let verdict = verdict::of(&self.books, &waiter.ask, Some(number));
            let grantable = matches!(verdict, Verdict::Grant(_));
            assert!(!grantable, "{:?} waits for {verdict:?}", waiter.ask);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 2, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_limit_is_ever_exceeded(ops in prop::collection::vec(op(), 1..120)) {
        let mut story = Story::new();
        for op in ops {
            story.play(op);
            story.check();
        }
    }
}

fn one_cent_a_day() -> Books {
    let settings = serde_json::from_value(json!({ "daily": "0.01" })).unwrap();
    Books::new(settings, UnixMillis(START))
}

fn granted(verdict: &Verdict) -> MicroUsd {
    let Verdict::Grant(grant) = verdict else {
        unreachable!("{verdict:?}");
    };
    grant.amount
}

#[test]
fn an_ask_gets_what_there_is_and_no_more_than_it_wants() {
    let (mut books, now) = (one_cent_a_day(), UnixMillis(START));
    let mut asked = |number, least, most| books.reserve(now, &ask(number, payer(0), least, most));
    assert_eq!(granted(&asked(0, 10, 6_000)), MicroUsd(6_000));
    assert_eq!(granted(&asked(1, 10, 6_000)), MicroUsd(4_000));
    assert!(matches!(asked(2, 10, 6_000), Verdict::Wait(Scope::Gateway)));
    assert_eq!(granted(&asked(3, 0, 0)), MicroUsd::ZERO);
}

#[test]
fn the_limit_of_a_run_counts_its_calls_under_way() {
    let (mut books, now) = (one_cent_a_day(), UnixMillis(START));
    let of_run = |number, least| Ask {
        run_left: Some(MicroUsd(500)),
        ..ask(number, payer(1 << 6), least, 400)
    };
    assert_eq!(granted(&books.reserve(now, &of_run(0, 400))), MicroUsd(400));
    assert_eq!(granted(&books.reserve(now, &of_run(1, 50))), MicroUsd(100));
    assert!(matches!(
        books.reserve(now, &of_run(2, 50)),
        Verdict::Wait(Scope::Run(_))
    ));
    let late = Ask {
        run_left: Some(MicroUsd(30)),
        ..of_run(3, 50)
    };
    let Verdict::Refuse(Refused::OverBudget(trip)) = books.reserve(now, &late) else {
        unreachable!("a run went over its limit");
    };
    assert_eq!((trip.limit, trip.needed), (MicroUsd(30), MicroUsd(50)));
    assert!(trip.raise.contains("maxCostUsd"), "{}", trip.raise);
}

#[test]
fn more_than_was_granted_is_booked_in_full() {
    let (mut books, now) = (one_cent_a_day(), UnixMillis(START));
    books.reserve(now, &ask(0, payer(0), 10, 6_000));
    let row = books.settle(now, settlement(&CallId::new("c0"), Some(11_000)));
    assert_eq!(row.unwrap().cost, Some(MicroUsd(11_000)));
    let Verdict::Refuse(refused) = books.reserve(now, &ask(1, payer(0), 1, 1)) else {
        unreachable!("a budget that is overdrawn granted something");
    };
    assert_eq!(
        refused.to_string(),
        "the daily budget of 0.010000 USD is used up: 0.011000 USD spent, 0.000000 USD reserved by \
         calls under way, 0.000001 USD needed; raise it: openclaw config set budgets.daily 0.02"
    );
}
