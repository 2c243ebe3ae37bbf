//! A client that does as little as possible, so that what is measured is the gateway.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where to connect, and with what.
#[derive(Debug, Clone)]
pub(super) struct Door {
    address: SocketAddr,
    connect: String,
}

impl Door {
    pub(super) fn new(address: SocketAddr, token: &str) -> Self {
        let params = json!({
            "minProtocol": 4, "maxProtocol": 4,
            "client": { "id": "cli", "version": "bench", "platform": "linux", "mode": "cli" },
            "role": "operator",
            "scopes": ["operator.read", "operator.write"],
            "auth": { "token": token },
        });
        let connect =
            json!({ "type": "req", "id": "connect", "method": "connect", "params": params });
        Self {
            address,
            connect: connect.to_string(),
        }
    }
}

/// One connection that was let in.
pub(super) struct Client {
    socket: WebSocketStream<TcpStream>,
    calls: u64,
}

impl Client {
    /// # Errors
    /// When it is not let in.
    pub(super) async fn connect(door: &Door) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(door.address).await?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default().read_buffer_size(4096);
        let url = format!("ws://{}/", door.address);
        let connected =
            tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await;
        let (socket, _) = connected.context("no WebSocket")?;
        let mut client = Self { socket, calls: 0 };
        client
            .socket
            .send(Message::text(door.connect.clone()))
            .await?;
        let hello = client.until("\"id\":\"connect\"").await?;
        ensure!(hello.contains("hello-ok"), "not let in: {hello}");
        Ok(client)
    }

    /// Calls and waits for the answer.
    ///
    /// # Errors
    /// When the connection ends or the call does not work.
    pub(super) async fn call(&mut self, method: &str, params: &Value) -> anyhow::Result<Utf8Bytes> {
        self.calls += 1;
        let id = self.calls.to_string();
        let request = json!({ "type": "req", "id": id, "method": method, "params": params });
        self.socket.send(Message::text(request.to_string())).await?;
        let answer = self.until(&format!("\"id\":\"{id}\"")).await?;
        ensure!(
            answer.contains("\"ok\":true"),
            "{method} does not work: {answer}"
        );
        Ok(answer)
    }

    /// The next frame that holds this text.
    ///
    /// # Errors
    /// When the connection ends.
    pub(super) async fn until(&mut self, mark: &str) -> anyhow::Result<Utf8Bytes> {
        loop {
            let frame = self.next().await?;
            if frame.contains(mark) {
                return Ok(frame);
            }
        }
    }

    /// The next frame.
    ///
    /// # Errors
    /// When the connection ends, or nothing comes for long.
    pub(super) async fn next(&mut self) -> anyhow::Result<Utf8Bytes> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await?;
            match next.context("the connection ended")?? {
                Message::Text(text) => return Ok(text),
                Message::Close(close) => bail!("the gateway closed: {close:?}"),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Says good-bye.
    pub(super) async fn leave(mut self) {
        self.socket.close(None).await.ok();
    }
}
