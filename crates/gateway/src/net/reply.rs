//! The body of an answer: bytes at once, or a stream.

use super::counters::Counters;
use super::wire::Exchange;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Why a stream of an answer broke; it ends the connection.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What an answer carries.
///
/// Full bodies get a `Content-Length`, streams are sent chunked as they come.
#[derive(Debug)]
pub struct ResponseBody {
    content: Content,
    exchange: Option<Ongoing>,
    until: Option<Until>,
}

/// What ends a stream early.
struct Until(BoxFuture<'static, ()>);

impl fmt::Debug for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Until")
    }
}

#[derive(Debug)]
enum Content {
    Full(Option<Bytes>),
    Stream(UnsyncBoxBody<Bytes, BoxError>),
}

/// Marks the connection as busy until the answer is written or given up.
#[derive(Debug)]
struct Ongoing {
    exchange: Arc<Exchange>,
    counters: Arc<Counters>,
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        self.exchange.finish();
    }
}

impl ResponseBody {
    /// No bytes.
    pub fn empty() -> Self {
        Self::full(Bytes::new())
    }

    /// These bytes.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let content = Content::Full((!bytes.is_empty()).then_some(bytes));
        Self {
            content,
            exchange: None,
            until: None,
        }
    }

    /// Bytes as they come.
    pub fn stream<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let boxed = body.map_err(Into::into).boxed_unsync();
        Self {
            content: Content::Stream(boxed),
            exchange: None,
            until: None,
        }
    }

    /// The same, broken off when this ends; only a stream can be.
    #[must_use]
    pub fn until(mut self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        if matches!(self.content, Content::Stream(_)) {
            self.until = Some(Until(end.boxed()));
        }
        self
    }

    /// Keeps the connection busy for as long as this body lives.
    pub(super) fn hold(&mut self, exchange: Arc<Exchange>, counters: Arc<Counters>) {
        self.exchange = Some(Ongoing { exchange, counters });
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let stream = match &mut this.content {
            Content::Full(bytes) => return Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
            Content::Stream(stream) => stream,
        };
        if let Some(until) = &mut this.until
            && until.0.poll_unpin(cx).is_ready()
        {
            this.until = None;
            this.content = Content::Full(None);
            let why = "the gateway's secret was replaced; send the request again with the new one";
            return Poll::Ready(Some(Err(why.into())));
        }
        // A broken stream must end one answer, not the task that may hold more of them.
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(stream).poll_frame(cx)));
        polled.unwrap_or_else(|_panic| {
            if let Some(ongoing) = &this.exchange {
                ongoing.counters.panics.up();
            }
            this.content = Content::Full(None);
            Poll::Ready(Some(Err("the answer ended with an internal error".into())))
        })
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Full(bytes) => bytes.is_none(),
            Content::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Full(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Content::Stream(stream) => stream.size_hint(),
        }
    }
}
