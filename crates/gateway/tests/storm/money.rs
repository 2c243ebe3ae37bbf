//! Many calls at once: what is spent never passes the budget, and what is booked is the bill.

use crate::site::Site;
use domain::Message;
use futures_util::future::join_all;
use llm::{ModelCall, ModelRequest, Wish};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use testkit::fake_model::Price;
use tokio_util::sync::CancellationToken;

/// The budget, in micro-dollars.
const CAP: i64 = 1_000_000;

/// A gateway whose fake model charges dearly, with a budget of one dollar.
async fn dear() -> Site {
    let site = Site::with(|settings| {
        settings["budgets"] = json!({ "daily": 1 });
        let provider = &mut settings["models"]["providers"]["fake"];
        provider["models"][0]["cost"] =
            json!({ "input": 20, "output": 80, "cacheRead": 20, "cacheWrite": 20 });
        provider["timeouts"] = json!({ "connectMs": 10_000, "firstByteMs": 20_000 });
    })
    .await;
    site.model.set_price(
        "fake-1",
        Price {
            input: 20_000_000,
            output: 80_000_000,
            cache_read: 20_000_000,
            cache_write: 20_000_000,
        },
    );
    site
}

/// One call of the model; whether it was answered.
async fn call(site: &Site, text: &str) -> bool {
    let mut request = ModelRequest {
        messages: vec![Message::user(text)],
        stream: true,
        ..ModelRequest::default()
    };
    request.sampling.max_tokens = Some(64);
    let names = ["fake/fake-1".to_owned()];
    let wish = Wish {
        names: &names,
        routing: None,
    };
    let models = &site.services.models;
    let plan = models.plan(&wish, &request).unwrap();
    let cancel = CancellationToken::new();
    let Ok(mut answer) = models.stream(ModelCall::new(request, plan), &cancel).await else {
        return false;
    };
    while let Some(event) = answer.next().await {
        if event.is_err() {
            return false;
        }
    }
    true
}

/// What the ledger says was spent, and what it still holds back, in micro-dollars.
async fn booked(site: &Site) -> (i64, i64) {
    site.services.ledger.flush().await;
    let standing = site.services.ledger.standing();
    let daily = standing.first().unwrap();
    (daily.spent.0, daily.reserved.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_at_once_never_pass_a_dollar() {
    let site = dear().await;
    let calls = (0..10_000).map(|_| call(&site, "hi"));
    let answered = join_all(calls).await.into_iter().filter(|ok| *ok).count();
    let bill = site.model.bill();
    assert!(bill <= CAP, "{bill}");
    // Nearly all of it was of use: what is left would not have paid for another call.
    assert!(
        bill > CAP * 9 / 10 && answered > 100,
        "{bill} for {answered} answers"
    );
    assert_eq!(booked(&site).await, (bill, 0));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_storms_never_pass_their_dollar() {
    for storm in 0..20 {
        let site = dear().await;
        let failures = [
            "hi",
            "STATUS:500",
            "CUT",
            "STATUS:429",
            "USAGEEACH\nCUTAFTER:2",
            "EMPTY",
        ];
        let calls = (0_usize..10_000).map(|n| {
            let text = failures[if n % 100 == storm { n / 100 % 6 } else { 0 }];
            call(&site, text)
        });
        join_all(calls).await;
        let bill = site.model.bill();
        assert!(bill <= CAP, "storm {storm}: {bill}");
        let (spent, reserved) = booked(&site).await;
        assert_eq!(reserved, 0, "storm {storm}");
        assert!(
            spent >= bill - site.model.unreported(),
            "storm {storm}: {spent} of {bill}"
        );
        site.stop().await;
    }
}

/// Calls of the ledger's proof.
const CALLS: u64 = 100_000;

/// How many are under way at a time.
const AT_ONCE: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_the_bill_over_a_hundred_thousand_calls() {
    let site = Site::with(|settings| {
        settings["budgets"] = json!({ "daily": 10_000 });
        settings["models"]["providers"]["fake"]["timeouts"] =
            json!({ "connectMs": 10_000, "firstByteMs": 20_000 });
    })
    .await;
    let site = Arc::new(site);
    let next = Arc::new(AtomicU64::new(0));
    let workers = (0..AT_ONCE).map(|_| {
        let (site, next) = (Arc::clone(&site), Arc::clone(&next));
        async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= CALLS {
                    return;
                }
                call(&site, fault(number)).await;
            }
        }
    });
    let workers: tokio::task::JoinSet<()> = workers.collect();
    workers.join_all().await;
    let bill = site.model.bill();
    assert!(bill > 0);
    assert_eq!(
        site.model.unreported(),
        0,
        "every cost of these faults is told"
    );
    assert_eq!(booked(&site).await, (bill, 0));
    let totals = Arc::clone(&site.services.state.metering);
    let all = (domain::UnixMillis(0), domain::UnixMillis(i64::MAX));
    let totals = totals.totals(all.0, all.1).await.unwrap();
    assert_eq!(totals.cost.0, bill);
    assert!(totals.calls >= CALLS, "{}", totals.calls);
    let site = Arc::into_inner(site).unwrap();
    site.stop().await;
}

/// One call of a hundred fails in one of these ways.
fn fault(number: u64) -> &'static str {
    if number % 100 != 99 {
        return "SAY:ok";
    }
    match number / 100 % 5 {
        0 => "STATUS:500",
        1 => "STATUS:429",
        2 => "USAGEEACH\nCUTAFTER:2",
        3 => "USAGEEACH\nERRMID:server",
        _ => "STATUS:400",
    }
}
