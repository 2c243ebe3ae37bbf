//! Nodes for people.

use crate::listing::Listing;
use crate::table::{Table, age, cell, rows};
use serde_json::Value;

/// A node by its name, else by its id.
pub(super) fn named(node: &Value) -> String {
    let name = cell(node, "/displayName");
    let id: String = cell(node, "/nodeId").chars().take(12).collect();
    if name.is_empty() {
        id
    } else {
        format!("{name} ({id})")
    }
}

/// The nodes and what they can do.
pub(super) fn status(answer: &Value) -> String {
    let mut table = Table::new(&["name", "id", "state", "platform", "version", "can"]);
    for row in rows(answer, "nodes") {
        table.row([
            cell(row, "/displayName"),
            cell(row, "/nodeId").chars().take(12).collect(),
            state(row),
            cell(row, "/platform"),
            cell(row, "/version"),
            cell(row, "/caps"),
        ]);
    }
    table.text("no node is known; start one with: openclaw node run")
}

fn state(row: &Value) -> String {
    let connected = row.get("connected") == Some(&Value::Bool(true));
    let approval = cell(row, "/approvalState");
    match (connected, approval.as_str()) {
        (true, "" | "approved") => "connected".to_owned(),
        (true, other) => format!("connected, {other}"),
        (false, _) => {
            let seen = age(row, "/lastSeenAtMs");
            if seen.is_empty() {
                "away".to_owned()
            } else {
                format!("away, seen {seen}")
            }
        }
    }
}

/// Who waits for approval.
pub(super) fn pending(answer: &Value) -> String {
    let found = rows(answer, "pending");
    if found.is_empty() {
        return "no node waits for approval".to_owned();
    }
    let mut table = Table::new(&["request", "node", "platform", "can", "when"]);
    for row in found {
        table.row([
            cell(row, "/requestId"),
            named(row),
            cell(row, "/platform"),
            cell(row, "/commands"),
            age(row, "/ts"),
        ]);
    }
    format!(
        "{}\n\nlet one in with: openclaw nodes approve <REQUEST>",
        table.text("")
    )
}

/// Who waits, then everybody.
pub(super) fn list(answer: &Value) -> String {
    let mut parts = Vec::new();
    if !rows(answer, "pending").is_empty() {
        parts.push(pending(answer));
        parts.push(String::new());
    }
    parts.push(status(answer));
    parts.join("\n")
}

/// One node.
pub(super) fn describe(answer: &Value) -> String {
    let mut list = Listing::new();
    list.row("node", named(answer));
    list.row("state", state(answer));
    for (head, pointer) in [
        ("platform", "/platform"),
        ("version", "/version"),
        ("approval", "/approvalState"),
        ("can", "/caps"),
    ] {
        let value = cell(answer, pointer);
        if !value.is_empty() {
            list.row(head, value);
        }
    }
    list.paragraph("commands", &cell(answer, "/commands"));
    list.text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn states_are_words() {
        let shown = [
            json!({"connected": true, "approvalState": "approved"}),
            json!({"connected": true, "approvalState": "pending"}),
            json!({"connected": false}),
        ]
        .map(|row| state(&row));
        assert_eq!(shown, ["connected", "connected, pending", "away"]);
    }
}
