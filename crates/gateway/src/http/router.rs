//! From a request to the room that answers it, by the table of [`super::routes`].
//!
//! Wrong methods are told before authentication, as recorded. Source: HTTP API, section 1.

use super::respond::{self, Reply};
use super::routes::{Route, RouteAccess, Target, allows, below, find};
use super::ui::Folder as UiFolder;
use super::{anthropic, health, metrics, native, openai, tools, ui};
use crate::compose::Assets;
use crate::error::ApiError;
use crate::net::config::ControlUiSettings;
use crate::net::{self, Authority, Caller, Handler, NetPlan, Peer, ResponseBody, Resume, Scope};
use crate::rpc::Registry;
use crate::services::Services;
use crate::ws::{Newcomer, Sockets};
use async_trait::async_trait;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use protocol::ErrorCode;
use std::borrow::Cow;
use std::sync::Arc;

/// Largest body of the native dialect.
const NATIVE_BODY: usize = 5 * 1024 * 1024;

/// Everything behind the door.
pub(crate) struct Site {
    pub(crate) services: Arc<Services>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) plan: Arc<NetPlan>,
    pub(crate) assets: Arc<dyn Assets>,
    pub(crate) folder: Option<UiFolder>,
    pub(crate) ui: ControlUiSettings,
    pub(crate) sockets: Arc<Sockets>,
}

#[async_trait]
impl Handler for Site {
    /// Any path that is not one of HTTP, as recorded. The socket says who it is in its first frame.
    fn upgrade(&self, head: &Parts, peer: &Peer) -> Result<Resume, Reply> {
        let path = head.uri.path();
        let is_ours = path == "/ws" || (find(path).is_none() && !is_api(path) && !is_canvas(path));
        if !is_ours {
            return Err(respond::plain(StatusCode::NOT_FOUND, "Not Found"));
        }
        let newcomer = Newcomer {
            headers: head.headers.clone(),
            peer: peer.clone(),
            place: peer.handshake_place()?,
        };
        let sockets = Arc::clone(&self.sockets);
        Ok(Box::new(|upgraded| {
            Box::pin(sockets.serve(upgraded, newcomer))
        }))
    }

    async fn handle(&self, request: Request<Incoming>, peer: Peer) -> Response<ResponseBody> {
        let (head, body) = request.into_parts();
        let path = head.uri.path();
        let Some(route) = find(path) else {
            return self.unrouted(&head.headers, &head.method, path).await;
        };
        if !allows(route, &head.method) {
            return respond::wrong_method(route.methods);
        }
        let query = head.uri.query();
        let generation = self.authority.generation();
        let caller = match route.access {
            RouteAccess::Open => None,
            RouteAccess::Probe => self
                .authority
                .authenticate(&head.headers, query, &peer)
                .ok(),
            RouteAccess::Needs(scope) => {
                let headers = if route.target.takes_api_key() {
                    anthropic::credentials(&head.headers)
                } else {
                    Cow::Borrowed(&head.headers)
                };
                match self.authority.authenticate(&headers, query, &peer) {
                    Ok(caller) if caller.scopes.allow(scope) => Some(caller),
                    Ok(_) => return missing_scope(scope),
                    Err(error) => return error.response(),
                }
            }
        };
        let body = match self.body(route, &head.headers, body, &peer).await {
            Ok(body) => body,
            Err(reply) => return reply,
        };
        let asked = Asked {
            method: &head.method,
            headers: &head.headers,
            path,
            query,
            body,
        };
        let reply = self.answer(route, asked, caller.as_ref()).await;
        reply.map(|body| body.until(self.authority.replaced(generation)))
    }
}

/// What is left of a request once the door is passed.
struct Asked<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
    path: &'a str,
    query: Option<&'a str>,
    body: Bytes,
}

impl Site {
    async fn answer(&self, route: &Route, asked: Asked<'_>, caller: Option<&Caller>) -> Reply {
        match (route.target, caller) {
            (Target::Health, _) => health::live(),
            (Target::Ready, caller) => health::ready(&self.services, caller.is_some()),
            (Target::Login, _) => native::login(&self.services, &asked.body),
            (Target::Metrics, Some(_)) => {
                metrics::render(&self.services, &self.registry, &self.plan.counters).await
            }
            (Target::ChatCompletions, Some(caller)) => {
                openai::chat::complete(&self.services, caller, asked.headers, &asked.body).await
            }
            (Target::Messages, Some(caller)) => {
                anthropic::messages(&self.services, caller, asked.headers, &asked.body).await
            }
            (Target::CountTokens, Some(_)) => {
                anthropic::count_tokens(&self.services, asked.headers, &asked.body)
            }
            (Target::Responses, Some(caller)) => {
                openai::responses::create(&self.services, caller, asked.headers, &asked.body).await
            }
            (Target::Response, Some(caller)) => {
                let id = below(asked.path, "/v1/responses/", "");
                openai::responses::one(&self.services, caller, asked.method, &id).await
            }
            (Target::CancelResponse, Some(caller)) => {
                let id = below(asked.path, "/v1/responses/", "/cancel");
                openai::responses::cancel(&self.services, caller, &id).await
            }
            (Target::Embeddings, Some(caller)) => {
                openai::embeddings::create(&self.services, caller, asked.headers, &asked.body).await
            }
            (Target::Models, Some(_)) => openai::models::list(&self.services, asked.query),
            (Target::Model, Some(_)) => {
                openai::models::one(&self.services, &below(asked.path, "/v1/models/", ""))
            }
            (Target::Rpc, Some(caller)) => {
                let name = asked.path.strip_prefix("/api/rpc/").unwrap_or_default();
                native::call(&self.services, &self.registry, caller, name, &asked.body).await
            }
            (Target::Endpoint, Some(caller)) => {
                native::endpoint(&self.services, &self.registry, caller, &asked.body).await
            }
            (Target::InvokeTool, Some(caller)) => {
                tools::invoke(&self.services, caller, asked.path, asked.query, &asked.body).await
            }
            // Every other line needs a caller, so there is one.
            (
                Target::Metrics
                | Target::ChatCompletions
                | Target::Messages
                | Target::CountTokens
                | Target::Responses
                | Target::Response
                | Target::CancelResponse
                | Target::Embeddings
                | Target::Models
                | Target::Model
                | Target::Rpc
                | Target::Endpoint
                | Target::InvokeTool,
                None,
            ) => net::AuthError::Missing.response(),
        }
    }

    async fn body(
        &self,
        route: &Route,
        headers: &HeaderMap,
        body: Incoming,
        peer: &Peer,
    ) -> Result<Bytes, Reply> {
        let runtime = &self.services.runtime;
        let limit = match route.target {
            Target::Responses | Target::Response | Target::CancelResponse
                if !runtime.serves_responses() =>
            {
                return Err(openai::error_reply(&switched_off("responses", "responses")));
            }
            Target::Response | Target::CancelResponse => return Ok(Bytes::new()),
            Target::Responses => openai::responses::MAX_BODY,
            Target::Messages | Target::CountTokens if !runtime.serves_messages() => {
                return Err(anthropic::error_reply(&switched_off(
                    "messages", "messages",
                )));
            }
            Target::Messages | Target::CountTokens => anthropic::MAX_BODY,
            Target::Embeddings => openai::embeddings::MAX_BODY,
            Target::Health | Target::Ready | Target::Metrics | Target::Models | Target::Model => {
                return Ok(Bytes::new());
            }
            Target::ChatCompletions if !runtime.serves_chat_completions() => {
                let error = switched_off("chat completions", "chatCompletions");
                return Err(openai::error_reply(&error));
            }
            Target::ChatCompletions => openai::chat::MAX_BODY,
            Target::Rpc | Target::Endpoint | Target::Login => NATIVE_BODY,
            Target::InvokeTool => tools::MAX_BODY,
        };
        net::require_json(headers).map_err(|error| error.response())?;
        net::read_body(headers, body, limit, peer)
            .await
            .map_err(|error| error.response())
    }

    async fn unrouted(&self, headers: &HeaderMap, method: &Method, path: &str) -> Reply {
        let base = self.ui.base_path.trim_matches('/');
        let below = path.trim_start_matches('/').strip_prefix(base);
        match below.filter(|rest| base.is_empty() || rest.is_empty() || rest.starts_with('/')) {
            Some(file) if self.ui.enabled && !is_api(path) => match &self.folder {
                Some(folder) => ui::from_folder(folder, headers, method, file).await,
                None => ui::file(&*self.assets, headers, method, file),
            },
            Some(_) | None => respond::plain(StatusCode::NOT_FOUND, "Not Found"),
        }
    }
}

/// Paths that never fall through to the Control UI.
fn is_api(path: &str) -> bool {
    ["/api", "/v1", "/tools", "/hooks", "/ws"]
        .iter()
        .any(|root| {
            path.strip_prefix(root)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

/// Paths where the canvas has sockets of its own.
fn is_canvas(path: &str) -> bool {
    path.starts_with("/canvas/") || path.starts_with("/__openclaw__/")
}

fn switched_off(name: &str, key: &str) -> ApiError {
    ApiError::new(
        ErrorCode::Disabled,
        format!(
            "the {name} endpoint is off (gateway.http.endpoints.{key}.enabled); turn it on: \
             openclaw config set gateway.http.endpoints.{key}.enabled true"
        ),
    )
    .with_reason("endpoint_disabled")
}

/// 403 in the recorded words. Source: HTTP API, section 1.
pub(super) fn missing_scope(scope: Scope) -> Reply {
    let name = scope.name();
    let body = serde_json::json!({
        "ok": false,
        "error": {
            "type": "forbidden", "code": "MISSING_SCOPE",
            "message": format!("missing scope: {name}"),
            "details": { "code": "MISSING_SCOPE", "missingScope": name, "requiredScopes": [name] },
        },
    });
    respond::json(StatusCode::FORBIDDEN, &body)
}
