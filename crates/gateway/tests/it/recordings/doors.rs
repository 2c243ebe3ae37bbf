//! Who knocks in the recorded stories of connections, and what came of it, in the recorded form.

use super::compare::differences_in_words;
use super::file::Reference;
use super::replay::Shared;
use crate::identity::Phone;
use crate::ws::client::{Client, Got, Refused, Socket};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::PoisonError;
use tokio::net::TcpSocket;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// This machine, without a proxy.
pub(crate) const HERE: &str = "127.0.0.1:0";

/// The proxy that is trusted.
pub(crate) const PROXY: &str = "127.0.0.2:0";

/// A recorded story, step by step.
pub(crate) struct Story {
    reference: Reference,
    table: Shared,
    name: &'static str,
    steps: Vec<(String, Value)>,
}

impl Story {
    pub(crate) fn new(reference: Reference, name: &'static str, table: &Shared) -> Self {
        Self {
            reference,
            table: Shared::clone(table),
            name,
            steps: reference.file(name).unwrap(),
        }
    }

    /// Compares what came of a step.
    #[expect(clippy::needless_pass_by_value, reason = "callers write it in place")]
    pub(crate) fn step(&mut self, name: &str, ours: Value) {
        let at = self.steps.iter().position(|(step, _)| step == name);
        let at = at.unwrap_or_else(|| panic!("no step {name} was recorded"));
        let (_, recorded) = self.steps.remove(at);
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for line in differences_in_words(&recorded, &ours) {
            let what = format!("{} {name}", self.name);
            table.found(self.reference.folder(), &format!("{what} {line}"));
        }
    }

    /// Every step was taken, or is left out in the table.
    pub(crate) fn end(self) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let version = self.reference.folder();
        for (name, _) in &self.steps {
            let what = format!("{} {name}", self.name);
            if !table.skips(version, &what) {
                table.found(version, &format!("{what} was not tried"));
            }
        }
    }
}

/// A socket from one of this machine's addresses, with these headers; the status when there is none.
pub(crate) async fn socket(
    address: SocketAddr,
    from: &str,
    headers: &[(&'static str, &str)],
) -> Result<Socket, u16> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(from.parse().unwrap()).unwrap();
    let stream = socket.connect(address).await.unwrap();
    let mut request = format!("ws://{address}/").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match client_async(request, stream).await {
        Ok((stream, _)) => Ok(Socket { stream }),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

/// Introduces a client, with its device if it has one.
pub(crate) async fn knock(
    mut socket: Socket,
    device: Option<&Phone>,
    params: &Value,
) -> Result<Client, Refused> {
    if let Some(device) = device {
        return device.connect(socket, params).await;
    }
    socket.challenge().await;
    Client::introduce(socket, params).await
}

/// What came of it.
pub(crate) fn outcome(answer: &Result<Client, Refused>) -> Value {
    match answer {
        Ok(client) => json!({ "ok": true, "auth": client.hello["auth"], "closed": null }),
        Err(refused) => json!({
            "hello": { "type": "res", "id": "connect", "ok": false, "error": refused.error },
            "closed": closed(&refused.close),
        }),
    }
}

/// How a connection was closed.
pub(crate) fn closed(how: &Got) -> Value {
    match how {
        Got::Closed(code, reason) => json!({ "code": code, "reason": reason }),
        Got::Frame(_) | Got::Gone => Value::Null,
    }
}

/// A call and its answer as a frame.
pub(crate) async fn called(client: &mut Client, method: &str, params: Value) -> Value {
    match client.call(method, params).await {
        Ok(payload) => json!({ "type": "res", "id": "1", "ok": true, "payload": payload }),
        Err(error) => json!({ "type": "res", "id": "1", "ok": false, "error": error }),
    }
}

/// What the event says that comes next of this name, as a list of one.
pub(crate) async fn told(client: &mut Client, event: &str) -> Value {
    json!([client.event(event).await])
}
