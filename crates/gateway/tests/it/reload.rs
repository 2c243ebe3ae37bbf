//! Settings change while the gateway runs (S000-14, S001-04; DEC-22, DEC-23).

use crate::site::{Site, TOKEN, say};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::{FakeModel, Home};

const PATH: &str = "/v1/chat/completions";

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < deadline, "still not: {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

fn settings(site: &Site, change: impl FnOnce(&mut Value)) {
    let mut settings = Home::settings(&site.model.base_url());
    change(&mut settings);
    site.home.write_config(&settings).unwrap();
}

async fn warnings(site: &Site) -> String {
    site.caller().rpc("status", &json!({})).await.unwrap()["warnings"].to_string()
}

#[tokio::test]
async fn an_endpoint_opens_and_closes_without_a_restart() {
    let site = Site::start().await;
    let status = async || {
        site.caller()
            .post_json(PATH, &say("hi"))
            .await
            .unwrap()
            .status
    };
    assert_eq!(status().await, 200);
    settings(&site, |s| {
        s["gateway"]["http"]["endpoints"]["chatCompletions"]["enabled"] = false.into();
    });
    until("off", async || status().await == 404).await;
    settings(&site, |_| {});
    until("on again", async || status().await == 200).await;
    site.stop().await;
}

#[tokio::test]
async fn agents_and_models_change_live() {
    let site = Site::start().await;
    settings(&site, |s| {
        s["agents"]["defaults"]["model"] = "fake/fake-2".into();
    });
    until("the other model", async || {
        site.caller().post_json(PATH, &say("hi")).await.unwrap();
        site.model.last_request()["model"] == "fake-2"
    })
    .await;
    site.stop().await;
}

#[tokio::test]
async fn broken_settings_change_nothing_and_are_told() {
    let site = Site::start().await;
    site.home
        .write_config_text("{ gateway: { port: 'many' ")
        .unwrap();
    until("told", async || {
        warnings(&site).await.contains("cannot be used")
    })
    .await;
    assert_eq!(
        site.caller()
            .post_json(PATH, &say("hi"))
            .await
            .unwrap()
            .status,
        200
    );
    // A start with the broken file uses the last one that worked.
    let (model, home) = site.stop().await;
    let site = Site::on(model, home).await;
    assert!(warnings(&site).await.contains("last settings that worked"));
    assert_eq!(
        site.caller()
            .post_json(PATH, &say("hi"))
            .await
            .unwrap()
            .status,
        200
    );
    site.stop().await;
}

#[tokio::test]
async fn unknown_keys_warn_and_what_needs_a_restart_says_so() {
    let site = Site::start().await;
    settings(&site, |s| {
        s["agnets"] = json!({});
        s["gateway"]["port"] = 4444.into();
    });
    until("both", async || {
        let said = warnings(&site).await;
        said.contains("did you mean") && said.contains("agents") && said.contains("gateway.port")
    })
    .await;
    site.stop().await;
}

#[tokio::test]
async fn a_replaced_token_is_dead_at_once_and_a_refused_change_keeps_the_door_shut() {
    let model = FakeModel::start().await.unwrap();
    let own = |token: &str| {
        let mut settings = Home::settings(&model.base_url());
        settings["gateway"]["auth"] = json!({ "mode": "token", "token": token });
        settings
    };
    let home = Home::empty().unwrap();
    home.write_config(&own(TOKEN)).unwrap();
    let fresh = own("another-token-that-is-long-enough-9876543210");
    let site = Site::with_own_token(model, home).await;
    assert_eq!(site.caller().get("/v1/models").await.unwrap().status, 200);
    site.home.write_config(&fresh).unwrap();
    until("the old token is dead", async || {
        site.caller().get("/v1/models").await.unwrap().status == 401
    })
    .await;
    let new = site
        .stranger()
        .bearer("another-token-that-is-long-enough-9876543210")
        .unwrap();
    assert_eq!(new.get("/v1/models").await.unwrap().status, 200);
    // A typo where it can open a door is an error: the settings in force stay.
    let mut typo = fresh.clone();
    typo["gateway"]["auth"] = json!({ "mod": "none" });
    site.home.write_config(&typo).unwrap();
    until("told", async || {
        let status = new.rpc("status", &json!({})).await.unwrap();
        status["warnings"].to_string().contains("cannot be used")
    })
    .await;
    assert_eq!(site.stranger().get("/v1/models").await.unwrap().status, 401);
    site.stop().await;
}
