//! Whether every acknowledged turn of the load is still there, after a `kill -9`.

use anyhow::{Context, bail};
use serde_json::{Value, json};
use testkit::GatewayProcess;

use crate::rounds::Results;

/// How many sessions are read back in full.
const READ_BACK: usize = 200;

/// What was found.
pub(crate) struct Durable {
    /// Turns that were acknowledged.
    pub(crate) acknowledged: u64,
    /// Sessions in the store after the kill and a restart; each turn opened one.
    pub(crate) found: u64,
    /// Sessions read back, each with its question and its answer.
    pub(crate) read_back: usize,
}

/// Kills the gateway as a power cut would, starts it again and counts.
///
/// # Errors
/// When a turn is missing or a session read back is not whole: then the run counts for nothing.
pub(crate) async fn check(
    gateway: &mut GatewayProcess,
    results: &Results,
) -> anyhow::Result<Durable> {
    gateway.kill9().await?;
    gateway.restart().await?;
    let caller = gateway.caller()?;
    let list = caller.rpc("sessions.list", &json!({"limit": 1})).await?;
    let found = list
        .get("count")
        .and_then(Value::as_u64)
        .context("sessions.list has no count")?;
    if found < results.acknowledged {
        bail!(
            "{} turns were acknowledged, {found} are in the store",
            results.acknowledged
        );
    }
    let step = (results.sessions.len() / READ_BACK).max(1);
    let mut read_back = 0;
    for key in results.sessions.iter().step_by(step) {
        let history = caller
            .rpc("chat.history", &json!({"sessionKey": key}))
            .await?;
        let roles = roles(&history);
        if roles != ["user", "assistant"] {
            bail!("session {key} should have a question and an answer, but has {roles:?}");
        }
        read_back += 1;
    }
    if read_back == 0 {
        bail!("the agent path named no session in its answers");
    }
    Ok(Durable {
        acknowledged: results.acknowledged,
        found,
        read_back,
    })
}

fn roles(history: &Value) -> Vec<&str> {
    let messages = history.get("messages").and_then(Value::as_array);
    let messages = messages.map(Vec::as_slice).unwrap_or_default();
    messages
        .iter()
        .filter_map(|message| message.get("role").and_then(Value::as_str))
        .collect()
}
