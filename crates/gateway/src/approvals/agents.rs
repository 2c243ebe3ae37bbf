//! Questions of agents: a tool call that policy leaves to a person.

use super::desk::Desk;
use super::question::{Decision, Question};
use ::tools::exec::{Allowed, visible};
use agent::{Approver, AskFor};
use async_trait::async_trait;
use domain::record::ApprovalVerdict;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tracing::warn;

/// How long a question stands, unless the run ends before.
const PATIENCE: Duration = Duration::from_mins(30);

/// Longest arguments that are shown whole, in bytes; of longer ones the beginning is, with their
/// length and SHA-256.
const MAX_SHOWN: usize = 64 * 1024;

#[async_trait]
impl Approver for Desk {
    async fn ask(&self, asked: AskFor) -> ApprovalVerdict {
        self.ask_for(asked, None).await
    }
}

impl Desk {
    /// Asks people about a tool call; who asks, by the id of its connection, is not asked.
    ///
    /// # Cancel safety
    /// Dropping the future withdraws the question.
    pub(crate) async fn ask_for(&self, asked: AskFor, asker: Option<String>) -> ApprovalVerdict {
        let (agent, tool) = (asked.agent.to_string(), asked.intent.tool.to_string());
        let quiet = asked.intent.argv.is_empty() && asked.intent.hosts.is_empty();
        match self.file.read() {
            Ok(held) if quiet && held.rules.lists_tool(&agent, &tool) => {
                return ApprovalVerdict::AllowAlways;
            }
            Ok(_) => {}
            Err(error) => warn!(%error, "the rules cannot be read, so a person is asked"),
        }
        let deny = |why: String| ApprovalVerdict::Deny { why };
        let question = Question {
            asker,
            ..question(&asked, &agent, &tool, quiet)
        };
        let ticket = match self.put(question) {
            Ok(ticket) => ticket,
            Err(error) => return deny(format!("{}; {}", asked.reason, error.message)),
        };
        let id = ticket.id.clone();
        let _withdrawn = Withdrawn {
            desk: self,
            id: &id,
        };
        if !ticket.asked {
            return deny(format!(
                "{}; nobody who could approve it is connected",
                asked.reason
            ));
        }
        let patience = ticket.patience;
        match self.wait(ticket).await {
            Some(Decision::AllowOnce) => ApprovalVerdict::AllowOnce,
            Some(Decision::AllowAlways) => ApprovalVerdict::AllowAlways,
            Some(Decision::Deny) => deny("a person was asked and refused it".to_owned()),
            None => deny(format!(
                "{}; a person was asked and did not answer within {} seconds",
                asked.reason,
                patience.as_secs()
            )),
        }
    }
}

/// Withdraws a question when nobody waits for its answer any more.
struct Withdrawn<'a> {
    desk: &'a Desk,
    id: &'a str,
}

impl Drop for Withdrawn<'_> {
    fn drop(&mut self) {
        self.desk.cancel(self.id);
    }
}

fn question(asked: &AskFor, agent: &str, tool: &str, quiet: bool) -> Question {
    let text = format!("{tool} {}", arguments(asked));
    // "Always" is for a tool that touches nothing but the workspace; it names the tool.
    let line = quiet.then(|| Allowed {
        pattern: format!("tool:{tool}"),
        ..Allowed::default()
    });
    let offered: Vec<Decision> = Decision::ALL
        .into_iter()
        .filter(|it| quiet || *it != Decision::AllowAlways)
        .collect();
    let names: Vec<_> = offered.iter().map(|it| it.name()).collect();
    let paths = |paths: &[std::path::PathBuf]| -> Vec<String> {
        paths
            .iter()
            .map(|it| visible(&it.to_string_lossy()))
            .collect()
    };
    let intent = &asked.intent;
    let request = json!({
        "command": text,
        "commandArgv": (!intent.argv.is_empty()).then_some(&intent.argv),
        "cwd": asked.workspace.display().to_string(),
        "nodeId": null,
        "host": "gateway",
        "security": "allowlist",
        "ask": "on-miss",
        "warningText": asked.reason,
        "allowedDecisions": names,
        "agentId": agent,
        "sessionKey": asked.session.to_string(),
        "runId": asked.run.to_string(),
        "toolCallId": asked.call.id.to_string(),
        "toolName": tool,
        "reads": paths(&intent.reads),
        "writes": paths(&intent.writes),
        "hosts": intent.hosts,
    });
    Question {
        id: None,
        request,
        text,
        offered,
        agent: Some(agent.to_owned()),
        patience: asked.time_left.unwrap_or(PATIENCE).min(PATIENCE),
        asker: None,
        reviewers: Vec::new(),
        binding: None,
        line: line.map(|it| (agent.to_owned(), it)),
    }
}

/// The arguments as the model wrote them, every character visible.
fn arguments(asked: &AskFor) -> String {
    let written = &asked.call.arguments;
    if written.len() <= MAX_SHOWN {
        return visible(written);
    }
    let cut = written.floor_char_boundary(MAX_SHOWN);
    let shown = visible(written.get(..cut).unwrap_or_default());
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(written.as_bytes()));
    format!(
        "{shown}\n[cut here: {} bytes in all, sha256 {hash}; the whole call is in the session]",
        written.len()
    )
}
