//! Cuts an answer into steps.

use super::command::Wanted;
use super::play::Step;
use super::script::Fail;
use super::{estimate, talk};
use crate::codec::Peer;
use crate::codec::digest::digest;
use crate::{ModelEvent, ModelRequest, PartIndex};
use domain::{ModelId, StopReason, ToolCallId, ToolName};
use std::collections::VecDeque;
use std::time::Duration;

/// Steps in the making.
pub(super) struct Stage<'a> {
    peer: &'a Peer,
    request: &'a ModelRequest,
    steps: VecDeque<Step>,
    delay: Duration,
    /// Tokens said so far.
    pub(super) output: u64,
    pieces: usize,
    calls: usize,
    /// Pieces after this many are not said.
    most: usize,
    seed: String,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        peer: &'a Peer,
        request: &'a ModelRequest,
        delay: Duration,
        fail: Option<&Fail>,
    ) -> Self {
        let said = talk::last_user_text(&request.messages);
        let seed = digest(&[
            request.messages.len().to_string().as_bytes(),
            said.as_bytes(),
        ]);
        let mut steps = VecDeque::new();
        if let Some(slow) = fail.and_then(Fail::slow_first) {
            steps.push_back(Step::Wait(slow));
        }
        let most = fail.and_then(Fail::after).unwrap_or(usize::MAX);
        if most > 0 {
            steps.push_back(Step::Event(ModelEvent::Started {
                response_id: Some(format!("offline-{seed}").into()),
                model: Some(ModelId::new(super::MODEL)),
            }));
        }
        Self {
            peer,
            request,
            steps,
            delay,
            output: 0,
            pieces: 0,
            calls: 0,
            most,
            seed,
        }
    }

    pub(super) fn piece(&mut self, event: ModelEvent) {
        if self.pieces == self.most {
            return;
        }
        self.pieces += 1;
        if let ModelEvent::Text { delta, .. } | ModelEvent::Reasoning { delta, .. } = &event {
            self.output += estimate::tokens(delta).0;
        }
        if !self.delay.is_zero() {
            self.steps.push_back(Step::Wait(self.delay));
        }
        self.steps.push_back(Step::Event(event));
    }

    pub(super) fn call(&mut self, part: PartIndex, wanted: &Wanted) {
        let json = wanted.arguments.to_string();
        let id = ToolCallId::new(format!("call_{}_{}", self.seed, self.calls));
        let name = ToolName::new(wanted.name.as_str());
        self.calls += 1;
        self.output += estimate::tokens(&json).0 + estimate::tokens(&wanted.name).0;
        self.steps
            .push_back(Step::Event(ModelEvent::ToolCallStarted { part, id, name }));
        self.steps
            .push_back(Step::Event(ModelEvent::ToolCallArguments { part, json }));
    }

    pub(super) fn end(mut self, fail: Option<&Fail>, stop: Option<StopReason>) -> VecDeque<Step> {
        if let Some(fail) = fail.filter(|fail| fail.after().is_some()) {
            fail.end(self.peer, &mut self.steps);
            return self.steps;
        }
        let usage = estimate::usage(self.request, self.output);
        let by_calls = if self.calls > 0 {
            StopReason::ToolCalls
        } else {
            StopReason::Stop
        };
        self.steps.push_back(Step::Event(ModelEvent::Usage(usage)));
        let reason = stop.unwrap_or(by_calls);
        self.steps
            .push_back(Step::Event(ModelEvent::Finished { reason }));
        self.steps
    }
}
