//! What the model answers to a request, as steps.

use super::command::{self, Command, Wanted};
use super::play::Step;
use super::script::{Fail, Script};
use super::stage::Stage;
use super::{NOTE, estimate, schema, talk};
use crate::codec::Peer;
use crate::{ModelEvent, ModelRequest, PartIndex};
use domain::{Message, Part, Role, StopReason, ToolChoice, ToolName, ToolResult};
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;

/// An answer before it is cut into steps.
#[derive(Debug, Default)]
struct Reply {
    reasoning: Vec<String>,
    /// Pieces of text.
    text: Vec<String>,
    calls: Vec<Wanted>,
    /// Before every piece.
    delay: Duration,
    stop: Option<StopReason>,
}

impl Reply {
    fn prose(text: &str) -> Self {
        Self {
            text: pieces(&format!("{text}\n\n{NOTE}")),
            ..Self::default()
        }
    }

    fn exact(text: &str) -> Self {
        Self {
            text: pieces(text),
            ..Self::default()
        }
    }
}

/// The steps that answer `request`.
pub(super) fn steps(peer: &Peer, request: &ModelRequest) -> VecDeque<Step> {
    let last = talk::last_user_text(&request.messages);
    let results = open_results(&request.messages);
    if !results.is_empty() {
        return play(peer, request, Reply::prose(&summary(&results)), None);
    }
    match command::find(&last) {
        Some(Command::Script(script)) => {
            let Script {
                reasoning,
                deltas,
                delay_ms,
                stop,
                fail,
            } = *script;
            let reply = Reply {
                reasoning,
                text: deltas,
                delay: Duration::from_millis(delay_ms),
                stop: stop.as_deref().map(stop_reason),
                ..Reply::default()
            };
            play(peer, request, reply, fail.as_ref())
        }
        Some(Command::Pace { delay, text }) => play(
            peer,
            request,
            Reply {
                delay,
                ..Reply::exact(&text)
            },
            None,
        ),
        Some(Command::Broken(why)) => play(peer, request, Reply::prose(&why), None),
        Some(Command::Call(wanted)) => play(peer, request, calls(request, wanted), None),
        None => play(peer, request, plain(request, &last), None),
    }
}

fn plain(request: &ModelRequest, last: &str) -> Reply {
    let forced = match &request.tool_choice {
        ToolChoice::Auto | ToolChoice::None => None,
        ToolChoice::Required => request.tools.first(),
        ToolChoice::Named { name } => request.tools.iter().find(|tool| tool.name == *name),
    };
    if let Some(tool) = forced {
        let arguments = schema::example(&tool.parameters, last);
        let wanted = Wanted {
            name: tool.name.to_string(),
            arguments,
        };
        return Reply {
            calls: vec![wanted],
            ..Reply::default()
        };
    }
    if let Some(shape) = shape(request) {
        return Reply::exact(&schema::example(&shape, last).to_string());
    }
    Reply::prose(&talk::answer(&request.messages, last))
}

/// The schema an answer must follow, when one was asked for.
fn shape(request: &ModelRequest) -> Option<Value> {
    let format = request.sampling.response_format.as_ref()?;
    match format.get("type")?.as_str()? {
        "json_schema" => {
            let schema = format
                .pointer("/json_schema/schema")
                .or_else(|| format.get("schema"));
            Some(schema.cloned().unwrap_or_else(any_object))
        }
        "json_object" => Some(any_object()),
        _ => None,
    }
}

fn any_object() -> Value {
    serde_json::json!({
        "type": "object",
        "properties": { "text": { "type": "string" }, "model": { "const": "offline/demo" } },
    })
}

fn calls(request: &ModelRequest, wanted: Vec<Wanted>) -> Reply {
    let offered = |wanted: &Wanted| {
        let same = |name: &ToolName| name.as_str() == wanted.name;
        request.tools.iter().any(|tool| same(&tool.name))
    };
    if request.tool_choice == ToolChoice::None {
        return Reply::prose("I may not call tools in this answer.");
    }
    if let Some(missing) = wanted.iter().find(|wanted| !offered(wanted)) {
        let names: Vec<&str> = request
            .tools
            .iter()
            .map(|tool| tool.name.as_str())
            .collect();
        let have = if names.is_empty() {
            "I have no tools.".to_owned()
        } else {
            format!("I have: {}.", names.join(", "))
        };
        return Reply::prose(&format!("I have no tool named `{}`. {have}", missing.name));
    }
    Reply {
        calls: wanted,
        ..Reply::default()
    }
}

/// The results that wait for an answer: those after the last message of the model, if nothing was
/// said since.
fn open_results(messages: &[Message]) -> Vec<&ToolResult> {
    let newest = messages
        .iter()
        .rev()
        .take_while(|message| message.role == Role::Tool);
    let mut results: Vec<&ToolResult> = newest
        .flat_map(|message| message.parts.iter().rev())
        .filter_map(|part| match part {
            Part::ToolResult(result) => Some(result),
            Part::Text { .. }
            | Part::Image { .. }
            | Part::File { .. }
            | Part::Reasoning { .. }
            | Part::ToolCall(_) => None,
        })
        .collect();
    results.reverse();
    results
}

/// Longest part of a result that is repeated, in characters.
const REPEATED: usize = 200;

fn summary(results: &[&ToolResult]) -> String {
    let lines: Vec<String> = results
        .iter()
        .map(|result| {
            let tool = result.name.as_ref().map_or("the tool", ToolName::as_str);
            let says = if result.is_error {
                "failed"
            } else {
                "returned"
            };
            let content = result.content.trim();
            let mut shown: String = content.chars().take(REPEATED).collect();
            if shown.len() < content.len() {
                shown.push('…');
            }
            format!(
                "{tool} {says} {} characters: {shown}",
                content.chars().count()
            )
        })
        .collect();
    lines.join("\n")
}

/// Words with the space after them.
fn pieces(text: &str) -> Vec<String> {
    text.split_inclusive(char::is_whitespace)
        .map(str::to_owned)
        .collect()
}

fn stop_reason(word: &str) -> StopReason {
    match word {
        "stop" => StopReason::Stop,
        "length" => StopReason::Length,
        "tool_calls" => StopReason::ToolCalls,
        "content_filter" => StopReason::ContentFilter,
        other => StopReason::Other(other.into()),
    }
}

fn play(
    peer: &Peer,
    request: &ModelRequest,
    mut reply: Reply,
    fail: Option<&Fail>,
) -> VecDeque<Step> {
    limit(request, &mut reply);
    let mut stage = Stage::new(peer, request, reply.delay, fail);
    for delta in std::mem::take(&mut reply.reasoning) {
        stage.piece(ModelEvent::Reasoning {
            part: PartIndex(0),
            delta,
        });
    }
    let text_part = PartIndex(u32::from(stage.output > 0));
    for delta in std::mem::take(&mut reply.text) {
        stage.piece(ModelEvent::Text {
            part: text_part,
            delta,
        });
    }
    let first_call = if stage.output > 0 { text_part.0 + 1 } else { 0 };
    for (part, wanted) in (first_call..)
        .map(PartIndex)
        .zip(std::mem::take(&mut reply.calls))
    {
        stage.call(part, &wanted);
    }
    stage.end(fail, reply.stop)
}

/// Applies the output limit and the stop texts.
fn limit(request: &ModelRequest, reply: &mut Reply) {
    let whole: String = reply.text.concat();
    let cut = request.sampling.stop.iter().filter(|stop| !stop.is_empty());
    if let Some(at) = cut.filter_map(|stop| whole.find(stop.as_str())).min() {
        reply.text = pieces(whole.get(..at).unwrap_or_default());
        reply.stop = Some(StopReason::Stop);
    }
    let Some(most) = request.sampling.max_tokens.map(u64::from) else {
        return;
    };
    let mut spent = 0;
    let kept = reply.text.iter().take_while(|piece| {
        spent += estimate::tokens(piece).0;
        spent <= most
    });
    let kept = kept.count();
    if kept < reply.text.len() {
        reply.text.truncate(kept);
        reply.stop = Some(StopReason::Length);
    }
}
