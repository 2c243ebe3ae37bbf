//! Folds a stream of events into one message.

use crate::{ModelEvent, PartIndex};
use domain::{Message, ModelId, Part, Role, StopReason, ToolCall, Usage};

/// What was collected; of a broken stream, what came before it broke.
#[derive(Debug, Clone, PartialEq)]
pub struct Collected {
    /// The assistant message, parts in the order in which they began. Empty texts are left out.
    pub message: Message,
    /// What was used, as far as it was reported.
    pub usage: Usage,
    /// Why it ended; `None` when it was cut.
    pub stop: Option<StopReason>,
    /// The provider's id of the response.
    pub response_id: Option<Box<str>>,
    /// The model the provider says it used.
    pub model: Option<ModelId>,
    /// Whether the answer reached its end.
    pub complete: bool,
}

/// Collects events. Feed it every event; ask for the result at any time.
#[derive(Debug, Default)]
pub struct Collector {
    parts: Vec<(PartIndex, Part)>,
    usage: Usage,
    stop: Option<StopReason>,
    response_id: Option<Box<str>>,
    model: Option<ModelId>,
}

impl Collector {
    /// Collects nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event.
    pub fn add(&mut self, event: &ModelEvent) {
        match event {
            ModelEvent::Started { response_id, model } => {
                self.response_id.clone_from(response_id);
                self.model.clone_from(model);
            }
            ModelEvent::Text { part, delta } => {
                if let Part::Text { text } = self.part(*part, || Part::Text {
                    text: String::new(),
                }) {
                    text.push_str(delta);
                }
            }
            ModelEvent::Reasoning { part, delta } => {
                if let Part::Reasoning { text, .. } = self.part(*part, empty_reasoning) {
                    text.push_str(delta);
                }
            }
            ModelEvent::ToolCallStarted { part, id, name } => {
                let call = ToolCall {
                    id: id.clone(),
                    name: name.clone(),
                    arguments: String::new(),
                };
                self.part(*part, || Part::ToolCall(call));
            }
            ModelEvent::ToolCallArguments { part, json } => {
                if let Some((_, Part::ToolCall(call))) =
                    self.parts.iter_mut().rev().find(|(index, _)| index == part)
                {
                    call.arguments.push_str(json);
                }
            }
            ModelEvent::Opaque { part, keep: state } => {
                if let Part::Reasoning { keep, .. } = self.part(*part, empty_reasoning) {
                    *keep = Some(state.clone());
                }
            }
            ModelEvent::Usage(usage) => self.usage = *usage,
            ModelEvent::Finished { reason } => self.stop = Some(reason.clone()),
        }
    }

    /// The part with `index`, made when it is new. Streams touch the newest part most, so the
    /// search begins there.
    fn part(&mut self, index: PartIndex, make: impl FnOnce() -> Part) -> &mut Part {
        let at = self
            .parts
            .iter()
            .rposition(|(known, _)| *known == index)
            .unwrap_or_else(|| {
                self.parts.push((index, make()));
                self.parts.len() - 1
            });
        #[expect(
            clippy::indexing_slicing,
            reason = "the index was found or pushed just above"
        )]
        &mut self.parts[at].1
    }

    /// Whether anything a reader could see was collected.
    pub fn has_content(&self) -> bool {
        self.parts.iter().any(|(_, part)| !is_empty(part))
    }

    /// The text so far, all text parts joined.
    pub fn text(&self) -> String {
        let mut all = String::new();
        for (_, part) in &self.parts {
            if let Part::Text { text } = part {
                all.push_str(text);
            }
        }
        all
    }

    /// What was collected so far.
    pub fn finish(self) -> Collected {
        let parts = self
            .parts
            .into_iter()
            .map(|(_, part)| part)
            .filter(|part| !is_empty(part));
        Collected {
            message: Message {
                role: Role::Assistant,
                parts: parts.collect(),
            },
            usage: self.usage,
            complete: self.stop.is_some(),
            stop: self.stop,
            response_id: self.response_id,
            model: self.model,
        }
    }
}

fn empty_reasoning() -> Part {
    Part::Reasoning {
        text: String::new(),
        keep: None,
    }
}

fn is_empty(part: &Part) -> bool {
    match part {
        Part::Text { text } => text.is_empty(),
        Part::Reasoning { text, keep } => text.is_empty() && keep.is_none(),
        Part::Image { .. } | Part::File { .. } | Part::ToolCall(_) | Part::ToolResult(_) => false,
    }
}
