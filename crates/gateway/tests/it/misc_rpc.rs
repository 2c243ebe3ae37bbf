//! The other families: catalog, system, log, what is not here yet; `POST /api/endpoint` (S004-04).

use crate::site::Site;
use gateway::logs::LogFile;
use serde_json::{Value, json};

async fn call(site: &Site, method: &str, params: Value) -> Value {
    site.caller().rpc(method, &params).await.unwrap()
}

#[tokio::test]
async fn health_and_status_have_the_recorded_keys() {
    let site = Site::start().await;
    let params = json!({ "message": "hi", "sessionKey": "main", "idempotencyKey": "k1" });
    call(&site, "agent", params).await;
    let health = call(&site, "health", json!({ "probe": true })).await;
    assert_eq!(
        (&health["ok"], &health["defaultAgentId"]),
        (&json!(true), &json!("main"))
    );
    for key in ["ts", "durationMs", "heartbeatSeconds"] {
        assert!(health[key].is_number(), "{key}: {health}");
    }
    for key in ["channels", "channelLabels"] {
        assert_eq!(health[key], json!({}));
    }
    assert_eq!(health["channelOrder"], json!([]));
    assert_eq!(health["agents"][0]["isDefault"], true);
    assert_eq!(
        (
            &health["sessions"]["count"],
            &health["sessions"]["recent"][0]["key"]
        ),
        (&json!(1), &json!("agent:main:main"))
    );
    assert_eq!(health["sessions"], health["agents"][0]["sessions"]);
    let status = call(&site, "status", json!({})).await;
    assert_eq!(status["heartbeat"]["defaultAgentId"], "main");
    let session = &status["sessions"]["recent"][0];
    assert_eq!(
        (&session["key"], &session["kind"], &session["model"]),
        (
            &json!("agent:main:main"),
            &json!("direct"),
            &json!("fake-1")
        )
    );
    assert_eq!(status["sessions"]["byAgent"][0]["recent"][0], *session);
    assert_eq!(status["sessions"]["defaults"]["contextTokens"], 128_000);
    site.stop().await;
}

#[tokio::test]
async fn models_tools_and_commands_are_listed() {
    let site = Site::start().await;
    let models = call(&site, "models.list", json!({ "view": "configured" })).await;
    let rows = models["models"].as_array().unwrap();
    let own = rows.iter().find(|row| row["id"] == "fake-1").unwrap();
    assert_eq!(
        (
            &own["provider"],
            &own["contextWindow"],
            &own["tags"],
            &own["available"]
        ),
        (
            &json!("fake"),
            &json!(128_000),
            &json!(["default"]),
            &json!(true)
        )
    );
    let auth = call(&site, "models.authStatus", json!({})).await;
    let fake = auth["providers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["provider"] == "fake");
    assert_eq!(fake.unwrap()["status"], "static");
    let catalog = call(&site, "tools.catalog", json!({ "agentId": "main" })).await;
    let files = &catalog["groups"][0];
    assert_eq!(
        (&files["id"], &files["source"]),
        (&json!("fs"), &json!("core"))
    );
    assert_eq!(files["tools"][0]["defaultProfiles"], json!(["coding"]));
    let commands = call(&site, "commands.list", json!({ "includeArgs": false })).await;
    let help = &commands["commands"][0];
    assert_eq!(
        (&help["name"], &help["textAliases"], &help["source"]),
        (&json!("help"), &json!(["/help"]), &json!("native"))
    );
    site.stop().await;
}

#[tokio::test]
async fn a_tool_is_called_under_the_policy_of_its_agent() {
    let site = Site::with(|settings| settings["tools"] = json!({ "deny": ["write"] })).await;
    let effective = call(
        &site,
        "tools.effective",
        json!({ "sessionKey": "agent:main:main" }),
    )
    .await;
    let text = effective.to_string();
    assert!(
        text.contains("\"read\"") && !text.contains("\"write\""),
        "{text}"
    );
    let read = call(
        &site,
        "tools.invoke",
        json!({ "name": "read", "args": { "path": "AGENTS.md" } }),
    )
    .await;
    assert_eq!(
        (&read["ok"], &read["toolName"]),
        (&json!(true), &json!("read"))
    );
    assert!(
        read["output"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("How to work here")
    );
    for (name, args, code) in [
        ("nope_tool", json!({}), "not_found"),
        ("write", json!({ "path": "x", "content": "y" }), "not_found"),
        (
            "read",
            json!({ "path": "../../state/openclaw.json" }),
            "tool_error",
        ),
    ] {
        let reply = call(&site, "tools.invoke", json!({ "name": name, "args": args })).await;
        assert_eq!(
            (&reply["ok"], &reply["error"]["code"]),
            (&json!(false), &json!(code)),
            "{reply}"
        );
    }
    assert_eq!(site.model.calls(), 0);
    site.stop().await;
}

#[tokio::test]
async fn the_log_is_followed_by_its_cursor() {
    let site = Site::start().await;
    let empty = call(&site, "logs.tail", json!({})).await;
    assert_eq!((&empty["lines"], &empty["cursor"]), (&json!([]), &json!(0)));
    let log = LogFile::open(&site.home.state_dir()).unwrap();
    log.line("{\"1\":\"one\"}");
    let first = call(&site, "logs.tail", json!({ "cursor": 0 })).await;
    assert_eq!(first["lines"], json!(["{\"1\":\"one\"}"]));
    log.line("{\"1\":\"two\"}");
    let next = call(&site, "logs.tail", json!({ "cursor": first["cursor"] })).await;
    assert_eq!(
        (&next["lines"], &next["truncated"], &next["reset"]),
        (&json!(["{\"1\":\"two\"}"]), &json!(false), &json!(false))
    );
    let far = call(&site, "logs.tail", json!({ "cursor": 1_000_000 })).await;
    assert_eq!(
        (&far["reset"], far["lines"].as_array().unwrap().len()),
        (&json!(true), 2)
    );
    for params in [
        json!({ "limit": 0 }),
        json!({ "maxBytes": 2_000_000 }),
        json!({ "cursor": -1 }),
    ] {
        let answer = site
            .caller()
            .post_json("/api/rpc/logs.tail", &params)
            .await
            .unwrap();
        assert_eq!(answer.status, 400, "{params}");
    }
    site.stop().await;
}

#[tokio::test]
async fn what_is_not_here_is_empty_or_refused_with_the_reason() {
    let site = Site::start().await;
    assert_eq!(call(&site, "last-heartbeat", json!({})).await, Value::Null);
    assert_eq!(
        call(&site, "skills.status", json!({})).await["skills"],
        json!([])
    );
    assert_eq!(
        call(&site, "channels.status", json!({ "probe": true })).await["channels"],
        json!({})
    );
    assert_eq!(
        call(&site, "cron.status", json!({})).await["enabled"],
        false
    );
    assert_eq!(
        call(&site, "cron.list", json!({ "limit": 5 })).await["jobs"],
        json!([])
    );
    assert_eq!(call(&site, "tts.status", json!({})).await["enabled"], false);
    assert_eq!(
        call(&site, "tasks.list", json!({})).await,
        json!({ "tasks": [] })
    );
    assert!(
        call(&site, "system.info", json!({})).await["cpuCount"]
            .as_u64()
            .unwrap()
            > 0
    );
    assert_eq!(
        call(&site, "update.status", json!({})).await["updateAvailable"],
        Value::Null
    );
    for method in [
        "cron.add",
        "wake",
        "set-heartbeats",
        "wizard.start",
        "tts.enable",
        "send",
        "skills.install",
    ] {
        let path = format!("/api/rpc/{method}");
        let answer = site.caller().post_json(&path, &json!({})).await.unwrap();
        let error = answer.json().unwrap()["error"].clone();
        assert_eq!(
            (answer.status.as_u16(), &error["code"]),
            (503, &json!("UNAVAILABLE")),
            "{method}"
        );
        assert!(error["message"].as_str().unwrap().len() > 20, "{error}");
    }
    site.stop().await;
}

#[tokio::test]
async fn the_words_that_wake_a_device_are_kept() {
    let site = Site::start().await;
    let usual = call(&site, "voicewake.get", json!({})).await;
    assert_eq!(usual["triggers"][0], "openclaw");
    let set = call(
        &site,
        "voicewake.set",
        json!({ "triggers": [" molty ", "molty", "" ] }),
    )
    .await;
    assert_eq!(set, json!({ "triggers": ["molty"] }));
    let (model, home) = site.stop().await;
    let site = Site::on(model, home).await;
    assert_eq!(call(&site, "voicewake.get", json!({})).await, set);
    assert_eq!(
        call(&site, "voicewake.set", json!({ "triggers": [] })).await,
        usual
    );
    let long = json!({ "triggers": ["x".repeat(65)] });
    let answer = site
        .caller()
        .post_json("/api/rpc/voicewake.set", &long)
        .await
        .unwrap();
    assert_eq!(answer.status, 400);
    site.stop().await;
}

#[tokio::test]
async fn one_endpoint_calls_every_method() {
    let site = Site::start().await;
    let post = async |body: Value| {
        site.caller()
            .post_json("/api/endpoint", &body)
            .await
            .unwrap()
    };
    let health = post(json!({ "method": "health", "params": {} })).await;
    assert_eq!(
        (
            health.status.as_u16(),
            &health.json().unwrap()["data"]["ok"]
        ),
        (200, &json!(true))
    );
    let none = post(json!({ "method": "agents.list", "params": null })).await;
    assert_eq!(none.json().unwrap()["data"]["defaultId"], "main");
    let example = post(json!({ "method": "example" })).await;
    assert_eq!(
        (
            example.status.as_u16(),
            &example.json().unwrap()["error"]["code"]
        ),
        (404, &json!("METHOD_NOT_FOUND"))
    );
    for body in [
        json!({}),
        json!({ "method": 1 }),
        json!([]),
        json!({ "method": "health", "params": 3 }),
    ] {
        assert_eq!(post(body.clone()).await.status, 400, "{body}");
    }
    let stranger = site
        .stranger()
        .post_json("/api/endpoint", &json!({ "method": "health" }))
        .await
        .unwrap();
    assert_eq!(stranger.status, 401);
    let get = site.caller().get("/api/endpoint").await.unwrap();
    assert_eq!(
        (get.status.as_u16(), get.header("allow")),
        (405, Some("POST"))
    );
    site.stop().await;
}
