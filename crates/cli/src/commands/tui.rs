//! `openclaw tui`

use crate::access::{self, AccessArgs};
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::tui::{self, LocalLink, Model, SocketLink, Theme, Wishes};
use crate::{runtime, screen};
use client::ws::Options;
use client::{ClientError, DeviceIdentity};
use protocol::{ClientProgram, Scope};
use std::sync::Arc;

/// What the terminal UI can take besides text. Source: clients, section 2.
const CAPS: [&str; 2] = ["agent-kind", "tool-events"];

/// Arguments of `tui`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  openclaw tui\n  openclaw tui --session trip --message \"where were we?\"\n  \
                        openclaw tui --local"
)]
pub(crate) struct TuiArgs {
    /// Which session, by its key [default: main]
    #[arg(long, value_name = "KEY")]
    session: Option<String>,
    /// Which agent [default: the default agent]
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Send this first
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Also deliver answers to the session's channel
    #[arg(long)]
    deliver: bool,
    /// How hard to think: off, minimal, low, medium, high
    #[arg(long, value_name = "LEVEL")]
    thinking: Option<String>,
    /// How many messages of the history to show, up to 1000
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000))]
    history_limit: u32,
    /// Milliseconds a run may take [default: the agent's own limit]
    #[arg(long, value_name = "MS")]
    timeout_ms: Option<u64>,
    /// Run everything in this process, without a gateway
    #[arg(long, conflicts_with_all = ["url", "token", "password"])]
    local: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// Talks to an agent until the user leaves.
pub(crate) fn run(home: &Home, args: TuiArgs) -> Result<Exit, Failure> {
    if !screen::is_drawable() {
        return Err(
            Failure::new(Kind::Usage, "this needs a terminal on both ends")
                .fix("openclaw agent -m \"hello\", which works in scripts"),
        );
    }
    let theme = if home.colour() {
        Theme::Colour
    } else {
        Theme::Plain
    };
    let wishes = Wishes {
        session: args.session,
        agent: args.agent,
        message: args.message.filter(|text| !text.trim().is_empty()),
        deliver: args.deliver,
        thinking: args.thinking,
        history_limit: Some(args.history_limit),
        timeout_ms: args.timeout_ms,
    };
    let seed = crate::local::fresh_key();
    if args.local {
        return runtime::block_on_all_cores(async {
            let link = LocalLink::open(home, own_name(), &CAPS).await?;
            Box::pin(tui::run(
                Model::new(wishes, theme, "this machine", &seed),
                link,
            ))
            .await?;
            Ok(Exit::Ok)
        });
    }
    runtime::block_on(async {
        let link = SocketLink::open(options(home, &args.access).await?)
            .await
            .map_err(or_locally)?;
        let model = Model::new(wishes, theme, &link.address(), &seed);
        tui::run(model, link).await?;
        Ok(Exit::Ok)
    })
}

/// Where no gateway answers, this process can do it.
fn or_locally(error: ClientError) -> Failure {
    let is_away = matches!(error, ClientError::Unreachable { .. });
    let failure = Failure::from(error);
    if is_away {
        failure.fix("openclaw gateway run, or add --local to run it in this process")
    } else {
        failure
    }
}

async fn options(home: &Home, args: &AccessArgs) -> Result<Options, Failure> {
    let mut options = access::options(home, args, own_name()).await?;
    options.scopes = vec![Scope::Admin, Scope::Read, Scope::Write, Scope::Approvals];
    options.caps = CAPS.map(str::to_owned).to_vec();
    // Always with the key of this device, so that approvals say who gave them.
    options.device = Some(Arc::new(DeviceIdentity::load_or_create(home.state_dir())?));
    options.reconnect = true;
    Ok(options)
}

/// Source: clients, section 2.
fn own_name() -> ClientProgram {
    ClientProgram {
        display_name: Some("openclaw-tui".to_owned()),
        ..access::program("openclaw-tui", "ui")
    }
}
