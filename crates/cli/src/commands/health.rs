//! `openclaw health`, also `openclaw gateway health`

use crate::access::{self, AccessArgs};
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::{runtime, screen};
use protocol::methods::{Health, status::HealthParams};
use std::time::Duration;

/// Arguments of `health`.
#[derive(Debug, clap::Args)]
pub(crate) struct HealthArgs {
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Test a write now instead of reporting the last test
    #[arg(long)]
    probe: bool,
    /// Milliseconds to wait for the answer
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    timeout: u64,
    #[command(flatten)]
    access: AccessArgs,
}

/// Asks the gateway how it is; exit code 1 unless all is well.
pub(crate) fn run(home: &Home, args: &HealthArgs) -> Result<Exit, Failure> {
    let limit = Duration::from_millis(args.timeout);
    let params = HealthParams {
        probe: args.probe.then_some(true),
    };
    let health = runtime::block_on(access::ask::<Health>(home, &args.access, limit, &params))?;
    if args.json {
        screen::json(&health)?;
    } else if health.ok {
        screen::say(format_args!("ok, up for {}", duration(health.uptime_ms)))?;
    } else {
        screen::say(format_args!("failing: {}", health.failing.join(", ")))?;
        for reason in &health.reasons {
            screen::say(format_args!("  {reason}"))?;
        }
    }
    Ok(if health.ok { Exit::Ok } else { Exit::Failed })
}

/// A length of time for people: the two largest units.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_show_two_units() {
        for (ms, text) in [
            (900, "0 s"),
            (61_000, "1 min 1 s"),
            (7_260_000, "2 h 1 min"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }
}
