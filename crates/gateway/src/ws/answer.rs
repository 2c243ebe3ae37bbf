//! Answers as they are written, in both forms and for both versions.
//!
//! Source: WebSocket protocol, sections 1 and 16; requirements C16, S004-14 and S004-17.

use crate::error::ApiError;
use crate::net::Scope;
use crate::rpc::{CallError, missing_scope};
use protocol::{ErrorCode, ErrorShape, FrameError, Protocol, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use serde_path_to_error::Segment;

/// An answer in the form without `type`: always four fields.
#[derive(Serialize)]
struct Bare<'a> {
    id: &'a str,
    ok: bool,
    payload: Option<Box<RawValue>>,
    error: Option<ErrorShape>,
}

/// The answer of a call that worked.
pub(super) fn succeeded(id: &str, bare: bool, payload: Box<RawValue>) -> String {
    if bare {
        return text(&Bare {
            id,
            ok: true,
            payload: Some(payload),
            error: None,
        });
    }
    text(&Response {
        id: id.to_owned(),
        ok: true,
        payload: Some(payload),
        error: None,
    })
}

/// The same with a payload that is written now.
pub(super) fn replied(id: &str, bare: bool, payload: &impl Serialize) -> String {
    match to_raw_value(payload) {
        Ok(payload) => succeeded(id, bare, payload),
        Err(error) => {
            tracing::error!(%error, "cannot write a reply as JSON");
            let error = ApiError::new(ErrorCode::Internal, "internal error");
            failed(id, bare, Protocol::V4, &error)
        }
    }
}

/// The answer of a call that did not work.
pub(super) fn failed(id: &str, bare: bool, protocol: Protocol, error: &ApiError) -> String {
    if bare {
        return bare_error(
            id,
            error.code.upper(),
            error.code.lower(),
            frame_error(error),
        );
    }
    let beside = error.reply.as_ref();
    let beside = beside.and_then(|reply| to_raw_value(reply).ok());
    told(id, protocol, frame_error(error), beside)
}

/// The same for an error that is written already.
pub(super) fn refused(id: &str, bare: bool, protocol: Protocol, error: FrameError) -> String {
    if bare {
        let (upper, lower) = plain_code(&error);
        return bare_error(id, &upper, lower, error);
    }
    told(id, protocol, error, None)
}

fn told(
    id: &str,
    protocol: Protocol,
    mut error: FrameError,
    beside: Option<Box<RawValue>>,
) -> String {
    if protocol == Protocol::V3 && error.code == "FORBIDDEN" {
        "INVALID_REQUEST".clone_into(&mut error.code);
        error.details = None;
    }
    text(&Response {
        id: id.to_owned(),
        ok: false,
        payload: beside,
        error: Some(error),
    })
}

fn bare_error(id: &str, code: &str, kind: &str, error: FrameError) -> String {
    let error = ErrorShape {
        message: error.message,
        kind: kind.to_owned(),
        code: code.to_owned(),
        details: error.details,
        retryable: error.retryable,
        retry_after_ms: error.retry_after_ms,
    };
    text(&Bare {
        id,
        ok: false,
        payload: None,
        error: Some(error),
    })
}

/// The code of a refused `connect` in the words of the form without `type`.
fn plain_code(error: &FrameError) -> (String, &'static str) {
    let finer = error
        .details
        .as_ref()
        .and_then(|details| details.get("code"));
    let code = match finer.and_then(Value::as_str) {
        Some("AUTH_RATE_LIMITED") => ErrorCode::RateLimited,
        Some(code) if code.starts_with("AUTH_") || code.starts_with("DEVICE_") => {
            ErrorCode::Unauthorized
        }
        Some(_) | None => match error.code.as_str() {
            "UNAVAILABLE" => ErrorCode::Unavailable,
            "FORBIDDEN" => ErrorCode::Forbidden,
            "NOT_PAIRED" => ErrorCode::Unauthorized,
            _ => ErrorCode::InvalidRequest,
        },
    };
    (code.upper().to_owned(), code.lower())
}

/// What a call that failed is answered.
pub(super) fn of_call(error: CallError, method: &str, call: &crate::rpc::Call) -> ApiError {
    match error {
        // Version 3 says nothing about names to those who may not do everything.
        CallError::Unknown if call.protocol == Protocol::V3 && !may_know(call) => {
            missing_scope(Scope::Admin)
        }
        CallError::Unknown => {
            let shown: String = method
                .chars()
                .filter(|c| !c.is_control())
                .take(64)
                .collect();
            ApiError::new(
                ErrorCode::MethodNotFound,
                format!("unknown method: {shown}"),
            )
        }
        CallError::WrongRole => {
            ApiError::invalid(format!("unauthorized role: {}", call.role.name()))
        }
        CallError::MissingScope(scope) => missing_scope(scope),
        CallError::Failed(error) => error,
    }
}

fn may_know(call: &crate::rpc::Call) -> bool {
    call.caller.scopes.allow(Scope::Admin)
}

/// An error in the few codes of the protocol; what ours says more goes into the details.
fn frame_error(error: &ApiError) -> FrameError {
    let code = match error.reason {
        Some("approval_not_found") => "APPROVAL_NOT_FOUND",
        Some("not_paired") => "NOT_PAIRED",
        Some(_) | None => wire_code(error.code),
    };
    let is_unknown_method = error.code == ErrorCode::MethodNotFound;
    let finer = match error.reason {
        Some(reason) => Some(reason.to_ascii_uppercase()),
        None if error.code.upper() == code || is_unknown_method => None,
        None => Some(error.code.upper().to_owned()),
    };
    FrameError {
        code: code.to_owned(),
        message: error.message.clone(),
        details: details(error.details.clone(), finer),
        retryable: error.retry_after.map(|_| true),
        retry_after_ms: error
            .retry_after
            .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
    }
}

fn details(known: Option<Value>, finer: Option<String>) -> Option<Value> {
    match (known, finer) {
        (known, None) => known,
        (None, Some(code)) => Some(json!({ "code": code })),
        (Some(Value::Object(mut facts)), Some(code)) => {
            facts.entry("code").or_insert(Value::String(code));
            Some(Value::Object(facts))
        }
        (Some(other), Some(code)) => {
            let facts = [("code", Value::String(code)), ("details", other)];
            let facts = facts
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            Some(Value::Object(facts.collect::<Map<_, _>>()))
        }
    }
}

fn wire_code(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidRequest
        | ErrorCode::Unauthorized
        | ErrorCode::NotFound
        | ErrorCode::MethodNotFound
        | ErrorCode::InvalidModel
        | ErrorCode::TooLarge
        | ErrorCode::Conflict => "INVALID_REQUEST",
        ErrorCode::Forbidden => "FORBIDDEN",
        ErrorCode::RateLimited
        | ErrorCode::Timeout
        | ErrorCode::Disabled
        | ErrorCode::Unavailable
        | ErrorCode::ProviderError
        | ErrorCode::Internal => "UNAVAILABLE",
    }
}

/// Reads parameters; an error names its place in the words clients know.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let mut place = String::new();
        for segment in error.path() {
            match segment {
                Segment::Map { key } => place.extend(["/", key]),
                Segment::Seq { index } => place.extend(["/", &index.to_string()]),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        let place = if place.is_empty() { "root" } else { &place };
        format!(
            "at {place}: {}",
            in_their_words(&error.into_inner().to_string())
        )
    })
}

/// What the reader says, as the validators of clients would.
fn in_their_words(what: &str) -> String {
    if let Some(name) = what
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next())
    {
        return format!("must have required property '{name}'");
    }
    let expected = what.split(", expected ").nth(1).unwrap_or_default();
    let expected = expected.split(" at line ").next().unwrap_or_default();
    match expected {
        "a string" => "must be string".to_owned(),
        "u32" | "u64" | "i64" => "must be integer".to_owned(),
        "a boolean" => "must be boolean".to_owned(),
        "a sequence" => "must be array".to_owned(),
        "a map" => "must be object".to_owned(),
        kind if kind.starts_with("struct ") => "must be object".to_owned(),
        _ => what.split(" at line ").next().unwrap_or(what).to_owned(),
    }
}

fn text(answer: &impl Serialize) -> String {
    // Strings, numbers and JSON that was written before can always be written.
    serde_json::to_string(answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ConnectParams;

    #[test]
    fn wrong_params_are_told_in_the_words_clients_know() {
        let client = r#""client":{"id":"cli","version":"1","platform":"linux","mode":"cli"}"#;
        for (text, why) in [
            ("[]", "at root: must be object"),
            ("7", "at root: must be object"),
            (
                r#"{"minProtocol":4}"#,
                "at root: must have required property 'maxProtocol'",
            ),
            (r#"{"minProtocol":"4"}"#, "at /minProtocol: must be integer"),
            (r#"{"minProtocol":-1}"#, "at /minProtocol: must be integer"),
            (
                r#"{"minProtocol":4,"maxProtocol":4,"client":{"id":7}}"#,
                "at /client/id: must be string",
            ),
            (
                &format!(
                    r#"{{"minProtocol":4,"maxProtocol":4,{client},"device":{{"id":"a","publicKey":"b","signature":"c","signedAt":1}}}}"#
                ),
                "at /device: must have required property 'nonce'",
            ),
            (
                &format!(r#"{{"minProtocol":4,"maxProtocol":4,{client},"scopes":["a",7]}}"#),
                "at /scopes/1: must be string",
            ),
        ] {
            assert_eq!(read::<ConnectParams>(text).unwrap_err(), why, "{text}");
        }
    }

    #[test]
    fn errors_keep_what_they_say_in_the_codes_of_the_protocol() {
        let error = ApiError::new(ErrorCode::NotFound, "no such session")
            .with_details(json!({ "sessions": [] }));
        assert_eq!(
            failed("1", false, Protocol::V4, &error),
            r#"{"type":"res","id":"1","ok":false,"error":{"code":"INVALID_REQUEST","message":"no such session","details":{"code":"NOT_FOUND","sessions":[]}}}"#
        );
        assert_eq!(
            failed(
                "1",
                true,
                Protocol::V4,
                &ApiError::new(ErrorCode::MethodNotFound, "unknown method: x")
            ),
            r#"{"id":"1","ok":false,"payload":null,"error":{"message":"unknown method: x","type":"method_not_found","code":"METHOD_NOT_FOUND"}}"#
        );
        let scope = missing_scope(Scope::Admin);
        assert_eq!(
            failed("1", false, Protocol::V3, &scope),
            r#"{"type":"res","id":"1","ok":false,"error":{"code":"INVALID_REQUEST","message":"missing scope: operator.admin"}}"#
        );
    }
}
