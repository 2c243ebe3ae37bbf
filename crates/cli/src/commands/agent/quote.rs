//! `openclaw agent --quote -m "…"`

use super::{AgentArgs, or_locally};
use crate::access;
use crate::args::LogLevel;
use crate::commands::costs::{NO_BUDGET, budget};
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::listing::{Listing, dollars};
use crate::{local, logging, runtime, screen};
use protocol::methods::UsageQuote;
use protocol::methods::usage::{UsageQuoteParams, UsageQuoteReply};
use std::time::Duration;

/// Says what the message would cost. Calls no model and keeps nothing.
pub(super) fn run(home: &Home, args: AgentArgs) -> Result<Exit, Failure> {
    let params = UsageQuoteParams {
        message: args.message,
        agent_id: args.agent,
        session_key: args.session_key,
        model: args.model,
    };
    let reply = if args.local {
        logging::start(home, logging::Form::Text, LogLevel::Warn, false)?;
        runtime::block_on_all_cores(local::quote(home, params))?
    } else {
        let limit = Duration::from_secs(30);
        let asked = access::ask::<UsageQuote>(home, &args.access, limit, &params);
        runtime::block_on(asked).map_err(or_locally)?
    };
    if args.json {
        screen::json(&reply)?;
    } else {
        screen::say(as_text(&reply))?;
    }
    Ok(Exit::Ok)
}

fn as_text(quote: &UsageQuoteReply) -> String {
    let mut list = Listing::new();
    list.row("model", &quote.model);
    list.paragraph("why", &quote.why);
    if let Some(tier) = &quote.tier {
        list.row("tier", tier);
    }
    let amounts = [
        ("low", &quote.low_usd, "prompt cached, short answer"),
        ("expected", &quote.expected_usd, "a usual answer"),
        ("high", &quote.high_usd, "the most; so much is reserved"),
    ];
    for (name, amount, meaning) in amounts {
        match amount {
            Some(amount) => list.row(name, format_args!("{} ({meaning})", dollars(amount))),
            None => list.row(name, "unknown: this model has no price"),
        }
    }
    list.paragraph(
        "covers",
        "the first model call; tools make more, each with a longer prompt",
    );
    list.row(
        "run limit",
        format_args!("{} for all its calls", dollars(&quote.run_limit_usd)),
    );
    for entry in &quote.budgets {
        list.row("budget", budget(entry));
    }
    if quote.budgets.is_empty() {
        list.row("budget", NO_BUDGET);
    }
    list.text()
}
