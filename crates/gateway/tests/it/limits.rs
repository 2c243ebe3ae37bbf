//! Runs that do not end by themselves (D-4) and lanes (D-9).

use crate::site::{Site, say, say_with};
use serde_json::json;
use std::time::{Duration, Instant};

const PATH: &str = "/v1/chat/completions";

#[tokio::test]
async fn identical_calls_end_the_run() {
    let site = Site::start().await;
    let answer = site
        .caller()
        .post_json(PATH, &say("LOOP:ls{}"))
        .await
        .unwrap();
    assert_eq!(answer.status, 422, "{}", answer.text());
    let error = answer.json().unwrap()["error"].clone();
    assert_eq!(error["code"], "run_limit");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("called ls with the same arguments 5 times")
    );
    assert_eq!(
        site.model.calls(),
        6,
        "five calls were run, the sixth ended it"
    );
    site.stop().await;
}

#[tokio::test]
async fn steps_time_and_money_end_the_run() {
    let table = [
        (
            json!({ "limits": { "maxSteps": 2, "maxIdenticalCalls": 99 } }),
            "LOOP:ls{}",
            "limit of 2 steps",
        ),
        (
            json!({ "limits": { "maxTokens": 1 } }),
            "LOOP:ls{}",
            "limit of 1 tokens",
        ),
        (
            json!({ "limits": { "maxCostUsd": "0.000001" } }),
            "LOOP:ls{}",
            "limit of 0.000001 USD",
        ),
        (
            json!({ "timeoutSeconds": 1 }),
            "SLOW:300",
            "time limit of 1 s",
        ),
    ];
    for (limits, text, words) in table {
        let site = Site::with(|settings| {
            for (name, value) in limits.as_object().unwrap() {
                settings["agents"]["defaults"][name] = value.clone();
            }
            // So long that only the limit of the run can end it.
            settings["models"]["providers"]["fake"]["timeouts"] =
                json!({ "connectMs": 20_000, "firstByteMs": 20_000, "idleMs": 20_000 });
        })
        .await;
        let begun = Instant::now();
        let answer = site.caller().post_json(PATH, &say(text)).await.unwrap();
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
        assert!(begun.elapsed() < Duration::from_secs(6));
        site.stop().await;
    }
}

#[tokio::test]
async fn turns_of_a_session_run_one_at_a_time_and_in_order() {
    let site = Site::start().await;
    let mut runs = Vec::new();
    for n in 0..6 {
        let params = json!({ "message": format!("SLOW:5 number {n}"), "sessionKey": "lane",
            "idempotencyKey": format!("k{n}"), "wait": false });
        let reply = site.caller().rpc("agent", &params).await.unwrap();
        assert_eq!(reply["status"], "accepted");
        runs.push(reply["runId"].as_str().unwrap().to_owned());
    }
    for run in &runs {
        let wait = json!({ "runId": run, "timeoutMs": 20_000 });
        assert_eq!(
            site.caller().rpc("agent.wait", &wait).await.unwrap()["status"],
            "ok"
        );
    }
    assert_eq!(site.model.peak_calls(), 1);
    let history = site
        .caller()
        .rpc("chat.history", &json!({ "sessionKey": "lane" }))
        .await
        .unwrap();
    let answered: Vec<_> = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["role"] == "assistant")
        .map(|message| message["__openclaw"]["runId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(answered, runs);
    site.stop().await;
}

#[tokio::test]
async fn a_session_takes_only_so_many_waiting_turns() {
    let site = Site::start().await;
    let ask = async |n: usize| {
        let body = json!({ "message": "HANG", "sessionKey": "full", "wait": false,
            "idempotencyKey": format!("f{n}") });
        site.caller()
            .post_json("/api/rpc/agent", &body)
            .await
            .unwrap()
    };
    let mut refused = None;
    for n in 0..40 {
        let answer = ask(n).await;
        if answer.status != 200 {
            refused = Some((n, answer));
            break;
        }
    }
    let (accepted, answer) = refused.expect("the lane has no end");
    assert!((20..=30).contains(&accepted), "{accepted}");
    assert_eq!(answer.status, 429);
    assert!(answer.text().contains("turns waiting"), "{}", answer.text());
    let aborted = site
        .caller()
        .rpc("chat.abort", &json!({ "sessionKey": "full" }))
        .await
        .unwrap();
    assert_eq!(aborted["aborted"], true);
    site.stop().await;
}

#[tokio::test]
async fn sessions_do_not_wait_for_each_other() {
    let site = Site::start().await;
    let slow = json!({ "message": "SLOW:300", "sessionKey": "slow", "idempotencyKey": "s",
        "wait": false });
    site.caller().rpc("agent", &slow).await.unwrap();
    let begun = Instant::now();
    let body = say_with("SAY:quick", &json!({ "user": "other" }));
    assert_eq!(
        site.caller().post_json(PATH, &body).await.unwrap().status,
        200
    );
    assert!(
        begun.elapsed() < Duration::from_millis(900),
        "{:?}",
        begun.elapsed()
    );
    site.stop().await;
}
