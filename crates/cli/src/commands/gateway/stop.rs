//! `openclaw gateway stop`

use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::{runtime, screen};
use rustix::process::{Pid, Signal};
use serde_json::json;
use state::lock::{LockInfo, holder};
use std::time::Duration;

/// Longer than a gateway takes to let running turns finish.
const LIMIT: Duration = Duration::from_secs(40);
/// How often we look whether it is gone.
const LOOK: Duration = Duration::from_millis(50);

/// Arguments of `gateway stop`.
#[derive(Debug, clap::Args)]
pub(crate) struct StopArgs {
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Stops the gateway of this home. That none runs is fine.
pub(crate) fn run(home: &Home, args: &StopArgs) -> Result<Exit, Failure> {
    let stopped = stop(home)?;
    match (args.json, stopped) {
        (true, pid) => {
            screen::json(&json!({ "ok": true, "stopped": pid.is_some(), "pid": pid }))?;
        }
        (false, Some(pid)) => screen::say(format_args!("stopped the gateway (pid {pid})"))?,
        (false, None) => screen::say(format_args!(
            "no gateway is running on {}",
            home.state_dir().display()
        ))?,
    }
    Ok(Exit::Ok)
}

/// Asks the holder of the state directory to end and waits until it has. Returns its process.
pub(crate) fn stop(home: &Home) -> Result<Option<u32>, Failure> {
    let Some(found) = holder(home.state_dir())? else {
        return Ok(None);
    };
    let unknown = || {
        Failure::new(
            Kind::State,
            "a gateway is running, but its lock file does not say which process",
        )
        .fix("end it where it was started, e.g. with Ctrl-C or its service manager")
    };
    let pid = i32::try_from(found.pid)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(unknown)?;
    let signalled = signal(pid, || Ok(same(home, &found)?));
    match signalled {
        Ok(true) => {}
        Ok(false) | Err(Signalled::System(rustix::io::Errno::SRCH)) => return Ok(Some(found.pid)),
        Err(Signalled::System(error)) => {
            return Err(Failure::new(
                Kind::State,
                format!("cannot stop the gateway (pid {}): {error}", found.pid),
            )
            .fix("run the command as the user who started the gateway"));
        }
        Err(Signalled::Look(failure)) => return Err(failure),
    }
    runtime::block_on(gone(home, &found))?;
    Ok(Some(found.pid))
}

enum Signalled {
    System(rustix::io::Errno),
    Look(Failure),
}

/// Sends SIGTERM to the process that holds the lock and to no other: the process is pinned first,
/// then the lock is looked at again, so that a number used anew cannot be hit.
#[cfg(target_os = "linux")]
fn signal(pid: Pid, still: impl Fn() -> Result<bool, Failure>) -> Result<bool, Signalled> {
    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
    let pinned = pidfd_open(pid, PidfdFlags::empty()).map_err(Signalled::System)?;
    if !still().map_err(Signalled::Look)? {
        return Ok(false);
    }
    pidfd_send_signal(&pinned, Signal::TERM).map_err(Signalled::System)?;
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
fn signal(pid: Pid, still: impl Fn() -> Result<bool, Failure>) -> Result<bool, Signalled> {
    if !still().map_err(Signalled::Look)? {
        return Ok(false);
    }
    rustix::process::kill_process(pid, Signal::TERM).map_err(Signalled::System)?;
    Ok(true)
}

fn same(home: &Home, found: &LockInfo) -> Result<bool, state::Error> {
    Ok(holder(home.state_dir())?.is_some_and(|now| now.pid == found.pid))
}

async fn gone(home: &Home, found: &LockInfo) -> Result<(), Failure> {
    let look = async {
        while same(home, found)? {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    };
    tokio::time::timeout(LIMIT, look).await.unwrap_or_else(|_| {
        let text = format!(
            "the gateway (pid {}) is still there after {} seconds",
            found.pid,
            LIMIT.as_secs()
        );
        Err(Failure::new(Kind::State, text).code("TIMEOUT").fix(format!(
            "kill -9 {}; accepted messages survive it",
            found.pid
        )))
    })
}
