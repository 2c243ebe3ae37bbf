//! Sessions over HTTP (S001-17, S001-22, S001-23) and what survives a restart.

use crate::site::{Site, say, say_with};
use serde_json::json;

const PATH: &str = "/v1/chat/completions";

fn roles(request: &serde_json::Value) -> Vec<String> {
    let messages = request["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|m| m["role"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn by_default_nothing_is_remembered() {
    let site = Site::start().await;
    for _ in 0..2 {
        site.caller().post_json(PATH, &say("hi")).await.unwrap();
        assert_eq!(roles(&site.model.last_request()), ["system", "user"]);
    }
    site.stop().await;
}

#[tokio::test]
async fn a_user_and_a_session_key_remember() {
    let site = Site::start().await;
    let user = say_with("hi", &json!({ "user": "alice" }));
    let keyed = site
        .caller()
        .header("x-openclaw-session-key", "agent:main:lab")
        .unwrap();
    for (caller, body) in [(site.caller(), user), (keyed, say("hi"))] {
        let first = caller.post_json(PATH, &body).await.unwrap();
        let second = caller.post_json(PATH, &body).await.unwrap();
        let key =
            |answer: &testkit::Answer| answer.header("x-openclaw-session-key").unwrap().to_owned();
        assert_eq!(key(&first), key(&second));
        assert_eq!(
            roles(&site.model.last_request()),
            ["system", "user", "assistant", "user"]
        );
    }
    let other = say_with("hi", &json!({ "user": "bob" }));
    site.caller().post_json(PATH, &other).await.unwrap();
    assert_eq!(roles(&site.model.last_request()), ["system", "user"]);
    site.stop().await;
}

#[tokio::test]
async fn a_client_that_sends_its_whole_history_does_not_double_it() {
    let site = Site::start().await;
    site.caller()
        .post_json(PATH, &say_with("one", &json!({ "user": "u" })))
        .await
        .unwrap();
    let whole = json!({ "model": "openclaw", "user": "u", "messages": [
        { "role": "user", "content": "one" }, { "role": "assistant", "content": "x" },
        { "role": "user", "content": "two" }] });
    site.caller().post_json(PATH, &whole).await.unwrap();
    assert_eq!(
        roles(&site.model.last_request()),
        ["system", "user", "assistant", "user"]
    );
    site.stop().await;
}

#[tokio::test]
async fn a_stateless_client_brings_its_own_context() {
    let site = Site::start().await;
    let body = json!({ "model": "openclaw", "messages": [
        { "role": "system", "content": "be brief" }, { "role": "user", "content": "one" },
        { "role": "assistant", "content": "x" }, { "role": "user", "content": "two" }] });
    site.caller().post_json(PATH, &body).await.unwrap();
    let sent = site.model.last_request();
    let roles = roles(&sent);
    assert_eq!(roles[roles.len() - 3..], ["user", "assistant", "user"]);
    assert!(sent.to_string().contains("be brief"));
    site.stop().await;
}

#[tokio::test]
async fn reserved_and_foreign_keys_are_refused() {
    let site = Site::start().await;
    for (key, words) in [
        ("cron:1", "cannot use reserved internal session namespaces"),
        (
            "agent:main:subagent:x",
            "cannot use reserved internal session namespaces",
        ),
        ("a b", "session key contains"),
    ] {
        let caller = site.caller().header("x-openclaw-session-key", key).unwrap();
        let answer = caller.post_json(PATH, &say("hi")).await.unwrap();
        assert_eq!(answer.status, 400, "{key}");
        assert!(answer.text().contains(words), "{key}: {}", answer.text());
    }
    site.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_the_conversation() {
    let site = Site::start().await;
    site.caller()
        .post_json(PATH, &say_with("one", &json!({ "user": "u" })))
        .await
        .unwrap();
    let (model, home) = site.stop().await;
    let site = Site::on(model, home).await;
    site.caller()
        .post_json(PATH, &say_with("two", &json!({ "user": "u" })))
        .await
        .unwrap();
    assert_eq!(
        roles(&site.model.last_request()),
        ["system", "user", "assistant", "user"]
    );
    let list = site
        .caller()
        .rpc("sessions.list", &json!({}))
        .await
        .unwrap();
    assert_eq!(
        (&list["count"], &list["sessions"][0]["turns"]),
        (&json!(1), &json!(2))
    );
    site.stop().await;
}

#[tokio::test]
async fn agents_use_their_own_tools_in_their_workspace() {
    let site = Site::start().await;
    let path = site.home.state_dir().join("workspace/note.txt");
    let body = say("TOOL:write{\"path\":\"note.txt\",\"content\":\"kept\"}");
    let answer = site.caller().post_json(PATH, &body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(std::fs::read_to_string(path).unwrap(), "kept");
    let outside = say("TOOL:read{\"path\":\"../gateway.lock\"}");
    let answer = site.caller().post_json(PATH, &outside).await.unwrap();
    let text = answer.text();
    assert!(!text.contains("0.0.0-test"), "{text}");
    site.stop().await;
}
