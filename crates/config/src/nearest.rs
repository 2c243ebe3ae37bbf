//! The known name that a misspelt one probably stands for.

/// The candidate nearest to `written`, if one is near enough to be worth showing.
///
/// Near enough means at most a third of the letters differ (at least one, at most three), where
/// swapping two neighbours counts once and upper and lower case are the same.
pub(crate) fn nearest<'a>(
    written: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let limit = (written.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| (distance(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// Optimal string alignment distance, ignoring case. Inputs beyond 64 letters count as far apart.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX);
            let replaced = at(&above, j).saturating_add(usize::from(x != y));
            let mut best = replaced.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1).saturating_add(1));
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_that_was_meant() {
        let known = ["port", "bind", "auth", "botToken", "maxConcurrent"];
        let table = [
            ("prot", Some("port")),
            ("Port", Some("port")),
            ("botTokn", Some("botToken")),
            ("maxConcurent", Some("maxConcurrent")),
            ("colour", None),
            ("", None),
        ];
        for (written, expected) in table {
            assert_eq!(
                nearest(written, known.into_iter()).as_deref(),
                expected,
                "{written}"
            );
        }
    }
}
