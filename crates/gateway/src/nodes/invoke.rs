//! The way of a command to a node and back.

mod flights;

pub(super) use flights::Flights;

use super::{Nodes, node_of, not_connected, pairing_changed};
use crate::error::ApiError;
use crate::repeat::Turn;
use crate::ws::{Link, Told};
use flights::{Ended, Flight};
use protocol::ErrorCode;
use protocol::methods::nodes::{
    NodeInvokeParams, NodeInvokeProgressParams, NodeInvokeReply, NodeInvokeRequest,
    NodeInvokeResultParams, NodeInvokeResultReply,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a command may take unless the caller says otherwise.
const USUAL: Duration = Duration::from_secs(30);

/// The longest a caller may wait.
const LONGEST: Duration = Duration::from_mins(30);

/// Longest error text of a node that is passed on, in characters.
const MAX_MESSAGE: usize = 2000;

/// Who invokes.
pub(crate) struct Asked {
    /// Whose key it is: equal keys of different callers are different.
    pub(crate) caller: String,
    /// The connection it came over, which hears of progress.
    pub(crate) link: Option<Arc<Link>>,
    /// Whether it is one of the gateway's own relays, which may use commands callers may not.
    pub(crate) relay: bool,
}

impl Nodes {
    /// Runs a command on a node. The same key of the same caller again gets the same answer.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the node is not there, does not answer in time or fails;
    /// `INVALID_REQUEST` when it may not run the command.
    pub(crate) async fn invoke(
        &self,
        params: NodeInvokeParams,
        asked: Asked,
    ) -> Result<NodeInvokeReply, ApiError> {
        self.may_invoke(&params, asked.relay)?;
        let what = json!([params.node_id, params.command, params.params]).to_string();
        let (repeats, key) = (&self.flights.repeats, params.idempotency_key.as_str());
        let first = match repeats.enter(&asked.caller, key, &what, self.now())? {
            Turn::First(first) => first,
            Turn::Again(answer) => return answer.wait().await,
        };
        let outcome = self.send(params, asked).await;
        let length = outcome.as_ref().map(|it| it.payload.to_string().len());
        first.done(&outcome, length.unwrap_or_default());
        outcome
    }

    fn may_invoke(&self, params: &NodeInvokeParams, relay: bool) -> Result<(), ApiError> {
        let (node, command) = (params.node_id.as_str(), params.command.as_str());
        let refused = |why: String| {
            ApiError::invalid(format!("node command not allowed: {why}")).with_details(
                json!({ "code": "COMMAND_NOT_ALLOWED", "nodeId": node, "command": printable(command) }),
            )
        };
        if command.starts_with("system.execApprovals.") && !relay {
            return Err(refused(
                "node.invoke does not take system.execApprovals.*; use exec.approvals.node.get and \
                 exec.approvals.node.set"
                    .to_owned(),
            ));
        }
        let book = self.book();
        let Some(here) = book.here.get(node) else {
            return Err(not_connected());
        };
        if book.commands(node).contains(command) {
            return Ok(());
        }
        let command = printable(command);
        if !here.surface.commands.contains(&params.command) {
            let why = format!(
                "{command} is not offered by this node, or gateway.nodes.commands does not allow it"
            );
            return Err(refused(why));
        }
        let request = book.pending.iter().find(|it| it.node == node);
        let request = request.map_or("<requestId>", |it| it.id.as_str());
        Err(refused(format!(
            "{command} is awaiting operator approval; approve it with `openclaw nodes approve {request}`"
        )))
    }

    async fn send(
        &self,
        params: NodeInvokeParams,
        asked: Asked,
    ) -> Result<NodeInvokeReply, ApiError> {
        let wait = match params.timeout_ms {
            None | Some(0) => USUAL,
            Some(ms) => Duration::from_millis(ms).min(LONGEST),
        };
        let sent = match (params.command.as_str(), params.params) {
            ("system.run", sent) => Some(self.checked_run(&params.node_id, sent, &asked.caller)?),
            (_, sent) => sent,
        };
        let sent = sent.map(|it| it.to_string());
        let link = {
            let book = self.book();
            let here = book.here.get(&params.node_id).ok_or_else(not_connected)?;
            Arc::clone(&here.link)
        };
        let mut flight = self.flights.start(&link, &params.node_id, asked.link)?;
        let request = NodeInvokeRequest {
            id: flight.id.clone(),
            node_id: params.node_id.clone(),
            command: params.command.clone(),
            params_json: sent.clone(),
            timeout_ms: Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            idempotency_key: Some(params.idempotency_key.clone()),
        };
        match Told::new("node.invoke.request", &request) {
            Some(told) => link.address(&told),
            None => return Err(not_connected()),
        }
        let result = match tokio::time::timeout(wait, flight.ended()).await {
            Ok(Ended::Answered(result)) => *result,
            Ok(Ended::Lost) => {
                let gone =
                    "the node disconnected before it answered; whether the command ran is unknown";
                return Err(ApiError::new(ErrorCode::Unavailable, gone)
                    .with_details(json!({ "code": "NOT_CONNECTED" })));
            }
            Ok(Ended::Revoked) => return Err(pairing_changed()),
            Err(_) => return Err(timed_out(&params.command, wait)),
        };
        drop(flight);
        if !result.ok {
            return Err(self.failed(&params.node_id, &params.command, sent, result));
        }
        let payload = payload(&result)?;
        Ok(NodeInvokeReply {
            ok: true,
            node_id: params.node_id,
            command: params.command,
            payload,
            payload_json: result.payload_json,
        })
    }

    /// The result of a command, from its node. One nobody waits for is ignored.
    ///
    /// # Errors
    /// The caller is not the node it speaks for.
    pub(crate) fn result(
        &self,
        link: Option<&Arc<Link>>,
        params: NodeInvokeResultParams,
    ) -> Result<NodeInvokeResultReply, ApiError> {
        self.is_itself(link, &params.node_id)?;
        let found = link.and_then(|link| self.flights.take(&params.id, &link.id));
        let ignored = found.is_none().then_some(true);
        if let Some(flight) = found {
            flight.end(Ended::Answered(Box::new(params)));
        }
        Ok(NodeInvokeResultReply { ok: true, ignored })
    }

    /// A part of the output of a command, passed on to whoever invoked it.
    ///
    /// # Errors
    /// The caller is not the node it speaks for, or the part is too large.
    pub(crate) fn progress(
        &self,
        link: Option<&Arc<Link>>,
        params: &NodeInvokeProgressParams,
    ) -> Result<NodeInvokeResultReply, ApiError> {
        self.is_itself(link, &params.node_id)?;
        if params.chunk.len() > 16_384 {
            return Err(ApiError::invalid("chunk may have 16384 bytes at most"));
        }
        let caller = link.and_then(|link| self.flights.caller(&params.invoke_id, &link.id));
        if let Some(caller) = &caller
            && let Some(told) = Told::new("node.invoke.progress", params)
        {
            caller.address(&told);
        }
        let ignored = caller.is_none().then_some(true);
        Ok(NodeInvokeResultReply { ok: true, ignored })
    }

    #[expect(clippy::unused_self, reason = "reads as the question it is")]
    fn is_itself(&self, link: Option<&Arc<Link>>, node: &str) -> Result<(), ApiError> {
        if node_of(link)? == node {
            Ok(())
        } else {
            Err(ApiError::invalid(
                "nodeId mismatch: a node speaks for itself only",
            ))
        }
    }

    fn failed(
        &self,
        node: &str,
        command: &str,
        sent: Option<String>,
        result: NodeInvokeResultParams,
    ) -> ApiError {
        let error = result.error.unwrap_or_default();
        let code = error.code.unwrap_or_else(|| "UNAVAILABLE".to_owned());
        let code: String = code.chars().filter(|c| !c.is_control()).take(128).collect();
        let message = printable(
            &error
                .message
                .unwrap_or_else(|| "node invoke failed".to_owned()),
        );
        let mut details =
            json!({ "code": code, "nodeError": { "code": code, "message": message } });
        let mut text = if message.starts_with(code.as_str()) {
            message
        } else {
            format!("{code}: {message}")
        };
        if code == "NODE_BACKGROUND_UNAVAILABLE"
            && let Some(id) = self.keep(node, command, sent)
            && let Some(details) = details.as_object_mut()
        {
            "node command queued until node returns to foreground".clone_into(&mut text);
            details.insert("code".to_owned(), "QUEUED_UNTIL_FOREGROUND".into());
            details.insert("queuedActionId".to_owned(), id.into());
        }
        ApiError::new(ErrorCode::Unavailable, text).with_details(details)
    }
}

fn payload(result: &NodeInvokeResultParams) -> Result<Value, ApiError> {
    match (&result.payload_json, &result.payload) {
        (Some(text), _) => serde_json::from_str(text).map_err(|error| {
            let message = format!("the node's answer is not JSON: {error}");
            ApiError::new(ErrorCode::Unavailable, message)
                .with_details(json!({ "code": "INVALID_PAYLOAD" }))
        }),
        (None, payload) => Ok(payload.clone().unwrap_or_default()),
    }
}

fn timed_out(command: &str, wait: Duration) -> ApiError {
    let message = format!(
        "the node did not answer {command} within {ms} ms; whether it ran is unknown, and timeoutMs allows more",
        ms = wait.as_millis()
    );
    ApiError::new(ErrorCode::Unavailable, message).with_details(json!({ "code": "TIMEOUT" }))
}

/// Text of a stranger in one of our lines.
fn printable(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control() || *c == '\n');
    shown.take(MAX_MESSAGE).collect()
}

impl Flight {
    fn end(self, ended: Ended) {
        // Whoever waited may have left.
        drop(self.tell.send(ended));
    }
}
