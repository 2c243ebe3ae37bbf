//! Tool calls as they arrive in pieces, with the liberties imitators take.

use crate::codec::call_id;
use crate::codec::parts::Parts;
use crate::wire::openai_chat::CallDelta;
use crate::{ModelEvent, PartIndex};
use domain::{RunId, ToolCallId, ToolName};
use std::collections::VecDeque;

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    all: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    /// The number the provider gave it.
    index: Option<u64>,
    id: String,
    name: String,
    /// Everything so far, to tell a finished call from one in the making.
    arguments: String,
    /// Set once it was announced, which needs a name.
    part: Option<PartIndex>,
}

/// What is needed to announce a call.
pub(super) struct Announce<'a> {
    /// The provider's id of the answer, the seed of ids it left out.
    pub(super) answer: Option<&'a str>,
    /// The parts so far.
    pub(super) parts: &'a mut Parts,
    /// Where events go.
    pub(super) out: &'a mut VecDeque<ModelEvent>,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether a call never got a name.
    pub(super) fn has_nameless(&self) -> bool {
        self.all.iter().any(|call| call.part.is_none())
    }

    /// The answer is whole: gives calls that came without arguments an empty object, which is what
    /// their providers mean.
    pub(super) fn complete(&self, out: &mut VecDeque<ModelEvent>) {
        for call in self
            .all
            .iter()
            .filter(|call| call.arguments.trim().is_empty())
        {
            if let Some(part) = call.part {
                out.push_back(ModelEvent::ToolCallArguments {
                    part,
                    json: "{}".to_owned(),
                });
            }
        }
    }

    /// Takes one piece.
    pub(super) fn add(&mut self, delta: &CallDelta<'_>, mut to: Announce<'_>) {
        let at = self.place(delta);
        let order = at;
        let Some(call) = self.all.get_mut(at) else {
            return;
        };
        let given = |text: &Option<std::borrow::Cow<'_, str>>| {
            text.as_deref()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        if call.part.is_none() {
            if let Some(id) = given(&delta.id) {
                call.id = id;
            }
            if let Some(name) = given(&delta.function.name) {
                call.name = name;
            }
        }
        let new = delta
            .function
            .arguments
            .as_ref()
            .map_or("", |arguments| arguments.0.as_ref());
        call.arguments.push_str(new);
        match call.part {
            Some(part) if !new.is_empty() => to.out.push_back(ModelEvent::ToolCallArguments {
                part,
                json: new.to_owned(),
            }),
            None if !call.name.is_empty() => announce(call, order, &mut to),
            Some(_) | None => {}
        }
    }

    /// Which call a piece belongs to. The rules, in order: a known number, unless the piece
    /// plainly begins another call; a known id; a new id or name begins a call; anything else
    /// continues the last one.
    fn place(&mut self, delta: &CallDelta<'_>) -> usize {
        let id = delta.id.as_deref().unwrap_or_default();
        let name = delta.function.name.as_deref().unwrap_or_default();
        let found = match delta.index {
            Some(index) => {
                let known = self.all.iter().rposition(|call| call.index == Some(index));
                known.filter(|at| !self.begins_another(*at, id, name))
            }
            None if !id.is_empty() => {
                let known = self.all.iter().rposition(|call| call.id == id);
                known.or_else(|| {
                    (name.is_empty() && !self.all.is_empty()).then(|| self.all.len() - 1)
                })
            }
            None if name.is_empty() => self.all.len().checked_sub(1),
            None => None,
        };
        found.unwrap_or_else(|| {
            self.all.push(Call {
                index: delta.index,
                id: String::new(),
                name: String::new(),
                arguments: String::new(),
                part: None,
            });
            self.all.len() - 1
        })
    }

    /// Some servers number every parallel call 0. A piece with a name begins another call when
    /// its id differs, or when the call so far is already whole.
    fn begins_another(&self, at: usize, id: &str, name: &str) -> bool {
        let Some(call) = self.all.get(at) else {
            return false;
        };
        if name.is_empty() || call.name.is_empty() {
            return false;
        }
        if !id.is_empty() && !call.id.is_empty() && id != call.id {
            return true;
        }
        id.is_empty() && is_object(&call.arguments)
    }
}

fn announce(call: &mut Call, order: usize, to: &mut Announce<'_>) {
    if call.id.is_empty() {
        let seed = to
            .answer
            .filter(|id| !id.is_empty())
            .map_or_else(|| RunId::generate().to_string(), str::to_owned);
        call.id = call_id::made(&seed, order);
    }
    let part = to.parts.fresh();
    call.part = Some(part);
    to.out.push_back(ModelEvent::ToolCallStarted {
        part,
        id: ToolCallId::new(call.id.as_str()),
        name: ToolName::new(call.name.as_str()),
    });
    if !call.arguments.is_empty() {
        to.out.push_back(ModelEvent::ToolCallArguments {
            part,
            json: call.arguments.clone(),
        });
    }
}

fn is_object(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
        && text.trim_start().starts_with('{')
}
