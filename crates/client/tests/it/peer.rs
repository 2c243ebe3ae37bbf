//! A socket that reads one request per connection and answers with fixed bytes.

use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

pub(crate) struct Peer {
    address: std::net::SocketAddr,
    seen: Arc<Mutex<String>>,
    _task: JoinSet<()>,
}

impl Peer {
    pub(crate) async fn answering(host: &str, status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        let bytes =
            format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{body}");
        Self::start(host, Some(bytes)).await
    }

    pub(crate) async fn raw(host: &str, bytes: &str) -> Self {
        Self::start(host, Some(bytes.to_owned())).await
    }

    pub(crate) async fn silent(host: &str) -> Self {
        Self::start(host, None).await
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn request(&self) -> String {
        self.seen.lock().await.clone()
    }

    async fn start(host: &str, answer: Option<String>) -> Self {
        let listener = TcpListener::bind(format!("{host}:0")).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(String::new()));
        let record = Arc::clone(&seen);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut held = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                *record.lock().await = read_request(&mut stream).await;
                match &answer {
                    Some(bytes) => stream.write_all(bytes.as_bytes()).await.unwrap(),
                    None => held.push(stream),
                }
            }
        });
        Self {
            address,
            seen,
            _task: task,
        }
    }
}

/// Reads up to the end of the body that `content-length` announces.
async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |value| value.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut buffer).await.unwrap() {
            0 => return text,
            read => text.push_str(std::str::from_utf8(&buffer[..read]).unwrap()),
        }
    }
}
