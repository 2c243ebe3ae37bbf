//! `openclaw gateway run`, also `openclaw gateway`

use super::stop;
use crate::args::LogLevel;
use crate::commands::costs::{NO_BUDGET, budget};
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::{local, logging, runtime, screen};
use clap::ValueEnum;
use gateway::{Gateway, Greeting, Overrides, Shutdown};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tracing::warn;

/// How many open files are asked for; the second is the most that some systems give.
const FILES: [u64; 2] = [65_536, 10_240];

/// Arguments of `gateway run`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing needs to be configured first: the state directory, a token and a model are found or made.
SIGTERM or Ctrl-C lets running turns finish, then ends with exit code 0; a second one hurries.")]
pub(crate) struct RunArgs {
    /// Port [default: $OPENCLAW_GATEWAY_PORT, gateway.port, 18789]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Which addresses: loopback, lan, tailnet, auto, or an IP address [default: gateway.bind]
    #[arg(long, value_name = "WHERE")]
    bind: Option<String>,
    /// How callers prove who they are [default: gateway.auth.mode]
    #[arg(long, value_enum, value_name = "MODE")]
    auth: Option<AuthMode>,
    /// The gateway token; other users may see it in the list of processes, so prefer
    /// $OPENCLAW_GATEWAY_TOKEN
    #[arg(long, value_name = "TOKEN")]
    token: Option<SecretString>,
    /// The gateway password; prefer $OPENCLAW_GATEWAY_PASSWORD
    #[arg(long, value_name = "PASSWORD")]
    password: Option<SecretString>,
    /// Say more in the log
    #[arg(short, long)]
    verbose: bool,
    /// Write the log as JSON lines
    #[arg(long)]
    log_json: bool,
    /// Stop the gateway that runs on this state directory first
    #[arg(long)]
    force: bool,
    /// Accepted for scripts: a configuration is never required
    #[arg(long)]
    allow_unconfigured: bool,
}

impl RunArgs {
    /// Whether one of them was typed.
    pub(super) fn is_given(&self) -> bool {
        let switches = [
            self.verbose,
            self.log_json,
            self.force,
            self.allow_unconfigured,
        ];
        let secrets = self.token.is_some() || self.password.is_some();
        let door = self.port.is_some() || self.bind.is_some() || self.auth.is_some();
        secrets || door || switches.contains(&true)
    }
}

/// Source: configuration specification, `gateway.auth.mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AuthMode {
    /// A token.
    Token,
    /// A password.
    Password,
    /// Nothing; only on loopback.
    None,
    /// A proxy in front says who they are.
    TrustedProxy,
}

/// Runs the gateway until it is told to end.
pub(crate) fn run(home: &Home, args: RunArgs) -> Result<Exit, Failure> {
    let form = if args.log_json {
        logging::Form::Json
    } else {
        logging::Form::Text
    };
    let usual = if args.verbose {
        LogLevel::Debug
    } else {
        LogLevel::Info
    };
    logging::start(home, form, usual, true)?;
    if args.force {
        stop::stop(home)?;
    }
    let overrides = Overrides {
        port: args.port,
        bind: args.bind,
        auth: args.auth.map(|mode| name(mode).to_owned()),
        token: args.token,
        password: args.password,
    };
    let boot = local::boot(home, overrides)?;
    allow_files();
    runtime::block_on_all_cores(async {
        let mut gateway = Gateway::build(boot)
            .await
            .map_err(|error| local::refused(home, error))?;
        gateway
            .listen()
            .await
            .map_err(|error| local::refused(home, error))?;
        greet(&gateway.greeting())?;
        let shutdown = Shutdown::default();
        let mut watch = JoinSet::new();
        watch.spawn(signals(shutdown.clone())?);
        let report = gateway.run(shutdown).await;
        if report.overran.is_empty() {
            return Ok(Exit::Ok);
        }
        let phases = report.overran.join(", ");
        Err(Failure::new(
            Kind::Other,
            format!("shutting down took too long and was cut off: {phases}"),
        )
        .fix("openclaw doctor"))
    })
}

/// Raises the number of files this process may open as far as the system lets it, for every
/// connection is one: shells and service managers often begin with a thousand.
fn allow_files() {
    let limits = getrlimit(Resource::Nofile);
    for wanted in FILES {
        let allowed = limits.maximum.map_or(wanted, |most| most.min(wanted));
        if limits.current.is_none_or(|now| now >= allowed) {
            return;
        }
        let raised = Rlimit {
            current: Some(allowed),
            maximum: limits.maximum,
        };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            return;
        }
    }
    warn!(
        files = limits.current,
        "the number of open files cannot be raised; many connections need more: ulimit -n"
    );
}

/// The first signal asks for an orderly end, the second for a quick one.
fn signals(shutdown: Shutdown) -> Result<impl Future<Output = ()>, Failure> {
    let failed = |error| Failure::new(Kind::Other, format!("cannot listen for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        for token in [&shutdown.graceful, &shutdown.at_once] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            token.cancel();
        }
    })
}

fn name(mode: AuthMode) -> &'static str {
    match mode {
        AuthMode::Token => "token",
        AuthMode::Password => "password",
        AuthMode::None => "none",
        AuthMode::TrustedProxy => "trusted-proxy",
    }
}

/// Tells a person where it is and how to get in. A reader that has gone away is no reason to stop.
fn greet(greeting: &Greeting) -> Result<(), Failure> {
    let told = tell(greeting);
    match told {
        Err(failure) if failure.is_quiet() => Ok(()),
        other => other,
    }
}

fn tell(greeting: &Greeting) -> Result<(), Failure> {
    screen::say(format_args!(
        "openclaw is listening on {}",
        greeting.addresses.join(", ")
    ))?;
    screen::say(format_args!(
        "model: {} ({})",
        greeting.model, greeting.model_reason
    ))?;
    if greeting.budgets.is_empty() {
        screen::say(format_args!("budget: {NO_BUDGET}"))?;
    }
    for entry in &greeting.budgets {
        screen::say(format_args!("budget: {}", budget(entry)))?;
    }
    if let Some(link) = &greeting.login_url {
        screen::say(format_args!("open once, within 10 minutes: {link}"))?;
    }
    for warning in &greeting.warnings {
        screen::say(format_args!("warning: {warning}"))?;
    }
    Ok(())
}
