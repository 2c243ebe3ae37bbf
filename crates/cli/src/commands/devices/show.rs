//! Devices for people.

use crate::listing::Listing;
use crate::table::{Table, age, cell, rows};
use serde_json::Value;

/// Characters of an id that are shown: enough to tell devices apart.
const SHORT: usize = 12;

/// The beginning of an id.
pub(super) fn short(id: &str) -> String {
    id.chars().take(SHORT).collect()
}

/// A device by its name, else by its id.
pub(super) fn named(device: &Value) -> String {
    let name = cell(device, "/displayName");
    let id = short(&cell(device, "/deviceId"));
    if name.is_empty() {
        id
    } else {
        format!("{name} ({id})")
    }
}

/// Who asks, and who may come in.
pub(super) fn list(answer: &Value) -> String {
    let mut parts = Vec::new();
    let pending = rows(answer, "pending");
    if !pending.is_empty() {
        let mut table = Table::new(&[
            "request", "device", "name", "from", "role", "asks for", "when",
        ]);
        for row in pending {
            table.row([
                cell(row, "/requestId"),
                short(&cell(row, "/deviceId")),
                cell(row, "/displayName"),
                cell(row, "/remoteIp"),
                cell(row, "/role"),
                cell(row, "/scopes"),
                age(row, "/ts"),
            ]);
        }
        parts.push(format!(
            "{}\n\nlet one in with: openclaw devices approve <REQUEST>\n",
            table.text("")
        ));
    }
    let mut table = Table::new(&["device", "name", "client", "roles", "may", "seen"]);
    for row in rows(answer, "paired") {
        table.row([
            short(&cell(row, "/deviceId")),
            cell(row, "/displayName"),
            cell(row, "/clientId"),
            cell(row, "/roles"),
            cell(row, "/scopes"),
            seen(row),
        ]);
    }
    parts.push(table.text("no device is paired"));
    parts.join("\n")
}

fn seen(row: &Value) -> String {
    if row.get("connected") == Some(&Value::Bool(true)) {
        return "connected".to_owned();
    }
    age(row, "/lastSeenAtMs")
}

/// What came of a new token. The token itself is shown only when the gateway gave it.
pub(super) fn rotated(answer: &Value) -> String {
    let mut list = Listing::new();
    list.row("device", short(&cell(answer, "/deviceId")));
    list.row("role", cell(answer, "/role"));
    list.row("may", cell(answer, "/scopes"));
    let token = cell(answer, "/token");
    if token.is_empty() {
        list.row(
            "token",
            "replaced; the device is told when it connects with the gateway's secret",
        );
    } else {
        list.row("token", token);
    }
    list.text()
}

/// A setup code and how to use it.
pub(super) fn code(answer: &Value) -> String {
    let mut list = Listing::new();
    for (head, pointer) in [("code", "/setupCode"), ("address", "/gatewayUrl")] {
        let value = cell(answer, pointer);
        if !value.is_empty() {
            list.row(head, value);
        }
    }
    let until = age(answer, "/expiresAtMs");
    if !until.is_empty() {
        list.row("ends", until);
    }
    list.text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requests_come_with_what_to_do() {
        let answer = json!({
            "pending": [{"requestId": "r-1", "deviceId": "0123456789abcdef", "role": "operator", "scopes": ["operator.read"]}],
            "paired": [{"deviceId": "fedcba9876543210", "displayName": "phone", "roles": ["operator"], "connected": true}],
        });
        let text = list(&answer);
        assert!(
            text.contains("r-1") && text.contains("openclaw devices approve"),
            "{text}"
        );
        assert!(
            text.contains("fedcba987654  phone") && text.contains("connected"),
            "{text}"
        );
        assert_eq!(list(&json!({})), "no device is paired");
        assert_eq!(
            named(&json!({"deviceId": "0123456789abcdef"})),
            "0123456789ab"
        );
    }
}
