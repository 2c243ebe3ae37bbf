//! `openclaw node run`

use super::host::{self, Host};
use crate::access::{self, Known};
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::{private_file, runtime};
use client::{Credential, DeviceIdentity, Endpoint};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const AFTER_HELP: &str = "\
Without --host this is a node of this machine's own gateway. Otherwise the secret comes from \
--token-file, $OPENCLAW_GATEWAY_TOKEN or $OPENCLAW_GATEWAY_PASSWORD.

Which programs may run is decided here, by exec-approvals.json in the state directory: until it \
says otherwise nothing runs unless a person allows it. On the gateway: `openclaw nodes pending`, \
`openclaw nodes approve <requestId>`, `openclaw approvals get --node <NAME>`.

Example: OPENCLAW_GATEWAY_TOKEN=… openclaw node run --host 10.0.0.5 --display-name workshop";

/// Arguments of `node run`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct RunArgs {
    /// Name or address of the gateway's machine
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Port of the gateway [default: 18789]
    #[arg(long, value_name = "PORT", requires = "host")]
    port: Option<u16>,
    /// Connect with TLS (wss://)
    #[arg(long, requires = "host")]
    tls: bool,
    /// Name of this node for people [default: the name of this machine]
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// File that holds the gateway's token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Runs the node until it is stopped.
pub(super) fn run(home: &Home, args: RunArgs) -> Result<Exit, Failure> {
    private_file::folder(home.state_dir())?;
    runtime::block_on(async {
        let endpoint = endpoint(home, &args).await?;
        let device = DeviceIdentity::load_or_create(home.state_dir())?;
        let name = args.display_name.unwrap_or_else(machine_name);
        let host = Host::new(home, &name)?;
        host::serve(host, endpoint, Arc::new(device)).await?;
        Ok(Exit::Ok)
    })
}

/// The gateway that is meant. The secret of this machine's gateway goes to this machine's gateway
/// only.
async fn endpoint(home: &Home, args: &RunArgs) -> Result<Endpoint, Failure> {
    let filled = |name: &str| home.env().filled(name).map(SecretString::from);
    let given = match &args.token_file {
        Some(path) => Some(Credential::Token(read_token(path)?)),
        None => filled("OPENCLAW_GATEWAY_TOKEN")
            .map(Credential::Token)
            .or_else(|| filled("OPENCLAW_GATEWAY_PASSWORD").map(Credential::Password)),
    };
    let Some(host) = &args.host else {
        let known = Known::of(home);
        let secret = match given {
            Some(secret) => Some(secret),
            None => known.secret(home).await?,
        };
        return Ok(Endpoint::parse(&access::address(home, &known)?, secret)?);
    };
    if given.is_none() {
        return Err(Failure::new(
            Kind::Usage,
            "another machine's gateway was named without a secret for it",
        )
        .fix("set OPENCLAW_GATEWAY_TOKEN, or add --token-file <FILE>"));
    }
    let scheme = if args.tls { "wss" } else { "ws" };
    let port = args.port.unwrap_or(access::DEFAULT_PORT);
    let host = match host.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => host.clone(),
    };
    Ok(Endpoint::parse(
        &format!("{scheme}://{host}:{port}"),
        given,
    )?)
}

fn read_token(path: &Path) -> Result<SecretString, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
    let token = text.trim();
    if token.is_empty() {
        let message = format!("{} holds no token", path.display());
        return Err(Failure::new(Kind::Usage, message).fix("openclaw gateway token"));
    }
    Ok(SecretString::from(token))
}

fn machine_name() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}
