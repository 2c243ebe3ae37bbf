//! Small talk: rules, tried in order.

use super::HELP;
use domain::stamp::unstamped;
use domain::{Message, Role};

/// What the user said last; empty when nothing.
pub(super) fn last_user_text(messages: &[Message]) -> String {
    user_texts(messages).last().unwrap_or_default()
}

fn user_texts(messages: &[Message]) -> impl DoubleEndedIterator<Item = String> + '_ {
    messages
        .iter()
        .filter(|message| message.role == Role::User)
        .map(|message| unstamped(&message.text()).to_owned())
}

/// Answers `last` in the light of what was said before.
pub(super) fn answer(messages: &[Message], last: &str) -> String {
    let text = last.trim();
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let asks = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let name = user_texts(messages)
        .rev()
        .find_map(|text| introduced(&text));

    if text.is_empty() {
        return "You said nothing. What shall I do?".to_owned();
    }
    if let Some(said) = to_repeat(text) {
        return said.to_owned();
    }
    if let Some(name) = introduced(text) {
        return format!("Nice to meet you, {name}. I will remember that in this conversation.");
    }
    if asks(&["what is my name", "what's my name", "who am i", "my name?"]) {
        return name.map_or_else(
            || "You have not told me your name. Say: my name is …".to_owned(),
            |name| format!("Your name is {name}."),
        );
    }
    if asks(&["how many messages", "how many turns", "how often did i"]) {
        let turns = user_texts(messages).count();
        let noun = if turns == 1 { "message" } else { "messages" };
        return format!("You have sent {turns} {noun} in this conversation.");
    }
    if asks(&[
        "who are you",
        "what are you",
        "which model",
        "what model",
        "are you real",
    ]) {
        return "I am the offline demo model: a few fixed rules inside the gateway, not a language \
                model. I need no network and no key, and I cost nothing."
            .to_owned();
    }
    if words.first() == Some(&"help") || asks(&["what can you do"]) {
        return HELP.to_owned();
    }
    if let Some(sum) = arithmetic(text) {
        return sum;
    }
    let greetings = ["hi", "hello", "hey", "hallo", "moin", "hola", "ciao"];
    if words.first().is_some_and(|word| greetings.contains(word)) || lower.starts_with("good ") {
        return name.map_or_else(
            || "Hello! Say `help` to see what I can do.".to_owned(),
            |name| format!("Hello, {name}! Say `help` to see what I can do."),
        );
    }
    if asks(&["thank"]) {
        return "You are welcome.".to_owned();
    }
    if words
        .first()
        .is_some_and(|word| ["bye", "goodbye", "ciao"].contains(word))
    {
        return "Goodbye.".to_owned();
    }
    format!("You said: {text}")
}

/// What the user wants to hear.
fn to_repeat(text: &str) -> Option<&str> {
    [
        "say ",
        "repeat ",
        "echo ",
        "reply with exactly:",
        "reply with:",
        "say:",
        "echo:",
    ]
    .into_iter()
    .find_map(|word| {
        let (start, rest) = text.split_at_checked(word.len())?;
        start
            .eq_ignore_ascii_case(word)
            .then(|| rest.trim_start_matches([':', ' ']))
    })
    .filter(|rest| !rest.is_empty())
}

/// The name in "my name is …" and its like.
fn introduced(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    ["my name is ", "call me ", "i am called "]
        .into_iter()
        .find_map(|phrase| {
            let after = text.get(lower.find(phrase)? + phrase.len()..)?;
            let name: String = after
                .chars()
                .take_while(|c| c.is_alphanumeric() || "-'".contains(*c))
                .collect();
            (!name.is_empty()).then_some(name)
        })
}

/// The result of the first `number operator number` in a text.
fn arithmetic(text: &str) -> Option<String> {
    let spaced: String = text
        .chars()
        .flat_map(|c| match c {
            '+' | '*' | '×' | '/' | '÷' => vec![' ', c, ' '],
            '?' | '=' | ',' | '!' => vec![' '],
            _ => vec![c],
        })
        .collect();
    let spaced = spaced
        .replace(" plus ", " + ")
        .replace(" minus ", " - ")
        .replace(" times ", " * ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.windows(3).find_map(|window| {
        let [left, operator, right] = window else {
            return None;
        };
        let a: i64 = left.parse().ok()?;
        let b: i64 = right.parse().ok()?;
        let result = match *operator {
            "+" => a.checked_add(b)?.to_string(),
            "-" => a.checked_sub(b)?.to_string(),
            "*" | "×" => a.checked_mul(b)?.to_string(),
            "/" | "÷" => quotient(a, b)?,
            _ => return None,
        };
        Some(format!("{left} {operator} {right} = {result}"))
    })
}

fn quotient(a: i64, b: i64) -> Option<String> {
    let whole = a.checked_div(b)?;
    let rest = a.checked_rem(b)?;
    Some(if rest == 0 {
        whole.to_string()
    } else {
        format!("{whole}, remainder {rest}")
    })
}
