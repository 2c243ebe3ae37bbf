//! What a run tells about its money, and what ends it.

use crate::house::{House, Plan, turn};
use crate::scripted::{Does, Scripted, last_result};
use domain::ledger::{BudgetScope, BudgetTrip, BudgetWindow};
use domain::{AgentId, FailureKind, MicroUsd, RunLimit, RunOutcome, Turn};
use llm::{Error, ModelInfo, ModelRequest, Price};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// A micro-dollar for every token of the prompt.
fn dear(info: &mut ModelInfo) {
    info.price = Some(Price {
        input: 1_000_000,
        output: 0,
        cache_read: 100_000,
        cache_write: 1_000_000,
    });
}

fn counts(request: &ModelRequest) -> Does {
    match last_result(request) {
        None => Does::Call("count", "{}".to_owned()),
        Some(_) => Does::Say("counted".to_owned()),
    }
}

fn trip(scope: BudgetScope) -> Error {
    Error::OverBudget(Box::new(BudgetTrip {
        scope,
        window: BudgetWindow::Run,
        limit: MicroUsd(1),
        spent: MicroUsd(0),
        reserved: MicroUsd(0),
        needed: MicroUsd(2),
        resets_at: None,
        raise: "openclaw config set agents.defaults.limits.maxCostUsd 1".to_owned(),
    }))
}

#[tokio::test]
async fn every_call_says_who_pays_and_how_much_is_left() {
    let models = Scripted::new(counts, dear);
    let house = House::build(Plan::with(models.clone())).await;
    let began = Instant::now();
    let payed = Turn {
        payer_key: Some("alice".to_owned()),
        timeout_ms: Some(30_000),
        ..turn("count")
    };
    let report = house.ask(payed).await;
    let asked = models.asked();
    assert_eq!(asked.len(), 2);
    for call in &asked {
        let payer = &call.payer;
        assert_eq!(payer.key.as_deref(), Some("alice"));
        assert_eq!(payer.run.as_ref(), Some(&report.run));
        assert_eq!(payer.session.as_ref(), Some(&report.session));
        assert_eq!(payer.agent.as_ref().map(AgentId::as_str), Some("main"));
        let left = call.deadline.unwrap() - began;
        assert!(
            left > Duration::from_secs(29) && left < Duration::from_secs(35),
            "{left:?}"
        );
    }
    let spent = |n: usize| {
        let tokens = asked[..n]
            .iter()
            .map(|call| crate::scripted::prompt_tokens(&call.request));
        MicroUsd(i64::try_from(tokens.sum::<u64>()).unwrap())
    };
    let left = |call: usize| asked[call].run_left.unwrap();
    assert_eq!(left(0), MicroUsd(2_000_000));
    assert_eq!(left(1) + spent(1), MicroUsd(2_000_000));
    assert_eq!(report.cost, Some(spent(2)));
}

#[tokio::test]
async fn a_run_ends_when_its_money_is_used_up() {
    let models = Scripted::new(|_| Does::Call("count", "{\"n\":1}".to_owned()), dear);
    let mut plan = Plan::with(models.clone());
    plan.agents = json!({"defaults": {"limits": {"maxCostUsd": 0.0001}}});
    let house = House::build(plan).await;
    let report = house.ask(turn("count")).await;
    let limit = RunLimit::Money {
        limit: MicroUsd(100),
    };
    assert_eq!(report.outcome, RunOutcome::Limited { limit });
    assert!(report.cost.unwrap() >= MicroUsd(100));
}

#[tokio::test]
async fn a_limit_of_money_holds_as_far_as_prices_are_known() {
    let models = Scripted::new(counts, |info| info.price = None);
    let house = House::build(Plan::with(models.clone())).await;
    let report = house.ask(turn("count")).await;
    assert!(report.outcome.is_success());
    assert_eq!(report.cost, None);
    assert!(models.asked().iter().all(|call| call.run_left.is_none()));
}

#[tokio::test]
async fn a_tripped_budget_is_a_visible_end() {
    for (scope, of_the_run) in [(BudgetScope::Run, true), (BudgetScope::Gateway, false)] {
        let tripped = scope.clone();
        let models = Scripted::new(move |_| Does::Fail(trip(tripped.clone())), dear);
        let house = House::build(Plan::with(models)).await;
        let report = house.ask(turn("hi")).await;
        let RunOutcome::Limited { limit } = &report.outcome else {
            panic!("{:?}", report.outcome);
        };
        match limit {
            RunLimit::Money { limit } => {
                assert!(of_the_run);
                assert_eq!(*limit, MicroUsd(2_000_000));
            }
            RunLimit::Budget { trip } => {
                assert!(!of_the_run);
                assert!(trip.to_string().contains("raise it: openclaw config set"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_model_named_for_a_turn_is_checked_before_it_is_accepted() {
    let models = Scripted::agreeing();
    let house = House::build(Plan::with(models.clone())).await;
    let wrong = Turn {
        model: Some("offline/nothing".to_owned()),
        ..turn("hi")
    };
    assert!(house.agents.submit(wrong.into()).await.is_err());
    let right = Turn {
        model: Some("other/demo".to_owned()),
        ..turn("hi")
    };
    house.ask(right).await;
    assert_eq!(
        models.last().plan.targets[0].info.provider.as_str(),
        "other"
    );
}

#[tokio::test]
async fn other_failures_keep_their_kind() {
    let models = Scripted::new(
        |_| {
            Does::Fail(Error::UnknownPrice {
                message: "nobody knows what it costs".to_owned(),
            })
        },
        dear,
    );
    let house = House::build(Plan::with(models)).await;
    let report = house.ask(turn("hi")).await;
    assert!(matches!(
        &report.outcome,
        RunOutcome::Limited { limit: RunLimit::UnknownPrice { message } } if message.contains("nobody")
    ));
    let models = Scripted::new(|_| Does::Fail(crate::scripted::too_long()), dear);
    let house = House::build(Plan::with(models.clone())).await;
    let report = house.ask(turn("hi")).await;
    assert!(matches!(
        report.outcome,
        RunOutcome::Failed {
            kind: FailureKind::ContextTooLong,
            ..
        }
    ));
    // There was nothing to leave out, so it was not asked again.
    assert_eq!(models.asked().len(), 1);
}
