//! `openclaw gateway status`

use crate::access::{self, AccessArgs, Known};
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::Listing;
use crate::{runtime, screen};
use client::{ClientError, Readiness};
use protocol::methods::{Health, status::HealthParams};
use serde_json::{Value, json};
use std::time::Duration;

/// Arguments of `gateway status`.
#[derive(Debug, clap::Args)]
pub(crate) struct GatewayStatusArgs {
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with 1 unless the gateway answers an authenticated call
    #[arg(long)]
    require_rpc: bool,
    /// Do not call the gateway; only look at the lock and the settings
    #[arg(long, conflicts_with = "require_rpc")]
    no_probe: bool,
    /// Milliseconds to wait for each answer
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    timeout: u64,
    #[command(flatten)]
    access: AccessArgs,
}

/// What a look at the gateway found.
struct Look {
    url: String,
    ready: Result<Readiness, ClientError>,
    rpc: Result<protocol::methods::status::HealthReply, String>,
}

/// Says whether the gateway runs. That it does not is an answer, not a failure.
pub(crate) fn run(home: &Home, args: &GatewayStatusArgs) -> Result<Exit, Failure> {
    let known = Known::of(home);
    let config = home.config_file();
    let valid = home.settings();
    let holder = state::lock::holder(home.state_dir())?;
    let look = if args.no_probe {
        None
    } else {
        Some(look(home, args)?)
    };
    let port = known.port();
    let rpc_ok = look.as_ref().is_some_and(|look| look.rpc.is_ok());
    if args.json {
        screen::json(&json!({
            "config": {
                "path": config.as_ref().ok().map(|file| file.path.display().to_string()),
                "exists": config.as_ref().is_ok_and(|file| file.exists),
                "valid": valid.is_ok(),
                "problems": valid.as_ref().err().map_or(&[][..], |failure| failure.problems()),
            },
            "gateway": {
                "running": holder.is_some(),
                "pid": holder.as_ref().map(|holder| holder.pid),
                "version": holder.as_ref().map(|holder| &holder.version),
                "addresses": holder.as_ref().map_or(&[][..], |holder| &holder.addresses),
                "stateDir": home.state_dir().display().to_string(),
                "bindMode": known.bind(),
                "port": port.number,
                "portSource": port.source,
            },
            "ready": look.as_ref().map_or(Value::Null, ready_json),
            "rpc": look.as_ref().map_or(Value::Null, rpc_json),
        }))?;
    } else {
        let mut list = Listing::new();
        match &holder {
            Some(holder) => list.row(
                "gateway",
                format_args!("running (pid {}, version {})", holder.pid, holder.version),
            ),
            None => list.row(
                "gateway",
                "not running; start it with: openclaw gateway run",
            ),
        }
        list.row("state", home.state_dir().display());
        match &config {
            Ok(file) if file.exists => list.row("settings", file.path.display()),
            Ok(file) => list.row(
                "settings",
                format_args!("defaults; {} does not exist", file.path.display()),
            ),
            Err(failure) => list.row("settings", failure.message()),
        }
        if let Err(failure) = &valid {
            list.row("", failure.message());
            for problem in failure.problems() {
                list.row("", problem);
            }
        }
        list.row("port", format_args!("{} ({})", port.number, port.source));
        if let Some(look) = &look {
            list.row("address", &look.url);
            list.row("ready", ready_text(look));
            if look.ready.is_ok() {
                list.row("calls", rpc_text(look));
            }
        }
        screen::say(list.text())?;
    }
    Ok(if args.require_rpc && !rpc_ok {
        Exit::Failed
    } else {
        Exit::Ok
    })
}

fn look(home: &Home, args: &GatewayStatusArgs) -> Result<Look, Failure> {
    let limit = Duration::from_millis(args.timeout);
    runtime::block_on(async {
        let client = access::client(home, &args.access, limit).await?;
        let ready = client.ready().await;
        // Nobody there is nobody there; there is no point in knocking twice.
        let rpc = if let Err(error @ ClientError::Unreachable { .. }) = &ready {
            Err(error.to_string())
        } else {
            let params = HealthParams::default();
            let asked = access::ask::<Health>(home, &args.access, limit, &params);
            asked.await.map_err(|failure| failure.message().to_owned())
        };
        Ok(Look {
            url: client.address(),
            ready,
            rpc,
        })
    })
}

fn ready_json(look: &Look) -> Value {
    match &look.ready {
        Ok(readiness) => {
            let failing = match &look.rpc {
                Ok(health) => &health.failing,
                Err(_) => &readiness.failing,
            };
            json!({ "reachable": true, "ready": readiness.ready, "failing": failing })
        }
        Err(error) => json!({ "reachable": false, "ready": false, "error": error.to_string() }),
    }
}

fn rpc_json(look: &Look) -> Value {
    match &look.rpc {
        Ok(_) => json!({ "ok": true, "url": look.url }),
        Err(error) => json!({ "ok": false, "url": look.url, "error": error }),
    }
}

fn ready_text(look: &Look) -> String {
    match (&look.ready, &look.rpc) {
        (Ok(readiness), Ok(health)) if !readiness.ready => {
            format!("no: {}", health.reasons.join("; "))
        }
        (Ok(readiness), _) if readiness.ready => "yes".to_owned(),
        (Ok(readiness), _) => format!("no: {}", readiness.failing.join(", ")),
        (Err(error), _) => format!("no: {error}"),
    }
}

fn rpc_text(look: &Look) -> String {
    match &look.rpc {
        Ok(_) => "answered".to_owned(),
        Err(error) => format!("no: {error}"),
    }
}
