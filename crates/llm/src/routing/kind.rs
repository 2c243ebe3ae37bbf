//! What a message asks for, by its words.

use super::words::{CHAT, CODE, REASONING, TRACE, TRANSFORM, UNSPACED};
use crate::config::TaskKind;
use memchr::memmem::Finder;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Longest message in bytes that may be small talk.
const LONGEST_CHAT: usize = 80;
/// Most words of small talk.
const MOST_CHAT_WORDS: usize = 8;

static WORDS: LazyLock<HashMap<&'static str, TaskKind>> = LazyLock::new(|| {
    let kinds = [
        (CHAT, TaskKind::Chat),
        (TRANSFORM, TaskKind::Transform),
        (REASONING, TaskKind::Reasoning),
    ];
    let mut words = HashMap::with_capacity(512);
    for (list, kind) in kinds {
        for word in list {
            words.entry(*word).or_insert(kind);
        }
    }
    words
});

/// Prepared once: looking through a short message takes less time than preparing to look.
static TRACES: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| TRACE.iter().map(|mark| Finder::new(*mark)).collect());

/// What a message of `length` bytes asks for, by `lower`, the part of it that is looked at. The
/// first word that tells decides.
pub(super) fn of(lower: &str, length: usize) -> TaskKind {
    let (mut chat, mut words) = (0, 0);
    for word in lower.split(|c: char| !c.is_alphanumeric() && c != '\'') {
        if word.is_empty() {
            continue;
        }
        words += 1;
        match WORDS.get(word) {
            Some(TaskKind::Chat) => chat += 1,
            Some(telling) => return *telling,
            None => {}
        }
    }
    let short = length <= LONGEST_CHAT;
    if let Some(kind) = unspaced(lower, short) {
        return kind;
    }
    if short && words > 0 && words <= MOST_CHAT_WORDS && chat == words {
        TaskKind::Chat
    } else {
        TaskKind::Other
    }
}

fn unspaced(lower: &str, short: bool) -> Option<TaskKind> {
    if lower.is_ascii() {
        return None;
    }
    let found = UNSPACED
        .iter()
        .filter(|(_, kind)| short || *kind != TaskKind::Chat)
        .filter_map(|(word, kind)| Some((lower.find(word)?, *kind)));
    // Small talk before a task is not small talk.
    let task = |kind: TaskKind| kind == TaskKind::Chat;
    found
        .min_by_key(|(at, kind)| (task(*kind), *at))
        .map(|(_, kind)| kind)
}

/// Whether a program that broke left its words in `lower`.
pub(super) fn has_trace(lower: &str) -> bool {
    lower.len() > 12
        && TRACES
            .iter()
            .any(|mark| mark.find(lower.as_bytes()).is_some())
}

/// Whether `text` has words of programs in it.
pub(super) fn has_code(text: &str) -> bool {
    CODE.iter().filter(|mark| text.contains(**mark)).count() > 1
}
