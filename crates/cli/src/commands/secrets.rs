//! `openclaw secrets …`

use crate::access::RemoteArgs;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::count;
use clap::Subcommand;
use serde_json::{Value, json};

/// Arguments of `secrets`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A secret in the settings can be a reference to a variable, a file or a program. After the secret \
itself was changed, `reload` makes the running gateway use the new one; no restart is needed.
Example: openclaw secrets reload")]
pub(crate) struct SecretsArgs {
    #[command(subcommand)]
    command: SecretsCommand,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Make the running gateway fetch every secret again
    Reload,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &SecretsArgs) -> Result<Exit, Failure> {
    let SecretsCommand::Reload = args.command;
    args.remote
        .show(home, "secrets.reload", &json!({}), reloaded)
}

fn reloaded(answer: &Value) -> String {
    match answer.get("warningCount").and_then(Value::as_u64) {
        None | Some(0) => "every secret is fetched again".to_owned(),
        Some(warnings) => format!(
            "every secret is fetched again, with {}; see: openclaw status",
            count(warnings, "warning")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_lead_to_where_they_are_shown() {
        let said = reloaded(&json!({ "warningCount": 2 }));
        assert!(said.contains("2 warnings") && said.contains("openclaw status"));
    }
}
