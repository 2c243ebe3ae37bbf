//! The body of `POST /v1/messages`, read into our own words. Source: Anthropic API, "Messages".

mod content;

use crate::error::ApiError;
use content::{Content, System};
use domain::{Message, Role, Sampling, ToolChoice, ToolName, ToolSpec};
use protocol::json;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// Most tools of one request.
const MAX_TOOLS: usize = 512;

/// Longest tool name, in bytes.
const MAX_NAME: usize = 128;

/// Most stop sequences.
const MAX_STOPS: usize = 16;

/// A request in our own words.
#[derive(Debug)]
pub(super) struct MessagesRequest {
    pub(super) model: String,
    pub(super) stream: bool,
    pub(super) instructions: Vec<String>,
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<ToolSpec>,
    pub(super) tool_choice: ToolChoice,
    pub(super) sampling: Sampling,
    /// `metadata.user_id`
    pub(super) user: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    model: String,
    messages: Vec<WireMessage>,
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    system: Option<System>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default)]
    top_p: Option<f64>,
    #[serde(default)]
    stop_sequences: Option<Vec<String>>,
    #[serde(default)]
    tools: Option<Vec<WireTool>>,
    #[serde(default)]
    tool_choice: Option<WireChoice>,
    #[serde(default)]
    thinking: Option<Thinking>,
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct WireMessage {
    role: String,
    content: Content,
}

#[derive(Deserialize)]
struct WireTool {
    name: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    input_schema: Option<Value>,
    #[serde(default, rename = "cache_control")]
    _cache_control: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct WireChoice {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    disable_parallel_tool_use: Option<bool>,
}

#[derive(Deserialize)]
struct Thinking {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    budget_tokens: Option<u32>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    user_id: Option<String>,
}

impl MessagesRequest {
    /// Reads a body; `counting` is the one of `count_tokens`, which has no `max_tokens`.
    ///
    /// # Errors
    /// [`ApiError`] with the path of what is wrong.
    pub(super) fn read(body: &[u8], counting: bool) -> Result<Self, ApiError> {
        json::check(body).map_err(ApiError::invalid)?;
        let mut reader = serde_json::Deserializer::from_slice(body);
        let body: Body = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            ApiError::invalid(format!("{path}: {}", error.into_inner()))
        })?;
        reader
            .end()
            .map_err(|error| ApiError::invalid(error.to_string()))?;
        if body.max_tokens.is_none_or(|limit| limit == 0) && !counting {
            return Err(ApiError::invalid("max_tokens: Field required, at least 1"));
        }
        let tools = tools(body.tools.unwrap_or_default())?;
        let tool_choice = choice(body.tool_choice.as_ref(), &tools)?;
        let sampling = Sampling {
            max_tokens: body.max_tokens,
            temperature: within("temperature", body.temperature)?,
            top_p: within("top_p", body.top_p)?,
            stop: stops(body.stop_sequences.unwrap_or_default())?,
            reasoning_effort: body.thinking.as_ref().and_then(effort),
            parallel_tool_calls: body
                .tool_choice
                .and_then(|choice| choice.disable_parallel_tool_use)
                .map(|disabled| !disabled),
            ..Sampling::default()
        };
        let messages = messages(body.messages)?;
        Ok(Self {
            model: body.model,
            stream: body.stream.unwrap_or(false),
            instructions: body.system.map(System::texts).unwrap_or_default(),
            messages,
            tools,
            tool_choice,
            sampling,
            user: body.metadata.and_then(|metadata| metadata.user_id),
        })
    }
}

fn messages(listed: Vec<WireMessage>) -> Result<Vec<Message>, ApiError> {
    let mut messages = Vec::with_capacity(listed.len());
    let mut media = content::Media::default();
    for (index, message) in listed.into_iter().enumerate() {
        let role = match message.role.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => {
                let other: String = other.chars().filter(|c| !c.is_control()).take(32).collect();
                return Err(ApiError::invalid(format!(
                    "messages.{index}.role: Input should be 'user' or 'assistant', not '{other}'"
                )));
            }
        };
        message
            .content
            .read(role, index, &mut media, &mut messages)?;
    }
    let asks = |message: &Message| match message.role {
        Role::User | Role::Tool => !message.parts.is_empty(),
        Role::Assistant => false,
    };
    if !messages.iter().any(asks) {
        return Err(ApiError::invalid(
            "messages: at least one message of the user is required",
        ));
    }
    Ok(messages)
}

fn tools(listed: Vec<WireTool>) -> Result<Vec<ToolSpec>, ApiError> {
    if listed.len() > MAX_TOOLS {
        return Err(ApiError::invalid(format!(
            "tools: at most {MAX_TOOLS} tools are supported"
        )));
    }
    let mut specs: Vec<ToolSpec> = Vec::with_capacity(listed.len());
    for (index, tool) in listed.into_iter().enumerate() {
        let wrong = |what: &str| ApiError::invalid(format!("tools.{index}: {what}"));
        if tool.kind.as_deref().is_some_and(|kind| kind != "custom") {
            return Err(wrong(
                "only custom tools are supported: the gateway runs no tool of the provider",
            ));
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if !(1..=MAX_NAME).contains(&tool.name.len()) || !tool.name.bytes().all(plain) {
            return Err(wrong("a name has 1 to 128 letters, digits, _ or -"));
        }
        if specs.iter().any(|spec| spec.name.as_str() == tool.name) {
            return Err(wrong("tool names must be unique"));
        }
        let Some(parameters) = tool.input_schema.filter(Value::is_object) else {
            return Err(wrong("input_schema: Field required, an object"));
        };
        specs.push(ToolSpec {
            name: ToolName::new(tool.name),
            description: tool.description.unwrap_or_default(),
            parameters,
            strict: None,
        });
    }
    Ok(specs)
}

fn choice(choice: Option<&WireChoice>, tools: &[ToolSpec]) -> Result<ToolChoice, ApiError> {
    let Some(choice) = choice else {
        return Ok(ToolChoice::Auto);
    };
    match (choice.kind.as_str(), &choice.name) {
        ("auto", _) => Ok(ToolChoice::Auto),
        ("none", _) => Ok(ToolChoice::None),
        ("any", _) if !tools.is_empty() => Ok(ToolChoice::Required),
        ("tool", Some(name)) if tools.iter().any(|tool| tool.name.as_str() == name) => {
            Ok(ToolChoice::Named {
                name: ToolName::new(name.as_str()),
            })
        }
        _ => Err(ApiError::invalid(
            "tool_choice: type is auto, none, any (with tools) or tool (with the name of one)",
        )),
    }
}

fn within(name: &str, value: Option<f64>) -> Result<Option<f64>, ApiError> {
    match value {
        Some(value) if !(0.0..=1.0).contains(&value) => {
            Err(ApiError::invalid(format!("{name}: must be from 0 to 1")))
        }
        Some(_) | None => Ok(value),
    }
}

fn stops(texts: Vec<String>) -> Result<Vec<String>, ApiError> {
    if texts.len() > MAX_STOPS || texts.iter().any(|text| text.trim().is_empty()) {
        return Err(ApiError::invalid(format!(
            "stop_sequences: at most {MAX_STOPS} texts, each with more than white space"
        )));
    }
    Ok(texts)
}

/// The effort that stands for a budget of thinking tokens.
fn effort(thinking: &Thinking) -> Option<String> {
    let word = match (thinking.kind.as_str(), thinking.budget_tokens) {
        ("enabled", Some(0..4_096)) => "low",
        ("enabled", Some(16_384..)) => "high",
        ("enabled" | "adaptive", _) => "medium",
        _ => return None,
    };
    Some(word.to_owned())
}

#[cfg(test)]
mod tests;
