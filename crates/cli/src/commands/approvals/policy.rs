//! The rules for commands: read, replaced, and the list of commands that need no question.

use crate::access::{Line, RemoteArgs, with};
use crate::commands::nodes::node_id;
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::listing::Listing;
use crate::table::{cell, rows};
use clap::Subcommand;
use protocol::Scope;
use serde_json::{Value, json};
use std::io::Read;

/// Rules for every agent that has none of its own.
const EVERY_AGENT: &str = "*";

/// Whose rules.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct WhereArgs {
    /// Those of a node instead of the gateway's
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
}

/// Arguments of `approvals set`.
#[derive(Debug, clap::Args)]
pub(super) struct SetArgs {
    /// The file; - for stdin
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    place: WhereArgs,
}

/// Arguments of `approvals allowlist`.
#[derive(Debug, clap::Args)]
pub(super) struct AllowlistArgs {
    #[command(subcommand)]
    command: AllowlistCommand,
}

#[derive(Debug, Subcommand)]
enum AllowlistCommand {
    /// Let a command run without asking
    Add(PatternArgs),
    /// Ask again before a command runs
    Remove(PatternArgs),
}

#[derive(Debug, clap::Args)]
struct PatternArgs {
    /// The program's path; * stands for anything, e.g. /usr/bin/git
    pattern: String,
    /// For this agent only [default: for every agent]
    #[arg(long, value_name = "ID", default_value = EVERY_AGENT, hide_default_value = true)]
    agent: String,
    #[command(flatten)]
    place: WhereArgs,
}

/// Prints the rules.
pub(super) fn get(home: &Home, remote: &RemoteArgs, place: &WhereArgs) -> Result<Exit, Failure> {
    let answer = remote.talk(home, &scopes(place), async |line| {
        Rules::read(line, place).await.map(|rules| rules.answer)
    })?;
    remote.print(&answer, shown)
}

/// Replaces the rules.
pub(super) fn set(home: &Home, remote: &RemoteArgs, args: &SetArgs) -> Result<Exit, Failure> {
    let file = read(&args.file)?;
    let answer = remote.talk(home, &scopes(&args.place), async |line| {
        Rules::read(line, &args.place)
            .await?
            .write(line, file)
            .await
    })?;
    remote.print(&answer, shown)
}

/// Adds to the list of commands that need no question, or takes from it.
pub(super) fn allowlist(
    home: &Home,
    remote: &RemoteArgs,
    args: &AllowlistArgs,
) -> Result<Exit, Failure> {
    let (args, add) = match &args.command {
        AllowlistCommand::Add(args) => (args, true),
        AllowlistCommand::Remove(args) => (args, false),
    };
    let answer = remote.talk(home, &scopes(&args.place), async |line| {
        let rules = Rules::read(line, &args.place).await?;
        let mut file = rules
            .answer
            .get("file")
            .cloned()
            .unwrap_or_else(|| json!({ "version": 1 }));
        if !change(&mut file, &args.agent, &args.pattern, add) {
            return Ok(rules.answer);
        }
        rules.write(line, file).await
    })?;
    remote.print(&answer, shown)
}

/// What reading and writing takes; the name of a node is looked up.
fn scopes(place: &WhereArgs) -> Vec<Scope> {
    match place.node {
        Some(_) => vec![Scope::Admin, Scope::Read],
        None => vec![Scope::Admin],
    }
}

fn read(name: &str) -> Result<Value, Failure> {
    let text = if name == "-" {
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map(|_| text)
    } else {
        std::fs::read_to_string(name)
    };
    let text = text.map_err(|error| {
        Failure::new(Kind::Usage, format!("cannot read {name}: {error}"))
            .fix("openclaw approvals get --json")
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(Kind::Usage, format!("{name} is not JSON: {error}"))
            .fix("openclaw approvals get --json shows the form under \"file\"")
    })
}

/// The rules as they are, and where they are.
struct Rules {
    node: Option<String>,
    answer: Value,
}

impl Rules {
    async fn read(line: &Line, place: &WhereArgs) -> Result<Self, Failure> {
        let (node, answer) = match &place.node {
            None => (
                None,
                line.call_named("exec.approvals.get", &json!({}), false)
                    .await?,
            ),
            Some(name) => {
                let node = node_id(line, name).await?;
                let params = json!({ "nodeId": node });
                let answer = line
                    .call_named("exec.approvals.node.get", &params, false)
                    .await?;
                (Some(node), answer)
            }
        };
        Ok(Self { node, answer })
    }

    /// Writes `file`, unless somebody else changed the rules meanwhile.
    async fn write(self, line: &Line, file: Value) -> Result<Value, Failure> {
        let mut params = json!({ "file": file });
        if let Some(hash) = self.answer.get("hash") {
            params = with(params, "baseHash", hash.clone());
        }
        match self.node {
            None => line.call_named("exec.approvals.set", &params, false).await,
            Some(node) => {
                let params = with(params, "nodeId", node);
                line.call_named("exec.approvals.node.set", &params, false)
                    .await
            }
        }
    }
}

/// Changes an agent's list; false when it is as wished already.
fn change(file: &mut Value, agent: &str, pattern: &str, add: bool) -> bool {
    let is_pattern = |entry: &Value| {
        entry.as_str() == Some(pattern)
            || entry.get("pattern").and_then(Value::as_str) == Some(pattern)
    };
    let list = file
        .pointer(&format!(
            "/agents/{}/allowlist",
            agent.replace('~', "~0").replace('/', "~1")
        ))
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let has = list.iter().any(is_pattern);
    if has == add || !file.is_object() {
        return false;
    }
    let mut list = list;
    if add {
        list.push(json!({ "id": crate::local::fresh_key(), "pattern": pattern }));
    } else {
        list.retain(|entry| !is_pattern(entry));
    }
    let mut place = file;
    for part in ["agents", agent] {
        let Some(members) = place.as_object_mut() else {
            return false;
        };
        let inner = members.entry(part).or_insert_with(|| json!({}));
        if !inner.is_object() {
            *inner = json!({});
        }
        place = inner;
    }
    if let Some(members) = place.as_object_mut() {
        members.insert("allowlist".to_owned(), Value::Array(list));
    }
    true
}

fn shown(answer: &Value) -> String {
    let mut list = Listing::new();
    list.row("file", cell(answer, "/path"));
    for (head, key) in [
        ("security", "security"),
        ("asks", "ask"),
        ("if nobody answers", "askFallback"),
    ] {
        let mut value = cell(answer, &format!("/file/defaults/{key}"));
        if value.is_empty() {
            value = cell(answer, &format!("/resolvedDefaults/{key}"));
        }
        if !value.is_empty() {
            list.row(head, value);
        }
    }
    let agents = answer.pointer("/file/agents").and_then(Value::as_object);
    for (agent, rules) in agents.into_iter().flatten() {
        let patterns = rows(rules, "allowlist").iter().map(|entry| {
            let pattern = cell(entry, "/pattern");
            if pattern.is_empty() {
                cell(entry, "")
            } else {
                pattern
            }
        });
        let patterns: Vec<String> = patterns.collect();
        let whose = if agent == EVERY_AGENT {
            "every agent"
        } else {
            agent
        };
        let head = format!("{whose} may run");
        list.row(
            &head,
            if patterns.is_empty() {
                "-".to_owned()
            } else {
                patterns.join("\n")
            },
        );
    }
    list.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_added_once_and_taken_away() {
        let mut file = json!({"version": 1, "defaults": {"ask": "always"}});
        assert!(change(&mut file, "*", "/usr/bin/git", true));
        assert!(!change(&mut file, "*", "/usr/bin/git", true));
        assert_eq!(
            file["agents"]["*"]["allowlist"][0]["pattern"],
            "/usr/bin/git"
        );
        assert!(change(&mut file, "*", "/usr/bin/git", false));
        assert!(!change(&mut file, "*", "/usr/bin/git", false));
        let expected = json!({
            "version": 1, "defaults": {"ask": "always"}, "agents": {"*": {"allowlist": []}},
        });
        assert_eq!(file, expected);
    }
}
