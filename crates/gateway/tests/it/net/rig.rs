//! A gateway's door with a tiny house behind it.

use super::raw::{Answer, Raw};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use gateway::net::config::{
    AuthModeSetting, AuthSettings, BindSetting, ControlUiSettings, LimitsSettings,
    SecurityHeadersSettings, TextOrFalse,
};
use gateway::net::{
    Authority, CountersSnapshot, Handler, NetPlan, Peer, PlanInput, ResponseBody, Resume, bind,
    error_response, json_response, read_body, require_json, serve,
};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use hyper::body::Incoming;
use serde_json::json;
use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A strong token.
pub(super) const TOKEN: &str = "f3a9c17be2d84650a1b2c3d4e5f60718293a4b5c6d7e8f90";
/// Most bytes `POST /echo` takes.
pub(super) const ECHO_LIMIT: usize = 100_000;

/// What a test may change.
pub(super) struct Setup {
    pub(super) bind: BindSetting,
    pub(super) auth: AuthSettings,
    pub(super) token: Option<&'static str>,
    pub(super) password: Option<&'static str>,
    pub(super) proxies: Vec<String>,
    pub(super) hosts: Vec<String>,
    pub(super) alias_ports: Vec<u16>,
    pub(super) ui: ControlUiSettings,
    pub(super) limits: LimitsSettings,
}

/// A running door.
pub(super) struct Rig {
    pub(super) port: u16,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) shutdown: CancellationToken,
    pub(super) tracker: TaskTracker,
    pub(super) gate: Arc<Gate>,
    plan: Arc<NetPlan>,
    serving: tokio::task::JoinHandle<()>,
}

/// Lets a test hold answers back.
#[derive(Default)]
pub(super) struct Gate {
    pub(super) entered: Notify,
    pub(super) open: Notify,
    pub(super) dropped: Notify,
}

impl Rig {
    pub(super) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup {
            bind: BindSetting::Loopback,
            auth: AuthSettings::default(),
            token: Some(TOKEN),
            password: None,
            proxies: Vec::new(),
            hosts: Vec::new(),
            alias_ports: Vec::new(),
            ui: ControlUiSettings::default(),
            limits: LimitsSettings::default(),
        };
        change(&mut setup);
        let plan = Arc::new(plan_of(&setup).unwrap());
        let listeners = bind(&plan, None).await.unwrap();
        let authority = Authority::new(&plan.access, plan.allow_query_key, plan.attempts);
        let gate = Arc::new(Gate::default());
        let house = Arc::new(House {
            authority,
            gate: Arc::clone(&gate),
        });
        let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
        let (port, addresses) = (listeners.port(), listeners.addresses().to_vec());
        let serving = tracker.spawn(serve(
            listeners,
            Arc::clone(&plan),
            house,
            shutdown.clone(),
            tracker.clone(),
            None,
        ));
        Self {
            port,
            addresses,
            shutdown,
            tracker,
            gate,
            plan,
            serving,
        }
    }

    pub(super) async fn raw(&self) -> Raw {
        Raw::open((Ipv4Addr::LOCALHOST, self.port)).await
    }

    pub(super) async fn raw_v6(&self) -> Raw {
        Raw::open((Ipv6Addr::LOCALHOST, self.port)).await
    }

    /// A request with the right token and `Host`; `more` are further header lines.
    pub(super) fn request(&self, line: &str, more: &str) -> String {
        let port = self.port;
        format!(
            "{line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {TOKEN}\r\n{more}\r\n"
        )
    }

    /// Asks on a connection of its own.
    pub(super) async fn ask(&self, line: &str, more: &str) -> Answer {
        self.raw().await.ask(self.request(line, more)).await
    }

    pub(super) fn counters(&self) -> CountersSnapshot {
        self.plan.counters.snapshot()
    }

    /// Stops accepting and waits until every connection has ended.
    pub(super) async fn stop(self) {
        self.shutdown.cancel();
        self.serving.await.unwrap();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

pub(super) fn plan_of(setup: &Setup) -> Result<NetPlan, Vec<String>> {
    let hsts = Some(TextOrFalse::Text("max-age=31536000".into()));
    NetPlan::new(&PlanInput {
        port: 0,
        bind: Some(setup.bind),
        host: None,
        custom_bind_host: None,
        alias_ports: &setup.alias_ports,
        hosts: &setup.hosts,
        auth: &setup.auth,
        token: setup.token.map(Into::into),
        password: setup.password.map(Into::into),
        trusted_proxies: &setup.proxies,
        allow_real_ip_fallback: false,
        control_ui: &setup.ui,
        security_headers: &SecurityHeadersSettings {
            strict_transport_security: hsts,
        },
        limits: &setup.limits,
    })
}

impl Setup {
    /// Believes a proxy on this machine that names users in `X-User`.
    pub(super) fn behind_local_proxy(&mut self) {
        self.proxies = vec!["127.0.0.1".into()];
        self.auth.mode = Some(AuthModeSetting::TrustedProxy);
        self.auth.trusted_proxy.user_header = Some("X-User".into());
        self.auth.trusted_proxy.allow_loopback = true;
    }
}

struct House {
    authority: Authority,
    gate: Arc<Gate>,
}

/// Tells the test when a waiting answer is given up.
struct Farewell(Arc<Gate>);

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

#[async_trait]
impl Handler for House {
    fn upgrade(&self, _head: &Parts, _peer: &Peer) -> Result<Resume, Response<ResponseBody>> {
        let status = StatusCode::NOT_IMPLEMENTED;
        Err(error_response(
            status,
            "not here",
            "api_error",
            "not_implemented",
        ))
    }

    async fn handle(&self, request: Request<Incoming>, peer: Peer) -> Response<ResponseBody> {
        let (parts, body) = request.into_parts();
        let ok = |value: serde_json::Value| json_response(StatusCode::OK, value.to_string().into());
        match (parts.method.clone(), parts.uri.path()) {
            (Method::GET | Method::HEAD, "/health") => return ok(json!({"ok": true})),
            (Method::GET, "/panic") => panic!("on purpose"),
            (Method::GET, "/panic-later") => {
                let stream = futures_util::stream::iter([1, 2]).map(|number| {
                    assert_eq!(number, 1, "on purpose");
                    Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"first")))
                });
                return Response::new(ResponseBody::stream(StreamBody::new(stream)));
            }
            (Method::GET, "/wait") => {
                let _farewell = Farewell(Arc::clone(&self.gate));
                self.gate.entered.notify_one();
                self.gate.open.notified().await;
                return ok(json!({"waited": true}));
            }
            (Method::GET, "/endless") => {
                let stream = futures_util::stream::repeat_with(|| {
                    Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[b'x'; 16384])))
                });
                return Response::new(ResponseBody::stream(StreamBody::new(stream)));
            }
            (Method::POST, "/unread") => return ok(json!({"read": false})),
            _ => {}
        }
        let caller = match self
            .authority
            .authenticate(&parts.headers, parts.uri.query(), &peer)
        {
            Ok(caller) => caller,
            Err(error) => return error.response(),
        };
        match (parts.method, parts.uri.path()) {
            (Method::GET, "/who") => ok(json!({
                "identity": format!("{:?}", caller.identity),
                "scopes": caller.scopes.iter().map(gateway::net::Scope::name).collect::<Vec<_>>(),
                "client": caller.client.to_string(),
                "direct": peer.is_direct_loopback(),
            })),
            (Method::GET, "/v1/models") => ok(json!({"data": []})),
            (Method::POST, "/echo") => {
                if let Err(error) = require_json(&parts.headers) {
                    return error.response();
                }
                match read_body(&parts.headers, body, ECHO_LIMIT, &peer).await {
                    Ok(bytes) => json_response(StatusCode::OK, bytes.to_vec()),
                    Err(error) => error.response(),
                }
            }
            _ => error_response(
                StatusCode::NOT_FOUND,
                "Not Found",
                "not_found_error",
                "not_found",
            ),
        }
    }
}
