//! `agents.*`: who answers, listed and changed from elsewhere.

use crate::site::{Site, say};
use serde_json::{Value, json};

async fn call(site: &Site, method: &str, params: Value) -> Value {
    site.caller().rpc(method, &params).await.unwrap()
}

async fn refused(site: &Site, method: &str, params: Value) -> String {
    let path = format!("/api/rpc/{method}");
    let answer = site.caller().post_json(&path, &params).await.unwrap();
    let body = answer.json().unwrap();
    assert_eq!(body["error"]["code"], "INVALID_REQUEST", "{body}");
    body["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_agent_is_made_changed_and_taken_out() {
    let site = Site::start().await;
    let before = call(&site, "agents.list", json!({})).await;
    assert_eq!(
        (
            &before["defaultId"],
            &before["mainKey"],
            &before["agents"][0]["model"]
        ),
        (
            &json!("main"),
            &json!("main"),
            &json!({ "primary": "fake/fake-1" })
        )
    );
    let made = call(
        &site,
        "agents.create",
        json!({ "name": "Lab Agent", "model": "fake/fake-2", "emoji": "🧪" }),
    )
    .await;
    assert_eq!(
        (&made["ok"], &made["agentId"], &made["name"]),
        (&json!(true), &json!("lab-agent"), &json!("Lab Agent"))
    );
    let workspace = std::path::PathBuf::from(made["workspace"].as_str().unwrap());
    assert!(
        workspace.join("AGENTS.md").is_file(),
        "{}",
        workspace.display()
    );
    let mut ask = say("hi");
    ask["model"] = json!("openclaw/lab-agent");
    let answer = site
        .caller()
        .post_json("/v1/chat/completions", &ask)
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(site.model.last_request()["model"], "fake-2");

    let twice = refused(&site, "agents.create", json!({ "name": "lab agent" })).await;
    assert_eq!(twice, "agent \"lab-agent\" already exists");
    call(
        &site,
        "agents.update",
        json!({ "agentId": "lab-agent", "name": "Lab Agent 2", "model": null }),
    )
    .await;
    let list = call(&site, "agents.list", json!({})).await;
    let row = &list["agents"][0];
    assert_eq!(
        (&row["id"], &row["name"], &row["identity"], &row["model"]),
        (
            &json!("lab-agent"),
            &json!("Lab Agent 2"),
            &json!({ "emoji": "🧪" }),
            &json!({ "primary": "fake/fake-1" })
        )
    );
    assert_eq!(list["defaultId"], "main");
    let gone = call(
        &site,
        "agents.delete",
        json!({ "agentId": "lab-agent", "deleteFiles": true }),
    )
    .await;
    assert_eq!(gone["failed"][0]["path"], made["workspace"]);
    assert!(workspace.is_dir());
    let list = call(&site, "agents.list", json!({})).await;
    assert_eq!(list["agents"].as_array().unwrap().len(), 1);
    site.stop().await;
}

#[tokio::test]
async fn agents_that_cannot_be_changed_are_told() {
    let site = Site::start().await;
    let table = [
        (
            "agents.update",
            json!({ "agentId": "no-such", "name": "x" }),
            "agent \"no-such\" not found",
        ),
        (
            "agents.delete",
            json!({ "agentId": "no-such" }),
            "agent \"no-such\" not found",
        ),
        (
            "agents.delete",
            json!({ "agentId": "main" }),
            "\"main\" cannot be deleted",
        ),
        (
            "agents.create",
            json!({ "name": "日本" }),
            "invalid agents.create params: name makes no id",
        ),
        (
            "agents.create",
            json!({ "name": "a\u{7}b" }),
            "invalid agents.create params: name must have",
        ),
        (
            "agents.create",
            json!({}),
            "invalid agents.create params: must have required property 'name'",
        ),
    ];
    for (method, params, begins) in table {
        let message = refused(&site, method, params).await;
        assert!(message.starts_with(begins), "{message}");
    }
    site.stop().await;
}

#[tokio::test]
async fn the_agent_that_is_nowhere_written_can_be_changed() {
    let site = Site::start().await;
    call(
        &site,
        "agents.update",
        json!({ "agentId": "main", "name": "Molly" }),
    )
    .await;
    let list = call(&site, "agents.list", json!({})).await;
    assert_eq!(
        (&list["agents"][0]["id"], &list["agents"][0]["name"]),
        (&json!("main"), &json!("Molly"))
    );
    site.stop().await;
}

#[tokio::test]
async fn files_are_read_and_written_by_name_only() {
    let site = Site::start().await;
    let list = call(&site, "agents.files.list", json!({ "agentId": "main" })).await;
    let names: Vec<_> = list["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].clone())
        .collect();
    assert!(
        names.contains(&json!("AGENTS.md")) && names.contains(&json!("MEMORY.md")),
        "{list}"
    );
    let set = json!({ "agentId": "main", "name": "TOOLS.md", "content": "# lab\n" });
    let reply = call(&site, "agents.files.set", set).await;
    assert_eq!(
        (
            &reply["ok"],
            &reply["file"]["size"],
            &reply["file"]["content"]
        ),
        (&json!(true), &json!(6), &json!("# lab\n"))
    );
    let get = call(
        &site,
        "agents.files.get",
        json!({ "agentId": "main", "name": "TOOLS.md" }),
    )
    .await;
    assert_eq!(get["file"], reply["file"]);
    let missing = call(
        &site,
        "agents.files.get",
        json!({ "agentId": "main", "name": "MEMORY.md" }),
    )
    .await;
    assert_eq!(missing["file"]["missing"], true);
    for name in ["../x", "/etc/passwd", "agents.md", "AGENTS.md/../../x", ""] {
        for method in ["agents.files.get", "agents.files.set"] {
            let params = json!({ "agentId": "main", "name": name, "content": "x" });
            let message = refused(&site, method, params).await;
            assert_eq!(message, format!("unsupported file \"{name}\""));
        }
    }
    let large =
        json!({ "agentId": "main", "name": "USER.md", "content": "x".repeat(2 * 1024 * 1024 + 1) });
    assert!(
        refused(&site, "agents.files.set", large)
            .await
            .contains("larger than")
    );
    site.stop().await;
}
