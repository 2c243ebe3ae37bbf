//! `openclaw gateway …`

mod call;
mod probe;
mod run;
mod status;
mod stop;
mod token;
mod usage_cost;

use crate::commands::health::{self, HealthArgs};
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use clap::Subcommand;

/// Arguments of `gateway`.
#[derive(Debug, clap::Args)]
pub(crate) struct GatewayArgs {
    #[command(subcommand)]
    command: Option<GatewayCommand>,
    #[command(flatten)]
    run: run::RunArgs,
}

#[derive(Debug, Subcommand)]
enum GatewayCommand {
    /// Run the gateway in the foreground
    Run(run::RunArgs),
    /// Whether it runs, where, and whether it is ready
    Status(status::GatewayStatusArgs),
    /// Stop the running gateway and wait until it is gone
    Stop(stop::StopArgs),
    /// Connect as a client does, and say what the gateway offers and allows
    Probe(probe::ProbeArgs),
    /// Call a method of the running gateway and print its answer
    Call(call::CallArgs),
    /// Whether the running gateway works; exit code 1 if not
    Health(HealthArgs),
    /// Tokens and costs by day
    UsageCost(usage_cost::UsageCostArgs),
    /// Print the gateway token, for scripts
    Token(token::TokenArgs),
}

impl GatewayArgs {
    /// Whether the result is wanted as JSON.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            None | Some(GatewayCommand::Run(_) | GatewayCommand::Token(_)) => false,
            Some(GatewayCommand::Status(args)) => args.json,
            Some(GatewayCommand::Stop(args)) => args.json,
            Some(GatewayCommand::Probe(args)) => args.json,
            Some(GatewayCommand::Call(_)) => true,
            Some(GatewayCommand::Health(args)) => args.json,
            Some(GatewayCommand::UsageCost(args)) => args.remote.json,
        }
    }
}

/// Does what was asked; without a subcommand the gateway runs.
pub(crate) fn run(home: &Home, args: GatewayArgs) -> Result<Exit, Failure> {
    if args.command.is_some() && args.run.is_given() {
        return Err(Failure::new(
            Kind::Usage,
            "options of `gateway run` stand before another command",
        )
        .fix("put them after the command: openclaw gateway run --port <PORT>"));
    }
    match args.command {
        None => run::run(home, args.run),
        Some(GatewayCommand::Run(args)) => run::run(home, args),
        Some(GatewayCommand::Status(args)) => status::run(home, &args),
        Some(GatewayCommand::Stop(args)) => stop::run(home, &args),
        Some(GatewayCommand::Probe(args)) => probe::run(home, &args),
        Some(GatewayCommand::Call(args)) => call::run(home, &args),
        Some(GatewayCommand::Health(args)) => health::run(home, &args),
        Some(GatewayCommand::UsageCost(args)) => usage_cost::run(home, &args),
        Some(GatewayCommand::Token(args)) => token::run(home, &args),
    }
}
