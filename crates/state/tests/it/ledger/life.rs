//! One process after the other: what was booked stays booked.

use super::rig::{DOLLAR, Rig, ask, days, settlement};
use crate::backend::Sqlite;
use domain::ledger::{BudgetScope, BudgetWindow, CallOutcome, Purse, Refused};
use domain::{FailureKind, MicroUsd, TokenCount};
use serde_json::json;
use state::conformance::Backend;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

fn journal(backend: &Sqlite) -> std::path::PathBuf {
    backend.dir.path().join("ledger.journal")
}

#[tokio::test]
async fn a_call_is_reserved_settled_and_found() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({})).await;
    let call = rig.reserved(2 * DOLLAR).await;
    let [standing] = &rig.ledger.standing()[..] else {
        unreachable!("there is one limit by default");
    };
    assert_eq!(
        (&standing.scope, standing.window, standing.limit),
        (
            &BudgetScope::Gateway,
            BudgetWindow::Day,
            MicroUsd(5 * DOLLAR)
        )
    );
    assert_eq!(
        (standing.spent, standing.reserved),
        (MicroUsd(0), MicroUsd(2 * DOLLAR))
    );
    rig.ledger.settle(settlement(&call, 7));
    // Settled twice is settled once.
    rig.ledger.settle(settlement(&call, DOLLAR));
    assert_eq!(rig.ledger.spent_today(), MicroUsd(7));
    let [row] = &rig.rows().await[..] else {
        unreachable!("there was one call");
    };
    assert_eq!(
        (&row.call, row.cost, row.usage.input),
        (&call, Some(MicroUsd(7)), Some(TokenCount(10)))
    );
    let mode = std::fs::metadata(journal(&backend))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    rig.close().await;
    assert_eq!(std::fs::metadata(journal(&backend)).unwrap().len(), 0);
}

#[tokio::test]
async fn a_used_up_budget_refuses_with_the_way_out_and_free_models_go_on() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({ "agents": { "main": { "daily": 1 } } })).await;
    let call = rig.reserved(DOLLAR).await;
    rig.ledger.settle(settlement(&call, DOLLAR));
    let Err(Refused::OverBudget(trip)) = rig.ledger.reserve(ask(1)).await else {
        unreachable!("an empty budget granted something");
    };
    assert_eq!((trip.spent, trip.needed), (MicroUsd(DOLLAR), MicroUsd(1)));
    assert_eq!(
        trip.raise,
        "openclaw config set budgets.agents.main.daily 2"
    );
    assert_eq!(
        rig.ledger.reserve(ask(0)).await.unwrap().amount,
        MicroUsd(0)
    );
    let unpriced = || domain::ledger::Ask {
        priced: false,
        ..ask(0)
    };
    let refused = rig.ledger.reserve(unpriced()).await.unwrap_err();
    assert!(
        refused.to_string().contains("budgets.unknownPrice allow"),
        "{refused}"
    );
    let allow = json!({ "daily": 1, "unknownPrice": "allow" });
    rig.ledger.set_budgets(super::rig::settings(allow));
    assert_eq!(
        rig.ledger.reserve(unpriced()).await.unwrap().amount,
        MicroUsd(0)
    );
    rig.ledger
        .set_budgets(super::rig::settings(json!({ "daily": false })));
    assert_eq!(
        rig.ledger.reserve(unpriced()).await.unwrap().amount,
        MicroUsd(0)
    );
    assert_eq!(rig.ledger.standing(), []);
}

#[tokio::test]
async fn what_was_open_when_the_process_died_counts_in_full() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({})).await;
    let settled = rig.reserved(DOLLAR).await;
    rig.ledger.settle(settlement(&settled, 11));
    let open = rig.reserved(2 * DOLLAR).await;
    rig.die().await;
    backend.clock().advance(Duration::from_mins(1));
    let rig = Rig::open(&backend, json!({})).await;
    assert_eq!(rig.ledger.spent_today(), MicroUsd(2 * DOLLAR + 11));
    let [standing] = &rig.ledger.standing()[..] else {
        unreachable!("there is one limit by default");
    };
    assert_eq!(standing.reserved, MicroUsd(0));
    let found = rig.state.metering.call(&open).await.unwrap().unwrap();
    assert_eq!(
        (found.cost, found.estimated, found.outcome),
        (
            Some(MicroUsd(2 * DOLLAR)),
            true,
            CallOutcome::Failed(FailureKind::Internal)
        )
    );
    assert!(found.note.error.unwrap().contains("interrupted"));
    let found = rig.state.metering.call(&settled).await.unwrap().unwrap();
    assert_eq!((found.cost, found.estimated), (Some(MicroUsd(11)), false));
    rig.die().await;
    // Nothing is counted twice, however often the journal was read.
    let rig = Rig::open(&backend, json!({})).await;
    assert_eq!(rig.ledger.spent_today(), MicroUsd(2 * DOLLAR + 11));
    assert_eq!(rig.rows().await.len(), 2);
    rig.close().await;
}

#[tokio::test]
async fn a_journal_cut_off_anywhere_opens_and_loses_only_what_was_cut() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({})).await;
    for number in 0..3 {
        let call = rig.reserved(1000).await;
        if number < 2 {
            rig.ledger.settle(settlement(&call, 10));
        }
    }
    rig.die().await;
    let whole = std::fs::read(journal(&backend)).unwrap();
    let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    assert_eq!(ends.len(), 5);
    for cut in (0..=whole.len())
        .step_by(97)
        .chain(ends.iter().map(|end| end + 1))
    {
        let backend = Sqlite::new();
        std::fs::write(journal(&backend), &whole[..cut]).unwrap();
        let rig = Rig::open(&backend, json!({})).await;
        // After each line: reserved, settled, reserved, settled, reserved.
        let expected = [0, 1000, 10, 1010, 20, 1020];
        let lines = ends.iter().filter(|end| **end < cut).count();
        assert_eq!(rig.cost().await, expected[lines], "cut at {cut}");
        // What is written behind a cut line is read again.
        rig.reserved(5).await;
        rig.die().await;
        let rig = Rig::open(&backend, json!({})).await;
        assert_eq!(rig.cost().await, expected[lines] + 5, "cut at {cut}");
        rig.close().await;
    }
}

#[tokio::test]
async fn a_damaged_line_is_skipped() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({})).await;
    rig.reserved(1000).await;
    rig.reserved(20).await;
    rig.die().await;
    let mut bytes = std::fs::read(journal(&backend)).unwrap();
    bytes[40] ^= 1;
    std::fs::write(journal(&backend), bytes).unwrap();
    let rig = Rig::open(&backend, json!({})).await;
    assert_eq!(rig.cost().await, 20);
    rig.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_stays_short_and_keeps_what_is_open() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({ "daily": 1000 })).await;
    let open = rig.reserved(77).await;
    let mut longest = 0;
    for number in 0..12_000 {
        let call = rig.reserved(10).await;
        rig.ledger.settle(settlement(&call, 1));
        longest = longest.max(std::fs::metadata(journal(&backend)).unwrap().len());
        if number % 1000 == 0 {
            rig.ledger.flush().await;
        }
    }
    assert!(longest < 9 << 20, "{longest} bytes");
    rig.die().await;
    let rig = Rig::open(&backend, json!({})).await;
    assert_eq!(rig.cost().await, 12_077);
    let found = rig.state.metering.call(&open).await.unwrap().unwrap();
    assert_eq!(found.cost, Some(MicroUsd(77)));
    rig.close().await;
}

#[tokio::test]
async fn midnight_gives_a_new_day_and_reservations_go_along() {
    let backend = Sqlite::new();
    let budgets = || json!({ "daily": 1, "monthly": 3 });
    let rig = Rig::open(&backend, budgets()).await;
    let spent = rig.reserved(600_000).await;
    rig.ledger.settle(settlement(&spent, 600_000));
    let open = rig.reserved(400_000).await;
    days(backend.clock(), 1);
    // The open call will be paid today, so it counts today.
    let refused = rig.ledger.reserve(ask(600_001)).await;
    assert!(
        matches!(refused, Err(Refused::OverBudget(_))),
        "{refused:?}"
    );
    rig.ledger.settle(settlement(&open, 400_000));
    assert_eq!(rig.ledger.spent_today(), MicroUsd(400_000));
    rig.close().await;
    days(backend.clock(), 1);
    let rig = Rig::open(&backend, budgets()).await;
    assert_eq!(rig.ledger.spent_today(), MicroUsd(0));
    let spent: Vec<_> = rig.ledger.standing().iter().map(|it| it.spent.0).collect();
    assert_eq!(spent, [DOLLAR, 0]);
    days(backend.clock(), 31);
    assert!(
        rig.ledger
            .standing()
            .iter()
            .all(|it| it.spent == MicroUsd(0))
    );
    rig.close().await;
}

#[tokio::test]
async fn a_closed_ledger_refuses_and_still_books() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({})).await;
    let late = rig.reserved(DOLLAR).await;
    rig.ledger.close().await;
    rig.ledger.close().await;
    let refused = rig.ledger.reserve(ask(1)).await.unwrap_err();
    assert!(refused.to_string().contains("shutting down"), "{refused}");
    rig.ledger.settle(settlement(&late, 3));
    rig.die().await;
    let rig = Rig::open(&backend, json!({})).await;
    assert_eq!(rig.cost().await, 3);
    rig.close().await;
}

#[tokio::test]
async fn garbage_in_the_journal_is_no_reason_not_to_start() {
    let backend = Sqlite::new();
    std::fs::File::create(journal(&backend))
        .unwrap()
        .write_all(b"\n\n\xff\xfe not a journal\n0123456789abcdef {}\n")
        .unwrap();
    let rig = Rig::open(&backend, json!({})).await;
    assert_eq!(rig.cost().await, 0);
    rig.close().await;
}
