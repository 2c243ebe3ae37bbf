//! The tools of a run: those the model is shown, and those it finds by asking.
//!
//! A model that is shown hundreds of tools pays for all of them with every call. Beyond a threshold
//! it is shown the pinned ones and two more: one finds tools, the other calls what was found. What
//! is shown does not depend on what is hidden, so the prompt stays the same bytes.

use crate::config::{SearchMode, SearchSettings};
use crate::search::{Catalog, Query, misfit};
use crate::{RawArgs, schema};
use domain::{ToolCall, ToolChoice, ToolName, ToolSpec};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The tool that finds tools.
pub const SEARCH_TOOL: &str = "tool_search";
/// The tool that calls a tool that was found.
pub const CALL_TOOL: &str = "tool_call";

/// What stands in for a field that is not there.
const NO_ARGUMENTS: &str = "{}";

/// The tools of a run. Made by [`crate::Toolbox::offer`].
#[derive(Debug)]
pub struct Offer {
    shown: Arc<[ToolSpec]>,
    hidden: Option<Hidden>,
}

/// What a model has to ask for.
#[derive(Debug)]
struct Hidden {
    catalog: Catalog,
    /// What is shown beside the two tools of the search.
    pinned: Vec<Arc<ToolSpec>>,
    results: usize,
}

impl Offer {
    /// Decides what of `tools` is shown. Two tools of one name must not be among them.
    pub(crate) fn new(
        mut tools: Vec<Arc<ToolSpec>>,
        settings: &SearchSettings,
        window: Option<u32>,
        choice: &ToolChoice,
    ) -> Self {
        tools.sort_by(|a, b| a.name.cmp(&b.name));
        let taken = |name: &str| tools.iter().any(|tool| tool.name.as_str() == name);
        if !searched(&tools, settings, window) || taken(SEARCH_TOOL) || taken(CALL_TOOL) {
            return Self::whole(&tools);
        }
        let stays = |tool: &Arc<ToolSpec>| {
            let named = matches!(choice, ToolChoice::Named { name } if *name == tool.name);
            named || settings.pins(tool.name.as_str())
        };
        let (pinned, hidden): (Vec<_>, Vec<_>) = tools.into_iter().partition(stays);
        if hidden.is_empty() {
            return Self::whole(&pinned);
        }
        let mut shown: Vec<ToolSpec> = pinned.iter().map(|tool| ToolSpec::clone(tool)).collect();
        shown.extend([search_tool(), call_tool()]);
        shown.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            shown: shown.into(),
            hidden: Some(Hidden {
                catalog: Catalog::new(hidden),
                pinned,
                results: settings.results.max(1),
            }),
        }
    }

    fn whole(tools: &[Arc<ToolSpec>]) -> Self {
        Self {
            shown: tools.iter().map(|tool| ToolSpec::clone(tool)).collect(),
            hidden: None,
        }
    }

    /// What the model is shown, by name.
    pub fn shown(&self) -> &Arc<[ToolSpec]> {
        &self.shown
    }

    /// Whether there is more than is shown.
    pub fn has_hidden(&self) -> bool {
        self.hidden.is_some()
    }

    /// Whether a call of `name` is answered here: [`SEARCH_TOOL`], and a [`CALL_TOOL`] that could not
    /// be [`opened`](Self::opened).
    pub fn answers(&self, name: &ToolName) -> bool {
        self.hidden.is_some() && [SEARCH_TOOL, CALL_TOOL].contains(&name.as_str())
    }

    /// Answers a call of a search tool, in words for the model.
    ///
    /// # Errors
    /// What was wrong with the call and what to do, in words for the model.
    pub fn answer(&self, call: &ToolCall) -> Result<String, String> {
        let Some(hidden) = &self.hidden else {
            return Err("all tools are shown; call them by their names".to_owned());
        };
        if call.name.as_str() == SEARCH_TOOL {
            let query = RawArgs(&call.arguments).read::<Query>();
            let query = query.map_err(|error| error.to_string())?;
            return Ok(hidden.catalog.find(&query, hidden.results));
        }
        match hidden.open(call) {
            Err(why) => Err(why),
            // A call that opens is run instead; this one was asked about too late.
            Ok(inner) => Err(format!("{} is there; call it again", inner.name)),
        }
    }

    /// The call inside a [`CALL_TOOL`] call, if the tool is there and its arguments fit.
    pub fn opened(&self, call: &ToolCall) -> Option<ToolCall> {
        let hidden = self.hidden.as_ref()?;
        if call.name.as_str() != CALL_TOOL {
            return None;
        }
        hidden.open(call).ok()
    }

    /// The call as the model is shown it: one of a hidden tool is a [`CALL_TOOL`] call, always in the
    /// same words. `None` leaves it as it is.
    pub fn closed(&self, call: &ToolCall) -> Option<ToolCall> {
        self.hidden.as_ref()?.catalog.get(call.name.as_str())?;
        let given = serde_json::from_str(&call.arguments)
            .unwrap_or_else(|_| Value::from(call.arguments.as_str()));
        let arguments = json!({ "name": call.name.as_str(), "arguments": given });
        Some(ToolCall {
            id: call.id.clone(),
            name: ToolName::new(CALL_TOOL),
            arguments: arguments.to_string(),
        })
    }
}

impl Hidden {
    /// The call inside a [`CALL_TOOL`] call, or what is wrong with it.
    fn open(&self, call: &ToolCall) -> Result<ToolCall, String> {
        let (name, arguments) = inner(&call.arguments)?;
        let pinned = self.pinned.iter().find(|tool| tool.name.as_str() == name);
        let Some(tool) = pinned.or_else(|| self.catalog.get(&name)) else {
            if name == SEARCH_TOOL {
                return Err(format!("call {SEARCH_TOOL} by its own name"));
            }
            let pinned = self.pinned.iter().map(|tool| tool.name.as_str());
            return Err(self.catalog.unknown(&name, pinned));
        };
        if let Some(why) = misfit(&arguments, &tool.parameters) {
            return Err(format!(
                "the arguments do not fit {name}: {why}; its parameters are {}",
                tool.parameters
            ));
        }
        Ok(ToolCall {
            id: call.id.clone(),
            name: tool.name.clone(),
            arguments: arguments.to_string(),
        })
    }
}

/// Whether so many tools are too many to be shown.
fn searched(tools: &[Arc<ToolSpec>], settings: &SearchSettings, window: Option<u32>) -> bool {
    match settings.mode {
        SearchMode::On => true,
        SearchMode::Off => false,
        SearchMode::Auto => {
            if tools.len() > settings.threshold {
                return true;
            }
            let Some(window) = window.and_then(|tokens| usize::try_from(tokens).ok()) else {
                return false;
            };
            let size: usize = tools.iter().map(|tool| schema::tokens(tool)).sum();
            size.saturating_mul(100) > window.saturating_mul(usize::from(settings.window_percent))
        }
    }
}

/// The name and the arguments inside a call of [`CALL_TOOL`]. Models that write the arguments as a
/// text, or beside the name, are understood.
fn inner(arguments: &str) -> Result<(String, Value), String> {
    let expected = "expected a JSON object with name (string), arguments (object)";
    let mut fields: Map<String, Value> = serde_json::from_str(arguments)
        .map_err(|error| format!("cannot read the arguments: {error}; {expected}"))?;
    let Some(Value::String(name)) = fields.remove("name") else {
        return Err(format!("the name of the tool is missing; {expected}"));
    };
    let arguments = match fields.remove("arguments") {
        Some(Value::String(text)) => {
            let text = if text.trim().is_empty() {
                NO_ARGUMENTS
            } else {
                &text
            };
            serde_json::from_str(text).map_err(|error| {
                format!("cannot read the arguments of {name}: {error}; {expected}")
            })?
        }
        Some(Value::Null) => json!({}),
        Some(given) => given,
        None => Value::Object(fields),
    };
    if name == CALL_TOOL {
        return Err(format!("{CALL_TOOL} cannot call itself; {expected}"));
    }
    Ok((name, arguments))
}

fn search_tool() -> ToolSpec {
    schema::spec::<Query>(
        SEARCH_TOOL,
        "Finds tools that are not listed here. Most tools are not: search before you say that \
         something cannot be done. Answers with the definitions of the tools that fit best; call \
         them with tool_call.",
    )
}

fn call_tool() -> ToolSpec {
    ToolSpec {
        name: ToolName::new(CALL_TOOL),
        description: "Calls a tool that tool_search found, with arguments as its definition says."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "description": "The tool's name." },
                "arguments": {
                    "type": "object",
                    "description": "The tool's arguments.",
                    "additionalProperties": true
                }
            },
            "required": ["name", "arguments"]
        }),
        strict: None,
    }
}
