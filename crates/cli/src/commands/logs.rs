//! `openclaw logs`

use crate::access::{Line, RemoteArgs, scope_of};
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::screen;
use crate::table::{cell, rows};
use serde_json::{Value, json};
use std::time::Duration;

/// Time between two looks at the log.
const PAUSE: Duration = Duration::from_secs(1);

/// Arguments of `logs`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
With --follow each line of the log is printed as it comes; with --json too, as one JSON value per line.
Example: openclaw logs --follow --limit 50")]
pub(crate) struct LogsArgs {
    /// So many of the newest lines
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=5000))]
    limit: u32,
    /// Go on with what comes, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

/// Prints the newest lines of the gateway's log.
pub(crate) fn run(home: &Home, args: &LogsArgs) -> Result<Exit, Failure> {
    let remote = &args.remote;
    let first = json!({ "limit": args.limit });
    if !args.follow {
        return remote.show(home, "logs.tail", &first, |answer| {
            let lines: Vec<String> = rows(answer, "lines").iter().map(readable).collect();
            lines.join("\n")
        });
    }
    remote.talk(home, &[scope_of("logs.tail")], async |line| {
        follow(line, &first, remote.json).await
    })?;
    Ok(Exit::Ok)
}

/// Prints until the terminal, the gateway or a person ends it.
async fn follow(line: &Line, first: &Value, as_json: bool) -> Result<(), Failure> {
    let mut params = first.clone();
    loop {
        let answer = line.call_named("logs.tail", &params, false).await?;
        for entry in rows(&answer, "lines") {
            if as_json {
                screen::json_line(&json!({ "line": parsed(entry) }))?;
            } else {
                screen::say(readable(entry))?;
            }
        }
        params = json!({ "cursor": answer.get("cursor"), "limit": 5000 });
        tokio::time::sleep(PAUSE).await;
    }
}

/// A line that is JSON, read.
fn parsed(entry: &Value) -> Value {
    let text = entry.as_str().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

/// `time level message`, or the line as it is.
fn readable(entry: &Value) -> String {
    let line = parsed(entry);
    if !line.is_object() {
        return cell(entry, "");
    }
    let first = |pointers: &[&str]| {
        let mut found = pointers.iter().map(|pointer| cell(&line, pointer));
        found.rfind(|text| !text.is_empty()).unwrap_or_default()
    };
    let time = first(&["/_meta/date", "/timestamp", "/time"]);
    let level = first(&["/_meta/logLevelName", "/level"]).to_lowercase();
    let message = first(&["/0", "/1", "/2", "/fields/message", "/message", "/msg"]);
    if message.is_empty() {
        return cell(entry, "");
    }
    [time, level, message]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<String>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_form_are_readable() {
        let shown = [
            json!(r#"{"timestamp":"t","level":"INFO","fields":{"message":"ready"}}"#),
            json!(r#"{"0":"{}","1":"said","_meta":{"logLevelName":"WARN","date":"d"},"time":"t"}"#),
            json!("plain text"),
            json!(r#"{"odd":1}"#),
        ]
        .map(|entry| readable(&entry));
        assert_eq!(
            shown,
            ["t info ready", "t warn said", "plain text", r#"{"odd":1}"#]
        );
    }
}
