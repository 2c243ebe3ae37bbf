//! Numbers the parts of an answer whose wire has only a stream of text and reasoning.

use crate::{ModelEvent, PartIndex};
use domain::ProviderState;
use std::collections::VecDeque;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Reasoning,
}

/// The parts so far.
#[derive(Debug, Default)]
pub(super) struct Parts {
    next: u32,
    /// The text or reasoning part that grows at present.
    open: Option<(Kind, PartIndex)>,
}

impl Parts {
    /// The number of a part of its own, after which text and reasoning begin anew.
    pub(super) fn fresh(&mut self) -> PartIndex {
        let part = PartIndex(self.next);
        self.next += 1;
        self.open = None;
        part
    }

    /// What comes next begins a part of its own.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// More text.
    pub(super) fn text(&mut self, delta: String, out: &mut VecDeque<ModelEvent>) {
        if !delta.is_empty() {
            let (part, _) = self.part(Kind::Text);
            out.push_back(ModelEvent::Text { part, delta });
        }
    }

    /// More reasoning. `keep` is put onto each new part.
    pub(super) fn reasoning(
        &mut self,
        delta: String,
        keep: impl FnOnce() -> Option<ProviderState>,
        out: &mut VecDeque<ModelEvent>,
    ) {
        if delta.is_empty() {
            return;
        }
        let (part, begins) = self.part(Kind::Reasoning);
        out.push_back(ModelEvent::Reasoning { part, delta });
        if let Some(keep) = begins.then(keep).flatten() {
            out.push_back(ModelEvent::Opaque { part, keep });
        }
    }

    /// The part that grows, and whether it is new.
    fn part(&mut self, kind: Kind) -> (PartIndex, bool) {
        match self.open {
            Some((open, part)) if open == kind => (part, false),
            Some(_) | None => {
                let part = self.fresh();
                self.open = Some((kind, part));
                (part, true)
            }
        }
    }
}
