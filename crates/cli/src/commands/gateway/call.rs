//! `openclaw gateway call <method>`

use crate::access::{AccessArgs, Line, scope_of};
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::{runtime, screen};
use serde_json::Value;
use std::time::Duration;

/// Arguments of `gateway call`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  openclaw gateway call chat.history --params '{\"sessionKey\":\"main\"}'
  openclaw gateway call agent --expect-final --timeout 60000 \\
    --params '{\"message\":\"hello\",\"idempotencyKey\":\"one\"}'")]
pub(crate) struct CallArgs {
    /// The method, e.g. status
    method: String,
    /// Its parameters, a JSON object
    #[arg(long, value_name = "JSON", default_value = "{}")]
    params: String,
    /// Pass over the answer that work has begun, and wait for its end
    #[arg(long)]
    expect_final: bool,
    /// Milliseconds to wait for the answer
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    timeout: u64,
    /// Accepted for scripts; the answer is always JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// Prints what the method answers.
pub(crate) fn run(home: &Home, args: &CallArgs) -> Result<Exit, Failure> {
    let wrong = |what: String| {
        Failure::new(Kind::Usage, format!("--params is {what}"))
            .fix("write an object, e.g. --params '{\"limit\":10}'")
    };
    let params: Value =
        serde_json::from_str(&args.params).map_err(|error| wrong(format!("not JSON: {error}")))?;
    if !params.is_object() {
        return Err(wrong("not an object".to_owned()));
    }
    let limit = Duration::from_millis(args.timeout);
    let answer = runtime::block_on(async {
        let line = Line::open(home, &args.access, &[scope_of(&args.method)], limit).await?;
        let answer = line
            .call_named(&args.method, &params, args.expect_final)
            .await;
        line.close().await;
        answer
    })?;
    screen::json(&answer)?;
    Ok(Exit::Ok)
}
