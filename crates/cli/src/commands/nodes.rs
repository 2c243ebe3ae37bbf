//! `openclaw nodes …`

mod show;

use crate::access::{Line, RemoteArgs, scope_of, with};
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::table::{cell, rows};
use clap::Subcommand;
use protocol::Scope;
use serde_json::{Value, json};

/// Arguments of `nodes`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A node is named by its name, its id, or the beginning of its id.
Examples:
  openclaw nodes status
  openclaw nodes approve
  openclaw nodes invoke --node build-box --command system.which --params '{\"bins\":[\"sh\"]}'")]
pub(crate) struct NodesArgs {
    #[command(subcommand)]
    command: NodesCommand,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum NodesCommand {
    /// The nodes, whether they are connected, and what they can do
    Status,
    /// The nodes that were approved, and those that wait for it
    List,
    /// The nodes that wait for approval
    Pending,
    /// Let a node offer its commands
    Approve(RequestArgs),
    /// Refuse a node that waits for approval
    Reject(RequestArgs),
    /// One node: its system, its commands, when it was last heard
    Describe(NodeArgs),
    /// Run a command on a node
    Invoke(InvokeArgs),
    /// Give a node a name
    Rename(RenameArgs),
    /// Forget a node
    Remove(NodeArgs),
}

#[derive(Debug, clap::Args)]
struct RequestArgs {
    /// The request; not needed when only one waits
    request: Option<String>,
}

#[derive(Debug, clap::Args)]
struct NodeArgs {
    /// Which node
    #[arg(long, value_name = "NODE")]
    node: String,
}

#[derive(Debug, clap::Args)]
struct InvokeArgs {
    /// Which node
    #[arg(long, value_name = "NODE")]
    node: String,
    /// Which of its commands, e.g. system.which
    #[arg(long, value_name = "NAME")]
    command: String,
    /// The command's parameters as JSON
    #[arg(long, value_name = "JSON", default_value = "{}")]
    params: String,
    /// Milliseconds the node may take
    #[arg(long, value_name = "MS")]
    invoke_timeout: Option<u64>,
    /// Repeating a call with the same key gives the first call's result [default: a fresh one]
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

#[derive(Debug, clap::Args)]
struct RenameArgs {
    /// Which node
    #[arg(long, value_name = "NODE")]
    node: String,
    /// Its name for people
    #[arg(long, value_name = "NAME")]
    name: String,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &NodesArgs) -> Result<Exit, Failure> {
    let remote = &args.remote;
    match &args.command {
        NodesCommand::Status => remote.show(home, "node.list", &json!({}), show::status),
        NodesCommand::List => list(home, remote),
        NodesCommand::Pending => {
            let answer = remote.ask(home, "node.pair.list", &json!({}))?;
            // As JSON a list alone, which scripts for the reference read.
            let waiting = json!(rows(&answer, "pending"));
            remote.print(&waiting, |_| show::pending(&answer))
        }
        NodesCommand::Approve(args) => {
            let answer = decide(home, remote, "node.pair.approve", args)?;
            remote.print(&answer, |answer| {
                format!(
                    "{} is approved",
                    show::named(answer.get("node").unwrap_or(answer))
                )
            })
        }
        NodesCommand::Reject(args) => {
            let answer = decide(home, remote, "node.pair.reject", args)?;
            remote.print(&answer, |answer| {
                format!("{} is refused", show::named(answer))
            })
        }
        NodesCommand::Describe(args) => {
            let answer = about(home, remote, "node.describe", &args.node, json!({}))?;
            remote.print(&answer, show::describe)
        }
        NodesCommand::Invoke(args) => invoke(home, remote, args),
        NodesCommand::Rename(args) => {
            let rest = json!({ "displayName": args.name });
            let answer = about(home, remote, "node.rename", &args.node, rest)?;
            remote.print(&answer, |_| format!("the node is called {} now", args.name))
        }
        NodesCommand::Remove(args) => {
            let answer = about(home, remote, "node.pair.remove", &args.node, json!({}))?;
            remote.print(&answer, |answer| {
                format!("{} is forgotten", show::named(answer))
            })
        }
    }
}

fn list(home: &Home, remote: &RemoteArgs) -> Result<Exit, Failure> {
    let scopes = [Scope::Pairing, Scope::Read];
    let answer = remote.talk(home, &scopes, async |line| {
        let pairing = line.call_named("node.pair.list", &json!({}), false).await?;
        let nodes = line.call_named("node.list", &json!({}), false).await?;
        Ok(json!({
            "pending": rows(&pairing, "pending"),
            "paired": rows(&pairing, "paired"),
            "nodes": rows(&nodes, "nodes"),
        }))
    })?;
    remote.print(&answer, show::list)
}

fn invoke(home: &Home, remote: &RemoteArgs, args: &InvokeArgs) -> Result<Exit, Failure> {
    let params: Value = serde_json::from_str(&args.params).map_err(|error| {
        Failure::new(Kind::Usage, format!("--params is not JSON: {error}"))
            .fix("write an object, e.g. --params '{\"bins\":[\"sh\"]}'")
    })?;
    let key = args.idempotency_key.clone();
    let mut rest = json!({
        "command": args.command,
        "params": params,
        "idempotencyKey": key.unwrap_or_else(crate::local::fresh_key),
    });
    if let Some(limit) = args.invoke_timeout {
        rest = with(rest, "timeoutMs", limit);
    }
    let answer = about(home, remote, "node.invoke", &args.node, rest)?;
    remote.print(&answer, |answer| {
        let payload = answer.get("payload").unwrap_or(answer);
        serde_json::to_string_pretty(payload).unwrap_or_default()
    })
}

fn decide(
    home: &Home,
    remote: &RemoteArgs,
    method: &str,
    args: &RequestArgs,
) -> Result<Value, Failure> {
    // A node that runs commands is approved by somebody who may.
    remote.talk(home, &[Scope::Pairing, Scope::Admin], async |line| {
        let request = match &args.request {
            Some(request) => request.clone(),
            None => only_request(line).await?,
        };
        line.call_named(method, &json!({ "requestId": request }), false)
            .await
    })
}

async fn only_request(line: &Line) -> Result<String, Failure> {
    let answer = line.call_named("node.pair.list", &json!({}), false).await?;
    match rows(&answer, "pending") {
        [] => Err(Failure::new(Kind::Request, "no node waits for approval")
            .code("NOT_FOUND")
            .fix("start one with: openclaw node run; a new device is let in with: openclaw devices approve")),
        [only] => Ok(cell(only, "/requestId")),
        several => Err(Failure::new(
            Kind::Usage,
            format!("{} nodes wait for approval; name the request", several.len()),
        )
        .fix("openclaw nodes pending")),
    }
}

/// Calls a method about one node.
fn about(
    home: &Home,
    remote: &RemoteArgs,
    method: &str,
    node: &str,
    params: Value,
) -> Result<Value, Failure> {
    let scopes = [Scope::Read, scope_of(method)];
    remote.talk(home, &scopes, async |line| {
        let params = with(params, "nodeId", node_id(line, node).await?);
        line.call_named(method, &params, false).await
    })
}

/// The id of the node that is called so.
pub(super) async fn node_id(line: &Line, node: &str) -> Result<String, Failure> {
    let answer = line.call_named("node.list", &json!({}), false).await?;
    let nodes = rows(&answer, "nodes");
    let found = find(nodes, node);
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            let failure = Failure::new(Kind::Request, format!("no node is called {node:?}"));
            Err(failure.code("NOT_FOUND").fix("openclaw nodes status"))
        }
        several => Err(Failure::new(
            Kind::Usage,
            format!("{} nodes are called {node:?}; use an id", several.len()),
        )
        .fix("openclaw nodes status --json")),
    }
}

/// An id or a name as a whole comes before the beginning of an id.
fn find(nodes: &[Value], wanted: &str) -> Vec<String> {
    let by = |fits: &dyn Fn(&str, &str) -> bool| -> Vec<String> {
        let ids = nodes.iter().filter_map(|row| {
            let (id, name) = (cell(row, "/nodeId"), cell(row, "/displayName"));
            fits(&id, &name).then_some(id)
        });
        ids.collect()
    };
    let whole = by(&|id, name| id == wanted || name.eq_ignore_ascii_case(wanted));
    if whole.is_empty() {
        by(&|id, _| id.starts_with(wanted))
    } else {
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_found_by_name_before_the_beginning_of_an_id() {
        let nodes = [
            json!({"nodeId": "abc1", "displayName": "Box"}),
            json!({"nodeId": "abc2", "displayName": "abc"}),
        ];
        assert_eq!(find(&nodes, "box"), ["abc1"]);
        assert_eq!(find(&nodes, "abc"), ["abc2"]);
        assert_eq!(find(&nodes, "ab"), ["abc1", "abc2"]);
        assert!(find(&nodes, "x").is_empty());
    }
}
