//! The rules a real server holds a conversation to. Source: OpenAI API, chat messages.

use super::request::{Message, Request};

/// Says what is wrong with the messages, as the text of a 400.
pub(super) fn complaint(request: &Request) -> Option<String> {
    if request.messages.is_empty() {
        return Some("messages is empty".to_owned());
    }
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in request.messages.iter().enumerate() {
        let wrong = match message.role.as_str() {
            "tool" => answer_call(message, &mut open),
            "system" | "developer" | "user" | "assistant" if !open.is_empty() => Some(format!(
                "tool calls without an answer before this message: {open:?}"
            )),
            "assistant" => {
                open = message
                    .calls()
                    .iter()
                    .map(|call| call.id.as_str())
                    .collect();
                assistant(message)
            }
            "system" | "developer" | "user" => no_content(message),
            other => Some(format!("unknown role {other:?}")),
        };
        if let Some(wrong) = wrong {
            return Some(format!("messages[{index}]: {wrong}"));
        }
    }
    (!open.is_empty()).then(|| format!("tool calls without an answer at the end: {open:?}"))
}

/// Ticks off the call that a tool message answers.
fn answer_call(message: &Message, open: &mut Vec<&str>) -> Option<String> {
    let Some(id) = message.tool_call_id.as_deref() else {
        return Some("a tool message needs tool_call_id".to_owned());
    };
    let Some(place) = open.iter().position(|call| *call == id) else {
        return Some(format!(
            "tool message answers {id:?}, which no open tool call has"
        ));
    };
    open.swap_remove(place);
    no_content(message)
}

fn assistant(message: &Message) -> Option<String> {
    let nameless = message.calls().iter().find(|call| {
        call.function
            .as_ref()
            .is_none_or(|function| function.name.is_empty())
    });
    if let Some(call) = nameless {
        return Some(format!("tool call {:?} names no function", call.id));
    }
    let says_nothing = message.content.is_none() && message.calls().is_empty();
    says_nothing.then(|| "an assistant message needs content or tool_calls".to_owned())
}

fn no_content(message: &Message) -> Option<String> {
    use super::request::Content;
    match &message.content {
        None => Some(format!("a {} message needs content", message.role)),
        Some(Content::Parts(parts)) if parts.is_empty() => Some("content is empty".to_owned()),
        Some(Content::Parts(parts)) => {
            let known = ["text", "image_url", "input_audio", "file"];
            let odd = parts
                .iter()
                .find(|part| !known.contains(&part.kind.as_str()));
            odd.map(|part| format!("unknown content part {:?}", part.kind))
        }
        Some(Content::Text(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn complaint_of(messages: &serde_json::Value) -> Option<String> {
        let body = json!({"model": "fake-1", "messages": messages});
        complaint(&serde_json::from_value(body).unwrap())
    }

    #[test]
    fn accepts_an_answered_tool_call() {
        let call =
            json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
        let messages = json!([
            {"role": "user", "content": "x"},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "1"},
            {"role": "user", "content": "thanks"}
        ]);
        assert_eq!(complaint_of(&messages), None);
    }

    #[test]
    fn names_what_is_wrong() {
        let call =
            json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
        let asked = json!({"role": "assistant", "tool_calls": [call]});
        let cases = [
            (json!([]), "messages is empty"),
            (
                json!([{"role": "tool", "tool_call_id": "c1", "content": "1"}]),
                "no open tool call",
            ),
            (json!([asked]), "without an answer at the end"),
            (
                json!([asked, {"role": "user", "content": "x"}]),
                "before this message",
            ),
            (
                json!([{"role": "assistant"}]),
                "needs content or tool_calls",
            ),
            (json!([{"role": "bot", "content": "x"}]), "unknown role"),
            (json!([{"role": "user"}]), "needs content"),
            (
                json!([{"role": "user", "content": [{"type": "smell"}]}]),
                "unknown content part",
            ),
        ];
        for (messages, expected) in cases {
            let text = complaint_of(&messages).unwrap_or_default();
            assert!(text.contains(expected), "{messages}: {text}");
        }
    }
}
