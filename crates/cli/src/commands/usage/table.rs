//! The report for people.

use crate::listing::dollars;
use protocol::methods::usage::{UsageEntry, UsageReportReply};

/// The report as a table whose numbers line up on the right.
pub(super) fn report(report: &UsageReportReply) -> String {
    let head = ["", "calls", "prompt", "cached", "answer", "cost"].map(str::to_owned);
    let mut rows = vec![head];
    rows.extend(report.rows.iter().map(row));
    if report.rows.len() != 1 {
        rows.push(row(&report.total));
    }
    let mut lines = vec![format!("{} to {} (UTC)", report.since, report.until)];
    lines.extend(aligned(&rows));
    let total = &report.total;
    if total.estimated_calls > 0 {
        lines.push(format!(
            "{} calls were charged by estimate: their provider reported no usage",
            total.estimated_calls
        ));
    }
    if total.unpriced_calls > 0 {
        lines.push(format!(
            "{} calls have no known price and are not in the sums; set \
             models.providers.<id>.models[].cost",
            total.unpriced_calls
        ));
    }
    lines.join("\n")
}

fn row(entry: &UsageEntry) -> [String; 6] {
    [
        entry.name.clone(),
        grouped(entry.calls),
        grouped(entry.input_tokens),
        grouped(entry.cache_read_tokens),
        grouped(entry.output_tokens),
        dollars(&entry.cost_usd),
    ]
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn aligned(rows: &[[String; 6]]) -> Vec<String> {
    let widths: Vec<usize> = (0..6)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths).enumerate();
            let cells: Vec<String> = cells
                .map(|(column, (cell, &width))| {
                    if column == 0 {
                        format!("{cell:width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                })
                .collect();
            cells.join("  ")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_line_up() {
        let entry = |name: &str, tokens: u64, cost: &str| UsageEntry {
            name: name.to_owned(),
            calls: 1,
            input_tokens: tokens,
            cost_usd: cost.to_owned(),
            ..UsageEntry::default()
        };
        let text = report(&UsageReportReply {
            since: "2026-11-01".to_owned(),
            until: "2026-11-21".to_owned(),
            rows: vec![
                entry("a/small", 1_234_567, "0.100000"),
                entry("b/large-one", 9, "12.000000"),
            ],
            total: entry("total", 1_234_576, "12.100000"),
        });
        let widths: Vec<_> = text
            .lines()
            .skip(1)
            .map(|line| line.chars().count())
            .collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
        assert!(text.contains("1,234,567"));
    }
}
