//! `openclaw status`

mod all;

use crate::access::{self, AccessArgs, Known, Line};
use crate::commands::costs::{NO_BUDGET, budget};
use crate::commands::health::duration;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::{Listing, count, dollars};
use crate::{runtime, screen};
use protocol::Scope;
use protocol::methods::{
    Status,
    status::{StatusParams, StatusReply},
};
use serde_json::{Value, json};
use std::time::Duration;

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example, for somebody who helps: openclaw status --all > report.txt")]
pub(crate) struct StatusArgs {
    /// Also who is connected, the chat networks, and what is wrong; holds no secret
    #[arg(long)]
    all: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Milliseconds to wait for the answer
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    timeout: u64,
    #[command(flatten)]
    access: AccessArgs,
}

/// Says what the gateway is doing. That none runs is an answer, not a failure.
pub(crate) fn run(home: &Home, args: &StatusArgs) -> Result<Exit, Failure> {
    let limit = Duration::from_millis(args.timeout);
    let (url, answer) = runtime::block_on(async {
        let url = access::endpoint(home, &args.access).await?.shown();
        Ok((url, ask(home, args, limit).await))
    })?;
    if args.json {
        screen::json(&as_json(home, &url, answer.as_ref())?)?;
        return Ok(Exit::Ok);
    }
    match answer {
        Ok((status, more)) => {
            screen::say(as_text(&url, &status))?;
            if let Some(more) = more {
                screen::say(all::as_text(home, &more))?;
            }
        }
        Err(failure) => {
            screen::say(failure.message())?;
            screen::say(format_args!("state  {}", home.state_dir().display()))?;
            if let Some(fix) = failure.next() {
                screen::say(format_args!("fix: {fix}"))?;
            }
        }
    }
    Ok(Exit::Ok)
}

/// The status, and with `--all` the rest, on one connection.
async fn ask(
    home: &Home,
    args: &StatusArgs,
    limit: Duration,
) -> Result<(StatusReply, Option<Value>), Failure> {
    let line = Line::open(home, &args.access, &[Scope::Read], limit).await?;
    let answers = async {
        let status = line.call::<Status>(&StatusParams::default()).await?;
        let more = if args.all {
            Some(all::ask(&line).await?)
        } else {
            None
        };
        Ok((status, more))
    };
    let answers = answers.await;
    line.close().await;
    answers
}

fn as_json(
    home: &Home,
    url: &str,
    answer: Result<&(StatusReply, Option<Value>), &Failure>,
) -> Result<Value, Failure> {
    let (mut value, reachable, error) = match answer {
        Ok((status, _)) => (
            serde_json::to_value(status).map_err(std::io::Error::from)?,
            true,
            None,
        ),
        Err(failure) => (json!({}), false, Some(failure.message())),
    };
    if let Some(members) = value.as_object_mut() {
        if let Ok((_, Some(Value::Object(more)))) = answer {
            // The status knows the health too; asked by itself it says more.
            members.extend(more.clone());
        }
        let gateway = json!({
            "mode": if Known::of(home).is_remote() { "remote" } else { "local" },
            "url": url,
            "reachable": reachable,
            "error": error,
            "stateDir": home.state_dir().display().to_string(),
        });
        members.insert("gateway".to_owned(), gateway);
    }
    Ok(value)
}

fn as_text(url: &str, status: &StatusReply) -> String {
    let mut list = Listing::new();
    list.row(
        "gateway",
        format_args!(
            "{url} (version {}, pid {}, up {})",
            status.runtime_version,
            status.pid,
            duration(status.uptime_ms)
        ),
    );
    list.row("listens on", status.addresses.join(", "));
    list.row("login", &status.auth_mode);
    if status.health.ok {
        list.row("health", "ok");
    } else {
        list.row("health", status.health.reasons.join("; "));
    }
    for agent in &status.agents {
        let default = if agent.is_default { " (default)" } else { "" };
        list.row(
            "agent",
            format_args!("{}{default}: {}", agent.agent_id, agent.model),
        );
        list.row("", &agent.workspace);
    }
    list.row(
        "sessions",
        format_args!("{} in {}", status.sessions.count, status.sessions.path),
    );
    list.row("running now", status.active_runs);
    list.row("used today", used(status));
    for entry in &status.budgets {
        list.row("budget", budget(entry));
    }
    if status.budgets.is_empty() {
        list.row("budget", NO_BUDGET);
    }
    let endpoints = &status.endpoints;
    for (name, setting, on) in [
        (
            "chat completions",
            "chatCompletions",
            endpoints.chat_completions,
        ),
        ("responses", "responses", endpoints.responses),
        ("messages", "messages", endpoints.messages),
    ] {
        if on {
            list.row(name, "on");
        } else {
            list.row(
                name,
                format_args!(
                    "off; openclaw config set gateway.http.endpoints.{setting}.enabled true"
                ),
            );
        }
    }
    for warning in &status.warnings {
        list.row("warning", warning);
    }
    list.text()
}

fn used(status: &StatusReply) -> String {
    let today = &status.today;
    let unpriced = match today.unpriced_calls {
        0 => String::new(),
        calls => format!(", {} with an unknown price", count(calls, "call")),
    };
    format!(
        "{}, {}, {}{unpriced}",
        count(today.calls, "call"),
        count(today.total_tokens, "token"),
        dollars(&today.cost_usd)
    )
}
