//! `openclaw status --all`: everything a person who helps would ask for, without a secret.

use crate::access::Line;
use crate::commands::{channels, system};
use crate::failure::Failure;
use crate::home::Home;
use crate::listing::{Listing, count};
use crate::table::rows;
use serde_json::{Value, json};

/// What is asked beside the status: the member of the result, and the method.
const ASKED: [(&str, &str); 4] = [
    ("presence", "system-presence"),
    ("channels", "channels.status"),
    ("health", "health"),
    ("stability", "diagnostics.stability"),
];

/// Asks for what the status does not say, on the same connection.
///
/// # Errors
/// As [`Line::call_named`].
pub(super) async fn ask(line: &Line) -> Result<Value, Failure> {
    let mut found = serde_json::Map::new();
    for (name, method) in ASKED {
        let answer = line.call_named(method, &json!({}), false).await?;
        found.insert(name.to_owned(), answer);
    }
    Ok(Value::Object(found))
}

/// The same for people, to stand below the status.
pub(super) fn as_text(home: &Home, found: &Value) -> String {
    let mut list = Listing::new();
    list.row(
        "this command",
        format_args!(
            "version {} on {} ({})",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH
        ),
    );
    list.row("state", home.state_dir().display());
    if let Ok(file) = home.config_file() {
        let there = if file.exists { "" } else { " (not there)" };
        list.row("settings", format_args!("{}{there}", file.path.display()));
    }
    let events = found.pointer("/stability/count").and_then(Value::as_u64);
    if let Some(events) = events.filter(|events| *events > 0) {
        list.row("remembered", count(events, "event"));
    }
    for reason in rows(found.get("health").unwrap_or(&Value::Null), "reasons") {
        list.row("problem", reason.as_str().unwrap_or_default());
    }
    let part = |name: &str| found.get(name).cloned().unwrap_or_default();
    format!(
        "{}\n\n{}\n\n{}\n\nno secret is in this; more is said by: openclaw doctor, openclaw logs",
        list.text(),
        system::presence(&part("presence")),
        channels::connected(&part("channels")),
    )
}
