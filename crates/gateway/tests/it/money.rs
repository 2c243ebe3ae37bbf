//! What may be spent, what was, and how both are told (DEC-17, D-1, S000-33).

use crate::site::{Site, say, say_with};
use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";

fn raw(model: &str, text: &str) -> Value {
    say_with(text, &json!({ "model": model }))
}

async fn rpc(site: &Site, method: &str, params: Value) -> Value {
    site.caller().rpc(method, &params).await.unwrap()
}

#[tokio::test]
async fn a_budget_that_is_used_up_stops_everything_but_free_models() {
    let site = Site::with(|settings| {
        settings["budgets"] = json!({ "daily": "0.000001" });
    })
    .await;
    for body in [say("hi"), raw("fake/fake-1", "hi")] {
        let answer = site.caller().post_json(CHAT, &body).await.unwrap();
        assert_eq!(answer.status, 402, "{}", answer.text());
        let error = answer.json().unwrap()["error"].clone();
        assert_eq!(error["code"], "budget_exceeded");
        let words = error["message"].as_str().unwrap();
        assert!(
            words.contains("openclaw config set budgets.daily"),
            "{words}"
        );
    }
    assert_eq!(site.model.calls(), 0);
    let free = site
        .caller()
        .post_json(CHAT, &raw("fake/fake-2", "hi"))
        .await;
    assert_eq!(free.unwrap().status, 200);
    assert_eq!(site.model.bill(), 0);
    site.stop().await;
}

#[tokio::test]
async fn the_tightest_budget_decides_and_is_named() {
    for (budgets, words) in [
        (json!({ "monthly": "0.000001" }), "budgets.monthly"),
        (
            json!({ "perAgent": { "daily": "0.000001" } }),
            "budgets.agents.main.daily",
        ),
        (
            json!({ "agents": { "main": { "monthly": "0.000001" } } }),
            "budgets.agents.main.monthly",
        ),
        (
            json!({ "perSession": { "daily": "0.000001" } }),
            "budgets.perSession.daily",
        ),
    ] {
        let site = Site::with(|settings| settings["budgets"] = budgets.clone()).await;
        let answer = site.caller().post_json(CHAT, &say("hi")).await.unwrap();
        assert_eq!(answer.status, 402, "{budgets}");
        assert!(answer.text().contains(words), "{}", answer.text());
        site.stop().await;
    }
}

#[tokio::test]
async fn an_unknown_price_is_never_silently_free() {
    for (setting, status) in [(Value::Null, 402), (json!("allow"), 200)] {
        let site = Site::with(|settings| {
            let model = &mut settings["models"]["providers"]["fake"]["models"][0];
            model.as_object_mut().unwrap().remove("cost");
            if !setting.is_null() {
                settings["budgets"] = json!({ "unknownPrice": setting });
            }
        })
        .await;
        let answer = site.caller().post_json(CHAT, &say("hi")).await.unwrap();
        assert_eq!(answer.status, status, "{}", answer.text());
        if status == 402 {
            assert!(
                answer.text().contains("budgets.unknownPrice"),
                "{}",
                answer.text()
            );
        } else {
            let status = rpc(&site, "status", json!({})).await;
            assert_eq!(status["today"]["unpricedCalls"], 1);
        }
        site.stop().await;
    }
}

#[tokio::test]
async fn no_budget_means_no_refusal() {
    let site = Site::with(|settings| {
        settings["budgets"] = json!({ "daily": false });
        let model = &mut settings["models"]["providers"]["fake"]["models"][0];
        model.as_object_mut().unwrap().remove("cost");
    })
    .await;
    let answer = site
        .caller()
        .post_json(CHAT, &raw("fake/fake-1", "hi"))
        .await;
    assert_eq!(answer.unwrap().status, 200);
    let answer = site.caller().post_json(CHAT, &say("hi")).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    site.stop().await;
}

#[tokio::test]
async fn every_report_says_the_same() {
    let site = Site::start().await;
    for body in [
        say("hi"),
        say("TOOL:ls{}"),
        raw("fake/fake-1", "SAY:direct"),
    ] {
        let answer = site.caller().post_json(CHAT, &body).await.unwrap();
        assert_eq!(answer.status, 200);
    }
    let bill = site.model.bill();
    assert!(bill > 0);
    let dollars = format!("0.{bill:06}");
    let report = rpc(&site, "usage.report", json!({ "by": "agent", "days": 1 })).await;
    assert_eq!(report["total"]["costUsd"], dollars);
    assert_eq!(report["total"]["calls"], 4);
    let names: Vec<_> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"main") && names.contains(&"direct"),
        "{names:?}"
    );
    let day = rpc(&site, "usage.report", json!({ "by": "day", "days": 3 })).await;
    assert_eq!(day["total"]["costUsd"], dollars);
    let cost = rpc(&site, "usage.cost", json!({ "days": 2 })).await;
    assert_eq!(cost["daily"].as_array().unwrap().len(), 2);
    assert_eq!(cost["days"], 2);
    let total = cost["totals"]["totalCost"].as_f64().unwrap();
    assert!(
        (total * 1e6).round().to_string() == bill.to_string(),
        "{total}"
    );
    let status = rpc(&site, "usage.status", json!({})).await;
    let budget = &status["budgets"][0];
    assert_eq!(budget["scope"], "gateway");
    assert_eq!(budget["limitUsd"], "5.000000");
    assert_eq!(
        (&budget["spentUsd"], &budget["reservedUsd"]),
        (&json!(dollars), &json!("0.000000"))
    );
    // Page by page the calls are all there, once.
    let first = rpc(&site, "usage.calls", json!({ "limit": 3 })).await;
    let cursor = &first["nextCursor"];
    let second = rpc(
        &site,
        "usage.calls",
        json!({ "limit": 3, "cursor": cursor }),
    )
    .await;
    let calls = [&first["calls"], &second["calls"]]
        .map(|page| page.as_array().unwrap().clone())
        .concat();
    assert_eq!(calls.len(), 4);
    let sum: f64 = calls
        .iter()
        .map(|call| call["costUsd"].as_str().unwrap().parse::<f64>().unwrap())
        .sum();
    assert!((sum * 1e6).round().to_string() == bill.to_string(), "{sum}");
    assert!(
        calls.iter().all(|call| call["credential"] == "fake#1"),
        "{calls:?}"
    );
    site.stop().await;
}

#[tokio::test]
async fn a_run_is_explained_call_by_call() {
    let site = Site::with(|settings| {
        settings["agents"]["defaults"]["model"] =
            json!({ "primary": "fake/fake-1", "fallbacks": ["fake/fake-2"] });
    })
    .await;
    let body = say("ONLY:fake-1\nSTATUS:503");
    let answer = site.caller().post_json(CHAT, &body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let run = answer.header("x-openclaw-run-id").unwrap().to_owned();
    let explained = rpc(&site, "usage.explain", json!({ "id": run })).await;
    assert_eq!(explained["status"], "completed");
    assert_eq!(explained["agentId"], "main");
    let calls = explained["calls"].as_array().unwrap();
    assert!(calls.len() >= 2, "{explained}");
    assert_eq!(calls[0]["model"], "fake/fake-1");
    assert_eq!(calls[0]["outcome"], "providerFailed");
    assert_eq!(calls[0]["costUsd"], "0.000000");
    let last = calls.last().unwrap();
    assert_eq!(last["model"], "fake/fake-2");
    assert_eq!(last["outcome"], "answered");
    assert!(last["why"].as_str().unwrap().contains("fallback"), "{last}");
    // A call of the direct path by its own id.
    let direct = site
        .caller()
        .post_json(CHAT, &raw("fake/fake-1", "hi"))
        .await
        .unwrap();
    let call = direct.header("x-openclaw-call-id").unwrap().to_owned();
    let explained = rpc(&site, "usage.explain", json!({ "id": call })).await;
    assert_eq!(explained["calls"][0]["callId"], call);
    let unknown = site
        .caller()
        .rpc("usage.explain", &json!({ "id": "nope" }))
        .await;
    assert!(unknown.is_err());
    site.stop().await;
}

#[tokio::test]
async fn a_quote_calls_nobody_and_bounds_the_bill() {
    let site = Site::start().await;
    let quote = rpc(&site, "usage.quote", json!({ "message": "hi" })).await;
    assert_eq!(site.model.calls(), 0);
    assert_eq!(quote["model"], "fake/fake-1");
    let usd = |field: &str| quote[field].as_str().unwrap().parse::<f64>().unwrap();
    assert!(usd("lowUsd") <= usd("expectedUsd") && usd("expectedUsd") <= usd("highUsd"));
    assert_eq!(quote["budgets"][0]["scope"], "gateway");
    let params = json!({ "message": "hi", "idempotencyKey": "1" });
    rpc(&site, "agent", params).await;
    let bill = site.model.bill();
    assert!(
        bill > 0
            && format!("{:.0}", usd("highUsd") * 1e6)
                .parse::<i64>()
                .unwrap()
                >= bill
    );
    // Nothing was kept of it: the session begins with the message that was sent.
    let history = rpc(&site, "chat.history", json!({ "sessionKey": "main" })).await;
    assert_eq!(history["messages"].as_array().unwrap().len(), 2);
    site.stop().await;
}

#[tokio::test]
async fn a_provider_that_reports_nothing_is_charged_by_estimate() {
    let site = Site::start().await;
    let answer = site
        .caller()
        .post_json(CHAT, &raw("fake/fake-1", "NOUSAGE"))
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    let report = rpc(&site, "usage.report", json!({})).await;
    assert_eq!(report["total"]["estimatedCalls"], 1);
    assert_ne!(report["total"]["costUsd"], "0.000000");
    site.stop().await;
}

#[tokio::test]
async fn a_run_asked_for_by_a_user_is_on_the_account_of_that_user() {
    let site = Site::with(|settings| {
        settings["gateway"]["auth"] = json!({ "mode": "trusted-proxy",
            "trustedProxy": { "userHeader": "x-user", "allowLoopback": true } });
        settings["gateway"]["trustedProxies"] = json!(["127.0.0.1"]);
        settings["budgets"] = json!({ "keys": { "ann": { "daily": "0.000001" } } });
    })
    .await;
    let user = |name: &str| site.stranger().header("x-user", name).unwrap();
    let ask = |key: &str| json!({ "message": "hi", "idempotencyKey": key });
    let refused = user("ann").post_json("/api/rpc/agent", &ask("1")).await;
    let refused = refused.unwrap();
    assert_eq!(refused.status, 402, "{}", refused.text());
    assert!(
        refused.text().contains("budgets.keys.ann.daily"),
        "{}",
        refused.text()
    );
    assert_eq!(site.model.calls(), 0);
    user("ben").rpc("agent", &ask("2")).await.unwrap();
    let calls = user("ben").rpc("usage.calls", &json!({})).await.unwrap();
    assert_eq!(calls["calls"][0]["key"], "ben", "{calls}");
    site.stop().await;
}
