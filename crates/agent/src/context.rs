//! The conversation a model reads, folded from the session log.

use domain::{Message, Part, Record, Role, Turn};
use state::Recorded;
use std::collections::{HashMap, HashSet};

/// Rough size of one token in bytes of text, for fitting only; never for billing.
const BYTES_PER_TOKEN: usize = 4;

/// What an image counts for when fitting.
const IMAGE_TOKENS: usize = 1_500;

/// The part of a context window kept free for what estimates miss, as a divisor.
const MARGIN: usize = 10;

/// Folds records into messages, oldest first. A turn is part of the conversation from the start of its
/// run on: until then it waits in the lane, whatever was accepted before or after it.
pub(crate) fn fold<'a>(records: impl IntoIterator<Item = &'a Recorded>) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut waiting = HashMap::new();
    for recorded in records {
        match &recorded.record {
            Record::TurnAccepted(turn) => {
                waiting.insert(recorded.run.as_ref(), turn);
            }
            Record::RunStarted(_) => {
                // A run that is started again was taken out the first time.
                if let Some(turn) = waiting.remove(&recorded.run.as_ref()) {
                    push_turn(&mut messages, turn);
                }
            }
            Record::AssistantMessage(said) if said.incomplete => {
                let text = said.message.text();
                if !text.is_empty() {
                    messages.push(Message::assistant(text));
                }
            }
            Record::AssistantMessage(said) => messages.push(said.message.clone()),
            Record::ToolFinished(result) => push_result(&mut messages, result.clone()),
            Record::SessionOpened(_)
            | Record::ToolStarted(_)
            | Record::RunFinished(_)
            | Record::Unknown { .. } => {}
        }
    }
    messages
}

/// Adds a turn: the client's own context counts only while nothing was said before, or where its
/// tool results answer a call this log does not have.
pub(crate) fn push_turn(messages: &mut Vec<Message>, turn: &Turn) {
    if messages.is_empty() {
        messages.extend(turn.context.iter().cloned());
    } else if let Some(call) = missing_call(messages, turn) {
        messages.push(call.clone());
    }
    messages.extend(turn.input.iter().cloned());
}

fn missing_call<'t>(messages: &[Message], turn: &'t Turn) -> Option<&'t Message> {
    let known: HashSet<_> = messages
        .iter()
        .flat_map(Message::tool_calls)
        .map(|call| &call.id)
        .collect();
    let answers = |message: &Message| {
        message.parts.iter().any(|part| match part {
            Part::ToolResult(result) => !known.contains(&result.call),
            Part::Text { .. }
            | Part::Image { .. }
            | Part::File { .. }
            | Part::Reasoning { .. }
            | Part::ToolCall(_) => false,
        })
    };
    if !turn.input.iter().any(answers) {
        return None;
    }
    turn.context
        .iter()
        .rev()
        .find(|message| message.tool_calls().next().is_some())
}

pub(crate) fn push_result(messages: &mut Vec<Message>, result: domain::ToolResult) {
    let part = Part::ToolResult(result);
    match messages.last_mut() {
        Some(last) if last.role == Role::Tool => last.parts.push(part),
        _ => messages.push(Message {
            role: Role::Tool,
            parts: vec![part],
        }),
    }
}

/// Drops the oldest messages until the rest is likely to fit `window` tokens beside `reserved`
/// ones. It cuts only before a user message, and the last user message and all after it stay.
pub(crate) fn fit(messages: &mut Vec<Message>, window: Option<u32>, reserved: usize) {
    let Some(window) = window.and_then(|tokens| usize::try_from(tokens).ok()) else {
        return;
    };
    let room = window
        .saturating_sub(window / MARGIN)
        .saturating_sub(reserved);
    let mut size: usize = messages.iter().map(tokens).sum();
    if size <= room {
        return;
    }
    let mut keep_from = 0;
    let mut passed = 0;
    for (index, message) in messages.iter().enumerate() {
        if message.role == Role::User {
            keep_from = index;
            size -= passed;
            passed = 0;
            if size <= room {
                break;
            }
        }
        passed += tokens(message);
    }
    messages.drain(..keep_from);
}

/// A rough size of a message in tokens.
pub(crate) fn tokens(message: &Message) -> usize {
    message
        .parts
        .iter()
        .map(|part| match part {
            Part::Text { text } | Part::Reasoning { text, .. } => text.len() / BYTES_PER_TOKEN,
            Part::Image { .. } => IMAGE_TOKENS,
            Part::File { data, .. } => data.0.len() / BYTES_PER_TOKEN,
            Part::ToolCall(call) => (call.arguments.len() + 40) / BYTES_PER_TOKEN,
            Part::ToolResult(result) => result.content.len() / BYTES_PER_TOKEN,
        })
        .sum::<usize>()
        + 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::record::{AssistantMessage, RunStarted};
    use domain::{
        AgentId, ModelId, OnDisconnect, Origin, ProviderId, RunId, Sampling, SessionKey, ToolCall,
        ToolCallId, ToolChoice, ToolName, ToolResult, UnixMillis, Usage,
    };
    use state::Seq;

    fn turn(context: Vec<Message>, input: Vec<Message>) -> Turn {
        Turn {
            agent: AgentId::new("main"),
            session: SessionKey::new("agent:main:main"),
            origin: Origin::OpenAi,
            input,
            context,
            instructions: vec![],
            client_tools: vec![],
            tool_choice: ToolChoice::Auto,
            sampling: Sampling::default(),
            model: None,
            on_disconnect: OnDisconnect::Cancel,
            timeout_ms: None,
        }
    }

    fn asks(id: &str) -> Message {
        let call = ToolCall {
            id: ToolCallId::new(id),
            name: ToolName::new("weather"),
            arguments: "{}".into(),
        };
        Message {
            role: Role::Assistant,
            parts: vec![Part::ToolCall(call)],
        }
    }

    fn answers(id: &str) -> Message {
        let result = ToolResult {
            call: ToolCallId::new(id),
            name: None,
            content: "sunny".into(),
            is_error: false,
        };
        Message {
            role: Role::Tool,
            parts: vec![Part::ToolResult(result)],
        }
    }

    #[test]
    fn the_clients_context_counts_only_in_a_new_session() {
        let mut fresh = vec![];
        push_turn(
            &mut fresh,
            &turn(vec![Message::user("before")], vec![Message::user("now")]),
        );
        assert_eq!(fresh.len(), 2);
        push_turn(
            &mut fresh,
            &turn(vec![Message::user("before")], vec![Message::user("next")]),
        );
        assert_eq!(
            fresh.iter().map(Message::text).collect::<Vec<_>>(),
            ["before", "now", "next"]
        );
    }

    #[test]
    fn a_turn_speaks_when_its_run_starts() {
        let run = |name: &str| Some(RunId::new(name));
        let mut records = Vec::new();
        let mut add = |run: Option<RunId>, record: Record| {
            let seq = Seq(i64::try_from(records.len()).unwrap() + 1);
            records.push(Recorded {
                seq,
                at: UnixMillis(0),
                run,
                record,
            });
        };
        let accepted =
            |text: &str| Record::TurnAccepted(Box::new(turn(vec![], vec![Message::user(text)])));
        let started = |attempt| Record::RunStarted(RunStarted { attempt });
        let said = |text: &str| {
            Record::AssistantMessage(Box::new(AssistantMessage {
                message: Message::assistant(text),
                provider: ProviderId::new("p"),
                model: ModelId::new("m"),
                usage: Usage::default(),
                cost: None,
                stop: None,
                incomplete: false,
            }))
        };
        add(run("1"), accepted("one"));
        add(run("1"), started(1));
        add(run("2"), accepted("two"));
        add(run("3"), accepted("three"));
        add(run("1"), started(2));
        add(run("1"), said("first"));
        add(run("2"), started(1));
        let texts: Vec<_> = fold(&records).iter().map(Message::text).collect();
        assert_eq!(texts, ["one", "first", "two"]);
    }

    #[test]
    fn results_of_calls_the_log_lacks_bring_their_call() {
        let mut known = vec![Message::user("hi"), asks("a")];
        push_turn(&mut known, &turn(vec![asks("a")], vec![answers("a")]));
        assert_eq!(known.len(), 3);

        let mut foreign = vec![Message::user("hi"), Message::assistant("hello")];
        push_turn(
            &mut foreign,
            &turn(vec![Message::user("hi"), asks("b")], vec![answers("b")]),
        );
        assert_eq!(foreign.len(), 4);
        assert_eq!(foreign[2], asks("b"));
    }

    #[test]
    fn fitting_drops_whole_turns_from_the_front_and_keeps_the_last() {
        let long = "x".repeat(4_000);
        let mut messages: Vec<_> = (0..10)
            .flat_map(|_| {
                [
                    Message::user(long.clone()),
                    Message::assistant(long.clone()),
                ]
            })
            .collect();
        messages.push(Message::user("last"));
        let mut small = messages.clone();
        fit(&mut small, Some(8_000), 0);
        assert!(small.len() < messages.len() && small.len() > 1);
        assert_eq!(small[0].role, Role::User);
        assert_eq!(small.last().unwrap().text(), "last");

        let mut tiny = messages.clone();
        fit(&mut tiny, Some(10), 0);
        assert_eq!(tiny.len(), 1);

        let mut whole = messages.clone();
        fit(&mut whole, Some(1_000_000), 0);
        assert_eq!(whole, messages);
        fit(&mut whole, None, 0);
        assert_eq!(whole, messages);
    }
}
