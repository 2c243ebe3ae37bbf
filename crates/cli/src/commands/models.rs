//! `openclaw models …`

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::Listing;
use crate::table::{Table, cell, rows};
use clap::Subcommand;
use protocol::Scope;
use serde_json::{Value, json};

/// Arguments of `models`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  openclaw models list --all\n  openclaw models status")]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    command: Option<ModelsCommand>,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// The models that can be used; the same as `models` alone
    List(ListArgs),
    /// Which model each agent uses, and which providers have a key
    Status,
}

#[derive(Debug, Default, clap::Args)]
struct ListArgs {
    /// Also those without a key
    #[arg(long)]
    all: bool,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &ModelsArgs) -> Result<Exit, Failure> {
    match &args.command {
        None => list(home, &args.remote, &ListArgs::default()),
        Some(ModelsCommand::List(list_args)) => list(home, &args.remote, list_args),
        Some(ModelsCommand::Status) => status(home, &args.remote),
    }
}

fn list(home: &Home, remote: &RemoteArgs, args: &ListArgs) -> Result<Exit, Failure> {
    let view = if args.all { "all" } else { "default" };
    remote.show(home, "models.list", &json!({ "view": view }), |answer| {
        let mut table = Table::new(&["model", "name", "context", "input", "reasoning"]);
        for row in rows(answer, "models") {
            table.row([
                format!("{}/{}", cell(row, "/provider"), cell(row, "/id")),
                cell(row, "/name"),
                cell(row, "/contextWindow"),
                cell(row, "/input"),
                cell(row, "/reasoning"),
            ]);
        }
        table.text("no model can be used; set one up with: openclaw onboard")
    })
}

fn status(home: &Home, remote: &RemoteArgs) -> Result<Exit, Failure> {
    let answer = remote.talk(home, &[Scope::Read], async |line| {
        let agents = line.call_named("agents.list", &json!({}), false).await?;
        let auth = line
            .call_named("models.authStatus", &json!({}), false)
            .await?;
        Ok(json!({
            "defaultId": agents.get("defaultId"),
            "agents": agents.get("agents"),
            "providers": auth.get("providers"),
        }))
    })?;
    remote.print(&answer, |answer: &Value| {
        let mut list = Listing::new();
        for row in rows(answer, "agents") {
            list.row(
                &format!("agent {}", cell(row, "/id")),
                cell(row, "/model/primary"),
            );
        }
        for row in rows(answer, "providers") {
            let source = cell(row, "/apiKey/source");
            let key = if source.is_empty() {
                String::new()
            } else {
                format!(", key from {source}")
            };
            let name = format!("provider {}", cell(row, "/provider"));
            list.row(&name, format_args!("{}{key}", cell(row, "/status")));
        }
        list.text()
    })
}
