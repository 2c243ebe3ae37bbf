//! A list to choose from: typing narrows it, Enter takes the row.

use super::clean;

/// What is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// The session to go to.
    Session,
    /// The agent to talk to.
    Agent,
    /// The model of the session.
    Model,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// What is taken when this row is.
    pub(super) value: String,
    title: String,
    detail: String,
    /// Whether it is the one in use.
    pub(super) current: bool,
}

impl Row {
    /// A row; its texts may come from anywhere.
    pub(super) fn new(value: &str, title: &str, detail: &str, current: bool) -> Self {
        Self {
            value: value.to_owned(),
            title: clean::line(title),
            detail: clean::line(detail),
            current,
        }
    }

    /// What it is called.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// What else there is to know.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }
}

/// The list while it is open.
#[derive(Debug)]
pub(super) struct Picker {
    /// What is chosen.
    pub(super) choice: Choice,
    /// What was typed.
    pub(super) filter: String,
    rows: Option<Vec<Row>>,
    chosen: usize,
}

impl Picker {
    /// A list that waits for its rows.
    pub(super) fn new(choice: Choice) -> Self {
        Self {
            choice,
            filter: String::new(),
            rows: None,
            chosen: 0,
        }
    }

    /// Fills it; the row in use is chosen first.
    pub(super) fn fill(&mut self, rows: Vec<Row>) {
        self.chosen = rows.iter().position(|row| row.current).unwrap_or_default();
        self.rows = Some(rows);
    }

    /// Whether the rows have come.
    pub(super) fn is_filled(&self) -> bool {
        self.rows.is_some()
    }

    /// How many rows there are, whether they match or not.
    pub(super) fn len(&self) -> usize {
        self.rows.iter().flatten().count()
    }

    /// The rows that match every word typed.
    pub(super) fn shown(&self) -> Vec<&Row> {
        let filter = self.filter.to_lowercase();
        let matches = |row: &&Row| {
            let text = format!("{} {} {}", row.title, row.detail, row.value).to_lowercase();
            filter.split_whitespace().all(|word| text.contains(word))
        };
        self.rows.iter().flatten().filter(matches).collect()
    }

    /// Which of the shown rows is chosen.
    pub(super) fn chosen(&self) -> usize {
        self.chosen.min(self.shown().len().saturating_sub(1))
    }

    /// The row that Enter takes.
    pub(super) fn pick(&self) -> Option<Row> {
        self.shown().get(self.chosen()).map(|row| (*row).clone())
    }

    /// Moves the choice down, or up when negative.
    pub(super) fn step(&mut self, by: isize) {
        let last = self.shown().len().saturating_sub(1);
        self.chosen = self.chosen().saturating_add_signed(by).min(last);
    }

    /// Narrows the list.
    pub(super) fn type_in(&mut self, text: &str) {
        self.filter.push_str(&clean::line(text));
        self.chosen = 0;
    }

    /// Widens it again.
    pub(super) fn backspace(&mut self) {
        self.filter.pop();
        self.chosen = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_narrows_and_the_choice_stays_within() {
        let mut picker = Picker::new(Choice::Model);
        assert!(picker.pick().is_none());
        picker.fill(vec![
            Row::new("a/one", "one", "fast", false),
            Row::new("a/two", "two", "slow", true),
        ]);
        assert_eq!(picker.pick().map(|row| row.value).as_deref(), Some("a/two"));
        picker.step(5);
        picker.type_in("FAST a/");
        assert_eq!(picker.pick().map(|row| row.value).as_deref(), Some("a/one"));
        picker.type_in("x");
        assert!(picker.pick().is_none());
        picker.step(-3);
        picker.backspace();
        assert!(picker.pick().is_some());
    }
}
