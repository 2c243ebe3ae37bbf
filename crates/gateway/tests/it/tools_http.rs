//! `POST /tools/invoke` (HTTP API, section 7; S000-18 to S000-20, C03, C10; decisions, DEC-10, DEC-11).

use crate::site::Site;
use crate::ws::client::Client;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use testkit::Caller;

const PATH: &str = "/tools/invoke";

async fn post(caller: &Caller, path: &str, body: &Value) -> (u16, Value) {
    let answer = caller.post_json(path, body).await.unwrap();
    (answer.status.as_u16(), answer.json().unwrap())
}

async fn invoke(site: &Site, body: Value) -> (u16, Value) {
    post(&site.caller(), PATH, &body).await
}

fn text(result: &Value) -> &str {
    assert_eq!(result["content"][0]["type"], "text", "{result}");
    result["content"][0]["text"].as_str().unwrap()
}

fn opened(tools: &[&str]) -> impl FnOnce(&mut Value) {
    let tools = json!(tools);
    move |settings: &mut Value| settings["gateway"]["tools"]["allow"] = tools
}

#[tokio::test]
async fn a_tool_is_called_on_every_path_and_no_model_is() {
    let site = Site::start().await;
    for (path, has_data) in [
        (PATH, false),
        ("/v1/tools/invoke", false),
        ("/api/tools/invoke", true),
        ("/api/v1/tools/invoke", true),
    ] {
        for name in ["tool", "name"] {
            let body = json!({ name: "read", "args": { "path": "AGENTS.md" }, "action": "json" });
            let (status, answer) = post(&site.caller(), path, &body).await;
            assert_eq!((status, &answer["ok"]), (200, &json!(true)), "{answer}");
            assert!(text(&answer["result"]).contains("How to work here"));
            let data = has_data.then(|| &answer["result"]);
            assert_eq!(answer.get("data"), data, "{path}");
        }
    }
    assert_eq!(site.model.calls(), 0);
    site.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_told_in_the_recorded_words() {
    let site = Site::with(|settings| settings["gateway"]["tools"]["deny"] = json!(["ls"])).await;
    let unknown = |name: &str| {
        let message = format!("Tool not available: {name}");
        json!({ "ok": false, "error": { "type": "not_found", "message": message } })
    };
    for name in ["nope_tool", "gateway", "ls"] {
        let answer = invoke(&site, json!({ "tool": name, "args": {} })).await;
        assert_eq!(answer, (404, unknown(name)));
    }
    for nameless in [
        json!({}),
        json!({ "tool": "" }),
        json!({ "tool": 5, "name": "read" }),
    ] {
        let (status, answer) = invoke(&site, nameless).await;
        let error = &answer["error"];
        assert_eq!(
            (status, &answer["ok"], &error["type"]),
            (400, &json!(false), &json!("invalid_request"))
        );
        assert_eq!(error["message"], "tools.invoke requires name");
    }
    for (body, kind, part) in [
        (
            json!({ "tool": "read", "args": 5 }),
            "invalid_request",
            "args",
        ),
        (
            json!({ "tool": "read", "args": { "path": 5 } }),
            "tool_error",
            "path",
        ),
        (
            json!({ "tool": "read", "args": { "path": "../x" } }),
            "tool_error",
            "workspace",
        ),
        (
            json!({ "tool": "read", "approval": "later" }),
            "invalid_request",
            "approval must be",
        ),
        (
            json!({ "tool": "read", "idempotencyKey": "" }),
            "invalid_request",
            "1 to 256 bytes",
        ),
        (json!([1]), "invalid_request_error", "expected an object"),
    ] {
        let (status, answer) = invoke(&site, body.clone()).await;
        let error = &answer["error"];
        assert_eq!(
            (status, &error["type"]),
            (400, &json!(kind)),
            "{body}: {answer}"
        );
        assert!(
            error["message"].as_str().unwrap().contains(part),
            "{body}: {answer}"
        );
    }
    let nobody = json!({ "tool": "read", "agentId": "nobody" });
    let (status, answer) = invoke(&site, nobody).await;
    assert_eq!(
        (status, &answer["error"]["type"]),
        (404, &json!("unknown_agent"))
    );
    site.stop().await;
}

#[tokio::test]
async fn the_door_is_as_narrow_as_the_others() {
    let site = Site::start().await;
    let body = json!({ "tool": "read", "args": { "path": "AGENTS.md" } });
    let unauthorized = json!({ "error": { "message": "Unauthorized", "type": "unauthorized" } });
    for caller in [site.stranger(), site.stranger().bearer("wrong").unwrap()] {
        let (status, answer) = post(&caller, PATH, &body).await;
        assert_eq!(status, 401);
        for member in ["message", "type"] {
            assert_eq!(answer["error"][member], unauthorized["error"][member]);
        }
    }
    let elsewhere = site
        .caller()
        .header("origin", "https://evil.example")
        .unwrap();
    assert_eq!(elsewhere.post_json(PATH, &body).await.unwrap().status, 403);
    let plain = site.caller().header("content-type", "text/plain").unwrap();
    assert_eq!(plain.post_json(PATH, &body).await.unwrap().status, 415);
    let got = site.stranger().get(PATH).await.unwrap();
    assert_eq!(
        (got.status.as_u16(), got.header("allow")),
        (405, Some("POST"))
    );
    let huge = json!({ "tool": "read", "args": { "path": "x".repeat(2 * 1024 * 1024) } });
    let (status, answer) = invoke(&site, huge).await;
    assert_eq!(
        (status, &answer["error"]["message"]),
        (413, &json!("Payload too large"))
    );
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = format!("{{\"tool\":\"read\",\"args\":{deep}}}");
    for broken in [deep.as_str(), "{\"tool\":", "{} {}"] {
        let broken = Bytes::from(broken.to_owned());
        let answer = site
            .caller()
            .send(Method::POST, PATH, broken)
            .await
            .unwrap();
        let kind = answer.json().unwrap()["error"]["type"].clone();
        assert_eq!(
            (answer.status.as_u16(), kind),
            (400, json!("invalid_request_error"))
        );
    }
    assert_eq!(site.model.calls(), 0);
    site.stop().await;
}

fn note(more: &Value) -> Value {
    let mut body = json!({ "tool": "write", "args": { "path": "a.txt", "content": "hi" } });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn is_written(site: &Site) -> bool {
    let file = site.home.state_dir().join("workspace").join("a.txt");
    file.try_exists().unwrap()
}

fn is_refused((status, answer): &(u16, Value), part: &str) {
    let error = &answer["error"];
    assert_eq!(
        (*status, &error["type"], &error["requiresApproval"]),
        (403, &json!("forbidden"), &json!(true)),
        "{answer}"
    );
    assert!(
        error["message"].as_str().unwrap().contains(part),
        "{answer}"
    );
}

#[tokio::test]
async fn what_changes_things_is_refused_with_the_reason_until_somebody_opens_it() {
    let site = Site::start().await;
    let keyed = note(&json!({ "idempotencyKey": "k1" }));
    is_refused(&invoke(&site, keyed.clone()).await, "gateway.tools.allow");
    let mut person = Client::open(&site).await;
    for (decision, status) in [("deny", 403), ("allow-once", 200)] {
        let waiting = invoke(&site, note(&json!({ "approval": "wait" })));
        let deciding = async {
            let question = person.event("exec.approval.requested").await["payload"].take();
            let params = json!({ "id": question["id"], "decision": decision });
            person.call("exec.approval.resolve", params).await.unwrap();
        };
        let (answer, ()) = tokio::join!(waiting, deciding);
        assert_eq!(answer.0, status, "{}", answer.1);
        assert_eq!(is_written(&site), status == 200);
    }
    let got = person.call("config.get", json!({})).await.unwrap();
    let raw = json!({ "gateway": { "tools": { "allow": ["write"] } } }).to_string();
    let patch = json!({ "raw": raw, "baseHash": got["hash"] });
    person.call("config.patch", patch).await.unwrap();
    // What was refused had no effect, so its key is free.
    assert_eq!(invoke(&site, keyed).await.0, 200);
    site.stop().await;
}

#[tokio::test]
async fn a_call_that_is_only_judged_is_not_made() {
    let dry = note(&json!({ "dryRun": true }));
    let closed = Site::start().await;
    is_refused(&invoke(&closed, dry.clone()).await, "gateway.tools.allow");
    closed.stop().await;
    let site = Site::with(opened(&["write"])).await;
    let (status, answer) = invoke(&site, dry).await;
    assert_eq!(
        (status, &answer["result"]["details"]),
        (200, &json!({ "dryRun": true }))
    );
    assert!(!is_written(&site));
    site.stop().await;
}

#[tokio::test]
async fn the_same_key_calls_once() {
    let site = Site::with(opened(&["write", "edit"])).await;
    assert_eq!(invoke(&site, note(&json!({}))).await.0, 200);
    let edit = |key: Value| {
        let args = json!({ "path": "a.txt", "oldText": "hi", "newText": "bye" });
        json!({ "tool": "edit", "args": args, "idempotencyKey": key })
    };
    let first = invoke(&site, edit(json!("k1"))).await;
    assert_eq!(first.0, 200, "{}", first.1);
    assert_eq!(invoke(&site, edit(json!("k1"))).await, first);
    // Without a key the passage is looked for again, and is not there any more.
    let again = invoke(&site, edit(Value::Null)).await;
    assert_eq!(
        (again.0, &again.1["error"]["type"]),
        (400, &json!("tool_error"))
    );
    let other = invoke(&site, note(&json!({ "idempotencyKey": "k1" }))).await;
    assert_eq!(
        (other.0, &other.1["error"]["type"]),
        (400, &json!("key_reused"))
    );
    site.stop().await;
}

#[tokio::test]
async fn a_foreign_body_arrives_as_the_arguments_of_the_tool_in_the_query() {
    let site = Site::with(opened(&["write"])).await;
    let hook = "/tools/invoke?tool=write&sessionKey=agent%3Amain%3Ahooks";
    let body = json!({ "path": "a.txt", "content": "pushed" });
    let (status, answer) = post(&site.caller(), hook, &body).await;
    assert_eq!(status, 200, "{answer}");
    assert!(is_written(&site));
    // The members of a push are not what this tool takes, and it is the tool that says so.
    let push = json!({ "ref": "refs/heads/main", "name": "x", "commits": [{ "id": "1" }] });
    let (status, answer) = post(&site.caller(), hook, &push).await;
    assert_eq!(
        (status, &answer["error"]["type"]),
        (400, &json!("tool_error")),
        "{answer}"
    );
    site.stop().await;
}
