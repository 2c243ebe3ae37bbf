//! What is special about Gemini beside its golden folder: refusals with details, names in the path.

use crate::fake::Fake;
use crate::golden::{info, peer};
use domain::{FailureKind, Message, ModelId, Part, Role, ToolResult};
use http::{HeaderMap, StatusCode};
use llm::codec::Codec;
use llm::codec::gemini::Gemini;
use llm::config::Api;
use llm::provider::{AuthStyle, ProviderConfig};
use llm::{Collected, Collector, Error, ModelInfo, ModelRequest, Models, Router};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

fn refusal(status: u16, body: &str) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    Gemini::new(peer(&info())).error(status, &HeaderMap::new(), body.as_bytes())
}

#[test]
fn a_refusal_says_what_to_do() {
    use FailureKind::{
        ContextTooLong, Forbidden, InvalidRequest, ModelNotFound, ProviderFailed, RateLimited,
        Unauthorized,
    };
    let table = [
        (
            400,
            "INVALID_ARGUMENT",
            "Please use a valid role: user, model.",
            InvalidRequest,
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "The input token count (1200000) exceeds the maximum number of tokens allowed.",
            ContextTooLong,
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "API key not valid. Please pass a valid API key.",
            Unauthorized,
        ),
        (
            400,
            "FAILED_PRECONDITION",
            "User location is not supported.",
            Forbidden,
        ),
        (
            403,
            "PERMISSION_DENIED",
            "Your API key was reported as leaked.",
            Forbidden,
        ),
        (
            404,
            "NOT_FOUND",
            "models/x is not found for API version v1beta.",
            ModelNotFound,
        ),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota.",
            RateLimited,
        ),
        (
            500,
            "INTERNAL",
            "An internal error has occurred.",
            ProviderFailed,
        ),
        (
            503,
            "UNAVAILABLE",
            "The model is overloaded.",
            ProviderFailed,
        ),
        (
            504,
            "DEADLINE_EXCEEDED",
            "The request timed out.",
            ProviderFailed,
        ),
    ];
    for (code, status, message, kind) in table {
        let error = serde_json::json!({
            "error": { "code": code, "message": message, "status": status }
        });
        for body in [error.to_string(), format!("[{error}]")] {
            assert_eq!(refusal(code, &body).kind(), kind, "{body}");
        }
    }
    let expired = r#"{"error":{"code":400,"message":"API key expired.","details":[
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#;
    assert_eq!(refusal(400, expired).kind(), Unauthorized);
}

#[test]
fn it_says_when_to_come_back() {
    let of = |delay: &str| {
        let body = format!(
            r#"{{"error":{{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[
                {{"@type":"type.googleapis.com/google.rpc.Help","links":[{{"url":"x"}}]}},
                {{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":{delay}}}]}}}}"#
        );
        refusal(429, &body).retry_after()
    };
    assert_eq!(of(r#""34.07s""#), Some(Duration::from_millis(34_070)));
    assert_eq!(of(r#""7s""#), Some(Duration::from_secs(7)));
    for nonsense in [
        r#""soon""#,
        r#""-1s""#,
        r#""1e400s""#,
        "7",
        "null",
        r#""NaNs""#,
    ] {
        assert_eq!(of(nonsense), None, "{nonsense}");
    }
}

#[test]
fn a_name_from_outside_stays_one_segment_of_the_path() {
    let request = ModelRequest {
        messages: vec![Message::user("x")],
        ..ModelRequest::default()
    };
    for (name, segment) in [
        ("gemini-3.1-pro", "gemini-3.1-pro"),
        ("models/gemini-3.1-pro", "gemini-3.1-pro"),
        ("../../evil?key=1#", "..%2F..%2Fevil%3Fkey%3D1%23"),
        ("a b\r\nX: ü", "a%20b%0D%0AX%3A%20%C3%BC"),
    ] {
        let model = ModelInfo {
            model: ModelId::new(name),
            ..info()
        };
        let codec = Gemini::new(peer(&model));
        let encoded = codec.encode(&request, &model, llm::provider::Quirks::USUAL);
        assert_eq!(
            encoded.unwrap().path,
            format!("/models/{segment}:generateContent")
        );
    }
}

async fn answer(router: &Router, messages: Vec<Message>) -> Collected {
    let target = router.catalog().resolve("acme/gemini-3.1-pro").unwrap();
    let request = ModelRequest {
        messages,
        stream: true,
        ..ModelRequest::default()
    };
    let cancel = CancellationToken::new();
    let mut events = crate::call(router, &target, request, &cancel)
        .await
        .unwrap();
    let mut collector = Collector::new();
    while let Some(event) = events.next().await {
        collector.add(&event.unwrap());
    }
    collector.finish()
}

#[tokio::test]
async fn a_signature_survives_to_the_next_turn() {
    let (sent, mut received) = mpsc::channel(2);
    let fake = Fake::start(move |mut connection, _| {
        let sent = sent.clone();
        async move {
            while let Some(request) = connection.request().await {
                sent.send(request).await.ok();
                let answer = json!({ "candidates": [{ "finishReason": "STOP", "content": { "parts": [
                    { "functionCall": { "name": "clock" }, "thoughtSignature": "U0lH" }
                ] } }] });
                connection.begin_stream().await;
                connection.chunk(&format!("data: {answer}\n\n")).await;
                connection.write("0\r\n\r\n").await;
            }
        }
    })
    .await;
    let provider = ProviderConfig {
        api: Api::GoogleGenerativeAi,
        auth_header: AuthStyle::Header("x-goog-api-key"),
        keys: vec![SecretString::from("sk-canary-0123456789")],
        ..ProviderConfig::new("acme", &format!("http://127.0.0.1:{}/v1beta", fake.port))
    };
    let purse = Arc::new(domain::ledger::Unmetered);
    let router = Router::new(vec![provider], BTreeMap::new(), purse);
    let mut messages = vec![Message::user("What time is it?")];
    let first = answer(&router, messages.clone()).await.message;
    let call = first.tool_calls().next().unwrap().clone();
    let result = Part::ToolResult(ToolResult {
        call: call.id.clone(),
        name: None,
        content: "noon".to_owned(),
        is_error: false,
    });
    messages.push(first);
    messages.push(Message {
        role: Role::Tool,
        parts: vec![result],
    });
    answer(&router, messages).await;

    let asked = received.recv().await.unwrap();
    let line = "POST /v1beta/models/gemini-3.1-pro:streamGenerateContent?alt=sse HTTP/1.1";
    assert_eq!(asked.head.lines().next(), Some(line));
    let head = asked.head.to_lowercase();
    assert!(
        head.contains("x-goog-api-key: sk-canary-0123456789"),
        "{head}"
    );
    assert!(!head.contains("authorization"), "{head}");
    let again: Value = serde_json::from_str(&received.recv().await.unwrap().body).unwrap();
    let id = call.id.as_str();
    let expected = json!([
        { "role": "user", "parts": [{ "text": "What time is it?" }] },
        { "role": "model", "parts": [{
            "thoughtSignature": "U0lH",
            "functionCall": { "id": id, "name": "clock", "args": {} }
        }] },
        { "role": "user", "parts": [{
            "functionResponse": { "id": id, "name": "clock", "response": { "output": "noon" } }
        }] },
    ]);
    assert_eq!(again["contents"], expected);
}

#[test]
fn every_recorded_request_is_one_the_service_accepts() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/gemini");
    for case in std::fs::read_dir(folder).unwrap() {
        let file = case.unwrap().path().join("request.json");
        let body = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let checked = testkit::wire_check(Api::GoogleGenerativeAi.as_str(), &body);
        assert_eq!(checked, Ok(()), "{}", file.display());
    }
}
