//! Calls that wait for their answer.

use crate::ClientError;
use protocol::FrameError;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Answers of one call that nobody has read yet. A call has two; what a gateway sends beyond that
/// is dropped.
const ANSWERS: usize = 4;

/// One answer of a call.
#[derive(Debug)]
pub struct Answer {
    /// What it says, unread.
    pub payload: Box<RawValue>,
    /// Whether it is the last one.
    pub is_final: bool,
}

type Outcome = Result<Answer, ClientError>;

/// The calls of one connection by their ids.
pub(super) struct Calls {
    address: String,
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    is_open: bool,
    waiting: HashMap<String, Waiting>,
}

struct Waiting {
    answers: mpsc::Sender<Outcome>,
    expect_final: bool,
}

#[derive(Serialize)]
struct Request<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    method: &'a str,
    params: &'a RawValue,
}

impl Calls {
    pub(super) fn new(address: String) -> Self {
        Self {
            address,
            next: AtomicU64::new(1),
            state: Mutex::default(),
        }
    }

    /// From here on calls are taken.
    pub(super) fn open(&self) {
        self.state().is_open = true;
    }

    /// Fails every call that waits, and those to come until the next [`Calls::open`].
    pub(super) fn lost(&self, code: Option<u16>, reason: &str) {
        let waiting = {
            let mut state = self.state();
            state.is_open = false;
            std::mem::take(&mut state.waiting)
        };
        for call in waiting.into_values() {
            // Whoever asked may have stopped waiting.
            drop(call.answers.try_send(Err(self.closed(code, reason))));
        }
    }

    fn closed(&self, code: Option<u16>, reason: &str) -> ClientError {
        ClientError::Closed {
            address: self.address.clone(),
            code,
            reason: reason.to_owned(),
        }
    }

    /// Registers a call; gives what to wait for and the frame to send.
    pub(super) fn begin(
        self: &Arc<Self>,
        method: &str,
        params: &RawValue,
        expect_final: bool,
        limit: Duration,
    ) -> Result<(Answers, String), ClientError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let request = Request {
            kind: "req",
            id: &id,
            method,
            params,
        };
        let frame = serde_json::to_string(&request).map_err(|error| ClientError::Protocol {
            address: self.address.clone(),
            reason: error.to_string(),
        })?;
        let (sender, receiver) = mpsc::channel(ANSWERS);
        {
            let mut state = self.state();
            if !state.is_open {
                return Err(self.closed(None, "not connected at the moment"));
            }
            let waiting = Waiting {
                answers: sender,
                expect_final,
            };
            state.waiting.insert(id.clone(), waiting);
        }
        let answers = Answers {
            id,
            calls: Arc::clone(self),
            receiver,
            limit,
            deadline: Instant::now() + limit,
        };
        Ok((answers, frame))
    }

    /// An answer has come. One that nobody waits for is dropped.
    pub(super) fn answered(&self, id: &str, outcome: Result<Box<RawValue>, FrameError>) {
        let outcome = match outcome {
            Ok(payload) => Ok(payload),
            Err(error) => Err(self.refused(error)),
        };
        let mut state = self.state();
        let Some(call) = state.waiting.get(id) else {
            return;
        };
        let more = call.expect_final && outcome.as_ref().is_ok_and(|payload| is_accepted(payload));
        let outcome = outcome.map(|payload| Answer {
            payload,
            is_final: !more,
        });
        drop(call.answers.try_send(outcome));
        if !more {
            state.waiting.remove(id);
        }
    }

    fn refused(&self, error: FrameError) -> ClientError {
        super::door::refusal(&self.address, error)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done by a panic between these lines.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_accepted(payload: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Peek {
        status: Option<String>,
    }
    serde_json::from_str(payload.get())
        .is_ok_and(|peek: Peek| peek.status.as_deref() == Some("accepted"))
}

/// The answers of one call, in order.
pub struct Answers {
    id: String,
    calls: Arc<Calls>,
    receiver: mpsc::Receiver<Outcome>,
    limit: Duration,
    deadline: Instant,
}

impl Answers {
    /// The next answer.
    ///
    /// # Errors
    /// [`ClientError::Refused`], [`ClientError::Closed`], and [`ClientError::TimedOut`] when the
    /// call as a whole takes too long.
    ///
    /// # Cancel safety
    /// No answer is lost; dropping the value forgets the call.
    pub async fn next(&mut self) -> Result<Answer, ClientError> {
        let timeout = tokio::time::timeout_at(self.deadline, self.receiver.recv()).await;
        match timeout {
            Ok(Some(outcome)) => outcome,
            Ok(None) => Err(self.calls.closed(None, "the call has no further answer")),
            Err(_) => Err(self.late()),
        }
    }

    /// The last answer; earlier ones are passed over.
    ///
    /// # Errors
    /// As [`Answers::next`].
    pub async fn last(&mut self) -> Result<Box<RawValue>, ClientError> {
        loop {
            let answer = self.next().await?;
            if answer.is_final {
                return Ok(answer.payload);
            }
        }
    }

    /// Does `work` within the time limit of the call.
    pub(super) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, ClientError> {
        tokio::time::timeout_at(self.deadline, work)
            .await
            .map_err(|_| self.late())
    }

    fn late(&self) -> ClientError {
        ClientError::TimedOut {
            address: self.calls.address.clone(),
            limit: self.limit,
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.calls.state().waiting.remove(&self.id);
    }
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
