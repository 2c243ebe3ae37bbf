//! What a client hears when a provider fails: a typed error, in bounded time, with the partial answer
//! kept and marked.

use crate::site::{Site, say, say_with};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PATH: &str = "/v1/chat/completions";

/// What the provider does, the status of a whole answer, the code in the error object.
const TABLE: [(&str, u16, &str); 9] = [
    ("STATUS:400", 400, "invalid_request"),
    ("STATUS:401", 502, "provider_unauthorized"),
    ("STATUS:403", 502, "provider_forbidden"),
    ("STATUS:429:1", 429, "provider_rate_limited"),
    ("STATUS:500", 502, "provider_error"),
    ("HANG", 504, "provider_timeout"),
    ("HANGMID", 504, "provider_timeout"),
    ("CUT", 502, "provider_stream_broken"),
    ("BADJSON", 502, "provider_stream_broken"),
];

#[tokio::test]
async fn every_fault_is_a_typed_error_in_bounded_time() {
    let site = Site::start().await;
    for (fault, status, code) in TABLE {
        for model in ["openclaw", "fake/fake-1"] {
            let begun = Instant::now();
            let body = say_with(fault, &json!({ "model": model }));
            let answer = site.caller().post_json(PATH, &body).await.unwrap();
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "{fault} took {:?}",
                begun.elapsed()
            );
            let error = answer.json().unwrap()["error"].clone();
            assert_eq!(
                (answer.status.as_u16(), error["code"].as_str().unwrap()),
                (status, code),
                "{fault} on {model}: {error}"
            );
            assert!(!error["message"].as_str().unwrap().contains("fake-key"));
            if fault.starts_with("STATUS:429") {
                assert_eq!(answer.header("retry-after"), Some("1"));
            }
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn a_stream_that_breaks_says_so_and_ends() {
    let site = Site::start().await;
    for (fault, _, code) in TABLE {
        let body = say_with(fault, &json!({ "stream": true }));
        let stream = site.caller().stream(PATH, &body).await.unwrap();
        assert_eq!(stream.status, 200, "accepted, so the stream began");
        let mut events = stream.collect().await.unwrap();
        assert_eq!(events.pop().as_deref(), Some("[DONE]"), "{fault}");
        let error: Value = serde_json::from_str(&events.pop().unwrap()).unwrap();
        assert_eq!(error["error"]["code"], code, "{fault}: {error}");
    }
    site.stop().await;
}

#[tokio::test]
async fn partial_answers_are_kept_and_marked() {
    let site = Site::start().await;
    for fault in ["CUT", "HANGMID", "BADJSON"] {
        let key = fault.to_lowercase();
        let caller = site
            .caller()
            .header("x-openclaw-session-key", &key)
            .unwrap();
        caller.post_json(PATH, &say(fault)).await.unwrap();
        let asked = json!({ "sessionKey": key });
        let history = site.caller().rpc("chat.history", &asked).await.unwrap();
        let last = history["messages"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        assert_eq!(last["incomplete"], true, "{fault}: {history}");
        assert!(
            last["content"][0]["text"]
                .as_str()
                .unwrap()
                .starts_with("Hello"),
            "{last}"
        );
        // The session is not poisoned: the next turn works.
        let next = caller.post_json(PATH, &say("SAY:fine")).await.unwrap();
        assert_eq!(
            next.json().unwrap()["choices"][0]["message"]["content"],
            "fine"
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_named() {
    let site = Site::with(|settings| {
        // Port 9 on loopback: nobody listens.
        settings["models"]["providers"]["fake"]["baseUrl"] = "http://127.0.0.1:9/v1".into();
    })
    .await;
    for model in ["openclaw", "fake/fake-1"] {
        let body = say_with("hi", &json!({ "model": model }));
        let answer = site.caller().post_json(PATH, &body).await.unwrap();
        let error = answer.json().unwrap()["error"].clone();
        assert_eq!(
            (answer.status.as_u16(), &error["code"]),
            (502, &json!("provider_unreachable"))
        );
        assert!(
            error["message"].as_str().unwrap().contains("127.0.0.1:9"),
            "{error}"
        );
    }
    site.stop().await;
}
