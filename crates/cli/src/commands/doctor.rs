//! `openclaw doctor`: what is wrong, and the command that repairs it.

mod files;
mod finding;
mod model;
mod network;
mod settings;
mod store;

use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::{runtime, screen};
use finding::{Finding, Level};
use serde_json::json;

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Repair what can be repaired without a decision: rights of files, a missing token
    #[arg(long, alias = "repair")]
    fix: bool,
    /// Accepted for scripts: nothing is ever asked
    #[arg(long)]
    non_interactive: bool,
}

/// Whether a check may change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repair {
    Yes,
    No,
}

/// Looks at everything and prints what it finds; exit code 1 if one finding is an error.
pub(crate) fn run(home: &Home, args: &DoctorArgs) -> Result<Exit, Failure> {
    let repair = if args.fix { Repair::Yes } else { Repair::No };
    let mut findings = files::check(home, repair);
    let (settings, found) = settings::check(home);
    findings.extend(found);
    findings.extend(network::token(home, repair));
    let rest = runtime::block_on(async {
        let mut found = store::check(home).await;
        found.extend(network::port(home).await);
        if let Some((document, settings)) = &settings {
            found.extend(network::door(home, document, settings).await);
            found.extend(model::check(home, document, settings).await);
        }
        Ok(found)
    })?;
    findings.extend(rest);
    let count = |level| {
        findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    };
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    if args.json {
        screen::json(&json!({
            "ok": errors == 0,
            "errors": errors,
            "warnings": warnings,
            "stateDir": home.state_dir().display().to_string(),
            "findings": findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
        }))?;
    } else {
        for finding in &findings {
            screen::say(finding.to_text())?;
        }
        screen::say(format_args!(
            "{}, {}",
            counted(errors, "error"),
            counted(warnings, "warning")
        ))?;
    }
    Ok(if errors == 0 { Exit::Ok } else { Exit::Failed })
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
