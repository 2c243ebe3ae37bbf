//! `chat.*` and `agent` over a WebSocket (S000-21, S004-22; gateway RPC methods, "Chat").

mod commands;
mod history;
mod runs;
mod sending;

use crate::ws::client::Client;
use serde_json::{Value, json};

/// Sends a message in the main session and returns the acknowledgement.
pub(crate) async fn send(client: &mut Client, text: &str, key: &str) -> Value {
    send_in(client, "main", text, key).await
}

/// The same in another session.
pub(crate) async fn send_in(client: &mut Client, session: &str, text: &str, key: &str) -> Value {
    let params = json!({ "sessionKey": session, "message": text, "idempotencyKey": key });
    client.call("chat.send", params).await.unwrap()
}

/// The end of a run as `chat` events tell it.
pub(crate) async fn ended(client: &mut Client, run: &str) -> Value {
    let is_end = |payload: &Value| {
        let over = ["final", "aborted", "error"].map(|state| payload["state"] == state);
        payload["runId"] == run && over.contains(&true)
    };
    client.event_where("chat", is_end).await["payload"].take()
}
