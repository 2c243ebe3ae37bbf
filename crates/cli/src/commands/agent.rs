//! `openclaw agent -m "…"`

mod quote;
mod stream;

use crate::access::{self, AccessArgs};
use crate::args::LogLevel;
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::{logging, runtime, screen};
use protocol::methods::{
    Agent,
    agent::{AgentParams, AgentReply},
};
use std::time::Duration;

/// The longest run an agent can be given, in seconds. Source: `agents.defaults.timeoutSeconds`.
const LONGEST_RUN: u64 = 86_400;
/// How much longer than the run the answer may take.
const MARGIN: Duration = Duration::from_secs(30);

/// Arguments of `agent`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  openclaw agent -m \"what is in my workspace?\"\n  \
                        openclaw agent --quote -m \"what is in my workspace?\""
)]
pub(crate) struct AgentArgs {
    /// What to say
    #[arg(short, long, value_name = "TEXT")]
    message: String,
    /// Which agent [default: the default agent]
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Which session, by its key [default: main]
    #[arg(long, value_name = "KEY")]
    session_key: Option<String>,
    /// Which session, by its random id
    #[arg(long, value_name = "ID", conflicts_with = "session_key")]
    session_id: Option<String>,
    /// Another model than the agent's own, as provider/model
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Seconds the run may take [default: the agent's own limit]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Run it in this process, without a gateway
    #[arg(long)]
    local: bool,
    /// Show the answer while it is written; with --json one event per line, the result last
    #[arg(long, conflicts_with_all = ["local", "quote"])]
    stream: bool,
    /// Say what it would cost, and send nothing
    #[arg(long, conflicts_with_all = ["session_id", "timeout"])]
    quote: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// Prints what the agent answers; exit code 1 when the run did not succeed.
pub(crate) fn run(home: &Home, args: AgentArgs) -> Result<Exit, Failure> {
    if args.message.trim().is_empty() {
        return Err(
            Failure::new(Kind::Usage, "the message is empty").fix("openclaw agent -m \"hello\"")
        );
    }
    if args.quote {
        return quote::run(home, args);
    }
    let params = AgentParams {
        message: args.message,
        agent_id: args.agent,
        session_key: args.session_key,
        session_id: args.session_id,
        model: args.model,
        timeout: args.timeout,
        idempotency_key: crate::local::fresh_key(),
        ..AgentParams::default()
    };
    if args.stream {
        let reply = runtime::block_on(stream::run(home, &args.access, &params, args.json))?;
        return outcome(&reply);
    }
    let reply = if args.local {
        logging::start(home, logging::Form::Text, LogLevel::Warn, false)?;
        runtime::block_on_all_cores(crate::local::agent(home, params))?
    } else {
        runtime::block_on(remote(home, &args.access, &params))?
    };
    print(&reply, args.json)
}

async fn remote(
    home: &Home,
    access: &AccessArgs,
    params: &AgentParams,
) -> Result<AgentReply, Failure> {
    let answer = access::ask::<Agent>(home, access, patience(params), params).await;
    answer.map_err(or_locally)
}

/// How long the answer may take.
fn patience(params: &AgentParams) -> Duration {
    let run = params.timeout.filter(|limit| *limit > 0);
    Duration::from_secs(run.unwrap_or(LONGEST_RUN)).saturating_add(MARGIN)
}

/// Where no gateway answers, this process can do it.
fn or_locally(failure: Failure) -> Failure {
    if failure.has_code("UNREACHABLE") {
        failure.fix("openclaw gateway run, or add --local to run it in this process")
    } else {
        failure
    }
}

fn print(reply: &AgentReply, json: bool) -> Result<Exit, Failure> {
    let ok = reply.status == "ok";
    if json {
        screen::json(reply)?;
        return Ok(if ok { Exit::Ok } else { Exit::Failed });
    }
    for payload in reply.result.iter().flat_map(|result| &result.payloads) {
        if !payload.text.is_empty() {
            screen::say(&payload.text)?;
        }
        if let Some(url) = &payload.media_url {
            screen::say(url)?;
        }
    }
    outcome(reply)
}

/// How a run ended, for people.
fn outcome(reply: &AgentReply) -> Result<Exit, Failure> {
    if reply.status == "ok" {
        return Ok(Exit::Ok);
    }
    let summary = reply.summary.as_deref().unwrap_or("no reason was given");
    let failure = Failure::new(
        Kind::Request,
        format!("run {} did not succeed: {summary}", reply.run_id),
    );
    // A reason that ends with the command that helps needs no other advice.
    if summary.contains("openclaw ") {
        return Err(failure);
    }
    Err(failure.fix(format!("openclaw explain {}", reply.run_id)))
}
