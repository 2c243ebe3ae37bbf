//! A tool call of an agent that policy leaves to a person (security specification, R13, R16, R17).

use crate::site::Site;
use crate::ws::client::Client;
use serde_json::{Value, json};

const WRITE: &str = "TOOL:write{\"path\":\"a.txt\",\"content\":\"x\u{202e}y\"}";

/// A gateway whose agents must ask before they write.
async fn asking() -> Site {
    Site::with(|settings| settings["tools"]["fs"]["write"] = "ask".into()).await
}

fn turn(message: &str, key: &str) -> Value {
    json!({ "message": message, "sessionKey": "main", "idempotencyKey": key })
}

/// The text of the answer.
fn text(answer: &Value) -> String {
    answer["result"]["payloads"][0]["text"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn start(client: &mut Client, key: &str) -> (String, Value) {
    let run = client.start("agent", turn(WRITE, key)).await;
    // The first answer says that the turn is taken.
    assert_eq!(client.answer(&run).await.unwrap()["status"], "accepted");
    let question = client.event("exec.approval.requested").await["payload"].take();
    (run, question)
}

async fn resolve(client: &mut Client, question: &Value, decision: &str) -> Result<Value, Value> {
    let params = json!({ "id": question["id"], "decision": decision });
    client.call("exec.approval.resolve", params).await
}

#[tokio::test]
async fn a_person_allows_a_call_and_it_happens_once() {
    let site = asking().await;
    let mut client = Client::open(&site).await;
    let (run, question) = start(&mut client, "k1").await;
    let request = &question["request"];
    assert_eq!(question["approvalKind"], "exec");
    let shown = request["command"].as_str().unwrap();
    assert!(
        shown.starts_with("write {") && shown.contains("\\u{202e}"),
        "{shown}"
    );
    assert_eq!(request["toolName"], "write");
    assert_eq!(request["writes"], json!(["a.txt"]));
    assert_eq!(request["sessionKey"], "agent:main:main");
    assert_eq!(
        request["allowedDecisions"],
        json!(["allow-once", "allow-always", "deny"])
    );
    let file = site.home.state_dir().join("workspace").join("a.txt");
    assert!(!file.try_exists().unwrap());
    let open = client.call("exec.approval.list", json!({})).await.unwrap();
    assert_eq!(open[0]["id"], question["id"]);

    assert_eq!(
        resolve(&mut client, &question, "allow-once").await.unwrap(),
        json!({ "ok": true })
    );
    let resolved = client.event("exec.approval.resolved").await["payload"].take();
    assert_eq!(
        (&resolved["id"], &resolved["decision"]),
        (&question["id"], &json!("allow-once"))
    );
    let answer = client.answer(&run).await.unwrap();
    assert_eq!(answer["status"], "ok", "{answer}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "x\u{202e}y");

    let again = resolve(&mut client, &question, "deny").await.unwrap_err();
    assert_eq!(again["message"], "approval already resolved");
    assert_eq!(again["details"]["reason"], "APPROVAL_ALREADY_RESOLVED");
    assert_eq!(
        client.call("exec.approval.list", json!({})).await.unwrap(),
        json!([])
    );
    site.stop().await;
}

#[tokio::test]
async fn a_refusal_is_told_to_the_model_and_nothing_happens() {
    let site = asking().await;
    let mut client = Client::open(&site).await;
    let (run, question) = start(&mut client, "k1").await;
    resolve(&mut client, &question, "deny").await.unwrap();
    let answer = client.answer(&run).await.unwrap();
    assert!(text(&answer).contains("refused"), "{answer}");
    assert!(
        !site
            .home
            .state_dir()
            .join("workspace")
            .join("a.txt")
            .try_exists()
            .unwrap()
    );
    site.stop().await;
}

#[tokio::test]
async fn always_is_written_down_and_nobody_is_asked_again() {
    let site = asking().await;
    let mut client = Client::open(&site).await;
    let (run, question) = start(&mut client, "k1").await;
    resolve(&mut client, &question, "allow-always")
        .await
        .unwrap();
    assert_eq!(client.answer(&run).await.unwrap()["status"], "ok");
    let held = client.call("exec.approvals.get", json!({})).await.unwrap();
    assert_eq!(
        held["file"]["agents"]["main"]["allowlist"][0]["pattern"],
        "tool:write"
    );
    std::fs::remove_file(site.home.state_dir().join("workspace").join("a.txt")).unwrap();
    let answer = site
        .caller()
        .rpc("agent", &turn(WRITE, "k2"))
        .await
        .unwrap();
    assert_eq!(answer["status"], "ok", "{answer}");
    assert!(
        site.home
            .state_dir()
            .join("workspace")
            .join("a.txt")
            .try_exists()
            .unwrap()
    );
    site.stop().await;
}

#[tokio::test]
async fn with_nobody_there_the_answer_is_no_and_names_the_setting() {
    let site = asking().await;
    let answer = site
        .caller()
        .rpc("agent", &turn(WRITE, "k1"))
        .await
        .unwrap();
    let text = text(&answer);
    assert!(
        text.contains("tools.fs.write") && text.contains("connected"),
        "{text}"
    );
    assert!(
        !site
            .home
            .state_dir()
            .join("workspace")
            .join("a.txt")
            .try_exists()
            .unwrap()
    );
    site.stop().await;
}

#[tokio::test]
async fn a_stopped_run_withdraws_its_question() {
    let site = asking().await;
    let mut client = Client::open(&site).await;
    let (run, question) = start(&mut client, "k1").await;
    let params = json!({ "sessionKey": "main", "runId": "k1" });
    client.call("chat.abort", params).await.unwrap();
    let resolved = client.event("exec.approval.resolved").await["payload"].take();
    assert_eq!(
        (&resolved["id"], &resolved["decision"]),
        (&question["id"], &json!("deny"))
    );
    drop(client.answer(&run).await);
    let late = resolve(&mut client, &question, "allow-once").await;
    assert!(late.is_err(), "{late:?}");
    assert!(
        !site
            .home
            .state_dir()
            .join("workspace")
            .join("a.txt")
            .try_exists()
            .unwrap()
    );
    site.stop().await;
}
