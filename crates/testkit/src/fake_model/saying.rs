//! What the model says, whatever the wire.

use super::prompt;
use super::script::Call;

/// Why an answer ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was said.
    #[default]
    Stop,
    /// Tools are to be run.
    Calls,
    /// The limit of tokens was reached.
    Length,
}

/// What the model says. Each delta, and each delta of the thought, is a token; a call has as many
/// as its name and arguments have as text.
#[derive(Debug, Default)]
pub(super) struct Saying {
    pub(super) thought: Vec<String>,
    pub(super) deltas: Vec<String>,
    pub(super) calls: Vec<Call>,
    /// The number of the first call.
    pub(super) first_call: usize,
    pub(super) ended: Ended,
}

impl Saying {
    /// Text, one delta per word; the closing full stop is a delta of its own.
    pub(super) fn text(text: &str) -> Self {
        Self {
            deltas: words(text),
            ..Self::default()
        }
    }

    /// Text in one delta.
    pub(super) fn one(text: &str) -> Self {
        Self {
            deltas: vec![text.to_owned()],
            ..Self::default()
        }
    }

    /// So many words.
    pub(super) fn big(words: usize) -> Self {
        let word = |index| if index == 0 { "word" } else { " word" }.to_owned();
        Self {
            deltas: (0..words).map(word).collect(),
            ..Self::default()
        }
    }

    pub(super) fn calls(calls: Vec<Call>, first_call: usize) -> Self {
        Self {
            calls,
            first_call,
            ended: Ended::Calls,
            ..Self::default()
        }
    }

    /// The same, thought about before.
    pub(super) fn after(mut self, thought: &str) -> Self {
        self.thought = words(thought);
        self
    }

    /// The same, ended where it has as many tokens as it may have.
    pub(super) fn within(mut self, most: Option<u64>) -> Self {
        let Some(most) = most.filter(|most| *most < self.tokens()) else {
            return self;
        };
        let room = usize::try_from(most).unwrap_or(usize::MAX);
        self.thought.truncate(room);
        self.deltas.truncate(room - self.thought.len());
        let mut room = room - self.thought.len() - self.deltas.len();
        self.calls.retain_mut(|call| {
            if room == 0 {
                return false;
            }
            let bytes = (room * 4).saturating_sub(call.name.len());
            if bytes < call.arguments.len() {
                let end = (0..=bytes).rev();
                let end = end
                    .into_iter()
                    .find(|at| call.arguments.is_char_boundary(*at));
                call.arguments.truncate(end.unwrap_or(0));
            }
            room = room.saturating_sub(usize::try_from(tokens_of(call)).unwrap_or(usize::MAX));
            true
        });
        self.ended = Ended::Length;
        self
    }

    /// How many tokens it has.
    pub(super) fn tokens(&self) -> u64 {
        let words = self.thought.len() + self.deltas.len();
        let calls: u64 = self.calls.iter().map(tokens_of).sum();
        u64::try_from(words).unwrap_or(u64::MAX) + calls
    }

    /// How many of them are thought.
    pub(super) fn reasoning(&self) -> u64 {
        u64::try_from(self.thought.len()).unwrap_or(u64::MAX)
    }

    /// The id of a call.
    pub(super) fn call_id(&self, prefix: &str, index: usize) -> String {
        format!("{prefix}_{}", self.first_call + index + 1)
    }
}

/// Tokens of a call.
pub(super) fn tokens_of(call: &Call) -> u64 {
    prompt::tokens(&format!("{}{}", call.name, call.arguments))
}

fn words(text: &str) -> Vec<String> {
    let mut deltas: Vec<String> = text.split_inclusive(' ').map(str::to_owned).collect();
    // "Hello from" becomes "Hello", " from": models put the space before the word.
    for index in (1..deltas.len()).rev() {
        let Some(ended) = deltas
            .get_mut(index - 1)
            .filter(|delta| delta.ends_with(' '))
        else {
            continue;
        };
        ended.pop();
        if let Some(delta) = deltas.get_mut(index) {
            delta.insert(0, ' ');
        }
    }
    if deltas
        .last()
        .is_some_and(|last| last.len() > 1 && last.ends_with('.'))
    {
        if let Some(last) = deltas.last_mut() {
            last.pop();
        }
        deltas.push(".".to_owned());
    }
    deltas.retain(|delta| !delta.is_empty());
    deltas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_has_six_deltas() {
        let saying = Saying::text("Hello from the fake model.");
        assert_eq!(
            saying.deltas,
            ["Hello", " from", " the", " fake", " model", "."]
        );
    }

    #[test]
    fn deltas_join_to_the_text() {
        for text in ["", "a", ".", " a  b ", "a\nb. c", "ö ü."] {
            assert_eq!(Saying::text(text).deltas.concat(), text);
        }
    }

    #[test]
    fn never_says_more_than_it_may() {
        let call = Call {
            name: "read".to_owned(),
            arguments: "{\"path\":\"a long name of a file\"}".to_owned(),
        };
        for most in 0..20 {
            let said = Saying::text("a b c").after("x y").within(Some(most));
            assert_eq!(said.tokens(), most.min(5));
            let called = Saying::calls(vec![call.clone()], 0).within(Some(most));
            assert_eq!(called.tokens(), most.min(tokens_of(&call)));
            assert_eq!(called.ended == Ended::Calls, most >= tokens_of(&call));
        }
    }
}
