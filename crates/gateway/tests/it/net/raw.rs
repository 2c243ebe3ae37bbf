//! A client that sends exactly the bytes it is told to.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection.
pub(super) struct Raw {
    stream: TcpStream,
    seen: Vec<u8>,
}

/// One answer, body decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let first = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is there twice: {self:?}");
        first
    }

    /// The machine-readable reason in an error body.
    pub(super) fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert!(body["error"]["message"].is_string() && body["error"]["type"].is_string());
        body["error"]["code"].as_str().unwrap().to_owned()
    }
}

impl Raw {
    pub(super) async fn open(address: impl Into<SocketAddr>) -> Self {
        let stream = TcpStream::connect(address.into()).await.unwrap();
        Self {
            stream,
            seen: Vec::new(),
        }
    }

    /// Sends bytes; a connection the other side already closed is not an error here.
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.ok();
    }

    pub(super) async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Answer {
        self.send(bytes).await;
        self.answer().await
    }

    pub(super) async fn answer(&mut self) -> Answer {
        self.next()
            .await
            .expect("the connection closed without an answer")
    }

    /// The next answer, or nothing when the connection ends before one begins.
    pub(super) async fn next(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.seen.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more().await {
                assert!(self.seen.is_empty(), "half a head: {:?}", text(&self.seen));
                return None;
            }
        };
        let head: Vec<u8> = self.seen.drain(..end).collect();
        let head = text(&head);
        let mut lines = head.trim_end().split("\r\n");
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Answer {
            status,
            headers,
            body: String::new(),
        };
        if status >= 200 {
            answer.body = self.body(&answer).await;
        }
        Some(answer)
    }

    async fn body(&mut self, answer: &Answer) -> String {
        if let Some(length) = answer.header("content-length") {
            let length = length.parse().unwrap();
            while self.seen.len() < length {
                assert!(self.more().await, "half a body");
            }
            let body: Vec<u8> = self.seen.drain(..length).collect();
            return text(&body);
        }
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
        let mut body = Vec::new();
        loop {
            let line = self.line().await;
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            while self.seen.len() < size + 2 {
                assert!(self.more().await, "half a chunk");
            }
            body.extend(self.seen.drain(..size));
            self.seen.drain(..2);
            if size == 0 {
                return text(&body);
            }
        }
    }

    async fn line(&mut self) -> String {
        loop {
            if let Some(at) = self.seen.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.seen.drain(..=at).collect();
                return text(&line);
            }
            assert!(self.more().await, "half a line");
        }
    }

    /// Whether the other side closed, with nothing left to read.
    pub(super) async fn is_closed(&mut self) -> bool {
        self.seen.is_empty() && !self.more().await
    }

    /// Whether the other side still takes bytes, rather than having reset the connection.
    pub(super) async fn is_heard_out(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Says that nothing more will be sent.
    pub(super) async fn end(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// The next byte, as it comes.
    pub(super) async fn byte(&mut self) -> Option<u8> {
        if self.seen.is_empty() && !self.more().await {
            return None;
        }
        Some(self.seen.remove(0))
    }

    /// Reads what is there; `false` at the end.
    pub(super) async fn more(&mut self) -> bool {
        let mut piece = vec![0; 16384];
        match self.stream.read(&mut piece).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.seen.extend_from_slice(&piece[..count]);
                true
            }
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
