//! An answer as it arrives: bytes to frames to events, under deadlines and limits.

use super::pool::Exchange;
use crate::codec::{Decode, Framing, Peer, Progress};
use crate::event::EventSource;
use crate::lines::Lines;
use crate::sse::{Parser, Stopped};
use crate::{Error, ModelEvent};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, header};
use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Longest event, and longest answer in one piece, in bytes.
const PIECE_LIMIT: usize = 4 << 20;
/// Longest answer in bytes.
const ANSWER_LIMIT: usize = 64 << 20;
/// How long counts and the end mark may take once the answer has stopped.
const STOPPED_PATIENCE: Duration = Duration::from_secs(5);
/// How long the end of the body may take after the end mark; then the connection is given up.
const END_PATIENCE: Duration = Duration::from_millis(50);

/// Deadlines of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) first_byte: Duration,
    pub(super) idle: Duration,
}

/// Reads one answer of a wire format.
pub(super) struct Reader {
    pub(super) decoder: Box<dyn Decode + Send>,
    pub(super) framing: Framing,
}

/// How the body is read.
enum Form {
    /// Nothing was read and the header did not tell.
    Unknown,
    Frames(Parser),
    Lines(Lines),
    Whole(Vec<u8>),
}

enum State {
    Open,
    Failed(Error),
    Over,
}

/// An answer as it arrives.
pub(super) struct Answer {
    peer: Peer,
    decoder: Box<dyn Decode + Send>,
    framing: Framing,
    exchange: Box<Exchange>,
    form: Form,
    ready: VecDeque<ModelEvent>,
    state: State,
    received: usize,
    limits: Limits,
    cancel: CancellationToken,
    /// Rings at or before `due`; it is set anew only when it rings, not for every piece.
    alarm: Pin<Box<Sleep>>,
    due: Instant,
    waiting_for: (&'static str, Duration),
}

impl Answer {
    pub(super) fn new(
        peer: Peer,
        reader: Reader,
        exchange: Box<Exchange>,
        limits: Limits,
        cancel: CancellationToken,
    ) -> Self {
        let Reader { decoder, framing } = reader;
        let form = form(&exchange.head.headers, framing);
        Self {
            peer,
            decoder,
            framing,
            exchange,
            form,
            ready: VecDeque::new(),
            state: State::Open,
            received: 0,
            limits,
            cancel,
            alarm: Box::pin(sleep(limits.first_byte)),
            due: Instant::now() + limits.first_byte,
            waiting_for: ("first byte", limits.first_byte),
        }
    }

    /// Waits until there is an event to show, so that a failure before has its own type.
    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        while self.ready.is_empty() && matches!(self.state, State::Open) {
            self.read().await;
        }
        if self.ready.is_empty()
            && let State::Failed(error) = std::mem::replace(&mut self.state, State::Over)
        {
            return Err(error);
        }
        Ok(())
    }

    /// Reads one piece of the body. Cancel safe: it waits only before anything is taken.
    async fn read(&mut self) {
        if self.cancel.is_cancelled() {
            self.state = State::Failed(Error::Cancelled);
            return;
        }
        let frame = tokio::select! {
            biased;
            frame = self.exchange.frame() => frame,
            () = self.cancel.cancelled() => {
                self.state = State::Failed(Error::Cancelled);
                return;
            }
            () = self.alarm.as_mut() => return self.rang(),
        };
        let result = match frame {
            None => self.ended(),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => self.took(&data),
                Err(_trailers) => Ok(()),
            },
            // An answer that has stopped is whole, even if its connection breaks.
            Some(Err(_)) if self.decoder.progress() != Progress::Open => self.ended(),
            Some(Err(error)) => Err(self.broken(super::root(&error).to_string())),
        };
        match result {
            Err(error) => self.state = State::Failed(error),
            Ok(()) if self.decoder.progress() == Progress::Ended => self.state = State::Over,
            Ok(()) => {}
        }
    }

    fn took(&mut self, data: &Bytes) -> Result<(), Error> {
        self.received += data.len();
        if self.received > ANSWER_LIMIT {
            return Err(self.broken(format!("the answer is longer than {ANSWER_LIMIT} bytes")));
        }
        if matches!(self.form, Form::Unknown) {
            self.form = guess(data, self.framing);
        }
        match &mut self.form {
            Form::Unknown => {}
            Form::Frames(parser) => {
                let Self { decoder, ready, .. } = self;
                let read = parser.push(data, |frame| decoder.frame(&frame, ready));
                read.map_err(|stopped| self.stopped(stopped))?;
            }
            Form::Lines(lines) => {
                let Self { decoder, ready, .. } = self;
                let read = lines.push(data, |frame| decoder.frame(&frame, ready));
                read.map_err(|stopped| self.stopped(stopped))?;
            }
            Form::Whole(all) => {
                if all.len() + data.len() > PIECE_LIMIT {
                    return Err(self.broken(format!("it is longer than {PIECE_LIMIT} bytes")));
                }
                all.extend_from_slice(data);
            }
        }
        self.wait_for_more();
        Ok(())
    }

    fn ended(&mut self) -> Result<(), Error> {
        let Self { decoder, ready, .. } = self;
        match &mut self.form {
            Form::Whole(all) => decoder.body(all, ready),
            Form::Frames(parser) => {
                let read = parser.finish(|frame| decoder.frame(&frame, ready));
                read.map_err(|stopped| self.stopped(stopped))?;
                self.decoder.end(&mut self.ready)
            }
            Form::Lines(lines) => {
                let read = lines.finish(|frame| decoder.frame(&frame, ready));
                read.map_err(|stopped| self.stopped(stopped))?;
                self.decoder.end(&mut self.ready)
            }
            Form::Unknown => decoder.end(ready),
        }
    }

    fn wait_for_more(&mut self) {
        let patience = match self.decoder.progress() {
            Progress::Open => self.limits.idle,
            Progress::Stopped | Progress::Ended => self.limits.idle.min(STOPPED_PATIENCE),
        };
        self.due = Instant::now() + patience;
        if self.waiting_for != ("idle", patience) {
            self.waiting_for = ("idle", patience);
            self.alarm.as_mut().reset(self.due);
        }
    }

    fn rang(&mut self) {
        if Instant::now() < self.due {
            self.alarm.as_mut().reset(self.due);
            return;
        }
        if self.decoder.progress() != Progress::Open {
            self.state = match self.ended() {
                Ok(()) => State::Over,
                Err(error) => State::Failed(error),
            };
            return;
        }
        let (phase, waited) = self.waiting_for;
        let provider = self.peer.provider.clone();
        self.state = State::Failed(Error::TimedOut {
            provider,
            phase,
            waited,
        });
    }

    fn stopped(&self, stopped: Stopped<Error>) -> Error {
        match stopped {
            Stopped::Reader(error) => error,
            Stopped::TooLong(error) => self.broken(error.to_string()),
        }
    }

    fn broken(&self, detail: String) -> Error {
        Error::BrokenStream {
            provider: self.peer.provider.clone(),
            detail,
        }
    }
}

/// How the header says the body is to be read.
fn form(headers: &HeaderMap, framing: Framing) -> Form {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .map_or(&b""[..], |value| value.as_bytes());
    let starts = |name: &str| {
        kind.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
    };
    if starts("text/event-stream") || starts("application/x-ndjson") {
        framed(framing)
    } else if starts("application/json") {
        Form::Whole(Vec::new())
    } else {
        Form::Unknown
    }
}

/// How the first bytes look as if the body is to be read.
fn guess(data: &[u8], framing: Framing) -> Form {
    if framing == Framing::Events && data.trim_ascii_start().starts_with(b"{") {
        Form::Whole(Vec::new())
    } else {
        framed(framing)
    }
}

fn framed(framing: Framing) -> Form {
    match framing {
        Framing::Events => Form::Frames(Parser::new(PIECE_LIMIT)),
        Framing::Lines => Form::Lines(Lines::new(PIECE_LIMIT)),
    }
}

#[async_trait]
impl EventSource for Answer {
    async fn next(&mut self) -> Option<Result<ModelEvent, Error>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            match std::mem::replace(&mut self.state, State::Over) {
                State::Open => self.state = State::Open,
                State::Failed(error) => return Some(Err(error)),
                State::Over => {
                    // Reading to the very end is what lets the connection be used again.
                    let ended = self.decoder.progress() == Progress::Ended;
                    if ended && !self.exchange.is_over() {
                        let end = async { while let Some(Ok(_)) = self.exchange.frame().await {} };
                        if timeout(END_PATIENCE, end).await.is_err() {
                            tracing::debug!(provider.id = %self.peer.provider, "the body did not end");
                        }
                    }
                    return None;
                }
            }
            self.read().await;
        }
    }

    fn ready(&mut self) -> Option<ModelEvent> {
        self.ready.pop_front()
    }
}
