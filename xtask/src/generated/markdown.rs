//! Texts of the code as Markdown.

/// A doc comment as running text: one line, without the notes for those who read the code.
pub(super) fn prose(text: &str) -> String {
    let kept: Vec<_> = text
        .split("\n\n")
        .filter_map(|paragraph| {
            let joined = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
            let kept = joined.split("Source: ").next().unwrap_or_default().trim();
            (!kept.is_empty()).then(|| kept.to_owned())
        })
        .collect();
    kept.join(" ")
}

/// Running text, one sentence per line.
pub(super) fn sentences(text: &str) -> String {
    let mut lines = String::new();
    for word in prose(text).split(' ') {
        let ended = lines.ends_with(['.', '?', '!']) && !lines.ends_with("e.g.");
        if !lines.is_empty() {
            let capital = word
                .trim_start_matches(['`', '*'])
                .starts_with(char::is_uppercase);
            lines.push(if ended && capital { '\n' } else { ' ' });
        }
        lines.push_str(word);
    }
    lines
}

/// Running text for a cell of a table.
pub(super) fn cell(text: &str) -> String {
    prose(text).replace('|', "\\|")
}

/// A table with its head; nothing when there are no rows.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> Option<String> {
    let line = |cells: &str| format!("| {cells} |");
    let mut lines = vec![
        line(&head.join(" | ")),
        format!("|{}", "---|".repeat(head.len())),
    ];
    lines.extend(rows.iter().map(|row| line(&row.join(" | "))));
    (!rows.is_empty()).then(|| {
        lines.join(
            "
",
        )
    })
}

/// Paragraphs as a page.
pub(super) fn page(paragraphs: &[String]) -> String {
    format!(
        "{}
",
        paragraphs.join(
            "

"
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_for_readers_of_the_code_stay_there() {
        let comment = "Bounds. Every one\ncan be lowered.\n\nSource: the specification.";
        assert_eq!(prose(comment), "Bounds. Every one can be lowered.");
        assert_eq!(sentences(comment), "Bounds.\nEvery one can be lowered.");
        assert_eq!(cell("a | b"), "a \\| b");
    }
}
