//! Many at once: the limit holds to the micro-dollar, and who came first is served first.

use super::rig::{DOLLAR, Rig, ask, settings, settlement};
use crate::backend::Sqlite;
use domain::ledger::{Ask, Purse, Refused};
use domain::{AgentId, MicroUsd};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_never_spend_more_than_a_dollar() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({ "daily": 1 })).await;
    let (bill, under_way, refused) = (AtomicI64::new(0), AtomicI64::new(0), AtomicU64::new(0));
    let counts = Arc::new((bill, under_way, refused));
    let mut calls = JoinSet::new();
    for number in 0..10_000_i64 {
        let (ledger, counts) = (Arc::clone(&rig.ledger), Arc::clone(&counts));
        calls.spawn(async move {
            let (bill, under_way, refused) = &*counts;
            let ask = Ask {
                least: MicroUsd(100),
                most: MicroUsd(5_000 + number % 700),
                wait: Duration::from_secs(20),
                ..ask(0)
            };
            let call = ask.call.clone();
            let Ok(grant) = ledger.reserve(ask).await else {
                refused.fetch_add(1, Ordering::SeqCst);
                return;
            };
            let granted = grant.amount.0;
            let most = under_way.fetch_add(granted, Ordering::SeqCst) + granted;
            assert!(bill.load(Ordering::SeqCst) + most <= 2 * DOLLAR);
            tokio::task::yield_now().await;
            let cost = granted.min(90 + number % 120);
            bill.fetch_add(cost, Ordering::SeqCst);
            under_way.fetch_sub(granted, Ordering::SeqCst);
            ledger.settle(settlement(&call, cost));
        });
    }
    calls.join_all().await;
    let (bill, _, refused) = &*counts;
    let bill = bill.load(Ordering::SeqCst);
    assert!(bill <= DOLLAR, "{bill} micro-dollars were spent");
    assert!(
        bill > DOLLAR - 5_000,
        "only {bill} micro-dollars were spent"
    );
    assert!(refused.load(Ordering::SeqCst) > 0);
    assert_eq!(rig.ledger.spent_today(), MicroUsd(bill));
    assert_eq!(rig.cost().await, bill);
    assert_eq!(rig.ledger.standing()[0].reserved, MicroUsd(0));
    rig.close().await;
}

/// An ask that waits.
fn patient(most: i64) -> Ask {
    Ask {
        wait: Duration::from_secs(20),
        ..ask(most)
    }
}

#[tokio::test(start_paused = true)]
async fn who_came_first_is_served_first() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({ "daily": 1 })).await;
    let first = rig.reserved(900_000).await;
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut waiting = JoinSet::new();
    // The large one came first, so the small one that would fit has to wait, too.
    for amount in [500_000, 50_000, 60_000] {
        let (ledger, order) = (Arc::clone(&rig.ledger), Arc::clone(&order));
        waiting.spawn(async move {
            let ask = patient(amount);
            ledger.reserve(ask).await.unwrap();
            order.lock().unwrap().push(amount);
        });
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(order.lock().unwrap().is_empty());
    // Whoever spends from a budget nobody waits for passes: here, what costs nothing.
    rig.ledger.reserve(ask(0)).await.unwrap();
    rig.ledger.settle(settlement(&first, 100_000));
    waiting.join_all().await;
    assert_eq!(*order.lock().unwrap(), [500_000, 50_000, 60_000]);
}

#[tokio::test(start_paused = true)]
async fn a_full_budget_of_one_agent_holds_nobody_else_up() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({ "daily": 5, "perAgent": { "daily": 1 } })).await;
    rig.reserved(DOLLAR).await;
    let ledger = Arc::clone(&rig.ledger);
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { ledger.reserve(patient(10)).await });
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut other = ask(20);
    other.payer.agent = Some(AgentId::new("coder"));
    rig.ledger.reserve(other).await.unwrap();
    assert!(waiting.try_join_next().is_none());
    let Err(Refused::OverBudget(trip)) = waiting.join_next().await.unwrap().unwrap() else {
        unreachable!("the agent spent more than it has");
    };
    assert_eq!((trip.spent, trip.reserved), (MicroUsd(0), MicroUsd(DOLLAR)));
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_leaves_nothing_behind() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({ "daily": 1 })).await;
    let first = rig.reserved(DOLLAR).await;
    {
        let waiting = rig.ledger.reserve(patient(DOLLAR));
        tokio::pin!(waiting);
        let early = tokio::time::timeout(Duration::from_secs(1), waiting.as_mut()).await;
        assert!(early.is_err());
        // Granted now, but nobody looks any more.
        rig.ledger.settle(settlement(&first, 0));
    }
    let reserved = rig.ledger.standing()[0].reserved;
    assert_eq!(reserved, MicroUsd(0));
    rig.reserved(DOLLAR).await;
}

#[tokio::test(start_paused = true)]
async fn a_raised_budget_lets_the_waiting_in() {
    let backend = Sqlite::new();
    let rig = Rig::open(&backend, json!({ "daily": 1 })).await;
    rig.reserved(DOLLAR).await;
    let ledger = Arc::clone(&rig.ledger);
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { ledger.reserve(patient(DOLLAR)).await });
    tokio::time::sleep(Duration::from_millis(1)).await;
    rig.ledger.set_budgets(settings(json!({ "daily": 2 })));
    waiting.join_next().await.unwrap().unwrap().unwrap();
}
