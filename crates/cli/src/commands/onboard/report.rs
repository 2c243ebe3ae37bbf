//! What onboarding did, for people and for programs.

use crate::failure::Exit;
use crate::listing::{Listing, dollars};
use domain::MicroUsd;
use protocol::methods::agent::AgentReply;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What onboarding did.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) choice: String,
    pub(crate) config: PathBuf,
    pub(crate) workspace: PathBuf,
    pub(crate) workspace_files: Vec<String>,
    pub(crate) database: PathBuf,
    pub(crate) token_file: PathBuf,
    pub(crate) port: u16,
    pub(crate) bind: String,
    pub(crate) auth_mode: String,
    pub(crate) chat_completions: bool,
    pub(crate) model: String,
    pub(crate) model_reason: Option<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) trial: Trial,
}

/// How the test message went.
#[derive(Debug)]
pub(crate) enum Trial {
    /// It was not sent.
    Skipped,
    /// No answer came; the reason.
    Failed(String),
    /// The answer.
    Answered(Box<AgentReply>),
}

impl Trial {
    /// Judges what came back, if anything was sent.
    pub(crate) fn of(ran: Option<Result<AgentReply, String>>) -> Self {
        match ran {
            None => Self::Skipped,
            Some(Err(reason)) => Self::Failed(reason),
            Some(Ok(reply)) if reply.status == "ok" => Self::Answered(Box::new(reply)),
            Some(Ok(reply)) => Self::Failed(
                reply
                    .summary
                    .unwrap_or_else(|| "no reason was given".to_owned()),
            ),
        }
    }
}

impl Report {
    /// Failed when the test message failed.
    pub(crate) fn exit(&self) -> Exit {
        if self.is_ok() { Exit::Ok } else { Exit::Failed }
    }

    fn is_ok(&self) -> bool {
        !matches!(self.trial, Trial::Failed(_))
    }

    /// Source: configuration specification, section 7, `onboard`.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "ok": self.is_ok(),
            "mode": "local",
            "config": self.config.display().to_string(),
            "workspace": self.workspace.display().to_string(),
            "workspaceFiles": self.workspace_files,
            "database": self.database.display().to_string(),
            "authChoice": self.choice,
            "gateway": {
                "port": self.port,
                "bind": self.bind,
                "authMode": self.auth_mode,
                "tokenFile": self.token_file.display().to_string(),
            },
            "model": self.model,
            "modelReason": self.model_reason,
            "chatCompletions": self.chat_completions,
            "skipHealth": matches!(self.trial, Trial::Skipped),
            "testMessage": self.trial_json(),
            "warnings": self.warnings,
        })
    }

    fn trial_json(&self) -> Value {
        let reply = match &self.trial {
            Trial::Skipped => return Value::Null,
            Trial::Failed(reason) => return json!({ "ok": false, "error": reason }),
            Trial::Answered(reply) => reply,
        };
        let meta = reply.result.as_ref().map(|result| &result.meta);
        let run = meta.map(|meta| &meta.agent_meta);
        json!({
            "ok": true,
            "text": said(reply),
            "model": run.map(|run| format!("{}/{}", run.provider, run.model)),
            "costUsd": run.and_then(|run| run.cost_micro_usd).map(|cost| MicroUsd(cost).to_string()),
            "durationMs": meta.map(|meta| meta.duration_ms),
            "runId": reply.run_id,
        })
    }

    /// Rows for people.
    pub(crate) fn to_text(&self) -> String {
        let mut list = Listing::new();
        list.row("settings", self.config.display());
        let files = match self.workspace_files.len() {
            0 => String::new(),
            1 => " (1 file)".to_owned(),
            many => format!(" ({many} files)"),
        };
        list.row(
            "workspace",
            format_args!("{}{files}", self.workspace.display()),
        );
        list.row("database", self.database.display());
        list.row(
            "login",
            format_args!("{} ({})", self.auth_mode, self.secret_place()),
        );
        list.row("address", format_args!("port {}, {}", self.port, self.bind));
        let reason = self
            .model_reason
            .as_ref()
            .map(|why| format!(" ({why})"))
            .unwrap_or_default();
        list.row("model", format_args!("{}{reason}", self.model));
        list.row("chat completions", chat_completions(self.chat_completions));
        for warning in &self.warnings {
            list.row("warning", warning);
        }
        match &self.trial {
            Trial::Skipped => list.row("test message", "not sent"),
            Trial::Failed(reason) => {
                list.paragraph("test message", &format!("failed: {reason}"));
            }
            Trial::Answered(reply) => {
                list.paragraph("test message", &said(reply));
                list.row("", cost(reply));
            }
        }
        list.text()
    }

    /// The command to go on with.
    pub(crate) fn next(&self) -> &'static str {
        if self.is_ok() {
            "openclaw gateway"
        } else {
            "openclaw doctor"
        }
    }

    fn secret_place(&self) -> String {
        if self.auth_mode == "token" {
            format!(
                "in {}, shown by: openclaw gateway token",
                self.token_file.display()
            )
        } else {
            "as configured".to_owned()
        }
    }
}

/// Who answered, how fast, and for how much.
fn cost(reply: &AgentReply) -> String {
    let Some(meta) = reply.result.as_ref().map(|result| &result.meta) else {
        return String::new();
    };
    let run = &meta.agent_meta;
    let cost = match run.cost_micro_usd {
        Some(cost) => dollars(&MicroUsd(cost).to_string()),
        None => "cost unknown".to_owned(),
    };
    format!(
        "{}/{}, {} ms, {cost}",
        run.provider, run.model, meta.duration_ms
    )
}

fn chat_completions(on: bool) -> &'static str {
    if on {
        "on (/v1/chat/completions)"
    } else {
        "off; openclaw config set gateway.http.endpoints.chatCompletions.enabled true"
    }
}

/// Everything the agent said, as one text.
pub(crate) fn said(reply: &AgentReply) -> String {
    let payloads = reply.result.iter().flat_map(|result| &result.payloads);
    payloads
        .map(|payload| payload.text.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}
