//! An answer's body: pieces, pauses, and the ways a body can go wrong.

use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::answer::Sent;
use super::bill::Meter;
use super::journal::OpenCall;

/// One thing a body does.
#[derive(Debug)]
pub(super) enum Act {
    /// Send these bytes.
    Send(Bytes),
    /// Charge what this piece of an answer means for the bill, and send it.
    Tell(Sent),
    /// Do nothing for a while.
    Pause(Duration),
    /// Do nothing any more.
    Hang,
    /// Break the connection.
    Cut,
}

/// Why a body broke off; hyper closes the connection on it.
#[derive(Debug)]
pub(super) struct CutOff;

impl std::fmt::Display for CutOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut off as the script says")
    }
}

impl std::error::Error for CutOff {}

/// Acts one after the other.
#[derive(Debug)]
pub(super) struct ScriptedBody {
    acts: VecDeque<Act>,
    pause: Option<Pin<Box<Sleep>>>,
    flushed: bool,
    /// The length, when it is known and the connection is to say so.
    whole: Option<u64>,
    meter: Option<Meter>,
    _call: Option<OpenCall>,
}

impl ScriptedBody {
    /// A complete body of known length.
    pub(super) fn whole(bytes: Bytes, call: Option<OpenCall>) -> Self {
        let whole = u64::try_from(bytes.len()).ok();
        Self {
            whole,
            ..Self::acts([Act::Send(bytes)], call)
        }
    }

    /// A complete body of known length that is charged for.
    pub(super) fn charged(sent: Sent, meter: Meter, call: OpenCall) -> Self {
        let whole = u64::try_from(sent.bytes.len()).ok();
        Self {
            whole,
            ..Self::acts([Act::Tell(sent)], Some(call)).metered(meter)
        }
    }

    /// A chunked body.
    pub(super) fn acts(acts: impl IntoIterator<Item = Act>, call: Option<OpenCall>) -> Self {
        Self {
            acts: acts.into_iter().collect(),
            pause: None,
            flushed: false,
            whole: None,
            meter: None,
            _call: call,
        }
    }

    /// The same, charged by this meter as it is sent.
    pub(super) fn metered(self, meter: Meter) -> Self {
        Self {
            meter: Some(meter),
            ..self
        }
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        loop {
            if let Some(pause) = self.pause.as_mut() {
                if pause.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                self.pause = None;
            }
            match self.acts.pop_front() {
                None => return Poll::Ready(None),
                Some(Act::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Act::Tell(sent)) => {
                    // Before the client can know it: a test that has the answer has the bill.
                    if let Some(meter) = self.meter.as_mut() {
                        meter.note(sent.output, sent.reasoning, sent.reports);
                    }
                    return Poll::Ready(Some(Ok(Frame::data(sent.bytes))));
                }
                Some(Act::Pause(time)) => self.pause = Some(Box::pin(sleep(time))),
                Some(Act::Hang) => {
                    self.acts.push_front(Act::Hang);
                    return Poll::Pending;
                }
                Some(Act::Cut) if self.flushed => return Poll::Ready(Some(Err(CutOff))),
                Some(Act::Cut) => {
                    // hyper throws away what it has not sent yet when a body fails; being
                    // pending once makes it send.
                    self.flushed = true;
                    self.acts.push_front(Act::Cut);
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.acts.is_empty() && self.pause.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.whole {
            Some(length) if !self.acts.is_empty() => SizeHint::with_exact(length),
            Some(_) => SizeHint::with_exact(0),
            None => SizeHint::default(),
        }
    }
}
