//! The command line as it was typed.

use crate::commands::{
    agent, agents, approvals, channels, completion, config, costs, cron, dashboard, devices,
    doctor, explain, gateway, health, hooks, logs, message, models, nodes, onboard, secrets,
    sessions, skills, status, system, tui, usage,
};
use crate::node;
use clap::{Parser, Subcommand, ValueEnum};

const AFTER_HELP: &str = "\
Exit codes: 0 done; 1 it did not work; 2 the command line is wrong; \
78 the settings are refused because they would leave the gateway open.

First steps: `openclaw gateway` starts with nothing configured; `openclaw onboard` asks a few \
questions; `openclaw doctor` says what is wrong.";

/// Your own agent gateway: one program, one port, one directory.
#[derive(Debug, Parser)]
#[command(name = "openclaw", version, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Globals {
    /// Keep everything in ~/.openclaw-<NAME> instead of ~/.openclaw
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Development profile: ~/.openclaw-dev and port 19001
    #[arg(long, global = true, conflicts_with = "profile")]
    pub(crate) dev: bool,
    /// off, error, warn, info, debug or trace [default: $OPENCLAW_LOG_LEVEL, else info]
    #[arg(long, global = true, value_name = "LEVEL", hide_possible_values = true)]
    pub(crate) log_level: Option<LogLevel>,
    /// No colours; NO_COLOR does the same
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// Log levels, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Nothing.
    #[value(alias = "silent")]
    Off,
    /// An operator must act.
    #[value(alias = "fatal")]
    Error,
    /// Degraded but handled.
    Warn,
    /// Life cycle.
    Info,
    /// Decisions.
    Debug,
    /// Everything.
    Trace,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway in the foreground; with a subcommand, look at it or stop it
    Gateway(gateway::GatewayArgs),
    /// Set up: workspace, database, authentication, a model, a test message
    #[command(alias = "setup")]
    Onboard(onboard::OnboardArgs),
    /// Send a message to an agent and print its answer
    Agent(agent::AgentArgs),
    /// Talk to an agent in a full screen
    #[command(alias = "chat")]
    Tui(tui::TuiArgs),
    /// What the gateway is doing
    Status(status::StatusArgs),
    /// Whether the running gateway works; exit code 1 if not
    Health(health::HealthArgs),
    /// This machine as a node: run commands for the agents of a gateway
    Node(node::NodeArgs),
    /// What was spent today and this month, against every budget
    Costs(costs::CostsArgs),
    /// Tokens and costs by model, agent, session or day; every call as CSV or JSON
    Usage(usage::UsageArgs),
    /// The receipt of a run: every model call, why this model, what it cost
    Explain(explain::ExplainArgs),
    /// The sessions: list, look at, change, begin anew, delete
    Sessions(sessions::SessionsArgs),
    /// Who answers, with which model
    Agents(agents::AgentsArgs),
    /// Which models can be used, and which have a key
    Models(models::ModelsArgs),
    /// Devices that may come in: approve, rename, revoke
    Devices(devices::DevicesArgs),
    /// Machines that run commands: approve, describe, invoke
    Nodes(nodes::NodesArgs),
    /// What agents may run, and what waits for your decision
    Approvals(approvals::ApprovalsArgs),
    /// The newest lines of the gateway's log; --follow goes on
    Logs(logs::LogsArgs),
    /// Send something to somebody over a chat network
    Message(message::MessageArgs),
    /// Chat networks
    Channels(channels::ChannelsArgs),
    /// Jobs that run by themselves
    Cron(cron::CronArgs),
    /// Skills that agents find
    Skills(skills::SkillsArgs),
    /// Programs that run when something happens to an agent
    Hooks(hooks::HooksArgs),
    /// Who is connected; events and heartbeats
    System(system::SystemArgs),
    /// Find what is wrong and say how to fix it
    Doctor(doctor::DoctorArgs),
    /// Make the running gateway fetch its secrets again
    Secrets(secrets::SecretsArgs),
    /// Read and change the settings
    Config(config::ConfigArgs),
    /// Print a fresh one-time link that signs a browser in
    Dashboard(dashboard::DashboardArgs),
    /// Print a script that completes commands in a shell
    Completion(completion::CompletionArgs),
}

impl Command {
    /// Whether the result, and a failure, are wanted as JSON.
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Gateway(args) => args.json(),
            Self::Onboard(args) => args.json,
            Self::Agent(args) => args.json,
            Self::Status(args) => args.json,
            Self::Health(args) => args.json,
            Self::Costs(args) => args.json,
            Self::Usage(args) => args.json(),
            Self::Explain(args) => args.json,
            Self::Sessions(args) => args.remote.json,
            Self::Agents(args) => args.remote.json,
            Self::Models(args) => args.remote.json,
            Self::Devices(args) => args.remote.json,
            Self::Nodes(args) => args.remote.json,
            Self::Approvals(args) => args.remote.json,
            Self::Logs(args) => args.remote.json,
            Self::Channels(args) => args.remote.json,
            Self::Cron(args) => args.remote.json,
            Self::Skills(args) => args.remote.json,
            Self::Hooks(args) => args.remote.json,
            Self::Message(args) => args.remote.json,
            Self::Secrets(args) => args.remote.json,
            Self::System(args) => args.remote.json,
            Self::Doctor(args) => args.json,
            Self::Config(args) => args.json(),
            Self::Dashboard(args) => args.json,
            Self::Completion(_) | Self::Node(_) | Self::Tui(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }
}
