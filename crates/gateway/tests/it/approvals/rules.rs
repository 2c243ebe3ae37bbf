//! `exec.approvals.get` and `exec.approvals.set`.

use crate::site::Site;
use crate::ws::client::{Client, owner_with};
use serde_json::json;

#[tokio::test]
async fn rules_are_replaced_by_whoever_knows_what_they_replace() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let fresh = client.call("exec.approvals.get", json!({})).await.unwrap();
    assert_eq!(
        (&fresh["exists"], &fresh["file"]["version"]),
        (&json!(false), &json!(1))
    );
    let defaults = json!({ "security": "allowlist", "ask": "on-miss", "askFallback": "deny", "autoAllowSkills": false });
    assert_eq!(fresh["resolvedDefaults"], defaults);
    let file = json!({ "version": 1, "defaults": {}, "agents": { "main": { "allowlist": [{ "pattern": "/usr/bin/true" }] } } });
    let set = json!({ "file": file, "baseHash": fresh["hash"] });
    let held = client
        .call("exec.approvals.set", set.clone())
        .await
        .unwrap();
    assert!(
        held["file"]["agents"]["main"]["allowlist"][0]["id"].is_string(),
        "{held}"
    );
    assert_eq!(
        client.call("exec.approvals.get", json!({})).await.unwrap(),
        held
    );
    let stale = client.call("exec.approvals.set", set).await.unwrap_err();
    assert_eq!(stale["code"], "INVALID_REQUEST");
    assert_eq!(
        stale["message"],
        "exec approvals changed since last load; re-run exec.approvals.get and retry"
    );
    for wrong in [
        json!({ "version": 9 }),
        json!({ "version": 1, "defaults": { "security": "FULL" } }),
        json!(7),
    ] {
        let set = json!({ "file": wrong, "baseHash": held["hash"] });
        assert_eq!(
            client.call("exec.approvals.set", set).await.unwrap_err()["code"],
            "INVALID_REQUEST"
        );
    }
    let scopes = json!({ "scopes": ["operator.write", "operator.approvals"] });
    let mut other = Client::connect(site.address, &owner_with(&scopes))
        .await
        .unwrap();
    assert_eq!(
        other
            .call("exec.approvals.get", json!({}))
            .await
            .unwrap_err()["code"],
        "FORBIDDEN"
    );
    let path = site.home.state_dir().join("exec-approvals.json");
    std::fs::write(&path, "{").unwrap();
    let broken = client
        .call("exec.approvals.get", json!({}))
        .await
        .unwrap_err();
    assert_eq!(broken["code"], "UNAVAILABLE", "{broken}");
    site.stop().await;
}
