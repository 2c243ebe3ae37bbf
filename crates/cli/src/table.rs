//! Rows of cells for people, lined up under a heading.

use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};

/// The widest cell, in characters; a longer one is cut.
const WIDEST: usize = 60;

/// A heading and rows.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heads: &[&str]) -> Self {
        let heads = heads.iter().map(|head| head.to_uppercase()).collect();
        Self { rows: vec![heads] }
    }

    /// Adds a row; each cell is one line.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    /// All rows, or `nothing` when there is none. Without a line break at the end.
    pub(crate) fn text(&self, nothing: &str) -> String {
        if self.rows.len() < 2 {
            return nothing.to_owned();
        }
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let lines = self.rows.iter().map(|row| {
            let cells = row.iter().zip(&widths);
            let cells: Vec<String> = cells
                .map(|(cell, &width)| format!("{cell:width$}"))
                .collect();
            cells.join("  ").trim_end().to_owned()
        });
        lines.collect::<Vec<String>>().join("\n")
    }
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<&str>>().join(" ");
    if line.chars().count() <= WIDEST {
        return line;
    }
    let mut cut: String = line.chars().take(WIDEST - 1).collect();
    cut.push('…');
    cut
}

/// The rows of an answer: the array under `key`, or none.
pub(crate) fn rows<'v>(answer: &'v Value, key: &str) -> &'v [Value] {
    let found = answer.get(key).and_then(Value::as_array);
    found.map_or(&[], Vec::as_slice)
}

/// A member as text: strings as they are, numbers and switches in their usual form, lists joined;
/// empty when it is absent.
pub(crate) fn cell(row: &Value, pointer: &str) -> String {
    row.pointer(pointer).map(text).unwrap_or_default()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<String>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// How long ago a moment in Unix milliseconds was: `3 min ago`; empty when it is absent.
pub(crate) fn age(row: &Value, pointer: &str) -> String {
    let Some(then) = row.pointer(pointer).and_then(Value::as_u64) else {
        return String::new();
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    span(now, then)
}

fn span(now: u64, then: u64) -> String {
    let (distance, past) = if then <= now {
        (now - then, true)
    } else {
        (then - now, false)
    };
    let seconds = distance / 1000;
    let words = match seconds {
        0..60 => {
            return if past {
                "now".to_owned()
            } else {
                "in a moment".to_owned()
            };
        }
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    };
    if past {
        format!("{words} ago")
    } else {
        format!("in {words}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_line_up_and_long_cells_are_cut() {
        let mut table = Table::new(&["a", "second"]);
        table.row(["x\ny".to_owned(), "1".to_owned()]);
        table.row(["longer".to_owned(), "é".repeat(80)]);
        let text = table.text("none");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[1]), ("A       SECOND", "x y     1"));
        assert_eq!(lines[2].chars().count(), 8 + WIDEST);
        assert_eq!(Table::new(&["a"]).text("none"), "none");
    }

    #[test]
    fn cells_are_plain_words() {
        let row = json!({"a": ["x", 1], "b": true, "c": {"d": "e"}});
        let cells = ["/a", "/b", "/c/d", "/none"].map(|pointer| cell(&row, pointer));
        assert_eq!(cells, ["x, 1", "yes", "e", ""]);
    }

    #[test]
    fn spans_show_one_unit() {
        let minute = 60_000;
        let shown = [
            (0, 0),
            (5 * minute, 0),
            (180 * minute, 0),
            (0, 3000 * minute),
        ];
        let shown = shown.map(|(now, then)| span(now, then));
        assert_eq!(shown, ["now", "5 min ago", "3 h ago", "in 2 d"]);
    }
}
