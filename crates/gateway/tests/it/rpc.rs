//! `POST /api/rpc/<method>`, probes, metrics, login (C05, C06, C20; DEC-3).

use crate::site::{Site, TOKEN};
use serde_json::{Value, json};

#[tokio::test]
async fn agent_answers_with_the_recorded_shape_and_only_once_per_key() {
    let site = Site::start().await;
    let params = json!({ "message": "hi", "sessionKey": "main", "idempotencyKey": "k1" });
    let first = site.caller().rpc("agent", &params).await.unwrap();
    assert_eq!(
        (&first["status"], &first["summary"]),
        (&json!("ok"), &json!("completed"))
    );
    assert_eq!(
        first["result"]["payloads"][0]["text"],
        "Hello from the fake model."
    );
    let meta = &first["result"]["meta"]["agentMeta"];
    assert_eq!(
        (&meta["provider"], &meta["model"]),
        (&json!("fake"), &json!("fake-1"))
    );
    assert!(meta["usage"]["total"].as_u64().unwrap() > 0);
    assert_eq!(meta["costMicroUsd"], site.model.bill());
    let dollars: f64 = format!("0.{:06}", site.model.bill()).parse().unwrap();
    assert_eq!(meta["costUsd"], dollars);
    let again = site.caller().rpc("agent", &params).await.unwrap();
    assert_eq!(again["runId"], first["runId"]);
    assert_eq!(again["result"]["payloads"], first["result"]["payloads"]);
    assert_eq!(site.model.calls(), 1);
    let other = json!({ "message": "different", "sessionKey": "main", "idempotencyKey": "k1" });
    let answer = site
        .caller()
        .post_json("/api/rpc/agent", &other)
        .await
        .unwrap();
    assert_eq!(answer.status, 409, "{}", answer.text());
    site.stop().await;
}

#[tokio::test]
async fn wrong_calls_are_typed() {
    let site = Site::start().await;
    let table: [(&str, Value, u16, &str); 7] = [
        ("nope", json!({}), 404, "METHOD_NOT_FOUND"),
        ("agent", json!({}), 400, "INVALID_REQUEST"),
        (
            "agent",
            json!({ "message": "", "idempotencyKey": "k" }),
            400,
            "INVALID_REQUEST",
        ),
        (
            "agent",
            json!({ "message": 1, "idempotencyKey": "k" }),
            400,
            "INVALID_REQUEST",
        ),
        (
            "agent",
            json!({ "message": "x", "idempotencyKey": "k", "agentId": "no" }),
            404,
            "NOT_FOUND",
        ),
        (
            "agent",
            json!({ "message": "x", "idempotencyKey": "k", "model": "no" }),
            404,
            "INVALID_MODEL",
        ),
        (
            "chat.history",
            json!({ "sessionKey": "a b" }),
            400,
            "INVALID_REQUEST",
        ),
    ];
    for (method, params, status, code) in table {
        let answer = site
            .caller()
            .post_json(&format!("/api/rpc/{method}"), &params)
            .await
            .unwrap();
        let error = answer.json().unwrap()["error"].clone();
        assert_eq!(
            (answer.status.as_u16(), &error["code"]),
            (status, &json!(code)),
            "{params}: {error}"
        );
        assert!(error["message"].is_string() && error["type"].is_string());
    }
    assert_eq!(
        site.stranger()
            .post_json("/api/rpc/status", &json!({}))
            .await
            .unwrap()
            .status,
        401
    );
    assert_eq!(site.model.calls(), 0);
    site.stop().await;
}

#[tokio::test]
async fn status_health_and_probes_cost_nothing() {
    let site = Site::start().await;
    let status = site.caller().rpc("status", &json!({})).await.unwrap();
    assert_eq!(status["agents"][0]["model"], "fake/fake-1");
    assert_eq!(status["authMode"], "token");
    assert_eq!(
        site.caller()
            .rpc("health", &json!({ "probe": true }))
            .await
            .unwrap()["ok"],
        true
    );
    for path in ["/health", "/healthz"] {
        let answer = site.stranger().get(path).await.unwrap();
        assert_eq!(
            answer.json().unwrap(),
            json!({ "ok": true, "status": "live" })
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let head = site
            .stranger()
            .send(http::Method::HEAD, path, bytes::Bytes::new())
            .await
            .unwrap();
        assert_eq!((head.status.as_u16(), head.text().as_str()), (200, ""));
        let post = site
            .stranger()
            .send(http::Method::POST, path, bytes::Bytes::new())
            .await
            .unwrap();
        assert_eq!(
            (post.status.as_u16(), post.header("allow")),
            (405, Some("GET, HEAD"))
        );
    }
    assert_eq!(
        site.stranger()
            .get("/readyz")
            .await
            .unwrap()
            .json()
            .unwrap(),
        json!({ "ready": true })
    );
    let known = site.caller().get("/readyz").await.unwrap().json().unwrap();
    assert_eq!(
        (&known["ready"], &known["failing"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(site.stranger().get("/metrics").await.unwrap().status, 401);
    let metrics = site.caller().get("/metrics").await.unwrap().text();
    assert!(
        metrics.contains("openclaw_ready 1") && metrics.ends_with("# EOF\n"),
        "{metrics}"
    );
    assert_eq!(site.model.calls(), 0);
    site.stop().await;
}

#[tokio::test]
async fn a_login_link_works_once() {
    let site = Site::start().await;
    let link = site.caller().rpc("login.link", &json!({})).await.unwrap();
    let code = link["url"]
        .as_str()
        .unwrap()
        .split_once("#code=")
        .unwrap()
        .1
        .to_owned();
    let redeem = json!({ "code": code });
    let first = site
        .stranger()
        .post_json("/api/login", &redeem)
        .await
        .unwrap();
    assert_eq!(first.json().unwrap()["data"]["token"], TOKEN);
    for body in [redeem, json!({ "code": "guess" }), json!({ "cod": 1 })] {
        let answer = site
            .stranger()
            .post_json("/api/login", &body)
            .await
            .unwrap();
        assert!(
            [400, 401].contains(&answer.status.as_u16()),
            "{}",
            answer.text()
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn everything_else_is_a_page_or_nothing() {
    let site = Site::start().await;
    let page = site.stranger().get("/chat").await.unwrap();
    assert_eq!(
        (page.status.as_u16(), page.header("x-frame-options")),
        (200, Some("DENY"))
    );
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'")
    );
    for path in ["/nope.js", "/api/nope", "/v1/nope", "/tools/nope"] {
        assert_eq!(
            site.stranger().get(path).await.unwrap().status,
            404,
            "{path}"
        );
    }
    site.stop().await;
}
