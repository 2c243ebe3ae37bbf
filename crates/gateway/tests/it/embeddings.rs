//! `POST /v1/embeddings` (HTTP API, section 5).

use crate::site::Site;
use serde_json::{Value, json};
use testkit::Answer;

const PATH: &str = "/v1/embeddings";
const MODEL: &str = "fake/fake-embed";

/// A site whose provider has a model that embeds.
async fn start() -> Site {
    Site::with(with_embedder).await
}

fn with_embedder(settings: &mut Value) {
    let models = &mut settings["models"]["providers"]["fake"]["models"];
    let embedder = json!({ "id": "fake-embed", "cost": { "input": 0.02, "output": 0 } });
    models.as_array_mut().unwrap().push(embedder);
}

async fn post(site: &Site, body: &Value) -> Answer {
    site.caller().post_json(PATH, body).await.unwrap()
}

async fn embedded(site: &Site, body: &Value) -> Value {
    let answer = post(site, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().unwrap()
}

fn floats(row: &Value) -> Vec<f64> {
    let numbers = row["embedding"].as_array().unwrap().iter();
    numbers.map(|number| number.as_f64().unwrap()).collect()
}

#[tokio::test]
async fn texts_become_vectors_in_order() {
    let site = start().await;
    let one = embedded(&site, &json!({ "model": MODEL, "input": "oslo" })).await;
    assert_eq!(
        (&one["object"], &one["model"]),
        (&json!("list"), &json!(MODEL))
    );
    assert_eq!(one["data"][0]["object"], "embedding");
    assert_eq!(floats(&one["data"][0]).len(), 8);
    assert!(one["usage"]["prompt_tokens"].as_u64().unwrap() > 0);
    assert_eq!(one["usage"]["prompt_tokens"], one["usage"]["total_tokens"]);
    let body = json!({ "model": MODEL, "input": ["bergen", "oslo"], "dimensions": 8 });
    let two = embedded(&site, &body).await;
    assert_eq!(
        (&two["data"][0]["index"], &two["data"][1]["index"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(two["data"][1]["embedding"], one["data"][0]["embedding"]);
    assert_ne!(two["data"][0]["embedding"], one["data"][0]["embedding"]);
    let three = embedded(
        &site,
        &json!({ "model": MODEL, "input": "oslo", "dimensions": 3 }),
    )
    .await;
    assert_eq!(floats(&three["data"][0]).len(), 3);
    site.stop().await;
}

#[tokio::test]
async fn base64_holds_the_same_numbers() {
    let site = start().await;
    let mut body = json!({ "model": MODEL, "input": "oslo", "encoding_format": "float" });
    let numbers = floats(&embedded(&site, &body).await["data"][0]);
    body["encoding_format"] = "base64".into();
    let packed = embedded(&site, &body).await;
    let packed = packed["data"][0]["embedding"].as_str().unwrap();
    let bytes = data_encoding::BASE64.decode(packed.as_bytes()).unwrap();
    let unpacked: Vec<f64> = bytes
        .chunks_exact(4)
        .map(|four| f64::from(f32::from_le_bytes(four.try_into().unwrap())))
        .collect();
    assert_eq!(unpacked.len(), numbers.len());
    for (a, b) in unpacked.iter().zip(&numbers) {
        assert!((a - b).abs() < 1e-6);
    }
    site.stop().await;
}

#[tokio::test]
async fn a_header_chooses_the_model_of_an_agent() {
    let site = start().await;
    for model in ["openclaw", "openclaw/main"] {
        let body = json!({ "model": model, "input": "oslo" });
        let caller = site.caller().header("x-openclaw-model", MODEL).unwrap();
        let answer = caller.post_json(PATH, &body).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json().unwrap()["model"], model);
        // Nobody said which model, and none that embeds is known.
        let answer = post(&site, &body).await;
        assert_eq!(answer.status, 400);
        let message = answer.json().unwrap()["error"]["message"].to_string();
        assert!(message.contains("x-openclaw-model"), "{message}");
    }
    site.stop().await;
}

#[tokio::test]
async fn bad_requests_say_what_is_wrong() {
    let site = start().await;
    let long = "x".repeat(8_193);
    let half = "x".repeat(8_192);
    for (fields, status, said) in [
        (
            json!({ "input": null }),
            400,
            "`input` must be a string or an array of strings.",
        ),
        (json!({ "input": [] }), 400, "must be a string or an array"),
        (json!({ "input": {} }), 400, "must be a string or an array"),
        (json!({ "input": "" }), 400, "empty text"),
        (
            json!({ "input": [1, 2] }),
            400,
            "arrays of tokens are not accepted",
        ),
        (
            json!({ "input": [[1, 2]] }),
            400,
            "arrays of tokens are not accepted",
        ),
        (json!({ "input": vec!["a"; 129] }), 400, "at most 128 texts"),
        (json!({ "input": long }), 400, "at most 8192 characters"),
        (
            json!({ "input": vec![half; 9] }),
            400,
            "65536 characters together",
        ),
        (json!({ "dimensions": 0 }), 400, "dimensions: Too small"),
        (json!({ "encoding_format": "int8" }), 400, "float or base64"),
        (
            json!({ "model": "nobody/nothing" }),
            404,
            "Model 'nobody/nothing' not found.",
        ),
        (
            json!({ "model": "openclaw/nobody" }),
            404,
            "Unknown agent 'nobody'.",
        ),
        (
            json!({ "model": "offline/demo" }),
            400,
            "makes no embeddings",
        ),
    ] {
        let mut body = json!({ "model": MODEL, "input": "oslo" });
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = post(&site, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{said}: {}", answer.text());
        let error = answer.json().unwrap()["error"].clone();
        assert_eq!(error["type"], "invalid_request_error");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(said), "{message}");
    }
    let stranger = site.stranger().post_json(PATH, &json!({})).await.unwrap();
    assert_eq!(stranger.status, 401);
    site.stop().await;
}

#[tokio::test]
async fn a_model_that_cannot_embed_is_said_so() {
    let site = start().await;
    let answer = post(&site, &json!({ "model": "fake/fake-1", "input": "oslo" })).await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
    let message = answer.json().unwrap()["error"]["message"].to_string();
    assert!(message.contains("name a model that does"), "{message}");
    site.stop().await;
}

#[tokio::test]
async fn it_is_served_whatever_other_routes_are() {
    let site = Site::with(|settings| {
        with_embedder(settings);
        settings["gateway"]["http"]["endpoints"] = json!({
            "chatCompletions": { "enabled": false }, "responses": { "enabled": false } });
    })
    .await;
    embedded(&site, &json!({ "model": MODEL, "input": "oslo" })).await;
    site.stop().await;
}
