//! `openclaw agent --stream -m "…"`

use super::{or_locally, patience};
use crate::access::{self, AccessArgs};
use crate::failure::Failure;
use crate::home::Home;
use crate::screen;
use client::ClientError;
use client::ws::{Answers, Connection, Events, Incoming};
use protocol::Scope;
use protocol::methods::agent::{AgentParams, AgentReply};
use serde_json::{Value, json};

/// Runs an agent and shows its answer while it is written.
pub(super) async fn run(
    home: &Home,
    args: &AccessArgs,
    params: &AgentParams,
    as_json: bool,
) -> Result<AgentReply, Failure> {
    let mut options = access::options(home, args, access::program("cli", "cli")).await?;
    options.scopes = vec![Scope::Write, Scope::Read];
    options.caps = vec!["tool-events".to_owned()];
    let opened = Connection::open(options).await;
    let (connection, events) = opened.map_err(|error| or_locally(error.into()))?;
    let params = serde_json::to_value(params).map_err(std::io::Error::from)?;
    let limit = patience(&serde_json::from_value(params.clone()).map_err(std::io::Error::from)?);
    let answers = connection.begin("agent", &params, limit).await?;
    let mut shown = Shown {
        run_id: params.get("idempotencyKey").cloned().unwrap_or_default(),
        text: String::new(),
        as_json,
    };
    let reply = follow(answers, events, &mut shown).await?;
    connection.close().await;
    shown.end(&reply)?;
    Ok(reply)
}

/// Shows what comes until the last answer is there.
async fn follow(
    mut answers: Answers,
    mut events: Events,
    shown: &mut Shown,
) -> Result<AgentReply, Failure> {
    let last = async {
        loop {
            let answer = answers.next().await?;
            if answer.is_final {
                return Ok::<_, ClientError>(answer.payload);
            }
        }
    };
    let mut last = std::pin::pin!(last);
    loop {
        let incoming = tokio::select! {
            // What was said before the last answer is shown before it.
            biased;
            incoming = events.next() => incoming,
            payload = &mut last => {
                let reply = serde_json::from_str(payload?.get());
                return Ok(reply.map_err(std::io::Error::from)?);
            }
        };
        match incoming {
            Some(Incoming::Event(event)) if event.event == "agent" => {
                let payload = event.payload.as_deref().map_or("null", |raw| raw.get());
                shown.event(&serde_json::from_str(payload).unwrap_or_default())?;
            }
            // The call ends with the connection; what is missing stands in the last answer.
            Some(
                Incoming::Event(_) | Incoming::Gap | Incoming::Closed(_) | Incoming::Reconnected(_),
            ) => {}
            None => {
                let reply = serde_json::from_str((&mut last).await?.get());
                return Ok(reply.map_err(std::io::Error::from)?);
            }
        }
    }
}

/// What stands on the screen.
struct Shown {
    run_id: Value,
    text: String,
    as_json: bool,
}

impl Shown {
    fn event(&mut self, payload: &Value) -> Result<(), Failure> {
        if payload.get("runId") != Some(&self.run_id) {
            return Ok(());
        }
        if self.as_json {
            return screen::json_line(&json!({ "event": "agent", "payload": payload }));
        }
        if payload.get("stream").and_then(Value::as_str) != Some("assistant") {
            return Ok(());
        }
        let delta = payload.pointer("/data/delta").and_then(Value::as_str);
        let delta = delta.unwrap_or_default();
        self.text.push_str(delta);
        screen::piece(delta)
    }

    /// Shows what is still missing of the answer.
    fn end(&self, reply: &AgentReply) -> Result<(), Failure> {
        if self.as_json {
            return screen::json_line(reply);
        }
        let payloads = reply.result.iter().flat_map(|result| &result.payloads);
        let texts: Vec<&str> = payloads.map(|payload| payload.text.trim()).collect();
        let last = texts.last().copied().unwrap_or_default();
        if self.text.trim_end().ends_with(last) && !self.text.is_empty() {
            return screen::say("");
        }
        if !self.text.is_empty() {
            screen::say("")?;
        }
        if last.is_empty() {
            return Ok(());
        }
        screen::say(texts.join("\n"))
    }
}
