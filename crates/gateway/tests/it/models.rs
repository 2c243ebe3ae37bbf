//! `GET /v1/models` and `/v1/models/{id}` (HTTP API, section 4; C11 to C13).

use crate::site::{Site, say, say_with};
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

/// A gateway with two tiers and an alias for the routing policy.
async fn with_tiers() -> Site {
    Site::with(|settings| {
        settings["models"]["routing"] = json!({ "tiers": [
            { "name": "cheap", "models": ["fake/fake-2"] },
            { "name": "strong", "models": ["fake/fake-1"] } ] });
        settings["models"]["aliases"] = json!({ "clever": "auto/strong" });
    })
    .await
}

#[tokio::test]
async fn the_names_that_ask_the_policy_are_listed_without_a_price() {
    let site = with_tiers().await;
    let get = |path: &str| {
        let path = format!("/v1/models{path}");
        let caller = site.caller();
        async move { caller.get(&path).await.unwrap().json().unwrap() }
    };
    let auto = |id: &str| {
        json!({ "id": id, "object": "model", "created": 0, "owned_by": "openclaw",
            "permission": [], "name": id, "provider": "openclaw", "context_length": null,
            "max_output_tokens": null, "capabilities": ["chat", "completion"] })
    };
    let models = get("?kind=model").await["data"].clone();
    let rows = [auto("auto"), auto("auto/cheap"), auto("auto/strong")];
    assert_eq!(models.as_array().unwrap()[..3], rows);
    for path in ["/auto%2Fcheap", "/auto/cheap"] {
        assert_eq!(get(path).await, auto("auto/cheap"));
    }
    assert_eq!(get("/auto").await, auto("auto"));
    assert_eq!(get("/clever").await, auto("auto/strong"));
    let tier = site.caller().get("/v1/models/auto/none").await.unwrap();
    assert_eq!(tier.status, 404);
    let agents = get("?kind=agent").await["data"].to_string();
    assert!(!agents.contains("auto"), "{agents}");
    site.stop().await;

    // Where there is nothing to choose from, there are no such names.
    let site = Site::with(|settings| {
        let models = &mut settings["models"]["providers"]["fake"]["models"];
        models.as_array_mut().unwrap().truncate(1);
    })
    .await;
    let all = site.caller().get("/v1/models").await.unwrap().text();
    assert!(!all.contains("auto"), "{all}");
    site.stop().await;
}

#[tokio::test]
async fn the_policy_can_be_asked_for_by_header_and_by_name() {
    const PATH: &str = "/v1/chat/completions";
    let site = with_tiers().await;
    for (name, model) in [
        ("auto", "fake-2"),
        ("auto/cheap", "fake-2"),
        ("auto/strong", "fake-1"),
        ("clever", "fake-1"),
    ] {
        let caller = site.caller().header("x-openclaw-model", name).unwrap();
        let by_header = caller.post_json(PATH, &say("hi")).await.unwrap();
        assert_eq!(by_header.status, 200, "{name}: {}", by_header.text());
        assert_eq!(site.model.last_request()["model"], model, "{name}");
        let body = say_with("hi", &json!({ "model": name }));
        let by_name = site.caller().post_json(PATH, &body).await.unwrap();
        assert_eq!(by_name.status, 200, "{name}: {}", by_name.text());
        assert_eq!(site.model.last_request()["model"], model, "{name}");
    }
    let calls = site.model.calls();
    let caller = site
        .caller()
        .header("x-openclaw-model", "auto/none")
        .unwrap();
    let body = say_with("hi", &json!({ "model": "auto/none" }));
    for answer in [
        caller.post_json(PATH, &say("hi")).await.unwrap(),
        site.caller().post_json(PATH, &body).await.unwrap(),
    ] {
        assert_eq!(answer.status, 404, "{}", answer.text());
        let error = answer.json().unwrap()["error"].clone();
        let available = error["available_models"].as_array().unwrap();
        for name in ["auto", "auto/cheap", "auto/strong", "fake/fake-1"] {
            assert!(available.contains(&json!(name)), "{name}: {error}");
        }
    }
    assert_eq!(site.model.calls(), calls);
    site.stop().await;
}
