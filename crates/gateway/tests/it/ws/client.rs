//! A small client of the WebSocket protocol: connects, calls, waits for events.

use crate::site::{Site, TOKEN};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(15);

/// A good-bye as it goes over the wire.
pub(crate) const RAW_CLOSE: [u8; 6] = [0x88, 0x80, 0, 0, 0, 0];

/// A text as it goes over the wire, with a mask that changes nothing.
pub(crate) fn raw_text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut bytes = vec![0x81, 0xfe];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(text.as_bytes());
    bytes
}

/// A bare socket: texts out, frames in.
pub(crate) struct Socket {
    pub(crate) stream: WebSocketStream<TcpStream>,
}

/// What a socket brings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Got {
    /// A text that is JSON.
    Frame(Value),
    /// The gateway closed with this code and reason.
    Closed(u16, String),
    /// The connection broke off.
    Gone,
}

impl Got {
    pub(crate) fn frame(self) -> Value {
        match self {
            Self::Frame(frame) => frame,
            other => panic!("expected a frame, not {other:?}"),
        }
    }
}

impl Socket {
    /// A WebSocket on `/`.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::open_at(address, "/").await.unwrap()
    }

    /// A WebSocket on this path; the status of the answer when there is none.
    pub(crate) async fn open_at(address: SocketAddr, path: &str) -> Result<Self, u16> {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(stream, path).await
    }

    /// The same over a connection that is there already.
    pub(crate) async fn over(stream: TcpStream, path: &str) -> Result<Self, u16> {
        let address = stream.peer_addr().unwrap();
        let url = format!("ws://{address}{path}");
        let config = WebSocketConfig::default().read_buffer_size(4096);
        match tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                Err(answer.status().as_u16())
            }
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.send_message(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        // A connection the other side has closed is not an error here.
        self.stream.send(message).await.ok();
    }

    /// Sends bytes past the library, which for one sends nothing behind a good-bye.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).await.unwrap();
    }

    /// Sends them in one piece.
    pub(crate) async fn send_all_at_once(&mut self, messages: Vec<Message>) {
        for message in messages {
            self.stream.feed(message).await.unwrap();
        }
        self.stream.flush().await.unwrap();
    }

    /// The next frame, or how the connection ended.
    pub(crate) async fn next(&mut self) -> Got {
        loop {
            let next = timeout(PATIENCE, self.stream.next()).await;
            match next.expect("nothing came from the gateway") {
                Some(Ok(Message::Text(text))) => {
                    return Got::Frame(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(close))) => {
                    let close = close.map(|close| (close.code.into(), close.reason.to_string()));
                    let (code, reason) = close.unwrap_or((1005, String::new()));
                    return Got::Closed(code, reason);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Got::Gone,
            }
        }
    }

    /// The challenge that comes first; returns its nonce.
    pub(crate) async fn challenge(&mut self) -> String {
        let frame = self.next().await.frame();
        assert_eq!(frame["event"], "connect.challenge", "{frame}");
        assert!(frame["payload"]["ts"].as_i64().unwrap() > 0 && frame.get("seq").is_none());
        frame["payload"]["nonce"].as_str().unwrap().to_owned()
    }
}

/// A client that was not let in.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The `error` of its answer, or null.
    pub(crate) error: Value,
    /// How it was closed.
    pub(crate) close: Got,
}

/// A connected client.
pub(crate) struct Client {
    pub(crate) socket: Socket,
    /// The payload of its hello.
    pub(crate) hello: Value,
    answers: VecDeque<Value>,
    events: VecDeque<Value>,
    calls: u64,
}

/// The parameters of an owner's command line on this machine, with every scope.
pub(crate) fn owner() -> Value {
    json!({
        "minProtocol": 4, "maxProtocol": 4,
        "client": { "id": "cli", "version": "test", "platform": "linux", "mode": "cli" },
        "role": "operator",
        "scopes": ["operator.admin", "operator.read", "operator.write", "operator.approvals",
            "operator.pairing", "operator.questions", "operator.talk", "operator.talk.secrets"],
        "auth": { "token": TOKEN },
    })
}

/// The same with other values for some fields.
pub(crate) fn owner_with(fields: &Value) -> Value {
    let mut params = owner();
    for (name, value) in fields.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

impl Client {
    /// The owner, with every scope, speaking version 4.
    pub(crate) async fn open(site: &Site) -> Self {
        Self::connect(site.address, &owner()).await.unwrap()
    }

    /// With these parameters of `connect`.
    pub(crate) async fn connect(address: SocketAddr, params: &Value) -> Result<Self, Refused> {
        let mut socket = Socket::open(address).await;
        socket.challenge().await;
        Self::introduce(socket, params).await
    }

    /// On a socket whose challenge was read, as a client must that signs its nonce.
    pub(crate) async fn introduce(mut socket: Socket, params: &Value) -> Result<Self, Refused> {
        let connect =
            json!({ "type": "req", "id": "connect", "method": "connect", "params": params });
        socket.send(&connect).await;
        let answer = match socket.next().await {
            Got::Frame(answer) => answer,
            close => {
                let error = Value::Null;
                return Err(Refused { error, close });
            }
        };
        assert_eq!(
            (&answer["type"], &answer["id"]),
            (&json!("res"), &json!("connect"))
        );
        if answer["ok"] != true {
            let error = answer["error"].clone();
            let close = socket.next().await;
            return Err(Refused { error, close });
        }
        Ok(Self {
            socket,
            hello: answer["payload"].clone(),
            answers: VecDeque::new(),
            events: VecDeque::new(),
            calls: 0,
        })
    }

    /// Calls and waits: the payload, or the error.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.start(method, params).await;
        self.answer(&id).await
    }

    /// Calls and does not wait; returns the id.
    pub(crate) async fn start(&mut self, method: &str, params: Value) -> String {
        self.calls += 1;
        let id = self.calls.to_string();
        let request = json!({ "type": "req", "id": id, "method": method, "params": params });
        self.socket.send(&request).await;
        id
    }

    /// The next answer with this id: the payload, or the error.
    pub(crate) async fn answer(&mut self, id: &str) -> Result<Value, Value> {
        loop {
            if let Some(at) = self.answers.iter().position(|answer| answer["id"] == id) {
                let mut answer = self.answers.remove(at).unwrap();
                return if answer["ok"] == true {
                    Ok(answer["payload"].take())
                } else {
                    Err(answer["error"].take())
                };
            }
            self.read().await;
        }
    }

    /// The next event of this name, as a whole frame. Others before it are kept.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        self.event_where(name, |_| true).await
    }

    /// The next event of this name whose payload `is_it`.
    pub(crate) async fn event_where(
        &mut self,
        name: &str,
        is_it: impl Fn(&Value) -> bool,
    ) -> Value {
        loop {
            let found = |event: &Value| event["event"] == name && is_it(&event["payload"]);
            if let Some(at) = self.events.iter().position(found) {
                return self.events.remove(at).unwrap();
            }
            self.read().await;
        }
    }

    /// Every event that has come and was not asked for, oldest first.
    pub(crate) fn events(&mut self) -> Vec<Value> {
        self.events.drain(..).collect()
    }

    /// How the gateway closes the connection.
    pub(crate) async fn closed(&mut self) -> Got {
        loop {
            match self.socket.next().await {
                Got::Frame(frame) => self.keep(frame),
                ended => return ended,
            }
        }
    }

    async fn read(&mut self) {
        let frame = self.socket.next().await.frame();
        self.keep(frame);
    }

    fn keep(&mut self, frame: Value) {
        match frame["type"].as_str() {
            Some("event") => self.events.push_back(frame),
            _ => self.answers.push_back(frame),
        }
    }
}
