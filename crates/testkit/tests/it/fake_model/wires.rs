//! The scripts do the same on every wire.

use super::ask::{Read, asked, limit, question, told};
use serde_json::{Value, json};
use testkit::fake_model::{GREETING, Wire};
use testkit::{Caller, FakeModel};

fn finish(wire: Wire) -> [&'static str; 2] {
    match wire {
        Wire::Chat | Wire::Ollama => ["stop", "length"],
        Wire::Responses => ["completed", "incomplete"],
        Wire::Messages => ["end_turn", "max_tokens"],
        Wire::Gemini => ["STOP", "MAX_TOKENS"],
    }
}

#[tokio::test]
async fn the_same_words_whole_and_streamed() {
    let fake = FakeModel::start().await.unwrap();
    for wire in Wire::ALL {
        for stream in [false, true] {
            let read = asked(&fake, wire, "hi", stream).await;
            let expected = Read {
                text: GREETING.to_owned(),
                finish: finish(wire)[0].to_owned(),
                usage: Some((1, 6, 0)),
                ..Read::default()
            };
            assert_eq!(read, expected, "{wire:?} {stream}");
        }
        assert_eq!(fake.calls_on(wire), 2);
    }
    assert_eq!(fake.calls(), 10);
}

#[tokio::test]
async fn it_thinks_and_counts_that() {
    let fake = FakeModel::start().await.unwrap();
    for wire in Wire::ALL {
        for stream in [false, true] {
            let read = asked(&fake, wire, "THINK:one two\nSAY:three", stream).await;
            let seen = (read.thought.as_str(), read.text.as_str());
            assert_eq!(seen, ("one two", "three"), "{wire:?} {stream}");
            assert_eq!(read.usage.unwrap().1, 3, "{wire:?} {stream}");
        }
    }
}

#[tokio::test]
async fn it_stops_at_the_limit() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    for wire in Wire::ALL {
        for stream in [false, true] {
            let (path, mut body) = question(wire, "fake-1", "BIG:50", stream);
            limit(wire, &mut body, 20);
            let read = told(&caller, wire, &path, &body, stream).await;
            assert_eq!(read.text.matches("word").count(), 20, "{wire:?} {stream}");
            assert_eq!(read.finish, finish(wire)[1], "{wire:?} {stream}");
            assert_eq!(read.usage.unwrap().1, 20, "{wire:?} {stream}");
        }
    }
}

#[tokio::test]
async fn it_can_keep_its_usage_to_itself() {
    let fake = FakeModel::start().await.unwrap();
    for wire in Wire::ALL {
        for stream in [false, true] {
            let read = asked(&fake, wire, "NOUSAGE\nSAY:a b", stream).await;
            assert_eq!((read.text.as_str(), read.usage), ("a b", None), "{wire:?}");
        }
    }
    // 15 bytes are 4 tokens at a dollar per million, the answer 2 at two dollars; ten times.
    assert_eq!((fake.bill(), fake.unreported()), (80, 80));
}

#[tokio::test]
async fn calls_come_with_their_arguments() {
    let fake = FakeModel::start().await.unwrap();
    let expected = vec![("read".to_owned(), json!({"path": "a"}))];
    for wire in [Wire::Responses, Wire::Messages, Wire::Gemini, Wire::Ollama] {
        let read = asked(&fake, wire, "TOOL:read{\"path\":\"a\"}", false).await;
        assert_eq!(read.calls, expected, "{wire:?}");
    }
    for wire in [Wire::Responses, Wire::Gemini, Wire::Ollama] {
        let read = asked(&fake, wire, "TOOL:read{\"path\":\"a\"}", true).await;
        assert_eq!(read.calls, expected, "{wire:?}");
    }
}

#[tokio::test]
async fn an_error_in_the_middle_is_of_the_wires_own_kind() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    for (wire, words) in [
        (Wire::Chat, "\"type\":\"overloaded\""),
        (Wire::Responses, "\"code\":\"server_error\""),
        (Wire::Messages, "\"type\":\"overloaded_error\""),
        (Wire::Gemini, "\"status\":\"UNAVAILABLE\""),
        (Wire::Ollama, "{\"error\":\"fake failure overloaded\"}"),
    ] {
        let (path, body) = question(wire, "fake-1", "ERRMID:overloaded", true);
        let text = caller.post_json(&path, &body).await.unwrap().text();
        let last = text.trim_end().lines().last().unwrap_or_default();
        assert!(last.contains(words), "{wire:?}: {last}");
        assert!(text.contains("Hello") && text.contains(" from"), "{text}");
        assert!(!text.contains(" the"), "{text}");
    }
}

#[tokio::test]
async fn a_cut_breaks_the_connection_on_every_wire() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    for wire in Wire::ALL {
        for stream in [false, true] {
            for script in ["CUT", "CUTAFTER:0", "CUTAFTER:20"] {
                let (path, body) = question(wire, "fake-1", script, stream);
                let answer = caller.post_json(&path, &body).await;
                assert!(answer.is_err(), "{wire:?} {stream} {script}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_service_refuses_is_refused() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    for wire in Wire::ALL {
        let (path, mut body) = question(wire, "fake-1", "hi", false);
        for field in ["messages", "input", "contents"] {
            if body.get(field).is_some() {
                body[field] = json!(7);
            }
        }
        let answer = caller.post_json(&path, &body).await.unwrap();
        assert_eq!(answer.status, 400, "{wire:?}: {}", answer.text());
        let (path, body) = question(wire, "nope", "hi", false);
        let answer = caller.post_json(&path, &body).await.unwrap();
        assert_eq!(answer.status, 404, "{wire:?}: {}", answer.text());
    }
    assert_eq!(fake.bill(), 0);
}

#[tokio::test]
async fn json_is_repaired_when_asked_again() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    let script = "JSON:{\"a\":}\n{\"a\":1}";
    let user = |text: &str| json!({"role": "user", "content": text});
    let said = |text: &str| json!({"role": "assistant", "content": text});
    let first = vec![user(script)];
    let repair = vec![user(script), said("{\"a\":}"), user("that is not JSON")];
    let system = json!({"role": "system", "content": "that is not JSON"});
    let by_system = vec![user(script), said("{\"a\":}"), system];
    let cases: [(Vec<Value>, &str); 3] = [
        (first, "{\"a\":}"),
        (repair, "{\"a\":1}"),
        (by_system, "{\"a\":1}"),
    ];
    for (messages, expected) in cases {
        let body = json!({"model": "fake-1", "messages": messages});
        let read = told(&caller, Wire::Chat, "/v1/chat/completions", &body, false).await;
        assert_eq!(read.text, expected);
    }
}

#[tokio::test]
async fn only_the_one_addressed_does_it() {
    let fake = FakeModel::start().await.unwrap();
    for (wire, said) in [(Wire::Chat, "x"), (Wire::Ollama, GREETING)] {
        let read = asked(&fake, wire, "ONLY:openai-completions\nSAY:x", true).await;
        assert_eq!(read.text, said, "{wire:?}");
    }
}

#[tokio::test]
async fn vectors_come_on_three_wires() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    let ask = async |path: &str, body: Value| {
        let answer = caller.post_json(path, &body).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json().unwrap()
    };
    let openai = json!({"model": "fake-embed", "input": ["a", "b"], "dimensions": 3});
    let openai = ask("/v1/embeddings", openai).await;
    let ollama = json!({"model": "fake-embed", "input": ["a", "b"], "dimensions": 3});
    let ollama = ask("/api/embed", ollama).await;
    let part = |text: &str| {
        json!({"model": "models/fake-embed", "outputDimensionality": 3,
            "content": {"parts": [{"text": text}]}})
    };
    let gemini = json!({"requests": [part("a"), part("b")]});
    let gemini = ask("/v1beta/models/fake-embed:batchEmbedContents", gemini).await;
    let vectors = [
        &openai["data"][1]["embedding"],
        &ollama["embeddings"][1],
        &gemini["embeddings"][1]["values"],
    ];
    assert_eq!(vectors[0].as_array().unwrap().len(), 3);
    assert_eq!(vectors[0], vectors[1]);
    assert_eq!(vectors[1], vectors[2]);
    assert_eq!(openai["usage"]["prompt_tokens"], 2);
    let many = json!({"model": "fake-embed", "input": "a", "encoding_format": "base64"});
    let many = ask("/v1/embeddings", many).await;
    assert_eq!(many["data"][0]["embedding"].as_str().unwrap().len(), 44);
}

#[tokio::test]
async fn a_tool_that_is_not_on_offer_is_looked_for() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
    let offer = json!([tool("tool_search"), tool("tool_call")]);
    let ask = async |messages: &Value, tools: &Value| {
        let body = json!({"model": "fake-1", "messages": messages, "tools": tools});
        let answer = caller.post_json("/v1/chat/completions", &body).await;
        answer.unwrap().json().unwrap()["choices"][0]["message"].clone()
    };
    let called = |message: &Value| {
        let function = &message["tool_calls"][0]["function"];
        format!("{} {}", function["name"], function["arguments"])
    };
    let user = json!({"role": "user", "content": "USE:list_mail{\"n\":1}"});
    let direct = ask(&json!([user]), &json!([tool("list_mail")])).await;
    assert_eq!(called(&direct), r#""list_mail" "{\"n\":1}""#);
    let search = ask(&json!([user]), &offer).await;
    assert_eq!(
        called(&search),
        r#""tool_search" "{\"query\":\"list mail\"}""#
    );
    let found = json!({"role": "tool", "tool_call_id": "call_1", "content": "list_mail {}"});
    let through = ask(&json!([user, search, found]), &offer).await;
    let inside = r#""tool_call" "{\"arguments\":{\"n\":1},\"name\":\"list_mail\"}""#;
    assert_eq!(called(&through), inside);
    let result = json!({"role": "tool", "tool_call_id": "call_2", "content": "no mail"});
    let end = ask(&json!([user, search, found, through, result]), &offer).await;
    assert_eq!(end["content"], "The tool said: no mail");
    let again = ask(
        &json!([user, search, found, through, result, end, user]),
        &offer,
    )
    .await;
    assert_eq!(called(&again), inside, "found before");
}
