//! Rows of a name and a value, lined up for people.

use std::fmt::Display;

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

#[cfg(test)]
mod tests {
    use super::Listing;

    #[test]
    fn columns_line_up() {
        let mut list = Listing::new();
        list.row("a", 1);
        list.row("long", "x");
        list.row("", "y\n\nz");
        assert_eq!(list.text(), "a     1\nlong  x\n      y\n      z");
    }
}
