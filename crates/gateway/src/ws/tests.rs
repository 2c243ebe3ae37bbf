//! Sockets without a door in front: what no stranger can bring about at a whole gateway.

use super::connect::meanwhile;
use super::socket::Socket;
use super::{Close, Newcomer, Rhythm, Sockets};
use crate::compose::{AssetView, Assets, Boot, Gateway, Overrides};
use crate::net::{Peer, Upgraded};
use crate::rpc::Registry;
use bytes::Bytes;
use config::{ConfigFile, Env};
use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderMap;
use protocol::MAX_HANDSHAKE_FRAME;
use protocol::methods::{LastHeartbeat, Status};
use serde_json::{Value, json};
use std::future::{Ready, poll_fn};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const TOKEN: &str = "f3a9c17be2d84650a1b2c3d4e5f60718293a4b5c6d7e8f90";

/// How long what must come may take.
const PATIENCE: Duration = Duration::from_secs(20);

struct NoAssets;

impl Assets for NoAssets {
    fn find(&self, _: &str) -> Option<AssetView> {
        None
    }
}

/// A gateway that was built and listens nowhere, with methods of the test's own.
struct Stage {
    gateway: Gateway,
    sockets: Arc<Sockets>,
    tasks: TaskTracker,
    _home: tempfile::TempDir,
}

impl Stage {
    async fn new(change: impl FnOnce(&mut Registry)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let boot = Boot {
            state_dir: home.path().join("state"),
            config_file: ConfigFile::at(&home.path().join("openclaw.json")).unwrap(),
            env: Env::from_iter([("HOME".to_owned(), home.path().display().to_string())]),
            overrides: Overrides {
                token: Some(TOKEN.into()),
                ..Overrides::default()
            },
            assets: Arc::new(NoAssets),
            version: "0.0.0-test",
            rhythm: Rhythm::default(),
        };
        let gateway = Gateway::build(boot).await.unwrap();
        let tasks = TaskTracker::new();
        let site = gateway.site(&tasks, &CancellationToken::new());
        let sockets = Arc::into_inner(site).unwrap().sockets;
        let mut sockets = Arc::into_inner(sockets).unwrap();
        let mut registry = Registry::standard();
        change(&mut registry);
        sockets.registry = Arc::new(registry);
        Self {
            gateway,
            sockets: Arc::new(sockets),
            tasks,
            _home: home,
        }
    }

    /// A client whose 101 has been sent.
    async fn client(&self) -> Client {
        let (near, far) = pair().await;
        let peer = Peer::for_tests(Ipv4Addr::LOCALHOST.into(), false, false);
        let newcomer = Newcomer {
            headers: HeaderMap::new(),
            place: peer.handshake_place().unwrap(),
            peer,
        };
        let upgraded = Upgraded {
            stream: far,
            rest: Bytes::new(),
            shutdown: CancellationToken::new(),
        };
        self.tasks
            .spawn(Arc::clone(&self.sockets).serve(upgraded, newcomer));
        let mut client = Client(WebSocketStream::from_raw_socket(near, Role::Client, None).await);
        assert_eq!(client.frame().await["event"], "connect.challenge");
        client
    }

    /// The same, introduced as the owner's command line.
    async fn owner(&self) -> (Client, Value) {
        let mut client = self.client().await;
        let params = json!({
            "minProtocol": 4, "maxProtocol": 4, "auth": { "token": TOKEN },
            "client": { "id": "cli", "version": "test", "platform": "linux", "mode": "cli" },
            "scopes": ["operator.admin", "operator.read"],
        });
        client.ask("connect", &params).await;
        let answer = client.answer("connect").await;
        (client, answer)
    }
}

struct Client(WebSocketStream<TcpStream>);

impl Client {
    async fn ask(&mut self, method: &str, params: &Value) {
        let request = json!({ "type": "req", "id": method, "method": method, "params": params });
        self.0
            .send(Message::text(request.to_string()))
            .await
            .unwrap();
    }

    async fn next(&mut self) -> Message {
        let next = tokio::time::timeout(PATIENCE, self.0.next()).await;
        next.unwrap().unwrap().unwrap()
    }

    async fn frame(&mut self) -> Value {
        serde_json::from_str(self.next().await.to_text().unwrap()).unwrap()
    }

    /// The answer to this method, past the events before it.
    async fn answer(&mut self, method: &str) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["id"] == method {
                return frame;
            }
        }
    }

    async fn closed(&mut self) -> (u16, String) {
        let Message::Close(Some(close)) = self.next().await else {
            return (0, "something else came".to_owned());
        };
        (close.code.into(), close.reason.to_string())
    }
}

/// Both ends of a connection.
async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap());
    let (near, far) = tokio::join!(near, listener.accept());
    (near.unwrap(), far.unwrap().0)
}

#[tokio::test]
async fn a_method_that_panics_is_one_error_and_nothing_more() {
    let stage = Stage::new(|table| {
        table.on(Status, |_, _| poll_fn(|_| panic!("under way: hunter2")));
        table.on(LastHeartbeat, |_, _| -> Ready<_> {
            panic!("before it began: hunter2")
        });
    })
    .await;
    stage.gateway.services().health.set_ready();
    let (mut client, hello) = stage.owner().await;
    assert_eq!(hello["ok"], true, "{hello}");
    for method in ["status", "last-heartbeat"] {
        client.ask(method, &json!({})).await;
        let answer = client.answer(method).await;
        let expected = json!({ "type": "res", "id": method, "ok": false, "error": {
            "code": "UNAVAILABLE", "message": "internal error", "details": { "code": "INTERNAL_ERROR" } } });
        assert_eq!(answer, expected);
    }
    client.ask("health", &json!({})).await;
    assert_eq!(client.answer("health").await["payload"]["ok"], true);
    let (_other, hello) = stage.owner().await;
    assert_eq!(hello["ok"], true, "{hello}");
    assert_eq!(stage.sockets.registry.panics(), 2);
}

#[tokio::test]
async fn who_comes_while_the_gateway_starts_or_stops_is_told_to_try_again() {
    let stage = Stage::new(|_| {}).await;
    let (mut client, answer) = stage.owner().await;
    assert_eq!(
        answer["error"],
        json!({ "code": "UNAVAILABLE", "message": "gateway starting; retry shortly",
            "details": { "reason": "startup-sidecars" }, "retryable": true, "retryAfterMs": 500 })
    );
    assert_eq!(client.closed().await, (1013, "gateway starting".to_owned()));
    stage.gateway.services().health.set_ready();
    assert_eq!(stage.owner().await.1["ok"], true);
    stage.gateway.stopping.cancel();
    let (mut client, answer) = stage.owner().await;
    assert_eq!(
        answer["error"],
        json!({ "code": "UNAVAILABLE", "message": "gateway stopping; retry shortly",
            "retryable": true, "retryAfterMs": 1000 })
    );
    assert_eq!(client.closed().await, (1013, "gateway stopping".to_owned()));
}

#[tokio::test]
async fn fifteen_frames_wait_for_the_end_of_the_handshake_and_no_more() {
    for count in [15, 16] {
        let (near, far) = pair().await;
        let mut client = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        let mut socket = Socket::new(far, &[], MAX_HANDSHAKE_FRAME, PATIENCE);
        for number in 0..count {
            client
                .send(Message::text(number.to_string()))
                .await
                .unwrap();
        }
        // Answered when the last has been read: a ping is read behind what was sent before it.
        client.send(Message::Ping(Bytes::new())).await.unwrap();
        let (decide, decided) = oneshot::channel();
        let client = async {
            let pong = client.next().await;
            if pong.is_some_and(|it| it.is_ok_and(|it| it.is_pong())) {
                decide.send("let in").unwrap();
            }
            client
        };
        let (outcome, _client) = tokio::join!(
            async {
                let outcome = meanwhile(&mut socket, decided).await;
                drop(socket);
                outcome
            },
            client
        );
        if count == 15 {
            let (decided, waiting) = outcome.unwrap();
            assert_eq!(decided.unwrap(), "let in");
            let expected: Vec<_> = (0..15)
                .map(|number| number.to_string().into_bytes())
                .collect();
            assert_eq!(waiting, expected);
        } else {
            let close = Close::new(1008, "too many pending handshake frames");
            assert!(matches!(outcome, Err(super::connect::Ended::Close(it)) if it == close));
        }
    }
}
