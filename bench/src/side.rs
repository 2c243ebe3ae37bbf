//! The four sides of the comparison, and the request each is asked.

use std::net::SocketAddr;

use serde_json::{Value, json};

/// Which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Fake,
    Nginx,
    Direct,
    Agent,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Fake, Self::Nginx, Self::Direct, Self::Agent];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fake => "fake model, asked directly",
            Self::Nginx => "nginx in front of it",
            Self::Direct => "gateway, direct path",
            Self::Agent => "gateway, agent path",
        }
    }

    fn model(self) -> &'static str {
        match self {
            Self::Fake | Self::Nginx => "fake-2",
            Self::Direct => "fake/fake-2",
            Self::Agent => "openclaw",
        }
    }
}

/// One side: where to ask, what to ask, and whose CPU time to count.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    /// The process, whose children count with it.
    pub(crate) pid: u32,
    pub(crate) whole: Vec<u8>,
    pub(crate) streamed: Vec<u8>,
}

impl Side {
    pub(crate) fn new(kind: Kind, address: SocketAddr, pid: u32, token: Option<&str>) -> Self {
        let request = |stream| render(kind.model(), address, token, stream);
        Self {
            kind,
            address,
            pid,
            whole: request(false),
            streamed: request(true),
        }
    }
}

/// The bytes of a request; the same question on every side.
fn render(model: &str, address: SocketAddr, token: Option<&str>, stream: bool) -> Vec<u8> {
    let body = json!({
        "model": model,
        "stream": stream,
        "messages": [{"role": "user", "content": "Say hello."}]
    })
    .to_string();
    let token = token.unwrap_or("none");
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The gateway's settings: the defaults, and a free model, so that no budget ends the run.
pub(crate) fn settings(base_url: &str) -> Value {
    let mut settings = testkit::Home::settings(base_url);
    if let Some(model) = settings.pointer_mut("/agents/defaults/model") {
        *model = Value::from("fake/fake-2");
    }
    settings
}
