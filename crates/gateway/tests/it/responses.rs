//! `POST /v1/responses` and what comes after it (S000-29, C23; HTTP API, section 6).

mod input;
mod keeping;
mod refusals;
mod structured;

use crate::site::Site;
use http::StatusCode;
use serde_json::{Value, json};
use testkit::{Answer, EventStream};

const PATH: &str = "/v1/responses";
const GREETING: &str = "Hello from the fake model.";
const BOTH: [&str; 2] = ["openclaw", "fake/fake-1"];

/// A body with one user text and more fields.
fn ask(model: &str, text: &str, fields: &Value) -> Value {
    let mut body = json!({ "model": model, "input": text });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn post(site: &Site, body: &Value) -> Answer {
    site.caller().post_json(PATH, body).await.unwrap()
}

/// A response that succeeded.
async fn made(site: &Site, body: &Value) -> Value {
    let answer = post(site, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().unwrap()
}

/// The text of a response.
fn text(response: &Value) -> String {
    let items = response["output"].as_array().unwrap().iter();
    items
        .filter(|item| item["type"] == "message")
        .filter_map(|item| item["content"][0]["text"].as_str())
        .collect()
}

/// The events of a stream that ends as it should, with numbers that count from 0.
async fn events(stream: EventStream) -> Vec<Value> {
    assert_eq!(stream.status, 200);
    let mut data = stream.collect().await.unwrap();
    assert_eq!(data.pop().as_deref(), Some("[DONE]"));
    let events: Vec<Value> = data
        .iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect();
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    events
}

async fn streamed(site: &Site, body: &Value) -> Vec<Value> {
    let mut body = body.clone();
    body["stream"] = true.into();
    events(site.caller().stream(PATH, &body).await.unwrap()).await
}

/// The types of the events, repeated ones once.
fn kinds(events: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    kinds.dedup();
    kinds
}

fn weather() -> Value {
    json!([{ "type": "function", "name": "get_weather", "description": "w",
        "parameters": { "type": "object", "properties": { "city": { "type": "string" } } } }])
}

#[tokio::test]
async fn a_whole_answer_has_the_recorded_shape() {
    let site = Site::start().await;
    for model in BOTH {
        let answer = post(
            &site,
            &ask(model, "hi", &json!({ "metadata": { "a": "b" } })),
        )
        .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(
            answer.header("x-openclaw-run-id").is_some(),
            model == "openclaw"
        );
        let body = answer.json().unwrap();
        assert!(body["id"].as_str().unwrap().starts_with("resp_"));
        assert!(body["created_at"].as_i64().unwrap() > 1_700_000_000);
        assert_eq!(
            (&body["object"], &body["status"], &body["model"]),
            (&json!("response"), &json!("completed"), &json!(model))
        );
        assert_eq!(body["metadata"], json!({ "a": "b" }));
        assert_eq!(body["error"], Value::Null);
        let item = &body["output"][0];
        assert!(item["id"].as_str().unwrap().starts_with("msg_"));
        assert_eq!(
            (
                &item["type"],
                &item["role"],
                &item["phase"],
                &item["status"]
            ),
            (
                &json!("message"),
                &json!("assistant"),
                &json!("final_answer"),
                &json!("completed")
            )
        );
        assert_eq!(item["content"][0]["type"], "output_text");
        assert_eq!(item["content"][0]["text"], GREETING);
        let usage = &body["usage"];
        assert!(usage["input_tokens"].as_u64().unwrap() > 0);
        assert!(usage["input_tokens_details"]["cached_tokens"].is_u64());
        assert!(usage["input_tokens_details"]["cache_write_tokens"].is_u64());
        assert!(usage["output_tokens_details"]["reasoning_tokens"].is_u64());
        assert_eq!(
            usage["total_tokens"].as_u64().unwrap(),
            usage["input_tokens"].as_u64().unwrap() + usage["output_tokens"].as_u64().unwrap()
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn a_stream_has_the_recorded_order() {
    let site = Site::start().await;
    for model in BOTH {
        let events = streamed(&site, &ask(model, "hi", &json!({}))).await;
        assert_eq!(
            kinds(&events),
            [
                "response.created",
                "response.in_progress",
                "response.output_item.added",
                "response.content_part.added",
                "response.output_text.delta",
                "response.output_text.done",
                "response.content_part.done",
                "response.output_item.done",
                "response.completed",
            ]
        );
        assert_eq!(events[0]["response"]["status"], "in_progress");
        assert_eq!(events[0]["response"]["output"], json!([]));
        let deltas: String = events
            .iter()
            .filter_map(|event| event["delta"].as_str())
            .collect();
        assert_eq!(deltas, GREETING);
        let last = &events.last().unwrap()["response"];
        assert_eq!(last["status"], "completed");
        assert_eq!(text(last), GREETING);
        assert_eq!(last["id"], events[0]["response"]["id"]);
        let id = &last["output"][0]["id"];
        assert!(
            events
                .iter()
                .filter(|event| !event["item_id"].is_null())
                .all(|event| event["item_id"] == *id && event["output_index"] == 0)
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn tools_go_there_and_back() {
    let site = Site::start().await;
    let nested = json!([{ "type": "function", "function": weather()[0] }]);
    for (model, tools) in [
        (BOTH[0], weather()),
        (BOTH[1], weather()),
        (BOTH[1], nested),
    ] {
        let fields = json!({ "tools": tools });
        let body = ask(model, "TOOL:get_weather{\"city\":\"Oslo\"}", &fields);
        let first = made(&site, &body).await;
        let call = &first["output"][0];
        assert_eq!(call["type"], "function_call", "{first}");
        assert_eq!(call["name"], "get_weather");
        assert_eq!(call["arguments"], "{\"city\":\"Oslo\"}");
        assert_eq!(call["status"], "completed");
        let back = json!({ "model": model, "previous_response_id": first["id"], "tools": tools,
            "input": [{ "type": "function_call_output", "call_id": call["call_id"],
                "output": "sunny" }] });
        let second = made(&site, &back).await;
        assert_eq!(text(&second), "The tool said: sunny");
        assert_eq!(second["previous_response_id"], first["id"]);

        let events = streamed(&site, &body).await;
        assert_eq!(
            kinds(&events)[2..],
            [
                "response.output_item.added",
                "response.content_part.added",
                "response.output_text.done",
                "response.content_part.done",
                "response.output_item.done",
                "response.output_item.added",
                "response.function_call_arguments.delta",
                "response.function_call_arguments.done",
                "response.output_item.done",
                "response.completed",
            ]
        );
        let output = &events.last().unwrap()["response"]["output"];
        assert_eq!(output[0]["phase"], "commentary");
        assert_eq!(output[1]["arguments"], "{\"city\":\"Oslo\"}");
        let arguments: String = events
            .iter()
            .filter(|event| event["type"] == "response.function_call_arguments.delta")
            .filter_map(|event| event["delta"].as_str())
            .collect();
        assert_eq!(arguments, "{\"city\":\"Oslo\"}");
    }
    site.stop().await;
}

#[tokio::test]
async fn whoever_holds_the_whole_conversation_may_send_it() {
    let site = Site::start().await;
    for model in BOTH {
        let input = json!([
            { "role": "developer", "content": "The word is heliotrope." },
            { "role": "user", "content": "TOOL:get_weather{}" },
            { "type": "reasoning", "id": "rs_1", "summary": [] },
            { "type": "message", "role": "assistant", "content": [
                { "type": "output_text", "text": "I look.", "annotations": [] }] },
            { "type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}" },
            { "type": "function_call_output", "call_id": "c1", "output": [
                { "type": "input_text", "text": "rain" }] },
        ]);
        let body = json!({ "model": model, "input": input, "tools": weather() });
        assert_eq!(text(&made(&site, &body).await), "The tool said: rain");
        let body = json!({ "model": model, "instructions": "Be brief.", "input": [
            { "role": "system", "content": "The word is heliotrope." },
            { "role": "user", "content": [{ "type": "input_text", "text": "ECHO_SYSTEM" }] }] });
        let said = text(&made(&site, &body).await);
        assert!(
            said.contains("Be brief.") && said.contains("heliotrope"),
            "{said}"
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn failures_are_failed_responses_with_the_status_of_the_cause() {
    for model in BOTH {
        for (script, status, code) in [
            ("STATUS:400", 400, "invalid_request_error"),
            ("STATUS:429:1", 429, "provider_rate_limited"),
            ("STATUS:500", 502, "api_error"),
            ("CUT", 502, "provider_stream_broken"),
        ] {
            // A provider that failed rests, so each failure has its own.
            let site = Site::start().await;
            let answer = post(&site, &ask(model, script, &json!({}))).await;
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(answer.status, status, "{script}");
            let body = answer.json().unwrap();
            assert_eq!(
                (&body["object"], &body["status"]),
                (&json!("response"), &json!("failed")),
                "{model} {script} {body}"
            );
            assert_eq!(body["error"]["code"], code);
            assert!(!body["error"]["message"].as_str().unwrap().is_empty());
            site.stop().await;
        }
    }
}

#[tokio::test]
async fn a_stream_that_fails_or_is_cut_short_says_so_at_its_end() {
    for model in BOTH {
        let site = Site::start().await;
        let cut = streamed(&site, &ask(model, "CUT", &json!({}))).await;
        let last = cut.last().unwrap();
        assert_eq!(last["type"], "response.failed");
        assert_eq!(last["response"]["error"]["code"], "provider_stream_broken");
        site.stop().await;
        let site = Site::start().await;
        let short = json!({ "max_output_tokens": 5 });
        let long = streamed(&site, &ask(model, "BIG:500", &short)).await;
        let last = long.last().unwrap();
        assert_eq!(last["type"], "response.incomplete", "{last}");
        assert_eq!(
            last["response"]["incomplete_details"],
            json!({ "reason": "max_output_tokens" })
        );
        site.stop().await;
    }
}

#[tokio::test]
async fn on_by_default_and_the_refusal_names_the_key() {
    let site = Site::with(|settings| {
        settings["gateway"]["http"]["endpoints"] = json!({ "responses": { "enabled": false } });
    })
    .await;
    let answer = post(&site, &ask("openclaw", "hi", &json!({}))).await;
    assert_eq!(answer.status, 404);
    let message = answer.json().unwrap()["error"]["message"].to_string();
    assert!(
        message.contains("config set gateway.http.endpoints.responses.enabled true"),
        "{message}"
    );
    site.stop().await;
    let site = Site::with(|settings| {
        settings["gateway"]["http"]["endpoints"] = json!({});
    })
    .await;
    made(&site, &ask("openclaw", "hi", &json!({}))).await;
    let door = site.stranger().post_json(PATH, &json!({})).await.unwrap();
    assert_eq!(door.status, 401);
    let wrong = site.caller().get(PATH).await.unwrap();
    assert_eq!(
        (wrong.status.as_u16(), wrong.header("allow")),
        (405, Some("POST"))
    );
    site.stop().await;
}
