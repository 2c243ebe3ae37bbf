//! Ids and names of tool calls that a provider accepts.

use super::digest::digest;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Longest call id that every provider takes, in bytes.
const LONGEST: usize = 40;
/// The exact length some providers want.
const SHORT: usize = 9;

/// The usual form: up to 40 letters, digits, `_` and `-`. Ids of another provider may be longer or
/// hold characters that are refused; those are replaced by a digest, the same for a call and its
/// result.
pub(super) fn usual(id: &str) -> Cow<'_, str> {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"_-".contains(&c);
    if (1..=LONGEST).contains(&id.len()) && id.bytes().all(plain) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(format!("call_{}", digest(&[id.as_bytes()])))
}

/// The ids of a whole conversation, in the usual form, no two calls with the same one: a provider may
/// number the calls of each answer anew, and others refuse that.
#[derive(Debug, Default)]
pub(super) struct Ids<'a> {
    /// What the latest call with an id was given.
    given: HashMap<&'a str, Cow<'a, str>>,
    used: HashSet<Cow<'a, str>>,
}

impl<'a> Ids<'a> {
    /// The id of the next call.
    pub(super) fn call(&mut self, id: &'a str) -> Cow<'a, str> {
        let mut fit = usual(id);
        while self.used.contains(&fit) {
            fit = Cow::Owned(made(&fit, self.used.len()));
        }
        self.used.insert(fit.clone());
        self.given.insert(id, fit.clone());
        fit
    }

    /// The id of the call that a result answers: the latest one before it.
    pub(super) fn result(&self, id: &'a str) -> Cow<'a, str> {
        self.given.get(id).cloned().unwrap_or_else(|| usual(id))
    }
}

/// The form of providers that want exactly nine letters or digits.
pub(super) fn short(id: &str) -> Cow<'_, str> {
    if id.len() == SHORT && id.bytes().all(|c| c.is_ascii_alphanumeric()) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(digest(&[id.as_bytes()]).chars().take(SHORT).collect())
}

/// An id for a call that came without one: the same for the same place in the same answer.
pub(super) fn made(answer: &str, order: usize) -> String {
    format!(
        "call_{}",
        digest(&[answer.as_bytes(), order.to_string().as_bytes()])
    )
}

/// A tool's name of letters, digits, `_` and `-`, up to `longest` of them. Models make names up, and
/// what one made up must not keep another from answering.
pub(super) fn name(name: &str, longest: usize) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.len() <= longest && name.chars().all(plain) {
        return Cow::Borrowed(name);
    }
    let fit = name.chars().map(|c| if plain(c) { c } else { '_' });
    Cow::Owned(fit.take(longest).collect())
}
