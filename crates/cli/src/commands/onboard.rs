//! `openclaw onboard`: workspace, database, authentication, a model, a test message.

mod apply;
mod charge;
mod plan;
mod report;
mod trial;
mod vault;
mod wizard;

use crate::args::LogLevel;
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::{logging, screen};
use clap::ValueEnum;
use secrecy::SecretString;

/// Arguments of `onboard`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, clap::Args)]
#[command(after_help = "Running it again is safe: files and settings that are there stay.")]
pub(crate) struct OnboardArgs {
    /// Ask nothing; take the options and defaults
    #[arg(long)]
    pub(crate) non_interactive: bool,
    /// You know that an agent can read, write and spend on your behalf
    #[arg(long)]
    accept_risk: bool,
    /// Where the gateway runs; only local is supported
    #[arg(long, value_enum, default_value_t = Mode::Local)]
    mode: Mode,
    /// Which model: auto, skip, offline, custom-api-key, local, or a provider such as openai or
    /// openai-api-key [default: auto, which takes what is found at each start]
    #[arg(long, value_name = "CHOICE")]
    auth_choice: Option<String>,
    /// The provider's key [default: the provider's environment variable]
    #[arg(long, value_name = "KEY")]
    api_key: Option<SecretString>,
    /// Address of your own model server, e.g. http://127.0.0.1:8080/v1
    #[arg(long, value_name = "URL")]
    custom_base_url: Option<String>,
    /// Its key, if it needs one
    #[arg(long, value_name = "KEY")]
    custom_api_key: Option<SecretString>,
    /// The model to use there
    #[arg(long, value_name = "ID")]
    custom_model_id: Option<String>,
    /// What it charges for a million prompt tokens, in US dollars [default: nothing on this machine,
    /// else unknown]
    #[arg(
        long,
        value_name = "USD",
        requires = "custom_output_price",
        requires = "custom_base_url"
    )]
    custom_input_price: Option<charge::Price>,
    /// What it charges for a million answer tokens, in US dollars
    #[arg(long, value_name = "USD", requires = "custom_input_price")]
    custom_output_price: Option<charge::Price>,
    /// Folder with the agent's files
    #[arg(long, value_name = "DIR")]
    workspace: Option<String>,
    /// Port of the gateway
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    gateway_port: Option<u16>,
    /// Which addresses it listens on: loopback, lan, tailnet, auto, or an IP address
    #[arg(long, value_name = "WHERE")]
    gateway_bind: Option<String>,
    /// How callers prove who they are
    #[arg(long, value_name = "MODE", value_enum)]
    gateway_auth: Option<GatewayAuth>,
    /// The gateway token [default: 256 random bits]
    #[arg(long, value_name = "TOKEN", conflicts_with = "gateway_password")]
    gateway_token: Option<SecretString>,
    /// The gateway password
    #[arg(long, value_name = "PASSWORD")]
    gateway_password: Option<SecretString>,
    /// Switch the OpenAI-compatible endpoint /v1/chat/completions on
    #[arg(long)]
    enable_chat_completions: bool,
    /// Leave the test message out
    #[arg(long)]
    skip_health: bool,
    /// Print the result as JSON
    #[arg(long, requires = "non_interactive")]
    pub(crate) json: bool,
}

/// Where the gateway runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// On this machine.
    Local,
    /// Elsewhere.
    Remote,
}

/// How callers prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GatewayAuth {
    /// A generated secret for programs.
    Token,
    /// A secret for people.
    Password,
}

/// Sets this home up.
pub(crate) fn run(home: &Home, args: OnboardArgs) -> Result<Exit, Failure> {
    if args.mode == Mode::Remote {
        return Err(Failure::new(
            Kind::Usage,
            "onboarding sets up a gateway on this machine only",
        )
        .fix("for another gateway use --url and --token with each command"));
    }
    // The test message runs in this process; its log belongs on a screen only when it matters.
    logging::start(home, logging::Form::Text, LogLevel::Error, false)?;
    if args.non_interactive {
        let json = args.json;
        let plan = plan::from_args(home, args)?;
        let report = apply::apply(home, &plan)?;
        if json {
            screen::json(&report.to_json())?;
        } else {
            screen::say(format_args!(
                "{}\n\nnext: {}",
                report.to_text(),
                report.next()
            ))?;
        }
        return Ok(report.exit());
    }
    if !screen::is_interactive() {
        return Err(Failure::new(
            Kind::Usage,
            "onboarding asks questions, but this is no terminal",
        )
        .fix("openclaw onboard --non-interactive"));
    }
    wizard::run(home, args)
}
