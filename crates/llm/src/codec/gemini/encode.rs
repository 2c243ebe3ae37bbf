//! From the inner language to the wire.

use super::contents::{contents, text};
use super::thinking::Generation;
use crate::codec::Encoded;
use crate::wire::gemini::{
    CallingMode, Content, FunctionCallingConfig, FunctionDeclaration, GenerateRequest,
    GenerationConfig, Tool, ToolConfig,
};
use crate::{Error, ModelInfo, ModelRequest};
use domain::{Sampling, ToolChoice, ToolSpec};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write as _;

pub(super) fn encode(request: &ModelRequest, model: &ModelInfo) -> Result<Encoded, Error> {
    let (method, accept) = if request.stream {
        ("streamGenerateContent?alt=sse", "text/event-stream")
    } else {
        ("generateContent", "application/json")
    };
    let path = format!("/models/{}:{method}", segment(model.model.as_str()));
    let wire = wire(request, model);
    Encoded::json(&model.provider, Cow::Owned(path), accept, &wire)
}

/// The name of a model as one segment of a path: a name from outside leads nowhere else.
pub(crate) fn segment(model: &str) -> String {
    let name = model.strip_prefix("models/").unwrap_or(model);
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            write!(segment, "%{byte:02X}").unwrap_or_default();
        }
    }
    segment
}

fn wire<'a>(request: &'a ModelRequest, model: &'a ModelInfo) -> GenerateRequest<'a> {
    let generation = Generation::of(model.model.as_str());
    let functions: Vec<FunctionDeclaration<'_>> = if model.tools {
        request.tools.iter().map(declaration).collect()
    } else {
        Vec::new()
    };
    let json = request.sampling.response_format.as_ref().and_then(json);
    let held = functions.is_empty() || generation.json_beside_tools();
    let asked = json.filter(|_| !held).map(Json::in_words);
    let mut system: Vec<_> = request
        .system
        .iter()
        .filter(|said| !said.is_empty())
        .map(|said| text(said.as_ref()))
        .collect();
    system.extend(asked.map(text));
    let mut config = config(&request.sampling, generation, model.reasoning);
    if let (true, Some(json)) = (held, json) {
        config.response_mime_type = Some(Cow::Borrowed("application/json"));
        config.response_json_schema = json.schema.map(Cow::Borrowed);
    }
    GenerateRequest {
        system_instruction: (!system.is_empty()).then_some(Content {
            role: None,
            parts: system,
        }),
        contents: contents(&request.messages, model, generation.wants_signatures()),
        tool_config: if functions.is_empty() {
            None
        } else {
            tool_config(&request.tool_choice)
        },
        tools: if functions.is_empty() {
            Vec::new()
        } else {
            vec![Tool {
                function_declarations: functions,
            }]
        },
        generation_config: (config != GenerationConfig::default()).then_some(config),
    }
}

fn config(sampling: &Sampling, generation: Generation, reasoning: bool) -> GenerationConfig<'_> {
    // A penalty of zero is none, and many models refuse to be told so.
    let penalty = |given: Option<f64>| given.filter(|penalty| *penalty != 0.0);
    let effort = sampling.reasoning_effort.as_deref().filter(|_| reasoning);
    GenerationConfig {
        max_output_tokens: sampling.max_tokens,
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        stop_sequences: sampling.stop.iter().map(Cow::from).collect(),
        seed: sampling.seed.map(seed),
        presence_penalty: penalty(sampling.presence_penalty),
        frequency_penalty: penalty(sampling.frequency_penalty),
        response_mime_type: None,
        response_json_schema: None,
        thinking_config: effort.and_then(|effort| generation.thinking(effort, sampling.max_tokens)),
    }
}

/// A seed the service takes: the same for the same seed.
fn seed(seed: i64) -> i32 {
    i32::try_from(seed.rem_euclid(1 << 31)).unwrap_or_default()
}

/// An answer that is JSON.
#[derive(Clone, Copy)]
struct Json<'a> {
    schema: Option<&'a Value>,
}

/// Reads the `response_format` of chat completions.
fn json(format: &Value) -> Option<Json<'_>> {
    match format.get("type")?.as_str()? {
        "json_object" => Some(Json { schema: None }),
        "json_schema" => {
            let inner = format.get("json_schema").unwrap_or(format);
            Some(Json {
                schema: inner.get("schema"),
            })
        }
        _ => None,
    }
}

impl Json<'_> {
    /// The wish as system text, for models that cannot be held to JSON while they have tools.
    fn in_words(self) -> String {
        match self.schema {
            Some(schema) => format!(
                "The final answer is one JSON value and nothing else, valid under this JSON \
                 Schema:\n{schema}"
            ),
            None => "The final answer is one JSON object and nothing else.".to_owned(),
        }
    }
}

fn declaration(spec: &ToolSpec) -> FunctionDeclaration<'_> {
    let name = spec.name.as_str();
    let description = Some(spec.description.as_str()).filter(|said| !said.is_empty());
    FunctionDeclaration {
        name: Cow::Borrowed(name),
        description: Cow::Borrowed(description.unwrap_or(name)),
        parameters_json_schema: (!takes_nothing(&spec.parameters))
            .then_some(Cow::Borrowed(&spec.parameters)),
    }
}

/// Whether a schema says no more than "an object": the service wants none then.
fn takes_nothing(schema: &Value) -> bool {
    let Value::Object(members) = schema else {
        return true;
    };
    members.iter().all(|(name, value)| match name.as_str() {
        "type" | "title" | "description" | "required" | "$schema" => true,
        "additionalProperties" => *value == Value::Bool(false),
        "properties" => value.as_object().is_some_and(serde_json::Map::is_empty),
        _ => false,
    })
}

fn tool_config(choice: &ToolChoice) -> Option<ToolConfig<'_>> {
    let (mode, only) = match choice {
        ToolChoice::Auto => return None,
        ToolChoice::None => (CallingMode::None, None),
        ToolChoice::Required => (CallingMode::Any, None),
        ToolChoice::Named { name } => (CallingMode::Any, Some(Cow::Borrowed(name.as_str()))),
    };
    Some(ToolConfig {
        function_calling_config: FunctionCallingConfig {
            mode,
            allowed_function_names: only.into_iter().collect(),
        },
    })
}
