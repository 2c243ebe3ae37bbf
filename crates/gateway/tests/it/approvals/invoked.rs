//! A tool that a client calls without a model (decisions, DEC-10).

use crate::site::Site;
use crate::ws::client::Client;
use serde_json::{Value, json};

fn write(more: &Value) -> Value {
    let mut params = json!({ "name": "write", "args": { "path": "a.txt", "content": "hi" } });
    for (name, value) in more.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

async fn invoke(site: &Site, more: Value) -> Value {
    let params = write(&more);
    site.caller().rpc("tools.invoke", &params).await.unwrap()
}

fn is_written(site: &Site) -> bool {
    let file = site.home.state_dir().join("workspace").join("a.txt");
    file.try_exists().unwrap()
}

fn why(reply: &Value) -> &str {
    assert_eq!(
        (
            &reply["ok"],
            &reply["error"]["code"],
            &reply["requiresApproval"]
        ),
        (&json!(false), &json!("forbidden"), &json!(true)),
        "{reply}"
    );
    reply["error"]["message"].as_str().unwrap()
}

#[tokio::test]
async fn what_changes_things_is_closed_until_the_settings_open_it() {
    let site = Site::start().await;
    let reply = invoke(&site, json!({})).await;
    assert!(
        why(&reply).contains("gateway.tools.allow") && why(&reply).contains("\"wait\""),
        "{reply}"
    );
    assert!(!is_written(&site));
    let mut client = Client::open(&site).await;
    let got = client.call("config.get", json!({})).await.unwrap();
    let patch = |raw: Value, hash: &Value| json!({ "raw": raw.to_string(), "baseHash": hash });
    let open = json!({ "gateway": { "tools": { "allow": ["group:fs"], "deny": ["ls"] } } });
    client
        .call("config.patch", patch(open, &got["hash"]))
        .await
        .unwrap();
    let reply = invoke(&site, json!({})).await;
    assert_eq!(
        (&reply["ok"], &reply["source"]),
        (&json!(true), &json!("core")),
        "{reply}"
    );
    assert!(is_written(&site));
    let shut = json!({ "name": "ls" });
    let reply = site.caller().rpc("tools.invoke", &shut).await.unwrap();
    assert_eq!(reply["error"]["code"], "not_found");
    let got = client.call("config.get", json!({})).await.unwrap();
    let typo = json!({ "gateway": { "tools": { "alow": ["*"] } } });
    let error = client.call("config.patch", patch(typo, &got["hash"])).await;
    assert_eq!(error.unwrap_err()["code"], "INVALID_REQUEST");
    assert_eq!(site.model.calls(), 0);
    site.stop().await;
}

#[tokio::test]
async fn a_person_decides_about_a_call_that_waits() {
    let site = Site::start().await;
    let mut person = Client::open(&site).await;
    for (decision, ok) in [("deny", false), ("allow-once", true)] {
        let waiting = invoke(&site, json!({ "approval": "wait" }));
        let deciding = async {
            let question = person.event("exec.approval.requested").await["payload"].take();
            assert_eq!(question["request"]["toolName"], "write");
            assert_eq!(question["request"]["writes"], json!(["a.txt"]));
            let params = json!({ "id": question["id"], "decision": decision });
            person.call("exec.approval.resolve", params).await.unwrap();
        };
        let (reply, ()) = tokio::join!(waiting, deciding);
        assert_eq!(reply["ok"], ok, "{reply}");
        assert_eq!(is_written(&site), ok);
        if !ok {
            assert!(why(&reply).contains("refused"), "{reply}");
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn a_policy_that_asks_is_asked_about_too_and_who_calls_is_not_who_approves() {
    let ask = |settings: &mut Value| {
        settings["tools"]["fs"]["write"] = "ask".into();
        settings["gateway"]["tools"]["allow"] = json!(["write"]);
    };
    let site = Site::with(ask).await;
    let reply = invoke(&site, json!({})).await;
    assert!(why(&reply).contains("tools.fs.write"), "{reply}");
    let reply = invoke(&site, json!({ "approval": "wait" })).await;
    assert!(
        why(&reply).contains("nobody who could approve it is connected"),
        "{reply}"
    );
    let mut alone = Client::open(&site).await;
    let params = write(&json!({ "approval": "wait" }));
    let reply = alone.call("tools.invoke", params).await.unwrap();
    assert!(
        why(&reply).contains("nobody who could approve it is connected"),
        "{reply}"
    );
    assert!(!is_written(&site));
    let odd = write(&json!({ "approval": "later" }));
    let error = alone.call("tools.invoke", odd).await.unwrap_err();
    assert_eq!(error["code"], "INVALID_REQUEST");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("approval must be"),
        "{error}"
    );
    site.stop().await;
}
