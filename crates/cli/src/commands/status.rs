//! `openclaw status`

use crate::access::{self, AccessArgs, Known};
use crate::commands::costs::{NO_BUDGET, budget};
use crate::commands::health::duration;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::{Listing, count, dollars};
use crate::{runtime, screen};
use protocol::methods::{
    Status,
    status::{StatusParams, StatusReply},
};
use serde_json::{Value, json};
use std::time::Duration;

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
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
        let params = StatusParams::default();
        let answer = access::ask::<Status>(home, &args.access, limit, &params).await;
        Ok((url, answer))
    })?;
    if args.json {
        screen::json(&as_json(home, &url, answer.as_ref())?)?;
        return Ok(Exit::Ok);
    }
    match answer {
        Ok(status) => screen::say(as_text(&url, &status))?,
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

fn as_json(
    home: &Home,
    url: &str,
    answer: Result<&StatusReply, &Failure>,
) -> Result<Value, Failure> {
    let (mut value, reachable, error) = match answer {
        Ok(status) => (
            serde_json::to_value(status).map_err(std::io::Error::from)?,
            true,
            None,
        ),
        Err(failure) => (json!({}), false, Some(failure.message())),
    };
    if let Some(members) = value.as_object_mut() {
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
