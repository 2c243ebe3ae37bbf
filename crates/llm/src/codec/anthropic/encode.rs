//! From the inner language to the wire.

use super::form::{Form, form};
use super::think::{Circumstances, manner};
use super::{cache, generation, turns};
use crate::codec::Encoded;
use crate::wire::anthropic::{
    Choice, MessagesRequest, OutputConfig, SystemBlock, Tool, WireMessage,
};
use crate::{Error, ModelInfo, ModelRequest};
use domain::{ToolChoice, ToolSpec};
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

const VERSION_HEADER: HeaderName = HeaderName::from_static("anthropic-version");
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");
/// The output limit where nobody knows one; the wire demands a number.
const USUAL_OUTPUT: u32 = 4_096;

pub(super) fn encode(request: &ModelRequest, model: &ModelInfo) -> Result<Encoded, Error> {
    let accept = if request.stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    let path = Cow::Borrowed("/messages");
    let mut encoded = Encoded::json(&model.provider, path, accept, &wire(request, model))?;
    encoded.headers.insert(VERSION_HEADER, VERSION);
    Ok(encoded)
}

fn wire<'a>(request: &'a ModelRequest, model: &'a ModelInfo) -> MessagesRequest<'a> {
    let sampling = &request.sampling;
    let able = generation::abilities(model);
    let max_tokens = sampling
        .max_tokens
        .or(model.max_output)
        .unwrap_or(USUAL_OUTPUT)
        .max(1);
    let messages = turns::turns(&request.messages, model);
    let manner = manner(
        sampling,
        Circumstances {
            able,
            max_tokens,
            tool_choice: &request.tool_choice,
            thoughts_kept: turns::thoughts_kept(&messages),
        },
    );
    let form = form(sampling.response_format.as_ref(), able);
    let (format, told) = match form {
        Form::Free => (None, None),
        Form::Held(format) => (Some(format), None),
        Form::Told(text) => (None, Some(text)),
    };
    let system = request.system.iter().map(|text| Cow::Borrowed(&**text));
    let system = system.chain(told).filter(|text| !text.trim().is_empty());
    let output_config = OutputConfig {
        effort: manner.effort,
        format,
    };
    let (tools, tool_choice) = tools(request, model, &messages);
    let mut wire = MessagesRequest {
        model: model.model.as_str(),
        max_tokens,
        system: system
            .map(|text| SystemBlock::Text {
                text,
                cache_control: None,
            })
            .collect(),
        messages,
        tools,
        tool_choice,
        stream: request.stream,
        stop_sequences: sampling
            .stop
            .iter()
            .map(String::as_str)
            .filter(|stop| !stop.trim().is_empty())
            .collect(),
        temperature: manner.temperature,
        top_p: manner.top_p,
        thinking: manner.thinking,
        output_config: (output_config != OutputConfig::default()).then_some(output_config),
    };
    if request.cache.keep {
        cache::mark(&mut wire);
    }
    wire
}

/// The tools on offer. A conversation with calls in it is refused when no tools are named, so the
/// called ones are, and may not be called again.
fn tools<'a>(
    request: &'a ModelRequest,
    model: &ModelInfo,
    messages: &[WireMessage<'a>],
) -> (Vec<Tool<'a>>, Option<Choice<'a>>) {
    if model.tools && !request.tools.is_empty() {
        let single = request.sampling.parallel_tool_calls == Some(false);
        let choice = choice(&request.tool_choice, single);
        return (request.tools.iter().map(tool).collect(), choice);
    }
    let called: Vec<Tool<'a>> = turns::called(messages)
        .into_iter()
        .map(|name| Tool {
            name,
            description: None,
            input_schema: Cow::Owned(json!({ "type": "object" })),
            cache_control: None,
        })
        .collect();
    let choice = (!called.is_empty()).then_some(Choice::None);
    (called, choice)
}

fn tool(spec: &ToolSpec) -> Tool<'_> {
    Tool {
        name: Cow::Borrowed(spec.name.as_str()),
        description: Some(spec.description.as_str()).filter(|text| !text.trim().is_empty()),
        input_schema: object(&spec.parameters),
        cache_control: None,
    }
}

/// A schema whose type is `object`, which the wire demands.
fn object(schema: &Value) -> Cow<'_, Value> {
    let mut fields = match schema {
        Value::Object(fields) if fields.get("type").and_then(Value::as_str) == Some("object") => {
            return Cow::Borrowed(schema);
        }
        Value::Object(fields) => fields.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    };
    fields.insert("type".to_owned(), Value::from("object"));
    Cow::Owned(Value::Object(fields))
}

fn choice(choice: &ToolChoice, disable_parallel_tool_use: bool) -> Option<Choice<'_>> {
    match choice {
        ToolChoice::Auto => disable_parallel_tool_use.then_some(Choice::Auto {
            disable_parallel_tool_use,
        }),
        ToolChoice::None => Some(Choice::None),
        ToolChoice::Required => Some(Choice::Any {
            disable_parallel_tool_use,
        }),
        ToolChoice::Named { name } => Some(Choice::Tool {
            name: name.as_str(),
            disable_parallel_tool_use,
        }),
    }
}
