//! `GET /v1/models` and `/v1/models/{id}` (HTTP API, section 4; C11 to C13).

use crate::site::Site;
use serde_json::{Value, json};

#[tokio::test]
async fn agents_come_first_as_recorded_then_models_with_prices() {
    let site = Site::start().await;
    let list = site
        .caller()
        .get("/v1/models")
        .await
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(list["object"], "list");
    let rows = list["data"].as_array().unwrap();
    let agent = |id: &str| json!({ "id": id, "object": "model", "created": 0, "owned_by": "openclaw", "permission": [] });
    assert_eq!(
        rows[..3],
        [
            agent("openclaw"),
            agent("openclaw/default"),
            agent("openclaw/main")
        ]
    );
    let fake = rows.iter().find(|row| row["id"] == "fake/fake-1").unwrap();
    assert_eq!(
        fake["pricing"],
        json!({ "prompt": 0.001, "completion": 0.002 })
    );
    assert_eq!(
        fake["pricing_per_million"],
        json!({ "prompt": 1.0, "completion": 2.0 })
    );
    assert_eq!(
        (&fake["provider"], &fake["context_length"]),
        (&json!("fake"), &json!(128_000))
    );

    let only = |kind: &str| {
        let path = format!("/v1/models?kind={kind}");
        let caller = site.caller();
        async move { caller.get(&path).await.unwrap() }
    };
    let ids = |list: Value| -> Vec<String> {
        let rows = list["data"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(only("agent").await.json().unwrap()).len(), 3);
    assert!(
        ids(only("model").await.json().unwrap())
            .iter()
            .all(|id| !id.starts_with("openclaw"))
    );
    assert_eq!(only("dog").await.status, 400);
    site.stop().await;
}

#[tokio::test]
async fn one_model_by_raw_or_encoded_id() {
    let site = Site::start().await;
    for (path, id) in [
        ("openclaw", "openclaw"),
        ("openclaw%2Fmain", "openclaw/main"),
        ("openclaw/main", "openclaw/main"),
        ("fake%2Ffake-1", "fake/fake-1"),
        ("fake/fake-1", "fake/fake-1"),
    ] {
        let answer = site
            .caller()
            .get(&format!("/v1/models/{path}"))
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.json().unwrap()["id"], id);
    }
    for (path, status) in [("openclaw%2Fnope", 404), ("nope", 404), ("a%20b", 400)] {
        let answer = site
            .caller()
            .get(&format!("/v1/models/{path}"))
            .await
            .unwrap();
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(
            answer.json().unwrap()["error"]["type"],
            "invalid_request_error"
        );
    }
    assert_eq!(site.stranger().get("/v1/models").await.unwrap().status, 401);
    let post = site
        .stranger()
        .send(http::Method::POST, "/v1/models", bytes::Bytes::new())
        .await;
    let post = post.unwrap();
    assert_eq!(
        (post.status.as_u16(), post.header("allow")),
        (405, Some("GET"))
    );
    site.stop().await;
}
