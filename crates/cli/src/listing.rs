//! Rows of a name and a value, lined up for people.

use std::fmt::Display;

/// How wide running text gets, in characters; with a name before it it fits 80 columns.
const PARAGRAPH: usize = 56;

/// Rows that print as two columns.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    rows: Vec<(String, String)>,
}

impl Listing {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a row; an empty name continues the row before.
    pub(crate) fn row(&mut self, name: &str, value: impl Display) {
        self.rows.push((name.to_owned(), value.to_string()));
    }

    /// Adds a row with running text, broken between words so that it stays in its column.
    pub(crate) fn paragraph(&mut self, name: &str, text: &str) {
        let mut lines = Vec::new();
        for line in text.lines() {
            let mut filled = String::new();
            for word in line.split_whitespace() {
                let width = filled.chars().count() + 1 + word.chars().count();
                if !filled.is_empty() && width > PARAGRAPH {
                    lines.push(std::mem::take(&mut filled));
                }
                if !filled.is_empty() {
                    filled.push(' ');
                }
                filled.push_str(word);
            }
            lines.push(filled);
        }
        self.row(name, lines.join("\n"));
    }

    /// All rows, without a line break at the end.
    pub(crate) fn text(&self) -> String {
        let width = self
            .rows
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0);
        let mut lines = Vec::new();
        for (name, value) in &self.rows {
            let mut name = name.as_str();
            for line in value.lines().filter(|line| !line.trim().is_empty()) {
                lines.push(format!("{name:width$}  {line}"));
                name = "";
            }
        }
        lines.join("\n")
    }
}

/// An amount for people: zeros behind the cents tell nobody anything.
pub(crate) fn dollars(six_decimals: &str) -> String {
    let short = match six_decimals.split_once('.') {
        Some((whole, fraction)) => {
            let kept = fraction.trim_end_matches('0');
            format!("{whole}.{kept:0<2}")
        }
        None => six_decimals.to_owned(),
    };
    format!("{short} USD")
}

/// A number of things: `1 call`, `2 calls`.
pub(crate) fn count(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::{Listing, count, dollars};

    #[test]
    fn one_thing_is_no_plural() {
        let shown = [0, 1, 2].map(|number| count(number, "call"));
        assert_eq!(shown, ["0 calls", "1 call", "2 calls"]);
    }

    #[test]
    fn amounts_keep_what_matters() {
        let shown = ["0.000000", "1.500000", "0.001200", "12.345678"].map(dollars);
        assert_eq!(
            shown,
            ["0.00 USD", "1.50 USD", "0.0012 USD", "12.345678 USD"]
        );
    }

    #[test]
    fn running_text_stays_in_its_column() {
        let mut list = Listing::new();
        list.paragraph("said", &format!("one\n\n{}", "word ".repeat(20)));
        let text = list.text();
        let widths: Vec<usize> = text.lines().map(str::len).collect();
        assert_eq!(widths, [9, 6 + 54, 6 + 44], "{text}");
    }

    #[test]
    fn columns_line_up() {
        let mut list = Listing::new();
        list.row("a", 1);
        list.row("long", "x");
        list.row("", "y\n\nz");
        assert_eq!(list.text(), "a     1\nlong  x\n      y\n      z");
    }
}
