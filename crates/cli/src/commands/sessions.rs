//! `openclaw sessions …`

use crate::access::{RemoteArgs, scope_of};
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::listing::Listing;
use crate::table::{Table, age, cell, rows};
use clap::Subcommand;
use protocol::Scope;
use serde_json::{Map, Value, json};

/// Arguments of `sessions`.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  openclaw sessions --active 60\n  openclaw sessions history main --limit 20\n  \
                  openclaw sessions patch main --model anthropic/claude-sonnet-4-5\n  openclaw sessions reset main"
)]
pub(crate) struct SessionsArgs {
    #[command(subcommand)]
    command: Option<SessionsCommand>,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum SessionsCommand {
    /// The sessions, newest first; the same as `sessions` alone
    List(ListArgs),
    /// One session: its model, its size, when it was last used
    Show(KeyArgs),
    /// What was said in a session
    History(HistoryArgs),
    /// Change a session's name, model or levels
    Patch(PatchArgs),
    /// Begin a session anew; what was said is kept aside
    Reset(KeyArgs),
    /// Remove a session from the list
    Delete(KeyArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Only this agent's
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Only those used within so many minutes
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..))]
    active: Option<u32>,
    /// At most so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Only those whose key or name has this in it
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

#[derive(Debug, clap::Args)]
struct KeyArgs {
    /// The session's key, e.g. main or agent:main:main
    key: String,
}

#[derive(Debug, clap::Args)]
struct HistoryArgs {
    /// The session's key, e.g. main
    key: String,
    /// So many of the newest messages
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

#[derive(Debug, clap::Args)]
struct PatchArgs {
    /// The session's key, e.g. main
    key: String,
    /// Its name for people; an empty one removes it
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Its model, as provider/model; an empty one means the agent's own
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// How much the model thinks: off, minimal, low, medium or high; an empty one means the default
    #[arg(long, value_name = "LEVEL")]
    thinking: Option<String>,
    /// How much is said about tools: off, on or full; an empty one means the default
    #[arg(long, value_name = "LEVEL")]
    verbose: Option<String>,
}

/// Does what was asked; without a subcommand the sessions are listed.
pub(crate) fn run(home: &Home, args: &SessionsArgs) -> Result<Exit, Failure> {
    let remote = &args.remote;
    match &args.command {
        None => list(home, remote, &args.list),
        Some(SessionsCommand::List(args)) => list(home, remote, args),
        Some(SessionsCommand::Show(args)) => show(home, remote, &args.key),
        Some(SessionsCommand::History(args)) => {
            let params = json!({ "sessionKey": args.key, "limit": args.limit });
            remote.show(home, "chat.history", &params, said)
        }
        Some(SessionsCommand::Patch(args)) => patch(home, remote, args),
        Some(SessionsCommand::Reset(args)) => {
            let params = json!({ "key": args.key, "reason": "reset" });
            remote.show(home, "sessions.reset", &params, |answer| {
                format!("{} begins anew", cell(answer, "/key"))
            })
        }
        Some(SessionsCommand::Delete(args)) => delete(home, remote, &args.key),
    }
}

fn list(home: &Home, remote: &RemoteArgs, args: &ListArgs) -> Result<Exit, Failure> {
    let mut params = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            params.insert(name.to_owned(), value);
        }
    };
    add("agentId", args.agent.clone().map(Value::from));
    add("activeMinutes", args.active.map(Value::from));
    add("limit", args.limit.map(Value::from));
    add("search", args.search.clone().map(Value::from));
    remote.show(home, "sessions.list", &Value::Object(params), |answer| {
        let mut table = Table::new(&["key", "name", "model", "tokens", "used"]);
        for row in rows(answer, "sessions") {
            table.row([
                cell(row, "/key"),
                name(row),
                cell(row, "/model"),
                cell(row, "/totalTokens"),
                age(row, "/updatedAt"),
            ]);
        }
        table.text("no session yet; begin one with: openclaw agent -m \"hello\"")
    })
}

fn name(row: &Value) -> String {
    let names = ["/label", "/displayName", "/derivedTitle"].map(|pointer| cell(row, pointer));
    names
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default()
}

fn show(home: &Home, remote: &RemoteArgs, key: &str) -> Result<Exit, Failure> {
    let answer = remote.ask(home, "sessions.describe", &json!({ "key": key }))?;
    if answer.get("session").is_none_or(Value::is_null) {
        return Err(
            Failure::new(Kind::Request, format!("no session has the key {key:?}"))
                .code("NOT_FOUND")
                .fix("openclaw sessions"),
        );
    }
    remote.print(&answer, |answer| {
        let session = answer.get("session").unwrap_or(answer);
        let mut list = Listing::new();
        for (head, pointer) in [
            ("key", "/key"),
            ("id", "/sessionId"),
            ("name", "/label"),
            ("agent", "/agentId"),
            ("model", "/model"),
            ("provider", "/modelProvider"),
            ("thinking", "/thinkingLevel"),
            ("verbose", "/verboseLevel"),
            ("prompt", "/inputTokens"),
            ("answer", "/outputTokens"),
            ("tokens", "/totalTokens"),
            ("cost (USD)", "/costUsd"),
        ] {
            let value = cell(session, pointer);
            if !value.is_empty() {
                list.row(head, value);
            }
        }
        list.row("used", age(session, "/updatedAt"));
        list.text()
    })
}

fn patch(home: &Home, remote: &RemoteArgs, args: &PatchArgs) -> Result<Exit, Failure> {
    let mut params = Map::new();
    for (name, value) in [
        ("label", &args.label),
        ("model", &args.model),
        ("thinkingLevel", &args.thinking),
        ("verboseLevel", &args.verbose),
    ] {
        if let Some(text) = value {
            let value = if text.is_empty() {
                Value::Null
            } else {
                json!(text)
            };
            params.insert(name.to_owned(), value);
        }
    }
    if params.is_empty() {
        return Err(Failure::new(Kind::Usage, "nothing to change was given")
            .fix("openclaw sessions patch --help"));
    }
    params.insert("key".to_owned(), json!(args.key));
    // Levels need more than names do; which, the gateway knows.
    let scopes = [scope_of("sessions.patch"), Scope::Write, Scope::Admin];
    let answer = remote.talk(home, &scopes, async |line| {
        line.call_named("sessions.patch", &Value::Object(params), false)
            .await
    })?;
    remote.print(&answer, |answer| {
        format!("{} is changed", cell(answer, "/key"))
    })
}

fn delete(home: &Home, remote: &RemoteArgs, key: &str) -> Result<Exit, Failure> {
    let scopes = [scope_of("sessions.delete"), Scope::Admin];
    let answer = remote.talk(home, &scopes, async |line| {
        line.call_named("sessions.delete", &json!({ "key": key }), false)
            .await
    })?;
    if answer.get("deleted") == Some(&Value::Bool(false)) {
        return Err(
            Failure::new(Kind::Request, format!("no session has the key {key:?}"))
                .code("NOT_FOUND")
                .fix("openclaw sessions"),
        );
    }
    remote.print(&answer, |answer| {
        format!("{} is deleted", cell(answer, "/key"))
    })
}

/// A transcript for people: who, and what was said.
fn said(answer: &Value) -> String {
    let lines = rows(answer, "messages").iter().filter_map(|message| {
        let text = spoken(message.get("content")?);
        let text = text.trim();
        (!text.is_empty()).then(|| format!("{}: {text}", cell(message, "/role")))
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return "nothing was said yet".to_owned();
    }
    lines.join("\n\n")
}

fn spoken(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().map(|part| {
                let text = cell(part, "/text");
                let tool = cell(part, "/name");
                match (text.is_empty(), tool.is_empty()) {
                    (true, false) => format!("[{tool}]"),
                    (true, true) | (false, _) => text,
                }
            });
            let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
            texts.join("\n")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_shows_words_and_tools() {
        let answer = json!({"messages": [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": [{"type": "toolCall", "name": "read"}, {"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": []},
        ]});
        assert_eq!(said(&answer), "user: hello\n\nassistant: [read]\nhi");
        assert_eq!(said(&json!({})), "nothing was said yet");
    }
}
