//! `POST /tools/invoke`: one tool, without a model. Source: HTTP API, section 7; requirements C03,
//! C10, S000-18 to S000-20; decisions, DEC-10.

use super::native;
use super::respond::{self, Reply};
use super::routes::parameter;
use crate::error::ApiError;
use crate::net::Caller;
use crate::services::Services;
use crate::services::catalog::invoke::{self, Invoked, Why};
use http::StatusCode;
use protocol::methods::ToolsInvoke;
use protocol::methods::catalog::ToolsInvokeParams;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Largest body.
pub(super) const MAX_BODY: usize = 2 * 1024 * 1024;

/// Calls a tool: the one the body names, or with `?tool=` that one with the body as its arguments.
pub(super) async fn invoke(
    services: &Arc<Services>,
    caller: &Caller,
    path: &str,
    query: Option<&str>,
    body: &[u8],
) -> Reply {
    let params = match read(query, body) {
        Ok(params) => params,
        Err(error) => return native::error_reply(&error),
    };
    let call = native::direct(services, caller);
    match invoke::invoke(&call, params).await {
        Ok(invoked) => told(invoked, path.starts_with("/api/")),
        Err(error) => native::error_reply(&error),
    }
}

fn read(query: Option<&str>, body: &[u8]) -> Result<ToolsInvokeParams, ApiError> {
    let mut fields = object(body)?;
    if let Some(tool) = parameter(query, "tool") {
        return Ok(ToolsInvokeParams {
            name: tool.into_owned(),
            args: Some(fields),
            session_key: parameter(query, "sessionKey").map(Into::into),
            agent_id: parameter(query, "agentId").map(Into::into),
            ..ToolsInvokeParams::default()
        });
    }
    let tool = fields.remove("tool");
    let name = tool
        .filter(|it| !it.is_null())
        .or_else(|| fields.remove("name"));
    match name {
        Some(Value::String(name)) if !name.trim().is_empty() => {
            fields.insert("name".to_owned(), name.into());
        }
        Some(_) | None => return Err(ApiError::invalid("tools.invoke requires name")),
    }
    let body = Value::Object(fields).to_string();
    native::read_params::<ToolsInvoke>(body.as_bytes())
}

/// An empty body counts as `{}`.
fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    let invalid = |what: String| ApiError::invalid(what).with_reason("invalid_request_error");
    protocol::json::check(body).map_err(invalid)?;
    let value = serde_json::from_slice(body).map_err(|error| invalid(error.to_string()))?;
    match value {
        Value::Object(fields) => Ok(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(invalid("expected an object".to_owned()))
        }
    }
}

/// What came of it; clients of `/api` read `data`.
fn told(invoked: Invoked, as_data: bool) -> Reply {
    let refusal = match invoked.outcome {
        Ok(output) if as_data => {
            let body = json!({ "ok": true, "result": output, "data": output });
            return respond::json(StatusCode::OK, &body);
        }
        Ok(output) => {
            return respond::json(StatusCode::OK, &json!({ "ok": true, "result": output }));
        }
        Err(refusal) => refusal,
    };
    let mut error = json!({ "type": refusal.why.code(), "message": refusal.message });
    let status = match refusal.why {
        Why::NotFound => StatusCode::NOT_FOUND,
        Why::NotApproved => StatusCode::FORBIDDEN,
        Why::Failed => StatusCode::BAD_REQUEST,
        Why::TooSlow => StatusCode::GATEWAY_TIMEOUT,
    };
    if let (Why::NotApproved, Some(error)) = (refusal.why, error.as_object_mut()) {
        error.insert("requiresApproval".to_owned(), true.into());
    }
    respond::json(status, &json!({ "ok": false, "error": error }))
}
