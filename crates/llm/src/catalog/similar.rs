//! Names like a mistyped one.

/// Most names that are suggested.
pub(super) const MOST: usize = 5;
/// Longest part of a name that is compared, in characters.
const COMPARED: usize = 64;

/// The names most like `wanted`, best first, at most five.
pub(super) fn rank(wanted: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let wanted = plain(wanted);
    let mut scored: Vec<(usize, String)> = names
        .filter_map(|name| Some((score(&wanted, &name)?, name)))
        .collect();
    scored.sort();
    scored.dedup();
    scored
        .into_iter()
        .map(|(_, name)| name)
        .take(MOST)
        .collect()
}

/// Smaller is more alike; `None` is not alike.
fn score(wanted: &[char], name: &str) -> Option<usize> {
    let whole = plain(name);
    let bare = plain(name.split_once('/').map_or(name, |(_, model)| model));
    let distance = distance(wanted, &whole).min(self::distance(wanted, &bare));
    if distance <= wanted.len() / 3 {
        return Some(distance);
    }
    // A family name such as `claude` or `gpt-5` finds its members.
    let starts = wanted.len() >= 3 && bare.starts_with(wanted);
    starts.then(|| COMPARED + bare.len())
}

fn plain(text: &str) -> Vec<char> {
    text.chars()
        .map(|c| c.to_ascii_lowercase())
        .take(COMPARED)
        .collect()
}

/// How many characters must be inserted, removed or replaced.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut previous = i + 1;
        let mut next = vec![previous];
        for (right, above) in b.iter().zip(row.iter().skip(1)) {
            let best = (diagonal + usize::from(left != right))
                .min(above + 1)
                .min(previous + 1);
            diagonal = *above;
            previous = best;
            next.push(best);
        }
        row = next;
    }
    row.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        let count = |a: &str, b: &str| distance(&plain(a), &plain(b));
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("abc", ""), 3);
        assert_eq!(count("same", "same"), 0);
    }

    #[test]
    fn near_names_come_first_and_strangers_not_at_all() {
        let names = [
            "openai/gpt-5",
            "openai/gpt-5.4",
            "anthropic/claude-sonnet-4-6",
        ];
        let ranked = |wanted: &str| rank(wanted, names.iter().map(|name| (*name).to_owned()));
        assert_eq!(ranked("openai/gpt5.4"), ["openai/gpt-5.4", "openai/gpt-5"]);
        assert_eq!(ranked("claude"), ["anthropic/claude-sonnet-4-6"]);
        assert_eq!(ranked("zzz"), Vec::<String>::new());
    }
}
