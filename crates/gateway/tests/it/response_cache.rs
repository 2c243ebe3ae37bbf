//! Answers given before, on request (`x-openclaw-cache`) and by setting.

use crate::site::{Site, TOKEN, say, say_with};
use serde_json::{Value, json};
use testkit::Caller;

const CHAT: &str = "/v1/chat/completions";
const CACHE: &str = "x-openclaw-cache";

fn on(site: &Site) -> Caller {
    site.caller().header(CACHE, "on").unwrap()
}

fn raw(text: &str) -> Value {
    say_with(text, &json!({ "model": "fake/fake-1" }))
}

async fn text_and_state(caller: &Caller, body: &Value) -> (String, Option<String>) {
    let answer = caller.post_json(CHAT, body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let state = answer.header(CACHE).map(str::to_owned);
    let body = answer.json().unwrap();
    let text = body["choices"][0]["message"]["content"].as_str().unwrap();
    (text.to_owned(), state)
}

#[tokio::test]
async fn an_equal_request_is_answered_without_a_call() {
    let site = Site::start().await;
    for body in [say("SAY:once"), raw("SAY:once")] {
        let before = site.model.calls();
        let bill = site.model.bill();
        let first = text_and_state(&on(&site), &body).await;
        assert_eq!(first, ("once".to_owned(), Some("miss".to_owned())));
        let paid = site.model.bill() - bill;
        let second = text_and_state(&on(&site), &body).await;
        assert_eq!(second, ("once".to_owned(), Some("hit".to_owned())));
        assert_eq!(site.model.calls(), before + 1);
        assert_eq!(site.model.bill() - bill, paid);
        // Who does not ask for it pays.
        assert_eq!(text_and_state(&site.caller(), &body).await.1, None);
        assert_eq!(site.model.calls(), before + 2);
    }
    site.stop().await;
}

#[tokio::test]
async fn a_stream_can_be_given_again() {
    let site = Site::start().await;
    let body = say_with("SAY:one two", &json!({ "stream": true }));
    let whole = say("SAY:one two");
    text_and_state(&on(&site), &whole).await;
    let stream = on(&site).stream(CHAT, &body).await.unwrap();
    assert_eq!(stream.header(CACHE), Some("hit"));
    let text = stream.text().await.unwrap();
    assert_eq!(text, "one two");
    assert_eq!(site.model.calls(), 1);
    site.stop().await;
}

#[tokio::test]
async fn what_differs_is_asked_anew() {
    let site = Site::start().await;
    let body = raw("SAY:same");
    text_and_state(&on(&site), &body).await;
    for fields in [
        json!({ "temperature": 0.5 }),
        json!({ "model": "fake/fake-2" }),
        json!({ "max_tokens": 50 }),
        json!({ "messages": [{ "role": "system", "content": "x" },
            { "role": "user", "content": "SAY:same" }] }),
    ] {
        let mut other = body.clone();
        for (name, value) in fields.as_object().unwrap() {
            other[name] = value.clone();
        }
        let state = text_and_state(&on(&site), &other).await.1;
        assert_eq!(state.as_deref(), Some("miss"), "{fields}");
    }
    site.stop().await;
}

#[tokio::test]
async fn sessions_tools_and_failures_are_never_kept() {
    let site = Site::start().await;
    // A session that goes on.
    let session = on(&site).header("x-openclaw-session-key", "talk").unwrap();
    for _ in 0..2 {
        let said = text_and_state(&session, &say("SAY:here")).await;
        assert_eq!(said, ("here".to_owned(), None));
    }
    // A turn that used a tool of the agent.
    let tools = say("TOOL:ls{}");
    for _ in 0..2 {
        let state = text_and_state(&on(&site), &tools).await.1;
        assert_eq!(state.as_deref(), Some("miss"));
    }
    // A failure.
    for _ in 0..2 {
        let answer = on(&site).post_json(CHAT, &raw("STATUS:400")).await.unwrap();
        assert_eq!(answer.status, 400);
    }
    assert_eq!(site.model.calls(), 2 + 4 + 2);
    site.stop().await;
}

#[tokio::test]
async fn a_caller_can_have_it_always_and_refuse_it_once() {
    let site = Site::with(|settings| {
        settings["gateway"]["http"]["responseCache"] = json!({ "keys": ["owner"] });
    })
    .await;
    let body = raw("SAY:kept");
    let state = async |caller: &Caller| text_and_state(caller, &body).await.1;
    assert_eq!(state(&site.caller()).await.as_deref(), Some("miss"));
    assert_eq!(state(&site.caller()).await.as_deref(), Some("hit"));
    let off = site.caller().header(CACHE, "off").unwrap();
    assert_eq!(state(&off).await, None);
    let wrong = site.caller().header(CACHE, "maybe").unwrap();
    let answer = wrong.post_json(CHAT, &body).await.unwrap();
    assert_eq!(answer.status, 400);
    let metrics = site.stranger().bearer(TOKEN).unwrap();
    let metrics = metrics.get("/metrics").await.unwrap().text();
    assert!(
        metrics.contains("openclaw_response_cache_hits_total 1"),
        "{metrics}"
    );
    site.stop().await;
}
