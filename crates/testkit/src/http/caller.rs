//! Who asks: an address and a bearer token.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Answer, DEADLINE, EventStream};

/// Asks one server, with the same headers every time.
#[derive(Debug, Clone)]
pub struct Caller {
    address: SocketAddr,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Caller {
    /// Asks this address, without credentials.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            headers: Vec::new(),
        }
    }

    /// The same with a header added; a name or value that is none is an error.
    ///
    /// # Errors
    /// When the name or the value is not allowed in HTTP.
    pub fn header(mut self, name: &str, value: &str) -> anyhow::Result<Self> {
        let name: HeaderName = name.parse()?;
        self.headers.push((name, value.parse()?));
        Ok(self)
    }

    /// The same with `Authorization: Bearer <token>`.
    ///
    /// # Errors
    /// When the token is not allowed in a header.
    pub fn bearer(self, token: &str) -> anyhow::Result<Self> {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Where it asks.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `GET path`.
    ///
    /// # Errors
    /// When no complete answer comes within [`DEADLINE`].
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, Bytes::new()).await
    }

    /// `POST path` with a JSON body.
    ///
    /// # Errors
    /// When no complete answer comes within [`DEADLINE`].
    pub async fn post_json(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, Bytes::from(body.to_string()))
            .await
    }

    /// Any method and body; the content type is JSON unless a header says otherwise.
    ///
    /// # Errors
    /// When no complete answer comes within [`DEADLINE`].
    pub async fn send(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Answer> {
        let name = format!("{method} {path}");
        let read = async {
            let (response, _connection) = self.open(method, path, body).await?;
            let (head, body) = response.into_parts();
            let body = body
                .collect()
                .await
                .context("the answer broke off")?
                .to_bytes();
            Ok(Answer {
                status: head.status,
                headers: head.headers,
                body,
            })
        };
        timeout(DEADLINE, read)
            .await
            .with_context(|| format!("{name}: no answer in time"))?
    }

    /// `POST path` with a JSON body, the answer read event by event.
    ///
    /// # Errors
    /// When no status line comes within [`DEADLINE`]. An error status is not an error here.
    pub async fn stream(&self, path: &str, body: &Value) -> anyhow::Result<EventStream> {
        let open = self.open(Method::POST, path, Bytes::from(body.to_string()));
        let (response, connection) = timeout(DEADLINE, open)
            .await
            .with_context(|| format!("POST {path}: no answer in time"))??;
        Ok(EventStream::new(response, connection))
    }

    /// Calls a method of the control plane and returns its `data`.
    ///
    /// # Errors
    /// When the method refuses; the message quotes the answer.
    pub async fn rpc(&self, method: &str, params: &Value) -> anyhow::Result<Value> {
        let answer = self
            .post_json(&format!("/api/rpc/{method}"), params)
            .await?;
        let mut body = answer.json()?;
        if !answer.status.is_success() || body.get("ok") != Some(&Value::Bool(true)) {
            bail!("{method} failed: {} {body}", answer.status);
        }
        Ok(body.get_mut("data").map(Value::take).unwrap_or_default())
    }

    /// Sends the request; the connection lives as long as the returned set.
    async fn open(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<(Response<Incoming>, JoinSet<()>)> {
        let socket = TcpStream::connect(self.address)
            .await
            .with_context(|| format!("cannot connect to {}", self.address))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // A broken connection shows as an error of the request or of the body.
            drop(connection.await);
        });
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string())
            .body(Full::new(body))?;
        let headers = request.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        let response = sender.send_request(request).await.context("no answer")?;
        Ok((response, tasks))
    }
}
