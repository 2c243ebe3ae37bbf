//! `openclaw explain <run>`

use crate::access::{self, AccessArgs};
use crate::commands::health::duration;
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::{Listing, count, dollars};
use crate::{runtime, screen};
use protocol::methods::UsageExplain;
use protocol::methods::usage::{CacheBreakEntry, CallEntry, UsageExplainParams, UsageExplainReply};
use std::time::Duration;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The id of a run is in the answer's header x-openclaw-run-id, in the \
                        reply of `openclaw agent --json` and in the log."
)]
pub(crate) struct ExplainArgs {
    /// The id of a run, or of one call made without an agent
    #[arg(value_name = "RUN")]
    id: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// Prints the receipt of a run. Calls no model.
pub(crate) fn run(home: &Home, args: &ExplainArgs) -> Result<Exit, Failure> {
    let params = UsageExplainParams {
        id: args.id.clone(),
    };
    let limit = Duration::from_secs(30);
    let reply = runtime::block_on(access::ask::<UsageExplain>(
        home,
        &args.access,
        limit,
        &params,
    ))?;
    if args.json {
        screen::json(&reply)?;
    } else {
        screen::say(as_text(&reply))?;
    }
    Ok(Exit::Ok)
}

fn as_text(reply: &UsageExplainReply) -> String {
    let mut list = Listing::new();
    list.row("id", &reply.id);
    if let Some(session) = &reply.session_key {
        list.row("session", session);
    }
    if let Some(agent) = &reply.agent_id {
        list.row("agent", agent);
    }
    if let Some(status) = &reply.status {
        list.row("status", status);
    }
    if let Some(error) = &reply.error {
        list.paragraph("reason", error);
    }
    let total = &reply.total;
    list.row(
        "cost",
        format_args!(
            "{} for {}{}",
            dollars(&total.cost_usd),
            count(total.calls, "call"),
            if total.unpriced_calls > 0 {
                ", some with an unknown price"
            } else {
                ""
            },
        ),
    );
    for (index, call) in reply.calls.iter().enumerate() {
        add_call(&mut list, index + 1, call);
    }
    list.text()
}

fn add_call(list: &mut Listing, number: usize, call: &CallEntry) {
    let again = if call.attempt > 1 {
        format!(", attempt {}", call.attempt)
    } else {
        String::new()
    };
    list.row(
        &format!("call {number}"),
        format_args!(
            "{} with {}{again}: {} after {}",
            call.model,
            call.credential,
            call.outcome,
            duration(call.duration_ms)
        ),
    );
    list.paragraph("", &format!("why: {}", call.why));
    list.row("", tokens(call));
    let estimated = if call.estimated { " (estimate)" } else { "" };
    list.row(
        "",
        match &call.cost_usd {
            Some(cost) => format!(
                "{}{estimated} of {} reserved",
                dollars(cost),
                dollars(&call.reserved_usd)
            ),
            None => "the price of this model is unknown".to_owned(),
        },
    );
    if let Some(error) = &call.error {
        list.paragraph("", &format!("error: {error}"));
    }
    if let Some(broken) = &call.cache_break {
        list.paragraph("", &cache_break(broken));
    }
    if let Some(shadow) = &call.shadow {
        let cost = shadow
            .cost_usd
            .as_deref()
            .map_or_else(|| "an unknown amount".to_owned(), dollars);
        list.paragraph(
            "",
            &format!(
                "in shadow: tier {} would have used {} for {cost} ({})",
                shadow.tier, shadow.model, shadow.why
            ),
        );
    }
}

fn tokens(call: &CallEntry) -> String {
    let known =
        |count: Option<u64>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
    let mut parts = vec![
        format!("{} tokens in", known(call.input_tokens)),
        format!("{} out", known(call.output_tokens)),
    ];
    for (name, tokens) in [
        ("read from cache", call.cache_read_tokens),
        ("written to cache", call.cache_write_tokens),
        ("of media", call.media_tokens),
        ("of reasoning", call.reasoning_tokens),
    ] {
        if let Some(tokens) = tokens.filter(|tokens| *tokens > 0) {
            parts.push(format!("{tokens} {name}"));
        }
    }
    parts.join(", ")
}

fn cache_break(broken: &CacheBreakEntry) -> String {
    let cost = broken
        .cost_usd
        .as_deref()
        .map_or_else(String::new, |cost| format!(", about {}", dollars(cost)));
    format!(
        "cache lost: {} differs at byte {} ({:?} became {:?}): about {} to be read anew{cost}",
        broken.source,
        broken.at_byte,
        broken.was,
        broken.now,
        count(broken.lost_tokens, "token")
    )
}
