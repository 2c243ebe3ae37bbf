//! `config.*`: the settings file, read and written from elsewhere (DEC-22 to DEC-24; L1, R27).

use crate::site::{Site, TOKEN};
use crate::ws::client::{Client, owner_with};
use serde_json::{Value, json};
use testkit::Home;

const MARK: &str = "__OPENCLAW_REDACTED__";
const KEY: &str = "sk-canary-0123456789abcdef";

/// A settings file with comments and secrets.
fn written(base_url: &str) -> String {
    let mut settings = Home::settings(base_url);
    settings["models"]["providers"]["fake"]["apiKey"] = json!(KEY);
    let body = serde_json::to_string_pretty(&settings).unwrap();
    let body = body.replacen(
        '{',
        "{\n  // kept by hand, the key is sk-canary-0123456789abcdef",
        1,
    );
    body.replacen("\"gateway\"", "/* the door */ \"gateway\"", 1)
}

async fn site() -> Site {
    let model = testkit::FakeModel::start().await.unwrap();
    let home = Home::empty().unwrap();
    home.write_config_text(&written(&model.base_url())).unwrap();
    Site::on(model, home).await
}

fn text(site: &Site) -> String {
    std::fs::read_to_string(site.home.config_path()).unwrap()
}

async fn get(site: &Site) -> Value {
    site.caller().rpc("config.get", &json!({})).await.unwrap()
}

async fn refused(site: &Site, method: &str, params: &Value) -> Value {
    let path = format!("/api/rpc/{method}");
    let answer = site.caller().post_json(&path, params).await.unwrap();
    let body = answer.json().unwrap();
    assert_eq!(body["ok"], false, "{body}");
    body["error"].clone()
}

#[tokio::test]
async fn nothing_that_is_read_is_a_secret() {
    let site = site().await;
    let config = get(&site).await;
    for method in [
        "config.get",
        "config.schema",
        "status",
        "health",
        "models.list",
        "models.authStatus",
        "agents.list",
    ] {
        let answer = site.caller().rpc(method, &json!({})).await.unwrap();
        let answer = answer.to_string();
        assert!(
            !answer.contains(KEY) && !answer.contains(TOKEN),
            "{method}: {answer}"
        );
    }
    assert_eq!(
        config["config"]["models"]["providers"]["fake"]["apiKey"],
        MARK
    );
    assert_eq!(
        (&config["exists"], &config["valid"], &config["issues"]),
        (&json!(true), &json!(true), &json!([]))
    );
    let raw = config["raw"].as_str().unwrap();
    assert!(
        raw.contains("/* the door */") && raw.contains("// kept by hand"),
        "{raw}"
    );
    assert_eq!(config["hash"], config["appliedConfigHash"]);
    // The name of a version is no digest of the text.
    let digest = config::edit::hash(&text(&site));
    assert!(!config["hash"].as_str().unwrap().contains(&digest));
    site.stop().await;
}

#[tokio::test]
async fn what_was_read_can_be_written_back_unharmed() {
    let site = site().await;
    let config = get(&site).await;
    let before = text(&site);
    let raw = config["raw"].as_str().unwrap();
    // The comment names the secret, so the mark stands there too; it is put back by hand.
    let params = json!({ "raw": raw, "baseHash": config["hash"] });
    let reply = site.caller().rpc("config.set", &params).await.unwrap();
    assert_eq!(reply["ok"], true);
    let after = text(&site);
    assert!(after.contains(&format!("\"apiKey\": \"{KEY}\"")), "{after}");
    assert_eq!(
        before.replace(&format!("key is {KEY}"), &format!("key is {MARK}")),
        after
    );
    assert_eq!(
        reply["config"]["models"]["providers"]["fake"]["apiKey"],
        MARK
    );
    site.stop().await;
}

#[tokio::test]
async fn a_patch_keeps_comments_and_takes_effect_at_once() {
    let site = site().await;
    let patch = "{ agents: { defaults: { model: 'fake/fake-2' } }, gateway: { port: 18800 } }";
    let params = json!({ "raw": patch, "note": "by a test" });
    let reply = site.caller().rpc("config.patch", &params).await.unwrap();
    assert_eq!(
        reply["changedPaths"],
        json!(["agents.defaults.model", "gateway.port"])
    );
    assert_eq!(reply["restartPaths"], json!(["gateway.port"]));
    assert_eq!(reply["sentinel"]["payload"]["message"], "by a test");
    let list = site.caller().rpc("agents.list", &json!({})).await.unwrap();
    assert_eq!(list["agents"][0]["model"]["primary"], "fake/fake-2");
    let now = text(&site);
    assert!(now.contains("/* the door */") && now.contains(KEY), "{now}");
    assert!(site.home.config_path().with_extension("json.bak").is_file());
    assert_eq!(get(&site).await["hash"], reply["hash"]);
    let again = site.caller().rpc("config.patch", &params).await.unwrap();
    assert_eq!(
        (&again["noop"], &again["changedPaths"]),
        (&json!(true), &json!([]))
    );
    let gone = json!({ "raw": "{ gateway: { port: null } }" });
    site.caller().rpc("config.patch", &gone).await.unwrap();
    assert!(!text(&site).contains("18800"));
    site.stop().await;
}

#[tokio::test]
async fn wrong_writes_change_nothing_and_say_why() {
    let site = site().await;
    let before = text(&site);
    let hash = get(&site).await["hash"].clone();
    let stale = "config changed since last load; re-run config.get and retry";
    let table = [
        (
            "config.patch",
            json!({ "raw": "{}", "baseHash": "dead" }),
            stale,
        ),
        (
            "config.set",
            json!({ "raw": "{}", "baseHash": "dead" }),
            stale,
        ),
        (
            "config.patch",
            json!({ "raw": "{ gateway: { port: 'x' } }", "baseHash": hash }),
            "invalid config",
        ),
        (
            "config.patch",
            json!({ "raw": "{ gateway: { prot: 1 } }" }),
            "invalid config",
        ),
        (
            "config.patch",
            json!({ "raw": "{ gateway: { auth: { mode: 'none' }, bind: 'lan' } }" }),
            "invalid config",
        ),
        ("config.set", json!({ "raw": "[]" }), "invalid config"),
    ];
    for (method, params, message) in table {
        let error = refused(&site, method, &params).await;
        assert_eq!(error["message"], message, "{params}: {error}");
        assert_eq!(error["code"], "INVALID_REQUEST");
        if message == "invalid config" {
            let issue = &error["details"]["issues"][0];
            assert!(
                issue["path"].is_string() && issue["message"].is_string(),
                "{error}"
            );
        }
    }
    let broken = refused(&site, "config.set", &json!({ "raw": "{" })).await;
    assert!(
        broken["message"]
            .as_str()
            .unwrap()
            .starts_with("SyntaxError: "),
        "{broken}"
    );
    let list = json!({ "raw": "{ agents: { list: [] } }" });
    assert_eq!(text(&site), before);
    let two = json!({ "raw": "{ agents: { list: [{ id: 'a' }, { id: 'b' }] } }" });
    site.caller().rpc("config.patch", &two).await.unwrap();
    let shorter = refused(&site, "config.patch", &list).await;
    assert!(
        shorter["message"].as_str().unwrap().contains("agents.list"),
        "{shorter}"
    );
    let named =
        json!({ "raw": "{ agents: { list: [{ id: 'b' }] } }", "replacePaths": ["agents.list"] });
    site.caller().rpc("config.patch", &named).await.unwrap();
    site.stop().await;
}

#[tokio::test]
async fn two_writers_lose_nothing_and_too_many_writes_wait() {
    let site = site().await;
    let write = async |n: usize| {
        let raw = format!("{{ models: {{ aliases: {{ a{n}: 'fake/fake-1' }} }} }}");
        site.caller()
            .rpc("config.patch", &json!({ "raw": raw }))
            .await
            .unwrap()
    };
    let (one, two, three) = tokio::join!(write(1), write(2), write(3));
    assert!(one["ok"] == true && two["ok"] == true && three["ok"] == true);
    let aliases = &get(&site).await["config"]["models"]["aliases"];
    assert_eq!(aliases.as_object().unwrap().len(), 3, "{aliases}");
    for _ in 3..30 {
        site.caller()
            .rpc("config.patch", &json!({ "raw": "{}" }))
            .await
            .unwrap();
    }
    let error = refused(&site, "config.patch", &json!({ "raw": "{}" })).await;
    assert_eq!(
        (&error["code"], &error["retryable"], &error["details"]),
        (
            &json!("UNAVAILABLE"),
            &json!(true),
            &json!({ "method": "config.patch", "limit": "30 per 60s" })
        )
    );
    assert!(error["retryAfterMs"].as_u64().unwrap() > 0);
    site.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_and_can_be_replaced() {
    let site = site().await;
    let good = text(&site);
    site.home
        .write_config_text("{ gateway: { auth: { token: 'x' ")
        .unwrap();
    let config = get(&site).await;
    assert_eq!(
        (&config["valid"], &config["raw"], &config["config"]),
        (&json!(false), &Value::Null, &json!({}))
    );
    assert!(!config["issues"].as_array().unwrap().is_empty());
    site.caller()
        .rpc("config.set", &json!({ "raw": good }))
        .await
        .unwrap();
    assert_eq!(text(&site), good);
    assert_eq!(get(&site).await["valid"], true);
    site.stop().await;
}

#[tokio::test]
async fn secrets_are_fetched_again_when_asked() {
    let site = Site::with(|settings| {
        settings["models"]["providers"]["fake"]["apiKey"] =
            json!({ "source": "env", "provider": "default", "id": "NOT_THERE" });
    })
    .await;
    let reply = site
        .caller()
        .rpc("secrets.reload", &json!({}))
        .await
        .unwrap();
    assert_eq!(reply, json!({ "ok": true, "warningCount": 1 }));
    site.stop().await;
}

#[tokio::test]
async fn over_a_socket_a_write_is_told_to_everybody_and_versions_have_their_own_rules() {
    let site = site().await;
    let mut writer = Client::open(&site).await;
    let old = owner_with(&json!({ "minProtocol": 3, "maxProtocol": 3 }));
    let mut third = Client::connect(site.address, &old).await.unwrap();
    let reader = owner_with(&json!({ "scopes": ["operator.read"] }));
    let mut reader = Client::connect(site.address, &reader).await.unwrap();

    let base = writer.call("config.get", json!({})).await.unwrap()["hash"].clone();
    assert!(
        base.as_str().unwrap().starts_with("hmac-sha256:v1:"),
        "{base}"
    );
    let patch =
        json!({ "raw": "{ models: { aliases: { quick: 'fake/fake-2' } } }", "baseHash": base });
    let reply = writer.call("config.patch", patch).await.unwrap();
    let told = reader.event("config.changed").await;
    assert_eq!(told["payload"]["hash"], reply["hash"]);
    assert_eq!(told["payload"]["path"], reply["path"]);

    let without = json!({ "raw": "{ models: {} }" });
    let error = third.call("config.patch", without).await.unwrap_err();
    assert_eq!(
        error["message"],
        "config base hash required; re-run config.get and retry"
    );
    let base = third.call("config.get", json!({})).await.unwrap()["hash"].clone();
    assert_eq!(base.as_str().unwrap().len(), 64);
    let with = json!({ "raw": "{ models: {} }", "baseHash": base });
    assert_eq!(
        third.call("config.patch", with).await.unwrap()["noop"],
        true
    );

    let error = reader
        .call("config.set", json!({ "raw": "{}" }))
        .await
        .unwrap_err();
    assert_eq!(error["message"], "missing scope: operator.admin");
    // An edit by hand is told too.
    let text = text(&site).replace("fake/fake-2", "fake/fake-1");
    site.home.write_config_text(&text).unwrap();
    reader.event("config.changed").await;
    site.stop().await;
}
