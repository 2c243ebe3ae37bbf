//! A job as it is typed. Source: gateway RPC methods, `cron.add`.

use crate::access::with;
use crate::failure::{Failure, Kind};
use clap::ValueEnum;
use serde_json::{Value, json};

/// Arguments of `cron add`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("when").required(true).args(["every", "cron", "at"]),
    group = clap::ArgGroup::new("what").required(true).args(["message", "system_event"])
)]
pub(super) struct AddArgs {
    /// Its name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Again and again after so much time, e.g. 30m, 12h or 1d
    #[arg(long, value_name = "TIME")]
    every: Option<String>,
    /// At the moments of a cron expression, e.g. "0 8 * * 1"
    #[arg(long, value_name = "EXPR")]
    cron: Option<String>,
    /// Once, e.g. 2030-01-01T08:00:00Z
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Time zone of --cron, e.g. Europe/Oslo [default: the gateway's]
    #[arg(long, value_name = "ZONE", requires = "cron")]
    tz: Option<String>,
    /// What to say to the agent
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// What to tell the main session, instead of a message
    #[arg(long, value_name = "TEXT")]
    system_event: Option<String>,
    /// Which session [default: isolated for a message, main for an event]
    #[arg(long, value_name = "SESSION")]
    session: Option<String>,
    /// Which agent [default: the default agent]
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Another model than the agent's own
    #[arg(long, value_name = "MODEL", requires = "message")]
    model: Option<String>,
    /// How much the model thinks
    #[arg(long, value_name = "LEVEL", requires = "message")]
    thinking: Option<String>,
    /// Whether an event is looked at now or at the next heartbeat
    #[arg(long, value_enum, default_value_t = Wake::Now)]
    wake: Wake,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Send the answer to a chat
    #[arg(long, conflicts_with = "no_deliver")]
    announce: bool,
    /// Send the answer nowhere
    #[arg(long)]
    no_deliver: bool,
    /// Which chat network the answer goes to
    #[arg(long, value_name = "CHANNEL", requires = "announce")]
    channel: Option<String>,
    /// To whom it goes there
    #[arg(long, value_name = "DEST", requires = "announce")]
    to: Option<String>,
    /// Remove it after its first success
    #[arg(long)]
    delete_after_run: bool,
    /// Keep it from running for now
    #[arg(long)]
    disabled: bool,
}

/// When an event is looked at.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wake {
    /// At once.
    Now,
    /// With the next heartbeat.
    NextHeartbeat,
}

impl AddArgs {
    /// The parameters of `cron.add`.
    ///
    /// # Errors
    /// A time nobody can read.
    pub(super) fn params(&self) -> Result<Value, Failure> {
        let is_event = self.system_event.is_some();
        let usual = if is_event { "main" } else { "isolated" };
        let wake = match self.wake {
            Wake::Now => "now",
            Wake::NextHeartbeat => "next-heartbeat",
        };
        let mut job = json!({
            "name": self.name,
            "enabled": !self.disabled,
            "schedule": self.schedule()?,
            "sessionTarget": self.session.as_deref().unwrap_or(usual),
            "wakeMode": wake,
            "payload": self.payload(),
        });
        for (name, value) in [("agentId", &self.agent), ("description", &self.description)] {
            if let Some(value) = value {
                job = with(job, name, value.as_str());
            }
        }
        if self.delete_after_run {
            job = with(job, "deleteAfterRun", true);
        }
        if self.announce {
            let mut delivery = json!({ "mode": "announce" });
            for (name, value) in [("channel", &self.channel), ("to", &self.to)] {
                if let Some(value) = value {
                    delivery = with(delivery, name, value.as_str());
                }
            }
            job = with(job, "delivery", delivery);
        } else if self.no_deliver {
            job = with(job, "delivery", json!({ "mode": "none" }));
        }
        Ok(job)
    }

    fn schedule(&self) -> Result<Value, Failure> {
        if let Some(expr) = &self.cron {
            let schedule = json!({ "kind": "cron", "expr": expr });
            return Ok(match &self.tz {
                Some(zone) => with(schedule, "tz", zone.as_str()),
                None => schedule,
            });
        }
        if let Some(at) = &self.at {
            return Ok(json!({ "kind": "at", "at": at }));
        }
        let text = self.every.as_deref().unwrap_or_default();
        let Some(every) = milliseconds(text) else {
            let message = format!("--every {text:?} is no length of time");
            return Err(Failure::new(Kind::Usage, message)
                .fix("write a number and s, m, h or d, e.g. --every 30m"));
        };
        Ok(json!({ "kind": "every", "everyMs": every }))
    }

    fn payload(&self) -> Value {
        if let Some(text) = &self.system_event {
            return json!({ "kind": "systemEvent", "text": text });
        }
        let mut payload = json!({ "kind": "agentTurn", "message": self.message });
        for (name, value) in [("model", &self.model), ("thinking", &self.thinking)] {
            if let Some(value) = value {
                payload = with(payload, name, value.as_str());
            }
        }
        payload
    }
}

/// The units of time, in milliseconds.
const UNITS: [(char, u64); 4] = [
    ('s', 1_000),
    ('m', 60_000),
    ('h', 3_600_000),
    ('d', 86_400_000),
];

/// `30m` in milliseconds; none of nothing, and not of what is too long to count.
fn milliseconds(text: &str) -> Option<u64> {
    let (number, each) = UNITS
        .into_iter()
        .find_map(|(unit, each)| Some((text.strip_suffix(unit)?, each)))?;
    let number: u64 = number.trim().parse().ok()?;
    number.checked_mul(each).filter(|length| *length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_a_unit() {
        assert_eq!(milliseconds("30m"), Some(1_800_000));
        assert_eq!(milliseconds("1d"), Some(86_400_000));
        for odd in [
            "",
            "m",
            "30",
            "-1h",
            "1.5h",
            "0s",
            "99999999999999999d",
            "1w",
        ] {
            assert_eq!(milliseconds(odd), None, "{odd}");
        }
    }
}
