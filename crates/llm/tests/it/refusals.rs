//! What a refusal means: status, words, headers.

use crate::golden::codec;
use domain::FailureKind::{self, *};
use http::{HeaderMap, HeaderValue, StatusCode};
use llm::Error;
use llm::codec::Codec;
use llm::codec::ollama::Ollama;
use llm::codec::openai_responses::OpenAiResponses;
use std::time::Duration;

type Headers<'a> = &'a [(&'static str, &'a str)];

fn refusal(status: u16, headers: Headers<'_>, body: &str) -> Error {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    codec().error(StatusCode::from_u16(status).unwrap(), &map, body.as_bytes())
}

const REFUSALS: &[(u16, &str, FailureKind)] = &[
    (
        400,
        r#"{"error":{"message":"bad value","type":"invalid_request_error"}}"#,
        InvalidRequest,
    ),
    (
        400,
        r#"{"error":{"message":"x","code":"context_length_exceeded"}}"#,
        ContextTooLong,
    ),
    (
        400,
        r#"{"error":{"message":"prompt is too long: 9 > 8"}}"#,
        ContextTooLong,
    ),
    (
        400,
        r#"{"error":{"type":"exceed_context_size_error","message":"x"}}"#,
        ContextTooLong,
    ),
    (
        400,
        r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}}]"#,
        Unauthorized,
    ),
    (
        401,
        r#"{"error":{"message":"Incorrect API key provided"}}"#,
        Unauthorized,
    ),
    (
        402,
        r#"{"error":{"message":"Insufficient Balance"}}"#,
        Forbidden,
    ),
    (403, r#"{"error":"forbidden"}"#, Forbidden),
    (
        404,
        r#"{"error":{"message":"model not found","code":"model_not_found"}}"#,
        ModelNotFound,
    ),
    (404, "<html>404</html>", ModelNotFound),
    (405, "", InvalidRequest),
    (408, "", ProviderFailed),
    (409, "{}", ProviderFailed),
    (
        413,
        r#"{"error":{"message":"Request too large"}}"#,
        ContextTooLong,
    ),
    (
        413,
        r#"{"error":{"message":"TPM limit","code":"rate_limit_exceeded"}}"#,
        RateLimited,
    ),
    (
        422,
        r#"{"detail":[{"msg":"field required"}]}"#,
        InvalidRequest,
    ),
    (429, r#"{"error":{"message":"slow down"}}"#, RateLimited),
    (
        429,
        r#"{"error":{"message":"no money","code":"insufficient_quota"}}"#,
        Forbidden,
    ),
    (500, "", ProviderFailed),
    (502, "bad gateway", ProviderFailed),
    (503, r#"{"message":"loading model"}"#, ProviderFailed),
    (
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        ProviderFailed,
    ),
    (302, "", InvalidRequest),
];

#[test]
fn status_and_words_name_the_failure() {
    for (status, body, kind) in REFUSALS {
        let error = refusal(*status, &[], body);
        // Whoever asks to slow down is reported as 429, whichever status it used.
        let expected = if *kind == RateLimited { 429 } else { *status };
        assert_eq!(
            (error.kind(), error.status()),
            (*kind, Some(expected)),
            "{status} {body}"
        );
    }
}

#[test]
fn the_wait_is_read_from_every_spelling() {
    let date = ("date", "Fri, 20 Nov 2026 10:00:00 GMT");
    let table: &[(Headers<'_>, Option<Duration>)] = &[
        (&[], None),
        (&[("retry-after", "2")], Some(Duration::from_secs(2))),
        (&[("retry-after", "0.5")], Some(Duration::from_millis(500))),
        (
            &[("retry-after-ms", "1500"), ("retry-after", "9")],
            Some(Duration::from_millis(1500)),
        ),
        (
            &[date, ("retry-after", "Fri, 20 Nov 2026 10:00:30 GMT")],
            Some(Duration::from_secs(30)),
        ),
        (
            &[date, ("retry-after", "Fri, 20 Nov 2026 09:00:00 GMT")],
            Some(Duration::ZERO),
        ),
        (&[("retry-after", "soon")], None),
        (&[("retry-after", "-1")], None),
        (&[("retry-after", "1e400")], None),
    ];
    for (headers, expected) in table {
        for status in [429, 503] {
            assert_eq!(
                refusal(status, headers, "{}").retry_after(),
                *expected,
                "{headers:?}"
            );
        }
    }
}

#[test]
fn words_of_a_provider_are_one_short_line_without_the_key() {
    let body = format!(
        r#"{{"error":{{"message":"key sk-canary-0123456789\nis wrong \u001b[31m {}"}}}}"#,
        "very ".repeat(200)
    );
    for status in [400, 401, 403, 404, 429, 500] {
        let error = refusal(status, &[], &body);
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("canary"), "{text}");
        }
        let text = error.to_string();
        assert!(
            text.len() < 400 && !text.contains(['\n', '\u{1b}']),
            "{text}"
        );
    }
    let elsewhere = refusal(
        302,
        &[("location", "https://evil.example/?k=sk-canary-0123456789")],
        "",
    );
    let text = elsewhere.to_string();
    assert!(
        text.contains("https://evil.example/?k=***") && text.contains("baseUrl"),
        "{text}"
    );
}

#[test]
fn empty_refusals_still_say_something() {
    assert_eq!(
        refusal(500, &[], "").to_string(),
        "acme failed with status 500: internal server error"
    );
}

/// What the other formats of OpenAI's kind say in words of their own.
#[test]
fn other_wires_refuse_in_their_own_words() {
    let model = crate::golden::info();
    let responses = OpenAiResponses::new(crate::golden::peer(&model));
    let ollama = Ollama::new(crate::golden::peer(&model));
    let table: &[(&dyn Codec, u16, &str, FailureKind)] = &[
        (
            &responses,
            400,
            r#"{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","code":"context_length_exceeded","param":"input"}}"#,
            ContextTooLong,
        ),
        (
            &responses,
            400,
            r#"{"error":{"message":"Unsupported parameter: 'temperature'","type":"invalid_request_error"}}"#,
            InvalidRequest,
        ),
        (
            &responses,
            404,
            r#"{"error":{"message":"The model does not exist","code":"model_not_found"}}"#,
            ModelNotFound,
        ),
        (
            &responses,
            429,
            r#"{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}"#,
            Forbidden,
        ),
        (
            &ollama,
            404,
            r#"{"error":"model \"m-1\" not found, try pulling it first"}"#,
            ModelNotFound,
        ),
        (
            &ollama,
            400,
            r#"{"error":"m-1 does not support tools"}"#,
            InvalidRequest,
        ),
        (
            &ollama,
            400,
            r#"{"error":"the input length exceeds the context length"}"#,
            ContextTooLong,
        ),
        (&ollama, 503, r#"{"error":"server busy"}"#, ProviderFailed),
    ];
    for (codec, status, body, kind) in table {
        let status = StatusCode::from_u16(*status).unwrap();
        let error = codec.error(status, &HeaderMap::new(), body.as_bytes());
        assert_eq!(error.kind(), *kind, "{body}");
    }
}
