//! The socket as the HTTP library reads and writes it.

use super::alarm::Alarm;
use super::chunked::Chunked;
use super::exchange::{Exchange, Fault};
use super::head::{self, Framing, HeadLimits};
use super::inbox::Inbox;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, Take};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Handed on in the place of a head that was refused.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";
/// How long a closing connection waits for the client to have read the last answer.
const LINGER: Duration = Duration::from_secs(2);
/// Most bytes a closing connection reads and throws away for that.
const LINGER_BYTES: usize = 24 * 1024 * 1024;
/// Most bytes read ahead of a chunked body.
const READ_AHEAD: usize = 16 * 1024;

/// Sizes and deadlines of one connection.
#[derive(Debug, Clone, Copy)]
pub(in crate::net) struct WireLimits {
    /// Sizes of a head.
    pub(in crate::net) head: HeadLimits,
    /// From the first byte of a head (or the start of the connection) to its last.
    pub(in crate::net) header: Duration,
    /// Between the end of an answer and the first byte of the next head.
    pub(in crate::net) idle: Duration,
    /// For a client to take bytes of an answer.
    pub(in crate::net) stall: Duration,
}

/// One connection's socket.
#[derive(Debug)]
pub(in crate::net) struct Wire {
    socket: Take<TcpStream>,
    inbox: Inbox,
    stage: Stage,
    /// Bytes at the front of the inbox that are checked and may be handed on.
    cleared: usize,
    /// Bytes of an incomplete head already searched for its end.
    searched: usize,
    /// Whether a blank line stood before this head.
    blank: bool,
    heads: u64,
    due: Option<Instant>,
    alarm: Alarm,
    stall: Option<Alarm>,
    lingered: usize,
    limits: WireLimits,
    exchange: Arc<Exchange>,
}

#[derive(Debug)]
enum Stage {
    /// The next bytes are a head.
    Head,
    /// This many more bytes of a body.
    Length(u64),
    /// More of a chunked body.
    Chunked(Chunked),
    /// A refusal is under way; nothing more is read.
    Refused,
}

impl Wire {
    pub(in crate::net) fn new(
        socket: TcpStream,
        limits: WireLimits,
        exchange: Arc<Exchange>,
    ) -> Self {
        let most = limits.head.line.max(limits.head.headers) + limits.head.headers + 64;
        Self {
            socket: socket.take(0),
            inbox: Inbox::new(most.max(READ_AHEAD)),
            stage: Stage::Head,
            cleared: 0,
            searched: 0,
            blank: false,
            heads: 0,
            due: None,
            alarm: Alarm::new(Instant::now() + limits.header),
            stall: None,
            lingered: 0,
            limits,
            exchange,
        }
    }

    /// The bare socket, with what was read of it and not handed on.
    pub(in crate::net) fn into_socket(self) -> (TcpStream, Vec<u8>) {
        let held = self.inbox.bytes().to_vec();
        (self.socket.into_inner(), held)
    }

    /// Clears a head at the front of the inbox, together with what is there of its body.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if !self.blank && self.searched <= 1 && self.inbox.bytes().starts_with(b"\r\n") {
                // One is to be tolerated. Source: RFC 9112, section 2.2.
                self.inbox.drop_front(2);
                (self.blank, self.searched) = (true, 0);
            }
            let bytes = self.inbox.bytes();
            if let Some(length) = head::end_of_head(bytes, self.searched) {
                let whole = bytes.get(..length).unwrap_or_default();
                match head::check(whole, &self.limits.head) {
                    Ok(framing) => self.clear_head(length, framing),
                    Err(fault) => self.refuse(fault),
                }
                return Poll::Ready(Ok(()));
            }
            self.searched = bytes.len();
            let overflow = head::overflow(bytes, &self.limits.head);
            if let Some(fault) = overflow.or(self.inbox.is_full().then_some(Fault::HeadersTooLarge))
            {
                self.refuse(fault);
                return Poll::Ready(Ok(()));
            }
            let was_empty = self.inbox.is_empty();
            match self.inbox.poll_fill(self.socket.get_mut(), cx) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Poll::Ready(Ok(_)) if was_empty => self.due = None,
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    ready!(self.poll_overdue(cx));
                    if self.inbox.is_empty() {
                        return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                    }
                    self.refuse(Fault::TimedOut);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    /// Ready when the client is too late; time only runs while it is its turn.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.exchange.is_busy() {
            self.due = None;
            return Poll::Pending;
        }
        let between = self.inbox.is_empty() && self.heads > 0;
        let allowed = if between {
            self.limits.idle
        } else {
            self.limits.header
        };
        let due = *self.due.get_or_insert_with(|| Instant::now() + allowed);
        if self.alarm.is_over(due, cx) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn clear_head(&mut self, length: usize, framing: Framing) {
        self.heads += 1;
        (self.blank, self.searched) = (false, 0);
        self.due = None;
        self.cleared = length;
        self.stage = match framing {
            Framing::Chunked => Stage::Chunked(Chunked::new()),
            Framing::Length(0) => Stage::Head,
            Framing::Length(body) => {
                let here = self.inbox.bytes().len() - length;
                let taken = u64::try_from(here).unwrap_or(u64::MAX).min(body);
                self.cleared += usize::try_from(taken).unwrap_or(0);
                Stage::Length(body - taken)
            }
        };
    }

    fn refuse(&mut self, fault: Fault) {
        self.heads += 1;
        self.exchange.refuse(self.heads, fault);
        self.inbox.replace(STAND_IN);
        self.cleared = STAND_IN.len();
        self.stage = Stage::Refused;
    }

    /// Reads body bytes straight into the library's buffer, but not past the body's end.
    fn poll_length(
        &mut self,
        left: u64,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.socket.set_limit(left);
        let before = out.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, out))?;
        let read = u64::try_from(out.filled().len() - before).unwrap_or(left);
        self.stage = Stage::Length(left - read.min(left));
        Poll::Ready(Ok(()))
    }

    /// Fails when the client has not taken a byte for too long.
    fn stalled<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall = None;
            return written;
        }
        let due = Instant::now() + self.limits.stall;
        let stall = self.stall.get_or_insert_with(|| Alarm::new(due));
        if stall.is_over(stall.due(), cx) {
            let error = io::Error::new(io::ErrorKind::TimedOut, "the client stopped reading");
            return Poll::Ready(Err(error));
        }
        Poll::Pending
    }

    /// Whether the client may still be sending what nobody will read.
    fn has_unread(&self) -> bool {
        match self.stage {
            Stage::Head => !self.inbox.is_empty(),
            Stage::Length(left) => left > 0,
            Stage::Chunked(_) | Stage::Refused => true,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.cleared > 0 {
                this.cleared -= this.inbox.hand_on(this.cleared, out);
                return Poll::Ready(Ok(()));
            }
            match &mut this.stage {
                Stage::Length(0) => this.stage = Stage::Head,
                Stage::Length(left) => {
                    let left = *left;
                    return this.poll_length(left, cx, out);
                }
                Stage::Chunked(chunked) if chunked.is_done() => this.stage = Stage::Head,
                Stage::Chunked(chunked) => {
                    if this.inbox.is_empty()
                        && ready!(this.inbox.poll_fill(this.socket.get_mut(), cx))? == 0
                    {
                        return Poll::Ready(Ok(()));
                    }
                    this.cleared = chunked.follow(this.inbox.bytes()).map_err(|_fault| {
                        io::Error::new(io::ErrorKind::InvalidData, "malformed chunked body")
                    })?;
                }
                // The answer ends the connection; until then there is nothing to read, and an
                // "end of stream" would make the library give up the answer.
                Stage::Refused => return Poll::Pending,
                Stage::Head => match ready!(this.poll_head(cx)) {
                    Ok(()) => {}
                    // The client is gone, or idle for too long: either way the stream ends here.
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                        return Poll::Ready(Ok(()));
                    }
                    Err(error) => return Poll::Ready(Err(error)),
                },
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(this.socket.get_mut()).poll_write(cx, bytes);
        this.stalled(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(this.socket.get_mut()).poll_write_vectored(cx, slices);
        this.stalled(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.get_ref().is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().socket.get_mut()).poll_flush(cx)
    }

    /// Ends the answer, then waits a moment while the client still sends: closing at once would
    /// reset the connection, and the client would lose the answer. Source: RFC 9112, section 9.6.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(this.socket.get_mut()).poll_shutdown(cx))?;
        if !this.has_unread() {
            return Poll::Ready(Ok(()));
        }
        if this.lingered == 0 {
            this.due = Some(Instant::now() + LINGER);
            this.lingered = 1;
        }
        let mut waste = [0; 16 * 1024];
        while this.lingered < LINGER_BYTES {
            let mut read = ReadBuf::new(&mut waste);
            match Pin::new(this.socket.get_mut()).poll_read(cx, &mut read) {
                Poll::Ready(Ok(())) if !read.filled().is_empty() => {
                    this.lingered += read.filled().len();
                }
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    let due = *this.due.get_or_insert_with(Instant::now);
                    let over = this.alarm.is_over(due, cx);
                    return if over {
                        Poll::Ready(Ok(()))
                    } else {
                        Poll::Pending
                    };
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}
