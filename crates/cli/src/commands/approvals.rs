//! `openclaw approvals …`

mod policy;

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::table::{Table, age, cell};
use clap::Subcommand;
use serde_json::{Value, json};

/// Arguments of `approvals`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  openclaw approvals pending
  openclaw approvals allow 3f9c17be
  openclaw approvals allowlist add '/usr/bin/git' --agent main")]
pub(crate) struct ApprovalsArgs {
    #[command(subcommand)]
    command: ApprovalsCommand,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum ApprovalsCommand {
    /// Print the rules for commands: what runs, what asks, what is refused
    Get(policy::WhereArgs),
    /// Replace the rules by those of a JSON file, or of stdin with -
    Set(policy::SetArgs),
    /// Commands that run without asking
    Allowlist(policy::AllowlistArgs),
    /// What waits for a decision
    Pending,
    /// Allow what waits
    Allow(AllowArgs),
    /// Refuse what waits
    Deny(DenyArgs),
}

#[derive(Debug, clap::Args)]
struct AllowArgs {
    /// What waits, by its id
    id: String,
    /// Also from now on
    #[arg(long)]
    always: bool,
}

#[derive(Debug, clap::Args)]
struct DenyArgs {
    /// What waits, by its id
    id: String,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &ApprovalsArgs) -> Result<Exit, Failure> {
    let remote = &args.remote;
    match &args.command {
        ApprovalsCommand::Get(place) => policy::get(home, remote, place),
        ApprovalsCommand::Set(args) => policy::set(home, remote, args),
        ApprovalsCommand::Allowlist(args) => policy::allowlist(home, remote, args),
        ApprovalsCommand::Pending => remote.show(home, "exec.approval.list", &json!({}), pending),
        ApprovalsCommand::Allow(args) => {
            let decision = if args.always {
                "allow-always"
            } else {
                "allow-once"
            };
            decide(home, remote, &args.id, decision)
        }
        ApprovalsCommand::Deny(args) => decide(home, remote, &args.id, "deny"),
    }
}

fn decide(home: &Home, remote: &RemoteArgs, id: &str, decision: &str) -> Result<Exit, Failure> {
    let params = json!({ "id": id, "decision": decision });
    let decided = remote.show(home, "exec.approval.resolve", &params, |_| {
        format!("{id}: {decision}")
    });
    decided.map_err(|failure| failure.fix("openclaw approvals pending"))
}

fn pending(answer: &Value) -> String {
    let mut table = Table::new(&["id", "what", "agent", "session", "ends"]);
    for row in answer.as_array().into_iter().flatten() {
        let mut what = cell(row, "/request/command");
        if what.is_empty() {
            what = cell(row, "/request/commandArgv");
        }
        table.row([
            cell(row, "/id"),
            what,
            cell(row, "/request/agentId"),
            cell(row, "/request/sessionKey"),
            age(row, "/expiresAtMs"),
        ]);
    }
    table.text("nothing waits for a decision")
}
