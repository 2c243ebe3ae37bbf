//! `openclaw dashboard`

use crate::access::{self, AccessArgs};
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::{runtime, screen};
use protocol::methods::{LoginLink, login::LoginLinkParams};
use std::time::Duration;

/// Arguments of `dashboard`.
#[derive(Debug, clap::Args)]
pub(crate) struct DashboardArgs {
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Accepted for scripts: the link is only ever printed, because a browser started from here
    /// would show it to other users in the list of processes
    #[arg(long)]
    no_open: bool,
    /// Milliseconds to wait for the answer
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    timeout: u64,
    #[command(flatten)]
    access: AccessArgs,
}

/// Prints a login link that works once.
pub(crate) fn run(home: &Home, args: &DashboardArgs) -> Result<Exit, Failure> {
    let limit = Duration::from_millis(args.timeout);
    let params = LoginLinkParams::default();
    let link = runtime::block_on(access::ask::<LoginLink>(home, &args.access, limit, &params))?;
    if args.json {
        screen::json(&link)?;
    } else {
        screen::say(&link.url)?;
        screen::note("open it in a browser; it works once, within ten minutes");
    }
    Ok(Exit::Ok)
}
