//! Answers that must match a schema (S000-29).

use super::{BOTH, ask, made, post, streamed, text};
use crate::site::{Site, say_with};
use serde_json::{Value, json};

fn city() -> Value {
    json!({ "type": "object", "properties": { "city": { "type": "string" } },
        "required": ["city"], "additionalProperties": false })
}

fn format() -> Value {
    json!({ "text": { "format": { "type": "json_schema", "name": "city", "strict": true,
        "schema": city() } } })
}

/// How often the model was asked with this text in the request.
fn asked(site: &Site, mark: &str) -> usize {
    let requests = site.model.requests();
    let with_mark = |request: &&Value| request.to_string().contains(mark);
    requests.iter().filter(with_mark).count()
}

#[tokio::test]
async fn what_matches_is_the_answer() {
    let site = Site::start().await;
    for model in BOTH {
        let right = made(&site, &ask(model, "JSON:{\"city\":\"Oslo\"}", &format())).await;
        assert_eq!(text(&right), "{\"city\":\"Oslo\"}");
        let sent = site.model.requests().last().unwrap().clone();
        assert_eq!(
            sent["response_format"],
            json!({ "type": "json_schema", "json_schema": { "name": "city", "strict": true,
                "schema": city() } })
        );
        let fenced = "SAY:```json\n{\"city\":\"Bergen\"}\n```";
        let fenced = made(&site, &ask(model, fenced, &format())).await;
        assert_eq!(text(&fenced), "{\"city\":\"Bergen\"}");
        assert_eq!(asked(&site, "does not match the JSON schema"), 0);
    }
    site.stop().await;
}

#[tokio::test]
async fn what_does_not_match_is_asked_for_once_more() {
    for model in BOTH {
        let site = Site::start().await;
        let script = "JSON:{\"city\":7}\n{\"city\":\"Oslo\"}";
        let once = made(&site, &ask(model, "JSON:{\"city\":\"Oslo\"}", &format())).await;
        let response = made(&site, &ask(model, script, &format())).await;
        assert_eq!(text(&response), "{\"city\":\"Oslo\"}");
        let last = site.model.requests().last().unwrap().to_string();
        assert!(last.contains("at /city: 7 is not of type"), "{last}");
        assert!(last.contains("{\\\\\\\"city\\\\\\\":7}") || last.contains("{\\\"city\\\":7}"));
        // Both calls are paid for, and the usage says so.
        let tokens = |response: &Value| response["usage"]["input_tokens"].as_u64().unwrap();
        assert!(tokens(&response) > tokens(&once));

        let events = streamed(&site, &ask(model, script, &format())).await;
        let deltas: Vec<&str> = events
            .iter()
            .filter_map(|event| event["delta"].as_str())
            .collect();
        assert_eq!(
            deltas,
            ["{\"city\":\"Oslo\"}"],
            "nothing is shown before it matches"
        );
        let calls = site.model.requests().len();
        assert_eq!(calls, 5, "one repair each, not more");
        site.stop().await;
    }
}

#[tokio::test]
async fn what_never_matches_is_an_error_and_no_answer() {
    for model in BOTH {
        let site = Site::start().await;
        let body = ask(model, "JSON:{\"city\":7}\n{\"city\":8}", &format());
        let answer = post(&site, &body).await;
        assert_eq!(answer.status, 422);
        let response = answer.json().unwrap();
        assert_eq!(response["status"], "failed");
        assert_eq!(response["error"]["code"], "invalid_output");
        let words = response["error"]["message"].as_str().unwrap();
        assert!(words.contains("at /city: 8 is not of type"), "{words}");
        let events = streamed(&site, &body).await;
        let last = events.last().unwrap();
        assert_eq!(last["type"], "response.failed");
        assert_eq!(last["response"]["error"]["code"], "invalid_output");
        assert!(!events.iter().any(|event| event["delta"].is_string()));
        site.stop().await;
    }
}

#[tokio::test]
async fn a_cut_answer_is_incomplete_and_not_repaired() {
    let site = Site::start().await;
    for model in BOTH {
        let mut body = ask(model, "BIG:500", &format());
        body["max_output_tokens"] = 5.into();
        let response = made(&site, &body).await;
        assert_eq!(response["status"], "incomplete");
        assert_eq!(
            response["incomplete_details"]["reason"],
            "max_output_tokens"
        );
    }
    assert_eq!(asked(&site, "does not match the JSON schema"), 0);
    site.stop().await;
}

#[tokio::test]
async fn chat_completions_keep_the_same_promise() {
    let site = Site::start().await;
    let path = "/v1/chat/completions";
    for model in BOTH {
        let fields = json!({ "model": model, "response_format": { "type": "json_schema",
            "json_schema": { "name": "city", "schema": city() } } });
        let repaired = say_with("JSON:{\"city\":7}\n{\"city\":\"Oslo\"}", &fields);
        let answer = site.caller().post_json(path, &repaired).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        let message = &answer.json().unwrap()["choices"][0]["message"];
        assert_eq!(message["content"], "{\"city\":\"Oslo\"}");
        let wrong = say_with("JSON:{}\n[]", &fields);
        let answer = site.caller().post_json(path, &wrong).await.unwrap();
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json().unwrap()["error"]["code"], "invalid_output");
        let mut streamed = repaired.clone();
        streamed["stream"] = true.into();
        let stream = site.caller().stream(path, &streamed).await.unwrap();
        assert_eq!(stream.text().await.unwrap(), "{\"city\":\"Oslo\"}");
    }
    site.stop().await;
}
