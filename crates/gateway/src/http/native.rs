//! The native dialect: `POST /api/rpc/<method>` and the login of browsers.
//! Answers are `{"ok":true,"data":…}` or `{"ok":false,"error":{…}}`. Source: requirements C05, C06.

use super::respond::{self, Reply};
use super::router::missing_scope;
use crate::error::ApiError;
use crate::net::Caller;
use crate::rpc::{Call, CallError, Registry};
use crate::services::Services;
use http::StatusCode;
use http::header::RETRY_AFTER;
use protocol::{ErrorCode, ErrorShape, Method, Protocol, Role};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Answers a method call.
pub(super) async fn call(
    services: &Arc<Services>,
    registry: &Registry,
    caller: &Caller,
    name: &str,
    body: &[u8],
) -> Reply {
    match registry.call(name, direct(services, caller), body).await {
        Ok(data) => respond::json(StatusCode::OK, &Answer { ok: true, data }),
        Err(CallError::Unknown) => {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            let known: Vec<_> = registry.served(Role::Operator).collect();
            let error = ApiError::new(
                ErrorCode::MethodNotFound,
                format!("unknown method: {shown}"),
            )
            .with_details(json!({ "methods": known }));
            error_reply(&error)
        }
        Err(CallError::WrongRole) => error_reply(&ApiError::new(
            ErrorCode::Forbidden,
            "unauthorized role: operator; only nodes call this, over a WebSocket",
        )),
        Err(CallError::MissingScope(scope)) => missing_scope(scope),
        Err(CallError::Failed(error)) => error_reply(&error),
    }
}

/// A call that comes over no connection of its own.
pub(super) fn direct(services: &Arc<Services>, caller: &Caller) -> Call {
    Call {
        services: Arc::clone(services),
        caller: caller.clone(),
        role: Role::Operator,
        protocol: Protocol::V4,
        link: None,
        early: None,
    }
}

/// `POST /api/endpoint` with `{"method":…,"params":…}`: the same call with the name in the body.
/// Source: requirements S004-04.
pub(super) async fn endpoint(
    services: &Arc<Services>,
    registry: &Registry,
    caller: &Caller,
    body: &[u8],
) -> Reply {
    #[derive(Deserialize)]
    struct Named<'b> {
        method: String,
        #[serde(default, borrow)]
        params: Option<&'b RawValue>,
    }
    let named = match protocol::json::check(body)
        .and_then(|()| serde_json::from_slice::<Named<'_>>(body).map_err(|error| error.to_string()))
    {
        Ok(named) => named,
        Err(what) => {
            let what = format!("invalid call, expected {{\"method\",\"params\"}}: {what}");
            return error_reply(&ApiError::invalid(what));
        }
    };
    let params = named.params.map_or("", RawValue::get);
    let params = if params == "null" { "" } else { params };
    call(services, registry, caller, &named.method, params.as_bytes()).await
}

#[derive(Serialize)]
struct Answer {
    ok: bool,
    data: Box<RawValue>,
}

/// Reads a method's parameters; an empty body counts as `{}`.
pub(crate) fn read_params<M: Method>(body: &[u8]) -> Result<M::Params, ApiError> {
    let body = if body.iter().all(u8::is_ascii_whitespace) {
        b"{}"
    } else {
        body
    };
    let invalid = |what: String| ApiError::invalid(format!("invalid {} params: {what}", M::NAME));
    protocol::json::check(body).map_err(invalid)?;
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(invalid("expected an object".to_owned()));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let params = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let what = required(error.into_inner().to_string());
        invalid(if path == "." {
            what
        } else {
            format!("{path}: {what}")
        })
    })?;
    reader.end().map_err(|error| invalid(error.to_string()))?;
    Ok(params)
}

/// A missing field in the recorded words. Source: gateway RPC methods, recorded errors.
fn required(what: String) -> String {
    match what
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split_once('`'))
    {
        Some((name, _)) => format!("must have required property '{name}'"),
        None => what,
    }
}

/// `POST /api/login` with a one-time code: the gateway token, once.
pub(super) fn login(services: &Services, body: &[u8]) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Code {
        code: String,
    }
    let code = match protocol::json::check(body)
        .and_then(|()| serde_json::from_slice::<Code>(body).map_err(|error| error.to_string()))
    {
        Ok(code) => code.code,
        Err(what) => return error_reply(&ApiError::invalid(format!("invalid login: {what}"))),
    };
    // A code has 256 random bits, so wrong ones need no counting.
    let Some(token) = services.logins.redeem(&code, services.clock.now()) else {
        let error = ApiError::new(
            ErrorCode::Unauthorized,
            "the login link was used already or is older than 10 minutes; \
             `openclaw dashboard` makes a new one",
        );
        return error_reply(&error);
    };
    respond::json(
        StatusCode::OK,
        &json!({ "ok": true, "data": { "token": token.expose_secret() } }),
    )
}

/// An error in this dialect.
pub(super) fn error_reply(error: &ApiError) -> Reply {
    let shape = ErrorShape {
        message: error.message.clone(),
        kind: error.reason.unwrap_or(error.code.lower()).to_owned(),
        code: error.code.upper().to_owned(),
        details: error.details.clone(),
        retryable: error.retry_after.map(|_| true),
        retry_after_ms: error
            .retry_after
            .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
    };
    let mut reply = respond::json(error.status, &json!({ "ok": false, "error": shape }));
    if let Some(wait) = error.retry_after {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        reply
            .headers_mut()
            .insert(RETRY_AFTER, seconds.max(1).into());
    }
    reply
}
