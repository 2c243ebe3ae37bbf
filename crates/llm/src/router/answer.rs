//! An answer under way: what was read ahead, then the stream, then the bill.

use super::candidates::Candidate;
use super::failover::{DEADLINE, reaction};
use super::health::Health;
use super::settle::Bill;
use crate::models::{AnswerSource, Receipt};
use crate::{Error, ModelEvent, ModelStream};
use async_trait::async_trait;
use domain::MicroUsd;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::{Instant, Sleep, sleep_until};

/// What an answer is made of.
pub(super) struct Called {
    pub(super) stream: ModelStream,
    /// Events read before there was something to show; the bill knows them.
    pub(super) ahead: VecDeque<ModelEvent>,
    pub(super) bill: Bill,
    pub(super) candidate: Candidate,
    pub(super) health: Arc<Health>,
    pub(super) deadline: Option<Instant>,
}

/// See the module.
pub(super) struct Answer {
    called: Called,
    begun: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
    over: bool,
    /// What the candidates before it cost.
    earlier: Option<MicroUsd>,
}

impl Answer {
    pub(super) fn new(called: Called) -> Self {
        Self {
            alarm: called
                .deadline
                .map(|deadline| Box::pin(sleep_until(deadline))),
            called,
            begun: Instant::now(),
            over: false,
            earlier: Some(MicroUsd::ZERO),
        }
    }

    pub(super) fn call(&self) -> &Bill {
        &self.called.bill
    }

    pub(super) fn after(&mut self, earlier: Option<MicroUsd>) {
        self.earlier = earlier;
    }

    /// A candidate that finished its answer is well.
    fn saw(&self, event: &ModelEvent) {
        let candidate = &self.called.candidate;
        if let (ModelEvent::Finished { .. }, Some(credential)) = (event, candidate.credential()) {
            let model = &candidate.target.info.model;
            self.called.health.succeeded(credential, model);
        }
    }

    /// Books the end of the answer and what it says about the candidate.
    fn end(&mut self, error: Option<&Error>) {
        self.over = true;
        let Called {
            bill,
            candidate,
            health,
            ..
        } = &mut self.called;
        match error {
            Some(error) => {
                bill.fail(error);
                if !candidate.target.provider.config.offline
                    && let Some(credential) = candidate.credential()
                {
                    let info = &candidate.target.info;
                    health.failed(credential, info, reaction(error).blame, error);
                }
            }
            None => {
                bill.close();
            }
        }
    }
}

#[async_trait]
impl AnswerSource for Answer {
    async fn next(&mut self) -> Option<Result<ModelEvent, Error>> {
        if let Some(event) = self.ready() {
            return Some(Ok(event));
        }
        if self.over {
            return None;
        }
        let stream = &mut self.called.stream;
        let next = match &mut self.alarm {
            None => stream.next().await,
            Some(alarm) => tokio::select! {
                biased;
                next = stream.next() => next,
                () = alarm.as_mut() => Some(Err(Error::TimedOut {
                    provider: self.called.candidate.target.info.provider.clone(),
                    phase: DEADLINE,
                    waited: self.begun.elapsed(),
                })),
            },
        };
        match &next {
            Some(Ok(event)) => {
                self.called.bill.see(event);
                self.saw(event);
            }
            Some(Err(error)) => {
                let error = error.clone();
                self.end(Some(&error));
            }
            None => self.end(None),
        }
        next
    }

    fn ready(&mut self) -> Option<ModelEvent> {
        if let Some(event) = self.called.ahead.pop_front() {
            self.saw(&event);
            return Some(event);
        }
        if self.over {
            return None;
        }
        let event = self.called.stream.ready()?;
        self.called.bill.see(&event);
        self.saw(&event);
        Some(event)
    }

    fn receipt(&mut self) -> Receipt {
        let own = self.called.bill.close().clone();
        let cost = own.cost.zip(self.earlier).map(|(own, before)| own + before);
        Receipt { cost, ..own }
    }
}
