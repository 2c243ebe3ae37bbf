//! The native dialect: `POST /api/rpc/<method>` and the login of browsers.
//! Answers are `{"ok":true,"data":…}` or `{"ok":false,"error":{…}}`. Source: requirements C05, C06.

use super::respond::{self, Reply};
use super::router::missing_scope;
use crate::error::ApiError;
use crate::net::{Caller, Scope, principal};
use crate::services::Services;
use domain::Origin;
use http::StatusCode;
use http::header::RETRY_AFTER;
use protocol::methods::{
    Agent, AgentWait, ChatAbort, ChatHistory, Health, LoginLink, SessionsList, Status, UsageCalls,
    UsageCost, UsageExplain, UsageQuote, UsageReport, UsageStatus,
};
use protocol::{ErrorCode, ErrorShape, METHODS, Method};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers a method call.
pub(super) async fn call(
    services: &Arc<Services>,
    caller: &Caller,
    name: &str,
    body: &[u8],
) -> Reply {
    let Some(method) = METHODS.iter().find(|method| method.name == name) else {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        let known: Vec<_> = METHODS.iter().map(|method| method.name).collect();
        let error = ApiError::new(
            ErrorCode::MethodNotFound,
            format!("unknown method: {shown}"),
        )
        .with_details(json!({ "methods": known }));
        return error_reply(&error);
    };
    if let Some(scope) = scope(method.scope)
        && !caller.scopes.allow(scope)
    {
        return missing_scope(scope);
    }
    match dispatch(services, principal(caller), name, body).await {
        Ok(data) => respond::json(StatusCode::OK, &json!({ "ok": true, "data": data })),
        Err(error) => error_reply(&error),
    }
}

async fn dispatch(
    services: &Arc<Services>,
    principal: Option<&str>,
    name: &str,
    body: &[u8],
) -> Result<Value, ApiError> {
    match name {
        Health::NAME => out(services.health(read::<Health>(body)?).await),
        Status::NAME => {
            read::<Status>(body)?;
            out(services.status().await?)
        }
        Agent::NAME => {
            // The run goes on when the caller leaves, so it must not hang on this request's future.
            let params = read::<Agent>(body)?;
            out(services.agent(params, Origin::Rpc, principal).await?)
        }
        AgentWait::NAME => out(services.agent_wait(read::<AgentWait>(body)?).await?),
        ChatHistory::NAME => out(services.chat_history(read::<ChatHistory>(body)?).await?),
        ChatAbort::NAME => out(services.chat_abort(&read::<ChatAbort>(body)?)?),
        SessionsList::NAME => out(services.sessions_list(read::<SessionsList>(body)?).await?),
        UsageCost::NAME => out(services.usage_cost(read::<UsageCost>(body)?).await?),
        UsageStatus::NAME => {
            read::<UsageStatus>(body)?;
            out(services.usage_status())
        }
        UsageReport::NAME => out(services.usage_report(read::<UsageReport>(body)?).await?),
        UsageCalls::NAME => out(services.usage_calls(read::<UsageCalls>(body)?).await?),
        UsageExplain::NAME => out(services.usage_explain(read::<UsageExplain>(body)?).await?),
        UsageQuote::NAME => out(services.usage_quote(read::<UsageQuote>(body)?).await?),
        LoginLink::NAME => {
            read::<LoginLink>(body)?;
            out(services.login_link()?)
        }
        other => Err(ApiError::new(
            ErrorCode::MethodNotFound,
            format!("unknown method: {other}"),
        )),
    }
}

/// Reads a method's parameters; an empty body counts as `{}`.
fn read<M: Method>(body: &[u8]) -> Result<M::Params, ApiError> {
    let body = if body.iter().all(u8::is_ascii_whitespace) {
        b"{}"
    } else {
        body
    };
    let invalid = |what: String| ApiError::invalid(format!("invalid {} params: {what}", M::NAME));
    super::json::check(body).map_err(invalid)?;
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(invalid("expected an object".to_owned()));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let params = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let what = error.into_inner().to_string();
        invalid(if path == "." {
            what
        } else {
            format!("{path}: {what}")
        })
    })?;
    reader.end().map_err(|error| invalid(error.to_string()))?;
    Ok(params)
}

fn out(data: impl Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(data).map_err(|error| {
        tracing::error!(%error, "cannot write a reply as JSON");
        ApiError::new(ErrorCode::Internal, "internal error")
    })
}

fn scope(scope: protocol::Scope) -> Option<Scope> {
    match scope {
        protocol::Scope::Public => None,
        protocol::Scope::Read => Some(Scope::Read),
        protocol::Scope::Write => Some(Scope::Write),
        protocol::Scope::Admin => Some(Scope::Admin),
    }
}

/// `POST /api/login` with a one-time code: the gateway token, once.
pub(super) fn login(services: &Services, body: &[u8]) -> Reply {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Code {
        code: String,
    }
    let code = match super::json::check(body)
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

#[cfg(test)]
mod tests {
    use protocol::METHODS;

    #[test]
    fn every_method_of_the_contract_is_dispatched() {
        let source = include_str!("native.rs");
        for method in METHODS {
            let marker: String = method
                .name
                .split('.')
                .map(|word| {
                    let mut letters = word.chars();
                    letters
                        .next()
                        .map(|l| l.to_ascii_uppercase())
                        .into_iter()
                        .chain(letters)
                        .collect::<String>()
                })
                .collect();
            assert!(
                source.contains(&format!("{marker}::NAME =>")),
                "{} has no handler",
                method.name
            );
        }
    }
}
