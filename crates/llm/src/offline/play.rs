//! Plays a list of steps as a stream of events.

use crate::event::EventSource;
use crate::{Error, ModelEvent};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;

/// One step of a performance.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing happens for a while.
    Wait(Duration),
    /// An event.
    Event(ModelEvent),
    /// The end, with an error.
    Fail(Error),
}

/// Plays steps.
pub(super) struct Player {
    steps: VecDeque<Step>,
    /// A wait that has begun; kept here so that dropping a future does not start it over.
    waiting: Option<Pin<Box<Sleep>>>,
    cancel: CancellationToken,
}

impl Player {
    pub(super) fn new(steps: VecDeque<Step>, cancel: CancellationToken) -> Self {
        Self {
            steps,
            waiting: None,
            cancel,
        }
    }

    /// Waits for the first event; a failure before it is the error of the call.
    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        self.wait().await?;
        match self.steps.pop_front() {
            Some(Step::Fail(error)) => Err(error),
            Some(step) => {
                self.steps.push_front(step);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Sits out the waits before the next event.
    async fn wait(&mut self) -> Result<(), Error> {
        if self.cancel.is_cancelled() {
            self.steps.clear();
            return Err(Error::Cancelled);
        }
        loop {
            if let Some(Step::Wait(time)) = self.steps.front() {
                let time = *time;
                let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(time)));
                if self.cancel.run_until_cancelled(waiting).await.is_none() {
                    self.steps.clear();
                    return Err(Error::Cancelled);
                }
                self.waiting = None;
                self.steps.pop_front();
            } else {
                return Ok(());
            }
        }
    }
}

#[async_trait]
impl EventSource for Player {
    async fn next(&mut self) -> Option<Result<ModelEvent, Error>> {
        if self.steps.is_empty() {
            return None;
        }
        if let Err(error) = self.wait().await {
            return Some(Err(error));
        }
        match self.steps.pop_front()? {
            Step::Event(event) => Some(Ok(event)),
            Step::Fail(error) => {
                self.steps.clear();
                Some(Err(error))
            }
            Step::Wait(_) => None,
        }
    }

    fn ready(&mut self) -> Option<ModelEvent> {
        if self.cancel.is_cancelled() || !matches!(self.steps.front(), Some(Step::Event(_))) {
            return None;
        }
        match self.steps.pop_front() {
            Some(Step::Event(event)) => Some(event),
            Some(Step::Wait(_) | Step::Fail(_)) | None => None,
        }
    }
}
