//! `openclaw gateway probe`

use crate::access::{self, AccessArgs, with};
use crate::commands::health::duration;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::{Listing, count};
use crate::table::cell;
use crate::{runtime, screen};
use client::ws::Connection;
use protocol::Scope;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Arguments of `gateway probe`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: openclaw gateway probe --url wss://gateway.example.com --token …")]
pub(crate) struct ProbeArgs {
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Milliseconds to wait for each answer
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    timeout: u64,
    #[command(flatten)]
    access: AccessArgs,
}

/// What is asked after the handshake; a missing scope is an answer, too.
const ASKED: [&str; 4] = ["health", "status", "system-presence", "config.get"];

/// Connects as a client does and tells what it finds; exit code 1 when nobody lets it in.
pub(crate) fn run(home: &Home, args: &ProbeArgs) -> Result<Exit, Failure> {
    let limit = Duration::from_millis(args.timeout);
    let found = runtime::block_on(probe(home, &args.access, limit))?;
    if args.json {
        screen::json(&found)?;
    } else {
        screen::say(as_text(&found))?;
    }
    Ok(Exit::Ok)
}

async fn probe(home: &Home, access: &AccessArgs, limit: Duration) -> Result<Value, Failure> {
    let mut options = access::options(home, access, access::program("cli", "probe")).await?;
    options.scopes = vec![Scope::Read];
    options.connect_limit = limit;
    options.call_limit = limit;
    let began = Instant::now();
    let (connection, _) = Connection::open(options).await?;
    let hello = connection.hello();
    let connected_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut answers = json!({});
    for method in ASKED {
        let answer = match connection.call_named(method, &json!({})).await {
            Ok(answer) => json!({ "ok": true, "payload": answer }),
            Err(error) => json!({ "ok": false, "error": error.to_string() }),
        };
        answers = with(answers, method, answer);
    }
    let address = connection.address();
    connection.close().await;
    let auth = hello.auth.as_ref();
    Ok(json!({
        "ok": true,
        "url": address,
        "connectLatencyMs": connected_ms,
        "server": hello.server,
        "protocol": hello.protocol,
        "auth": {
            "role": auth.map(|auth| &auth.role),
            "scopes": auth.map(|auth| &auth.scopes),
            "method": auth.and_then(|auth| auth.method.as_ref()),
        },
        "uptimeMs": hello.snapshot.uptime_ms,
        "methods": hello.features.methods.len(),
        "events": hello.features.events.len(),
        "methodNames": hello.features.methods,
        "eventNames": hello.features.events,
        "calls": answers,
    }))
}

fn as_text(found: &Value) -> String {
    let number = |pointer: &str| found.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let mut list = Listing::new();
    list.row("gateway", cell(found, "/url"));
    list.row(
        "connected",
        format_args!("within {} ms", number("/connectLatencyMs")),
    );
    list.row(
        "version",
        format_args!(
            "{}, protocol {}, up {}",
            cell(found, "/server/version"),
            number("/protocol"),
            duration(number("/uptimeMs"))
        ),
    );
    list.row(
        "let in",
        format_args!(
            "as {} by {}, with {}",
            cell(found, "/auth/role"),
            cell(found, "/auth/method"),
            cell(found, "/auth/scopes")
        ),
    );
    list.row(
        "offers",
        format_args!(
            "{}, {}",
            count(number("/methods"), "method"),
            count(number("/events"), "event")
        ),
    );
    for method in ASKED {
        let error = cell(found, &format!("/calls/{method}/error"));
        list.row(method, if error.is_empty() { "answered" } else { &error });
    }
    list.text()
}
