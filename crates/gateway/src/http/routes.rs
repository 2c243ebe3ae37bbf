//! The table of contents of everything served over HTTP.
//!
//! A path without a line in [`ROUTES`] is 404; a line says who may pass. Source: HTTP API, section 1;
//! security specification, R9.

use crate::net::Scope;
use http::Method;
use std::borrow::Cow;

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The path; `*` at the end stands for one or more characters, in the middle for one segment.
    pub path: &'static str,
    /// The methods, as the `Allow` header lists them.
    pub methods: &'static str,
    /// Who may pass.
    pub access: RouteAccess,
    pub(super) target: Target,
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

/// What answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Health,
    Ready,
    Metrics,
    ChatCompletions,
    Messages,
    CountTokens,
    Responses,
    Response,
    CancelResponse,
    Embeddings,
    Models,
    Model,
    Rpc,
    Endpoint,
    InvokeTool,
    Login,
}

impl Target {
    /// Whether its clients put their key into `x-api-key`.
    pub(super) fn takes_api_key(self) -> bool {
        matches!(self, Self::Messages | Self::CountTokens)
    }
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
        "/v1/messages",
        "POST",
        RouteAccess::Needs(Scope::Write),
        Target::Messages,
    ),
    route(
        "/v1/messages/count_tokens",
        "POST",
        RouteAccess::Needs(Scope::Read),
        Target::CountTokens,
    ),
    route(
        "/v1/responses",
        "POST",
        RouteAccess::Needs(Scope::Write),
        Target::Responses,
    ),
    route(
        "/v1/responses/*/cancel",
        "POST",
        RouteAccess::Needs(Scope::Write),
        Target::CancelResponse,
    ),
    // To delete one needs the scope to write, which is looked at there.
    route(
        "/v1/responses/*",
        "GET, DELETE",
        RouteAccess::Needs(Scope::Read),
        Target::Response,
    ),
    route(
        "/v1/embeddings",
        "POST",
        RouteAccess::Needs(Scope::Write),
        Target::Embeddings,
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
    route(
        "/api/endpoint",
        "POST",
        RouteAccess::Needs(Scope::Read),
        Target::Endpoint,
    ),
    route(
        "/tools/invoke",
        "POST",
        RouteAccess::Needs(Scope::Write),
        Target::InvokeTool,
    ),
    route(
        "/v1/tools/invoke",
        "POST",
        RouteAccess::Needs(Scope::Write),
        Target::InvokeTool,
    ),
    route(
        "/api/tools/invoke",
        "POST",
        RouteAccess::Needs(Scope::Write),
        Target::InvokeTool,
    ),
    route(
        "/api/v1/tools/invoke",
        "POST",
        RouteAccess::Needs(Scope::Write),
        Target::InvokeTool,
    ),
    // The one-time code is the credential.
    route("/api/login", "POST", RouteAccess::Open, Target::Login),
];

/// The line of a path.
pub(super) fn find(path: &str) -> Option<&'static Route> {
    ROUTES
        .iter()
        .find(|route| match route.path.split_once('*') {
            Some((before, after)) => path
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after))
                .is_some_and(|rest| !rest.is_empty() && (after.is_empty() || !rest.contains('/'))),
            None => route.path == path,
        })
}

/// What stands for the `*` of a path, decoded; empty when that cannot be.
pub(super) fn below<'p>(path: &'p str, before: &str, after: &str) -> Cow<'p, str> {
    path.strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after))
        .and_then(decoded)
        .unwrap_or_default()
}

/// Whether a line serves a method.
pub(super) fn allows(route: &Route, method: &Method) -> bool {
    route
        .methods
        .split(", ")
        .any(|allowed| allowed == method.as_str())
}

/// A parameter of a query, decoded; `None` when it is not there or cannot be read.
pub(super) fn parameter<'q>(query: Option<&'q str>, name: &str) -> Option<Cow<'q, str>> {
    let mut pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| decoded(value))
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
    fn parameters_are_found_by_their_whole_name() {
        let query = Some("xtool=a&tool=web%5Fread&tool=b&flag");
        assert_eq!(parameter(query, "tool").as_deref(), Some("web_read"));
        assert_eq!(parameter(query, "flag"), None);
        assert_eq!(parameter(None, "tool"), None);
    }

    #[test]
    fn ids_are_decoded_once() {
        assert_eq!(decoded("openclaw%2Fmain").as_deref(), Some("openclaw/main"));
        assert_eq!(decoded("a%252F").as_deref(), Some("a%2F"));
        assert_eq!(decoded("a%2"), None);
        assert_eq!(decoded("%ff"), None);
    }
}
