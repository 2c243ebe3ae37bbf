//! The making of one response: pieces in, events and the finished response out.
//!
//! It runs as a task of its own, so that a response in the background goes on without its caller,
//! and one whose caller left is closed and kept as what it is.

use super::events::Story;
use super::kept::Slot;
use super::object::{Response, items};
use crate::error::ApiError;
use crate::http::exchange::{self, Answerer, Ended, Exchange, Piece, Question};
use crate::services::Services;
use crate::services::responses::Making;
use bytes::Bytes;
use domain::{RunId, SessionKey};
use http::HeaderValue;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How many updates may wait for a slow reader before the making waits for it.
const WAITING: usize = 64;

/// What the caller hears.
pub(super) enum Update {
    /// More of the stream.
    Events(Bytes),
    /// The response, finished, and the error it came to.
    Finished(Box<Response>, Option<ApiError>),
}

/// Where the making begins.
pub(super) enum Start {
    /// It was asked already.
    Asked(Box<Exchange>),
    /// Nobody waits for it, so it is asked by whoever makes it.
    ToAsk(Answerer, Box<Question>),
}

impl Start {
    /// The run and the session of an agent.
    pub(super) fn run(&self) -> Option<(RunId, SessionKey)> {
        match self {
            Self::Asked(exchange) => exchange
                .run()
                .map(|(run, session)| (run.clone(), session.clone())),
            Self::ToAsk(..) => None,
        }
    }

    /// What the answer's headers say about it.
    pub(super) fn headers(&self) -> Vec<(&'static str, HeaderValue)> {
        match self {
            Self::Asked(exchange) => exchange.headers(),
            Self::ToAsk(..) => Vec::new(),
        }
    }
}

/// How a response is made.
pub(super) struct Maker {
    pub(super) services: Arc<Services>,
    pub(super) making: Making,
    /// Whether the caller wants the events.
    pub(super) stream: bool,
    /// Whether it goes on without its caller.
    pub(super) background: bool,
    /// What is kept beside it; `None` when it is not kept.
    pub(super) slot: Option<Slot>,
}

/// How the reading of an answer came to its end.
enum End {
    Came(Ended),
    /// Somebody stopped it, or the caller left.
    Cancelled(Ended),
    /// The gateway stops; after its next start the run goes on.
    Left,
}

impl Maker {
    /// Starts the making.
    pub(super) fn start(self, start: Start, response: Response) -> mpsc::Receiver<Update> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let tasks = self.services.responses.tasks().clone();
        tasks.spawn(self.make(start, response, sender));
        receiver
    }

    async fn make(mut self, start: Start, response: Response, updates: mpsc::Sender<Update>) {
        let mut story = Story::new(response);
        if self.stream {
            let begin = story.begin();
            send(&updates, begin, self.making.cancelled()).await;
        }
        let (ended, cancelled) = match self.answer(start, &mut story, &updates).await {
            End::Came(ended) => (ended, false),
            End::Cancelled(ended) => (ended, true),
            End::Left => return,
        };
        story.response.close(&ended, cancelled);
        let last = self.stream.then(|| story.end());
        let mut response = story.response;
        if !self.stream {
            response.output = items(&ended.message, &ended.calls, response.status);
        }
        self.keep(&response, &ended).await;
        // From here on it is found, so whoever waits for it is told.
        drop(self.making);
        if let Some(events) = last {
            drop(updates.send(Update::Events(events)).await);
        }
        let finished = Update::Finished(Box::new(response), ended.error);
        drop(updates.send(finished).await);
    }

    /// Asks, if that is still to be done, and reads the answer to its end.
    async fn answer(&self, start: Start, story: &mut Story, updates: &mpsc::Sender<Update>) -> End {
        let (answerer, question) = match start {
            Start::Asked(mut exchange) => return self.read(&mut exchange, story, updates).await,
            Start::ToAsk(answerer, question) => (answerer, *question),
        };
        let asked = tokio::select! {
            biased;
            () = self.making.cancelled().cancelled() => {
                return End::Cancelled(Ended::failed(exchange::lost()));
            }
            () = self.services.responses.stopping().cancelled() => return End::Left,
            asked = Exchange::begin(&self.services, answerer, question) => asked,
        };
        match asked {
            Ok(mut exchange) => self.read(&mut exchange, story, updates).await,
            Err(error) => End::Came(Ended::failed(error)),
        }
    }

    async fn read(
        &self,
        exchange: &mut Exchange,
        story: &mut Story,
        updates: &mpsc::Sender<Update>,
    ) -> End {
        let stopping = self.services.responses.stopping();
        loop {
            let piece = tokio::select! {
                biased;
                () = self.making.cancelled().cancelled() => break,
                () = updates.closed(), if !self.background => break,
                () = stopping.cancelled(), if self.background => return End::Left,
                piece = exchange.next() => piece,
            };
            match piece {
                Some(Piece::Ended(ended)) => return End::Came(*ended),
                Some(piece) if self.stream => {
                    let events = story.tell(&piece);
                    send(updates, events, self.making.cancelled()).await;
                }
                Some(_) => {}
                None => return End::Came(Ended::failed(exchange::lost())),
            }
        }
        End::Cancelled(exchange.stop().await)
    }

    async fn keep(&mut self, response: &Response, ended: &Ended) {
        let Some(slot) = self.slot.as_mut().filter(|_| !self.making.is_forgotten()) else {
            return;
        };
        if !ended.message.parts.is_empty() {
            slot.transcript.said.push(ended.message.clone());
        }
        let kept = match slot.row(response) {
            Ok(row) => self
                .services
                .responses
                .put(row)
                .await
                .map_err(ApiError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            warn!(error = %error.message, "a response was answered but could not be kept");
        }
    }
}

/// Hands out events; somebody who cancels need not wait for a slow reader.
async fn send(updates: &mpsc::Sender<Update>, events: Bytes, cancelled: &CancellationToken) {
    if events.is_empty() {
        return;
    }
    tokio::select! {
        biased;
        () = cancelled.cancelled() => {}
        // A caller that left is noticed before the next piece is waited for.
        sent = updates.send(Update::Events(events)) => drop(sent),
    }
}
