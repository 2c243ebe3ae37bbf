//! The blocks of an answer as they grow.

use super::state::{self, REDACTED, THINKING};
use crate::codec::{Peer, call_id};
use crate::wire::anthropic::{AnswerBlock, BlockDelta};
use crate::{ModelEvent, PartIndex};
use domain::{RunId, ToolCallId, ToolName};
use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};

/// The blocks of one answer.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// Those that may still grow.
    open: Vec<Block>,
    next_part: u32,
    /// The ids of all calls, open or not.
    ids: HashSet<String>,
}

#[derive(Debug)]
struct Block {
    /// The number the provider gave it.
    index: Option<u64>,
    part: PartIndex,
    kind: Kind,
    /// A thought's signature, or the arguments a call began with.
    held: String,
    /// Whether arguments came after the beginning; then these are all of them.
    said: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Thought,
    Call,
    /// What we do not know, or know to hold nothing more.
    Else,
}

/// A call without a name cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nameless;

impl Blocks {
    /// Whether a tool is called.
    pub(super) fn has_calls(&self) -> bool {
        !self.ids.is_empty()
    }

    /// A block begins, with whatever it holds already. `answer` is the provider's id of the answer,
    /// the seed of ids it left out.
    pub(super) fn begin(
        &mut self,
        index: Option<u64>,
        block: AnswerBlock<'_>,
        peer: &Peer,
        answer: Option<&str>,
        out: &mut VecDeque<ModelEvent>,
    ) -> Result<(), Nameless> {
        match block.kind.as_deref().unwrap_or_default() {
            "text" => {
                self.push(index, Kind::Text);
            }
            "thinking" => {
                self.push(index, Kind::Thought);
            }
            "tool_use" => {
                let started = self.call(index, block, answer)?;
                out.push_back(started);
                return Ok(());
            }
            "redacted_thinking" => {
                let part = self.push(index, Kind::Else);
                if let Some(data) = given(block.data) {
                    let keep = state::pack(peer, REDACTED, &data);
                    out.push_back(ModelEvent::Opaque { part, keep });
                }
            }
            _ => {
                self.push(index, Kind::Else);
            }
        }
        let begun = BlockDelta {
            text: block.text,
            thinking: block.thinking,
            signature: block.signature,
            ..BlockDelta::default()
        };
        self.grow(index, begun, out);
        Ok(())
    }

    fn call(
        &mut self,
        index: Option<u64>,
        block: AnswerBlock<'_>,
        answer: Option<&str>,
    ) -> Result<ModelEvent, Nameless> {
        let name = given(block.name).ok_or(Nameless)?;
        let id = self.id(block.id.as_deref().unwrap_or_default(), answer);
        let part = self.push(index, Kind::Call);
        if let (Some(call), Some(input)) = (self.open.last_mut(), block.input) {
            call.held = input.0.into_owned();
        }
        Ok(ModelEvent::ToolCallStarted {
            part,
            id: ToolCallId::new(id.as_str()),
            name: ToolName::new(name.as_str()),
        })
    }

    /// An id no other call of the answer has.
    fn id(&mut self, given: &str, answer: Option<&str>) -> String {
        let mut id = given.to_owned();
        while id.is_empty() || self.ids.contains(&id) {
            let seed = answer.map_or_else(|| RunId::generate().to_string(), str::to_owned);
            id = call_id::made(&format!("{seed}{id}"), self.ids.len());
        }
        self.ids.insert(id.clone());
        id
    }

    fn push(&mut self, index: Option<u64>, kind: Kind) -> PartIndex {
        let part = PartIndex(self.next_part);
        self.next_part += 1;
        self.open.push(Block {
            index,
            part,
            kind,
            held: String::new(),
            said: false,
        });
        part
    }

    /// The newest open block with a number; the newest of all when there is none.
    fn newest(&mut self, index: Option<u64>) -> Option<&mut Block> {
        let is_it = |block: &&mut Block| index.is_none() || block.index == index;
        self.open.iter_mut().rev().find(is_it)
    }

    /// The part that more of a kind belongs to. Some servers send text without a beginning, and
    /// text under the number of a thought; what of a block we do not know is left out.
    fn part(&mut self, index: Option<u64>, kind: Kind) -> Option<PartIndex> {
        match self.newest(index) {
            Some(block) if block.kind == kind => Some(block.part),
            Some(block) if block.kind == Kind::Else => None,
            Some(_) | None => Some(self.push(index, kind)),
        }
    }

    /// More of a block.
    pub(super) fn grow(
        &mut self,
        index: Option<u64>,
        delta: BlockDelta<'_>,
        out: &mut VecDeque<ModelEvent>,
    ) {
        if let Some(delta) = given(delta.thinking)
            && let Some(part) = self.part(index, Kind::Thought)
        {
            out.push_back(ModelEvent::Reasoning { part, delta });
        }
        if let Some(delta) = given(delta.text)
            && let Some(part) = self.part(index, Kind::Text)
        {
            out.push_back(ModelEvent::Text { part, delta });
        }
        let Some(block) = self.newest(index) else {
            return;
        };
        match block.kind {
            Kind::Thought => {
                let signature = delta.signature.as_deref().unwrap_or_default();
                block.held.push_str(signature);
            }
            Kind::Call => {
                if let Some(json) = given(delta.partial_json) {
                    block.said |= !json.trim().is_empty();
                    let part = block.part;
                    out.push_back(ModelEvent::ToolCallArguments { part, json });
                }
            }
            Kind::Text | Kind::Else => {}
        }
    }

    /// A block is whole.
    pub(super) fn close(
        &mut self,
        index: Option<u64>,
        peer: &Peer,
        out: &mut VecDeque<ModelEvent>,
    ) {
        let is_it = |block: &Block| index.is_none() || block.index == index;
        let Some(at) = self.open.iter().rposition(is_it) else {
            return;
        };
        let block = self.open.remove(at);
        finish(block, peer, out);
    }

    /// The answer is whole, and so are its blocks.
    pub(super) fn close_all(&mut self, peer: &Peer, out: &mut VecDeque<ModelEvent>) {
        for block in self.open.drain(..) {
            finish(block, peer, out);
        }
    }
}

/// Gives a thought its signature, and a call that came without arguments those it began with: an
/// empty object when there were none, which is what the provider means.
fn finish(block: Block, peer: &Peer, out: &mut VecDeque<ModelEvent>) {
    let Block {
        part, held, said, ..
    } = block;
    match block.kind {
        Kind::Thought if !held.is_empty() => {
            let keep = state::pack(peer, THINKING, &held);
            out.push_back(ModelEvent::Opaque { part, keep });
        }
        Kind::Call if !said => {
            let json = Some(held).filter(|begun| !begun.trim().is_empty());
            let json = json.unwrap_or_else(|| "{}".to_owned());
            out.push_back(ModelEvent::ToolCallArguments { part, json });
        }
        Kind::Thought | Kind::Call | Kind::Text | Kind::Else => {}
    }
}

fn given(text: Option<Cow<'_, str>>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(Cow::into_owned)
}
