//! `openclaw devices …`

mod show;

use crate::access::{Line, RemoteArgs, with};
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::table::{cell, rows};
use clap::{Subcommand, ValueEnum};
use protocol::Scope;
use serde_json::{Value, json};

/// Arguments of `devices`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A device is named by its id, or by the beginning of it.
Examples:
  openclaw devices list
  openclaw devices approve
  openclaw devices rotate 3f9c17 --role operator")]
pub(crate) struct DevicesArgs {
    #[command(subcommand)]
    command: Option<DevicesCommand>,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum DevicesCommand {
    /// Who asks to be let in, and who may come in; the same as `devices` alone
    List,
    /// Let a device in
    Approve(RequestArgs),
    /// Refuse a device that asks to be let in
    Reject(RequestArgs),
    /// Forget a device; its connections are closed
    Remove(DeviceArgs),
    /// Give a device a name
    Rename(RenameArgs),
    /// Replace a device's token; its connections are closed
    Rotate(TokenArgs),
    /// Take a device's token away; its connections are closed
    Revoke(TokenArgs),
    /// Make a code that lets one new device in, once
    SetupCode(SetupArgs),
}

#[derive(Debug, clap::Args)]
struct RequestArgs {
    /// The request; not needed when only one waits
    request: Option<String>,
}

#[derive(Debug, clap::Args)]
struct DeviceArgs {
    /// The device
    device: String,
}

#[derive(Debug, clap::Args)]
struct RenameArgs {
    /// The device
    device: String,
    /// Its name for people
    name: String,
}

#[derive(Debug, clap::Args)]
struct TokenArgs {
    /// The device
    device: String,
    /// Which of its tokens
    #[arg(long, value_enum, default_value_t = RoleArg::Operator)]
    role: RoleArg,
    /// Only with rotate: what the new token may do, e.g. operator.read [default: as before]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
}

#[derive(Debug, clap::Args)]
struct SetupArgs {
    /// What the device will be
    #[arg(long, value_enum, default_value_t = RoleArg::Operator)]
    role: RoleArg,
    /// Only for operators: what it may do, e.g. operator.read [default: read, write, approvals]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The address the device connects to [default: the gateway's own]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleArg {
    /// A person's client.
    Operator,
    /// A machine that runs commands for agents.
    Node,
}

impl RoleArg {
    fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Node => "node",
        }
    }
}

/// An operator who may give away no more than it has: whoever lets in an admin is one.
const DECIDES: [Scope; 2] = [Scope::Admin, Scope::Pairing];

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &DevicesArgs) -> Result<Exit, Failure> {
    let remote = &args.remote;
    match &args.command {
        None | Some(DevicesCommand::List) => {
            remote.show(home, "device.pair.list", &json!({}), show::list)
        }
        Some(DevicesCommand::Approve(args)) => {
            let answer = decide(home, remote, "device.pair.approve", args)?;
            remote.print(&answer, |answer| {
                format!(
                    "{} may come in",
                    show::named(answer.get("device").unwrap_or(answer))
                )
            })
        }
        Some(DevicesCommand::Reject(args)) => {
            let answer = decide(home, remote, "device.pair.reject", args)?;
            remote.print(&answer, |answer| {
                format!("{} is refused", show::short(&cell(answer, "/deviceId")))
            })
        }
        Some(DevicesCommand::Remove(args)) => {
            let answer = about(home, remote, "device.pair.remove", &args.device, json!({}))?;
            remote.print(&answer, |answer| {
                format!("{} is forgotten", show::short(&cell(answer, "/deviceId")))
            })
        }
        Some(DevicesCommand::Rename(args)) => {
            let rest = json!({ "label": args.name });
            let answer = about(home, remote, "device.pair.rename", &args.device, rest)?;
            remote.print(&answer, |_| {
                format!("the device is called {} now", args.name)
            })
        }
        Some(DevicesCommand::Rotate(args)) => {
            let mut rest = json!({ "role": args.role.name() });
            if !args.scopes.is_empty() {
                rest = with(rest, "scopes", args.scopes.clone());
            }
            let answer = about(home, remote, "device.token.rotate", &args.device, rest)?;
            remote.print(&answer, show::rotated)
        }
        Some(DevicesCommand::Revoke(args)) => {
            let rest = json!({ "role": args.role.name() });
            let answer = about(home, remote, "device.token.revoke", &args.device, rest)?;
            remote.print(&answer, |answer| {
                format!(
                    "{} has no {} token any more",
                    show::short(&cell(answer, "/deviceId")),
                    cell(answer, "/role")
                )
            })
        }
        Some(DevicesCommand::SetupCode(args)) => setup_code(home, remote, args),
    }
}

fn setup_code(home: &Home, remote: &RemoteArgs, args: &SetupArgs) -> Result<Exit, Failure> {
    let profile = match args.role {
        RoleArg::Operator => "limited",
        RoleArg::Node => "node",
    };
    let mut params = json!({ "bootstrapProfile": profile });
    if !args.scopes.is_empty() {
        params = with(params, "scopes", args.scopes.clone());
    }
    if let Some(url) = &args.public_url {
        params = with(params, "publicUrl", url.clone());
    }
    remote.show(home, "device.pair.setupCode", &params, show::code)
}

/// Decides about the request that is named, or about the only one that waits.
fn decide(
    home: &Home,
    remote: &RemoteArgs,
    method: &str,
    args: &RequestArgs,
) -> Result<Value, Failure> {
    remote.talk(home, &DECIDES, async |line| {
        let request = match &args.request {
            Some(request) => request.clone(),
            None => only_request(line).await?,
        };
        line.call_named(method, &json!({ "requestId": request }), false)
            .await
    })
}

async fn only_request(line: &Line) -> Result<String, Failure> {
    let answer = line
        .call_named("device.pair.list", &json!({}), false)
        .await?;
    match rows(&answer, "pending") {
        [] => Err(Failure::new(Kind::Request, "no device asks to be let in")
            .code("NOT_FOUND")
            .fix("start the command on the other device again, then: openclaw devices list")),
        [only] => Ok(cell(only, "/requestId")),
        several => Err(Failure::new(
            Kind::Usage,
            format!(
                "{} devices ask to be let in; name the request",
                several.len()
            ),
        )
        .fix("openclaw devices list")),
    }
}

/// Calls a method about one device.
fn about(
    home: &Home,
    remote: &RemoteArgs,
    method: &str,
    device: &str,
    params: Value,
) -> Result<Value, Failure> {
    remote.talk(home, &DECIDES, async |line| {
        let params = with(params, "deviceId", whole_id(line, device).await?);
        line.call_named(method, &params, false).await
    })
}

/// The id that begins so; what is not known is passed on for the gateway to judge.
async fn whole_id(line: &Line, device: &str) -> Result<String, Failure> {
    let answer = line
        .call_named("device.pair.list", &json!({}), false)
        .await?;
    let ids = rows(&answer, "paired")
        .iter()
        .map(|row| cell(row, "/deviceId"));
    let mut found: Vec<String> = ids.filter(|id| id.starts_with(device)).collect();
    if found.len() > 1 {
        return Err(Failure::new(
            Kind::Usage,
            format!(
                "{} devices have an id that begins with {device}",
                found.len()
            ),
        )
        .fix("openclaw devices list --json"));
    }
    Ok(found.pop().unwrap_or_else(|| device.to_owned()))
}
