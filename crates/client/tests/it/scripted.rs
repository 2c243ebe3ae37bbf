//! A gateway that does what a test tells it: the handshake, then one closure per connection.

use futures_util::future::BoxFuture;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// One accepted connection.
pub(crate) struct Link {
    socket: WebSocketStream<TcpStream>,
    /// Counts connections from 0.
    pub(crate) number: usize,
}

impl Link {
    /// The next frame of the client; `None` when it has gone.
    pub(crate) async fn read(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The code and reason the client closes with.
    pub(crate) async fn goodbye(&mut self) -> Option<(u16, String)> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Close(frame)) => {
                    return frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                }
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        // The client may have gone already.
        drop(self.socket.send(Message::text(frame.to_string())).await);
    }

    pub(crate) async fn raw(&mut self, text: &str) {
        drop(self.socket.send(Message::text(text.to_owned())).await);
    }

    pub(crate) async fn answer(&mut self, request: &Value, payload: Value) {
        let id = &request["id"];
        self.send(&json!({"type": "res", "id": id, "ok": true, "payload": payload}))
            .await;
    }

    pub(crate) async fn event(&mut self, name: &str, seq: u64, payload: Value) {
        self.send(&json!({"type": "event", "event": name, "seq": seq, "payload": payload}))
            .await;
    }

    pub(crate) async fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.to_owned().into(),
        };
        drop(self.socket.close(Some(frame)).await);
    }

    /// Challenges and reads `connect`; gives the whole request.
    pub(crate) async fn challenge(&mut self) -> Value {
        let payload = json!({"nonce": "a-nonce", "ts": 1_795_175_632_657_i64});
        self.send(&json!({"type": "event", "event": "connect.challenge", "payload": payload}))
            .await;
        self.read().await.unwrap()
    }

    /// The whole handshake; gives the parameters of `connect`.
    pub(crate) async fn welcome(&mut self, tick_ms: u64) -> Value {
        let request = self.challenge().await;
        self.answer(&request, hello(tick_ms, None)).await;
        request["params"].clone()
    }

    /// Refuses `connect`.
    pub(crate) async fn refuse(&mut self, request: &Value, error: Value) {
        let id = &request["id"];
        self.send(&json!({"type": "res", "id": id, "ok": false, "error": error}))
            .await;
        self.close(1008, error["message"].as_str().unwrap()).await;
    }
}

/// A hello with these facts.
pub(crate) fn hello(tick_ms: u64, device_token: Option<&str>) -> Value {
    let mut auth = json!({"role": "operator", "scopes": ["operator.read"]});
    if let Some(token) = device_token {
        auth["deviceToken"] = json!(token);
    }
    json!({
        "type": "hello-ok", "protocol": 4,
        "server": {"version": "test", "connId": "c"},
        "features": {"methods": ["health"], "events": ["tick"]},
        "snapshot": {"presence": [], "health": {}, "stateVersion": {"presence": 1, "health": 1}, "uptimeMs": 1},
        "auth": auth,
        "policy": {"maxPayload": 1, "maxBufferedBytes": 1, "tickIntervalMs": tick_ms},
    })
}

/// A listening gateway.
pub(crate) struct Scripted {
    pub(crate) url: String,
    _task: JoinSet<()>,
}

impl Scripted {
    /// Runs `script` on every connection.
    pub(crate) async fn start<F>(script: F) -> Self
    where
        F: Fn(Link) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let script = Arc::new(script);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut links = JoinSet::new();
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let script = Arc::clone(&script);
                links.spawn(async move {
                    let socket = accept_async(stream).await.unwrap();
                    script(Link { socket, number }).await;
                });
            }
        });
        Self { url, _task: task }
    }
}
