//! The items of an answer as they arrive in pieces.
//!
//! What was streamed counts; what only came with a whole item is added when the item is complete.

use super::REASONING;
use crate::codec::call_id;
use crate::wire::openai_responses::{Content, OutputItem, ReasoningItem, SummaryText};
use crate::{ModelEvent, PartIndex};
use domain::{ProviderId, ProviderState, RunId, ToolCallId, ToolName};
use std::borrow::Cow;
use std::collections::VecDeque;

/// Between two paragraphs of reasoning.
const PARAGRAPH: &str = "\n\n";

/// A place within the answer: the item, and the piece within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Which item, from 0.
    pub(super) item: u64,
    /// Which piece of it, from 0.
    pub(super) piece: u64,
}

/// In which form reasoning is told. One item may hold both; the first that comes is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thought {
    /// As a summary.
    Summary,
    /// As it was thought.
    Whole,
}

#[derive(Debug)]
struct Text {
    place: Place,
    part: PartIndex,
}

#[derive(Debug)]
struct Reasoning {
    item: u64,
    part: PartIndex,
    /// What was told last.
    told: Option<(Thought, u64)>,
    kept: bool,
}

#[derive(Debug)]
struct Call {
    item: u64,
    /// Set once it was announced, which needs a name.
    part: Option<PartIndex>,
    /// What came before it was announced.
    early: String,
    /// Whether arguments were told.
    told: bool,
}

/// The items of one answer.
#[derive(Debug, Default)]
pub(super) struct Items {
    next: u32,
    texts: Vec<Text>,
    thoughts: Vec<Reasoning>,
    calls: Vec<Call>,
}

impl Items {
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.thoughts.is_empty() && self.calls.is_empty()
    }

    pub(super) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Whether a call never got a name.
    pub(super) fn has_nameless(&self) -> bool {
        self.calls.iter().any(|call| call.part.is_none())
    }

    fn fresh(&mut self) -> PartIndex {
        let part = PartIndex(self.next);
        self.next += 1;
        part
    }

    /// More text, or more of a refusal.
    pub(super) fn text(&mut self, place: Place, delta: &str, out: &mut VecDeque<ModelEvent>) {
        if delta.is_empty() {
            return;
        }
        let known = self.texts.iter().rev().find(|text| text.place == place);
        let part = if let Some(text) = known {
            text.part
        } else {
            let part = self.fresh();
            self.texts.push(Text { place, part });
            part
        };
        out.push_back(ModelEvent::Text {
            part,
            delta: delta.to_owned(),
        });
    }

    /// The whole text of a piece, if none of it came before.
    pub(super) fn whole_text(&mut self, place: Place, text: &str, out: &mut VecDeque<ModelEvent>) {
        if !self.texts.iter().any(|known| known.place == place) {
            self.text(place, text, out);
        }
    }

    fn reasoning(&mut self, item: u64) -> &mut Reasoning {
        let at = self
            .thoughts
            .iter()
            .rposition(|known| known.item == item)
            .unwrap_or_else(|| {
                let part = self.fresh();
                self.thoughts.push(Reasoning {
                    item,
                    part,
                    told: None,
                    kept: false,
                });
                self.thoughts.len() - 1
            });
        #[expect(
            clippy::indexing_slicing,
            reason = "the index was found or pushed just above"
        )]
        &mut self.thoughts[at]
    }

    /// More reasoning.
    pub(super) fn thought(
        &mut self,
        place: Place,
        form: Thought,
        delta: &str,
        out: &mut VecDeque<ModelEvent>,
    ) {
        if delta.is_empty() {
            return;
        }
        let reasoning = self.reasoning(place.item);
        let delta = match reasoning.told {
            Some((told, _)) if told != form => return,
            Some((_, piece)) if piece != place.piece => format!("{PARAGRAPH}{delta}"),
            Some(_) | None => delta.to_owned(),
        };
        reasoning.told = Some((form, place.piece));
        let part = reasoning.part;
        out.push_back(ModelEvent::Reasoning { part, delta });
    }

    /// A call with its name, or more about it.
    pub(super) fn call(
        &mut self,
        item: u64,
        given: &OutputItem<'_>,
        answer: Option<&str>,
        out: &mut VecDeque<ModelEvent>,
    ) {
        let name = given.name.as_deref().unwrap_or_default();
        let at = self.place_of(item);
        let announced = self.calls.get(at).is_none_or(|call| call.part.is_some());
        if announced || name.is_empty() {
            return;
        }
        let part = self.fresh();
        let id = given.call_id.as_deref().filter(|id| !id.is_empty());
        let id = id.map_or_else(
            || {
                let seed = answer.map_or_else(|| RunId::generate().to_string(), str::to_owned);
                call_id::made(&seed, at)
            },
            str::to_owned,
        );
        out.push_back(ModelEvent::ToolCallStarted {
            part,
            id: ToolCallId::new(id),
            name: ToolName::new(name),
        });
        if let Some(call) = self.calls.get_mut(at) {
            call.part = Some(part);
            let early = std::mem::take(&mut call.early);
            self.arguments(item, &early, out);
        }
    }

    fn place_of(&mut self, item: u64) -> usize {
        let known = self.calls.iter().rposition(|call| call.item == item);
        known.unwrap_or_else(|| {
            self.calls.push(Call {
                item,
                part: None,
                early: String::new(),
                told: false,
            });
            self.calls.len() - 1
        })
    }

    /// More arguments of a call.
    pub(super) fn arguments(&mut self, item: u64, delta: &str, out: &mut VecDeque<ModelEvent>) {
        if delta.is_empty() {
            return;
        }
        let at = self.place_of(item);
        let Some(call) = self.calls.get_mut(at) else {
            return;
        };
        match call.part {
            None => call.early.push_str(delta),
            Some(part) => {
                call.told = true;
                out.push_back(ModelEvent::ToolCallArguments {
                    part,
                    json: delta.to_owned(),
                });
            }
        }
    }

    /// All arguments of a call, if none of them came before.
    pub(super) fn whole_arguments(
        &mut self,
        item: u64,
        json: &str,
        out: &mut VecDeque<ModelEvent>,
    ) {
        let at = self.place_of(item);
        let silent = self
            .calls
            .get(at)
            .is_some_and(|call| !call.told && call.early.is_empty());
        if silent {
            self.arguments(item, json, out);
        }
    }

    /// An item is complete: adds what was not streamed.
    pub(super) fn done(
        &mut self,
        item: u64,
        given: &OutputItem<'_>,
        from: (&ProviderId, Option<&str>),
        out: &mut VecDeque<ModelEvent>,
    ) {
        let (provider, answer) = from;
        match given.kind.as_deref().unwrap_or_default() {
            "message" => {
                for (piece, content) in (0..).zip(&given.content) {
                    let text = content.text.as_deref().or(content.refusal.as_deref());
                    self.whole_text(Place { item, piece }, text.unwrap_or_default(), out);
                }
            }
            "function_call" => {
                self.call(item, given, answer, out);
                let arguments = given.arguments.as_ref().map_or("", |all| all.0.as_ref());
                self.whole_arguments(item, arguments, out);
            }
            "reasoning" => self.reasoned(item, given, provider, out),
            _ => {}
        }
    }

    fn reasoned(
        &mut self,
        item: u64,
        given: &OutputItem<'_>,
        provider: &ProviderId,
        out: &mut VecDeque<ModelEvent>,
    ) {
        let told = self.thoughts.iter().any(|known| known.item == item);
        let forms = [
            (Thought::Summary, &given.summary),
            (Thought::Whole, &given.content),
        ];
        for (form, contents) in forms.into_iter().filter(|_| !told) {
            for (piece, content) in (0..).zip(contents) {
                let text = content.text.as_deref().unwrap_or_default();
                self.thought(Place { item, piece }, form, text, out);
            }
        }
        let Some(data) = kept(given) else {
            return;
        };
        let reasoning = self.reasoning(item);
        if !std::mem::replace(&mut reasoning.kept, true) {
            let part = reasoning.part;
            let keep = ProviderState {
                provider: provider.clone(),
                kind: REASONING.into(),
                data: data.into(),
            };
            out.push_back(ModelEvent::Opaque { part, keep });
        }
    }

    /// The answer is whole: gives calls that came without arguments an empty object.
    pub(super) fn complete(&mut self, out: &mut VecDeque<ModelEvent>) {
        for call in self.calls.iter_mut().filter(|call| !call.told) {
            if let Some(part) = call.part {
                call.told = true;
                out.push_back(ModelEvent::ToolCallArguments {
                    part,
                    json: "{}".to_owned(),
                });
            }
        }
    }
}

/// A reasoning item as it goes back; `None` when the provider could not read it again.
fn kept(given: &OutputItem<'_>) -> Option<String> {
    let paragraph = |content: &Content<'_>| {
        Some(SummaryText {
            kind: Cow::Borrowed("summary_text"),
            text: content.text.as_deref()?.to_owned(),
        })
    };
    let given_text = |text: &Option<Cow<'_, str>>| {
        text.as_deref()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let item = ReasoningItem {
        id: given_text(&given.id)?,
        summary: given.summary.iter().filter_map(paragraph).collect(),
        encrypted_content: given_text(&given.encrypted_content)?,
    };
    serde_json::to_string(&item).ok()
}
