//! Stored messages as entries of the conversation.

use super::composer::Composer;
use super::prose::{Prose, Voice};
use super::transcript::{Card, Entry, Outcome, Standing, Transcript};
use super::wire::{string, text_of};
use serde_json::Value;

/// Builds the conversation; what the user said goes into the input's memory as well.
pub(super) fn entries(messages: &[Value], composer: &mut Composer) -> Transcript {
    let mut transcript = Transcript::default();
    for message in messages {
        match string(message, "role") {
            Some("user") => {
                let text = text_of(message).unwrap_or_default();
                if !text.trim().is_empty() {
                    composer.remember(&text);
                    transcript.you(&text);
                }
            }
            Some("assistant") => assistant(message, &mut transcript),
            Some("toolResult") => result(message, &mut transcript),
            // System notes and what later versions add are not part of the conversation.
            Some(_) | None => {}
        }
    }
    transcript
}

fn assistant(message: &Value, transcript: &mut Transcript) {
    let standing = match string(message, "stopReason") {
        Some("aborted") => Standing::Aborted,
        Some(_) | None => Standing::Done,
    };
    let answer = |text: &str| Entry::Agent {
        prose: Prose::new(Voice::Agent, text),
        standing,
        run: None,
    };
    match message.get("content") {
        Some(Value::Array(parts)) => {
            for part in parts {
                match string(part, "type") {
                    Some("text") => {
                        let text = string(part, "text").unwrap_or_default();
                        transcript.entries.push(answer(text));
                    }
                    Some("thinking") => {
                        let text = string(part, "thinking").or_else(|| string(part, "text"));
                        transcript.entries.push(thought(text.unwrap_or_default()));
                    }
                    Some("toolCall") => transcript.entries.push(call(part)),
                    Some(_) | None => {}
                }
            }
        }
        Some(Value::String(text)) => transcript.entries.push(answer(text)),
        Some(_) | None => {}
    }
    if string(message, "stopReason") == Some("error") {
        let text = string(message, "errorMessage").unwrap_or("the run failed");
        let text = super::clean::prose(text);
        transcript.note(super::transcript::Tone::Problem, text);
    }
}

/// What the agent thought.
pub(super) fn thought(text: &str) -> Entry {
    Entry::Thought(Prose::new(Voice::Thought, text))
}

fn call(part: &Value) -> Entry {
    let id = string(part, "id").unwrap_or_default();
    let name = string(part, "name").unwrap_or("tool");
    let arguments = part.get("arguments").unwrap_or(&Value::Null);
    Entry::Tool(Card::new(id, name, arguments, Outcome::Unknown))
}

fn result(message: &Value, transcript: &mut Transcript) {
    let id = string(message, "toolCallId").unwrap_or_default();
    let failed = message
        .get("isError")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    if transcript.card(id).is_none() {
        let name = string(message, "toolName").unwrap_or("tool");
        let card = Card::new(id, name, &Value::Null, Outcome::Unknown);
        transcript.entries.push(Entry::Tool(card));
    }
    if let Some(card) = transcript.card(id) {
        card.set_output(&text_of(message).unwrap_or_default());
        card.end(failed, 0);
    }
}

/// Tokens and dollars of the newest answer that tells them.
pub(super) fn last_usage(messages: &[Value]) -> (Option<u64>, Option<f64>) {
    let usage = messages
        .iter()
        .rev()
        .find_map(|message| message.get("usage"));
    let tokens = usage.and_then(|usage| usage.get("totalTokens")?.as_u64());
    let cost = usage.and_then(|usage| usage.pointer("/cost/total")?.as_f64());
    (tokens, cost)
}
