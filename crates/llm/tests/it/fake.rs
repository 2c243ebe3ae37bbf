//! A provider that does exactly what a test tells it, down to the bytes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

type Answering = Pin<Box<dyn Future<Output = ()> + Send>>;
type Script = Arc<dyn Fn(Connection, usize) -> Answering + Send + Sync>;

/// A listening fake. Its tasks end when it is dropped.
pub(crate) struct Fake {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

/// One accepted connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Request line and headers, lower case names.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Fake {
    /// Runs `script` for every connection; its number counts from 0.
    pub(crate) async fn start<F, A>(script: F) -> Self
    where
        F: Fn(Connection, usize) -> A + Send + Sync + 'static,
        A: Future<Output = ()> + Send + 'static,
    {
        let script: Script = Arc::new(move |connection, n| Box::pin(script(connection, n)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut inner = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                inner.spawn(script(
                    Connection {
                        stream,
                        buffer: Vec::new(),
                    },
                    number,
                ));
            }
        });
        Self {
            port,
            connections,
            _tasks: tasks,
        }
    }

    /// How many connections were made so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Connection {
    /// Reads one request; `None` when the client closed the connection.
    pub(crate) async fn request(&mut self) -> Option<Received> {
        loop {
            if let Some(received) = self.take() {
                return Some(received);
            }
            if self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    fn take(&mut self) -> Option<Received> {
        let text = String::from_utf8_lossy(&self.buffer).into_owned();
        let (head, rest) = text.split_once("\r\n\r\n")?;
        let length = head
            .lines()
            .find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .unwrap_or(0);
        let body = rest.get(..length)?.to_owned();
        self.buffer.drain(..head.len() + 4 + length);
        Some(Received {
            head: head.to_owned(),
            body,
        })
    }

    /// Writes bytes at once; a client that is gone is no fault of the test.
    pub(crate) async fn write(&mut self, text: impl AsRef<[u8]>) {
        self.stream.write_all(text.as_ref()).await.ok();
        self.stream.flush().await.ok();
    }

    /// Begins a streamed answer.
    pub(crate) async fn begin_stream(&mut self) {
        self.write(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        )
        .await;
    }

    /// Writes one chunk.
    pub(crate) async fn chunk(&mut self, text: &str) {
        self.write(format!("{:x}\r\n{text}\r\n", text.len())).await;
    }

    /// Writes an event with a text delta.
    pub(crate) async fn say(&mut self, text: &str) {
        self.chunk(&delta(text)).await;
    }

    /// Ends a streamed answer properly.
    pub(crate) async fn end_stream(&mut self) {
        self.chunk(&format!("{STOP}data: [DONE]\n\n")).await;
        self.write("0\r\n\r\n").await;
    }

    /// Writes a whole answer.
    pub(crate) async fn whole(&mut self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        self.write(format!(
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        ))
        .await;
    }

    /// Waits until the client closes the connection.
    pub(crate) async fn closed(&mut self) {
        while self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) > 0 {}
    }
}

/// An event with a text delta.
pub(crate) fn delta(text: &str) -> String {
    let chunk = serde_json::json!({ "id": "c-1", "model": "m", "choices":
        [{ "index": 0, "delta": { "content": text } }] });
    format!("data: {chunk}\n\n")
}

/// The event that says why it ended.
pub(crate) const STOP: &str = "data: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
