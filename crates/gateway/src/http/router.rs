//! The table of contents of everything served over HTTP.
//!
//! A path without a line in [`ROUTES`] is 404; a line says who may pass. Wrong methods are told
//! before authentication, as recorded. Source: HTTP API, section 1; security specification, R9.

use super::respond::{self, Reply};
use super::{health, metrics, native, openai, ui};
use crate::compose::Assets;
use crate::error::ApiError;
use crate::net::config::ControlUiSettings;
use crate::net::{self, Authority, Caller, Handler, NetPlan, Peer, ResponseBody, Scope};
use crate::services::Services;
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use protocol::ErrorCode;
use std::borrow::Cow;
use std::sync::Arc;

/// Largest body of the native dialect.
const NATIVE_BODY: usize = 5 * 1024 * 1024;

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The path; `*` at the end stands for one or more characters.
    pub path: &'static str,
    /// The methods, as the `Allow` header lists them.
    pub methods: &'static str,
    /// Who may pass.
    pub access: RouteAccess,
    target: Target,
}

/// Who may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteAccess {
    /// Anybody.
    Open,
    /// Anybody; who proves who they are learns more.
    Probe,
    /// Callers with this scope.
    Needs(Scope),
}

#[derive(Debug, Clone, Copy)]
enum Target {
    Health,
    Ready,
    Metrics,
    ChatCompletions,
    Models,
    Model,
    Rpc,
    Login,
}

const fn route(
    path: &'static str,
    methods: &'static str,
    access: RouteAccess,
    target: Target,
) -> Route {
    Route {
        path,
        methods,
        access,
        target,
    }
}

/// Every route but the files of the Control UI.
pub const ROUTES: &[Route] = &[
    route("/health", "GET, HEAD", RouteAccess::Open, Target::Health),
    route("/healthz", "GET, HEAD", RouteAccess::Open, Target::Health),
    route("/ready", "GET, HEAD", RouteAccess::Probe, Target::Ready),
    route("/readyz", "GET, HEAD", RouteAccess::Probe, Target::Ready),
    route("/startupz", "GET, HEAD", RouteAccess::Probe, Target::Ready),
    route(
        "/metrics",
        "GET",
        RouteAccess::Needs(Scope::Read),
        Target::Metrics,
    ),
    route(
        "/v1/chat/completions",
        "POST",
        RouteAccess::Needs(Scope::Write),
        Target::ChatCompletions,
    ),
    route(
        "/v1/models",
        "GET",
        RouteAccess::Needs(Scope::Read),
        Target::Models,
    ),
    route(
        "/v1/models/*",
        "GET",
        RouteAccess::Needs(Scope::Read),
        Target::Model,
    ),
    // A method says itself which scope it needs.
    route(
        "/api/rpc/*",
        "POST",
        RouteAccess::Needs(Scope::Read),
        Target::Rpc,
    ),
    // The one-time code is the credential.
    route("/api/login", "POST", RouteAccess::Open, Target::Login),
];

/// Everything behind the door.
pub(crate) struct Site {
    pub(crate) services: Arc<Services>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) plan: Arc<NetPlan>,
    pub(crate) assets: Arc<dyn Assets>,
    pub(crate) ui: ControlUiSettings,
}

#[async_trait]
impl Handler for Site {
    async fn handle(&self, request: Request<Incoming>, peer: Peer) -> Response<ResponseBody> {
        if is_upgrade(request.headers()) {
            return self.upgrade(request.headers(), request.uri().query(), &peer);
        }
        let (head, body) = request.into_parts();
        let path = head.uri.path();
        let Some(route) = find(path) else {
            return self.unrouted(&head.headers, &head.method, path);
        };
        if !allows(route, &head.method) {
            return respond::wrong_method(route.methods);
        }
        let query = head.uri.query();
        let caller = match route.access {
            RouteAccess::Open => None,
            RouteAccess::Probe => self
                .authority
                .authenticate(&head.headers, query, &peer)
                .ok(),
            RouteAccess::Needs(scope) => {
                match self.authority.authenticate(&head.headers, query, &peer) {
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
            headers: &head.headers,
            path,
            query,
            body,
        };
        self.answer(route, asked, caller.as_ref()).await
    }
}

/// What is left of a request once the door is passed.
struct Asked<'a> {
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
                metrics::render(&self.services, &self.plan.counters).await
            }
            (Target::ChatCompletions, Some(caller)) => {
                openai::chat::complete(&self.services, caller, asked.headers, &asked.body).await
            }
            (Target::Models, Some(_)) => openai::models::list(&self.services, asked.query),
            (Target::Model, Some(_)) => {
                let id = asked.path.strip_prefix("/v1/models/").unwrap_or_default();
                match decoded(id) {
                    Some(id) => openai::models::one(&self.services, &id),
                    None => openai::models::one(&self.services, ""),
                }
            }
            (Target::Rpc, Some(caller)) => {
                let name = asked.path.strip_prefix("/api/rpc/").unwrap_or_default();
                native::call(&self.services, caller, name, &asked.body).await
            }
            // Every other line needs a caller, so there is one.
            (
                Target::Metrics
                | Target::ChatCompletions
                | Target::Models
                | Target::Model
                | Target::Rpc,
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
        let limit = match route.target {
            Target::Health | Target::Ready | Target::Metrics | Target::Models | Target::Model => {
                return Ok(Bytes::new());
            }
            Target::ChatCompletions if !self.services.runtime.serves_chat_completions() => {
                return Err(openai::error_reply(&switched_off()));
            }
            Target::ChatCompletions => openai::chat::MAX_BODY,
            Target::Rpc | Target::Login => NATIVE_BODY,
        };
        net::require_json(headers).map_err(|error| error.response())?;
        net::read_body(headers, body, limit, peer)
            .await
            .map_err(|error| error.response())
    }

    fn unrouted(&self, headers: &HeaderMap, method: &Method, path: &str) -> Reply {
        let base = self.ui.base_path.trim_matches('/');
        let below = path.trim_start_matches('/').strip_prefix(base);
        match below.filter(|rest| base.is_empty() || rest.is_empty() || rest.starts_with('/')) {
            Some(file) if self.ui.enabled && !is_api(path) => {
                ui::file(&*self.assets, headers, method, file)
            }
            Some(_) | None => respond::plain(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    /// WebSocket: authenticated like everything else, and then told that it is not served.
    fn upgrade(&self, headers: &HeaderMap, query: Option<&str>, peer: &Peer) -> Reply {
        if let Err(error) = self.authority.authenticate(headers, query, peer) {
            return error.response();
        }
        let error = ApiError::new(
            ErrorCode::Disabled,
            "this version does not serve the WebSocket protocol; use POST /api/rpc/<method>",
        );
        native::error_reply(&error.with_status(StatusCode::NOT_IMPLEMENTED))
    }
}

fn find(path: &str) -> Option<&'static Route> {
    ROUTES
        .iter()
        .find(|route| match route.path.strip_suffix('*') {
            Some(prefix) => path
                .strip_prefix(prefix)
                .is_some_and(|rest| !rest.is_empty()),
            None => route.path == path,
        })
}

fn allows(route: &Route, method: &Method) -> bool {
    route
        .methods
        .split(", ")
        .any(|allowed| allowed == method.as_str())
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

fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::UPGRADE)
}

fn switched_off() -> ApiError {
    ApiError::new(
        ErrorCode::Disabled,
        "the chat completions endpoint is off (gateway.http.endpoints.chatCompletions.enabled); \
         turn it on: openclaw config set gateway.http.endpoints.chatCompletions.enabled true",
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

/// Undoes percent-encoding once; `None` when it is broken or not UTF-8.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?];
            bytes.push(
                data_encoding::HEXLOWER_PERMISSIVE
                    .decode(&pair)
                    .ok()?
                    .first()
                    .copied()?,
            );
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_finds_its_own_line() {
        for route in ROUTES {
            let path = route.path.replace('*', "x");
            assert_eq!(find(&path).map(|found| found.path), Some(route.path));
        }
        for path in [
            "/",
            "/v1",
            "/v1/",
            "/v1/models/",
            "/V1/models",
            "/healthz/",
            "/api/rpc/",
        ] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn only_probes_and_login_are_open() {
        let open: Vec<_> = ROUTES
            .iter()
            .filter(|route| !matches!(route.access, RouteAccess::Needs(_)))
            .map(|route| route.path)
            .collect();
        assert_eq!(
            open,
            [
                "/health",
                "/healthz",
                "/ready",
                "/readyz",
                "/startupz",
                "/api/login"
            ]
        );
    }

    #[test]
    fn ids_are_decoded_once() {
        assert_eq!(decoded("openclaw%2Fmain").as_deref(), Some("openclaw/main"));
        assert_eq!(decoded("a%252F").as_deref(), Some("a%2F"));
        assert_eq!(decoded("a%2"), None);
        assert_eq!(decoded("%ff"), None);
    }
}
