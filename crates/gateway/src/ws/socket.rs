//! One WebSocket: messages in, texts out, in the task of whoever holds it.
//!
//! It owns no buffer while nothing is under way, so that ten thousand idle ones cost little.

use super::frames::{self, Arrived, Broken, Reader};
use super::outbox::Close;
use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// Most bytes taken from the system at once.
const READ: usize = 16 * 1024;

/// Above this many unsent bytes nothing more is taken to be sent.
const FULL: usize = 64 * 1024;

/// Most pings and pongs a client may send in a second. Source: security specification, section 8.
const MAX_CONTROLS: u32 = 20;

/// How long the other end may take to say good-bye.
const FAREWELL: Duration = Duration::from_secs(1);

/// Most bytes that are read and thrown away meanwhile.
const LINGER: usize = 32 * 1024 * 1024;

/// What a socket brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A message.
    Message(Vec<u8>),
    /// A sign of life.
    Alive,
    /// Nothing, but there is room again for something to be sent.
    Room,
    /// The other end said good-bye.
    Farewell,
    /// The connection is no more.
    Gone,
    /// The other end must be told good-bye.
    Broken(Close),
}

/// A WebSocket, after its 101.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    reader: Reader,
    arrived: VecDeque<Arrived>,
    broken: Option<Broken>,
    /// Frames to send, and how much of the first is sent.
    unsent: VecDeque<Vec<u8>>,
    sent: usize,
    unsent_bytes: usize,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    controls: (Option<Instant>, u32),
}

impl Socket {
    /// Takes messages of up to `limit` bytes; gives up when the other end takes nothing for
    /// `patience`. `rest` is what was read of it already.
    pub(super) fn new(stream: TcpStream, rest: &[u8], limit: usize, patience: Duration) -> Self {
        let mut socket = Self {
            stream,
            reader: Reader::new(limit),
            arrived: VecDeque::new(),
            broken: None,
            unsent: VecDeque::new(),
            sent: 0,
            unsent_bytes: 0,
            patience,
            stalled: None,
            controls: (None, 0),
        };
        socket.feed(rest);
        socket
    }

    /// Takes messages of up to `limit` bytes from here on.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.reader.set_limit(limit);
    }

    /// Whether there is room for another text.
    pub(super) fn has_room(&self) -> bool {
        self.unsent_bytes < FULL
    }

    /// Puts a text where it is sent from, which happens during [`next`](Self::next).
    pub(super) fn send(&mut self, text: &str) {
        self.put(|out| frames::write_text(text, out));
    }

    /// The same with a ping.
    pub(super) fn ping(&mut self) {
        self.put(frames::write_ping);
    }

    fn put(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        match self.unsent.back_mut() {
            // Small frames that wait together leave together.
            Some(last) if last.len() < READ => {
                let before = last.len();
                write(last);
                self.unsent_bytes += last.len() - before;
            }
            Some(_) | None => {
                let mut fresh = Vec::new();
                write(&mut fresh);
                self.unsent_bytes += fresh.len();
                self.unsent.push_back(fresh);
            }
        }
    }

    /// Sends what waits and returns what comes.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Incoming {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        loop {
            if let Some(arrived) = self.arrived.pop_front() {
                return Poll::Ready(self.took(arrived));
            }
            self.arrived = VecDeque::new();
            if let Some(Broken(code, reason)) = self.broken {
                return Poll::Ready(Incoming::Broken(Close::new(code, reason)));
            }
            let was_full = !self.has_room();
            if self.poll_send(cx).is_err() {
                return Poll::Ready(Incoming::Gone);
            }
            if was_full && self.has_room() {
                // Whoever stopped sending because there was no room waits for this.
                return Poll::Ready(Incoming::Room);
            }
            match ready!(self.poll_fill(cx)) {
                Ok(0) | Err(_) => return Poll::Ready(Incoming::Gone),
                Ok(_) => {}
            }
        }
    }

    /// What a client hears of something that arrived, and what the caller does.
    fn took(&mut self, arrived: Arrived) -> Incoming {
        match arrived {
            Arrived::Message(text) => Incoming::Message(text),
            Arrived::Close => Incoming::Farewell,
            Arrived::Pong => self.controlled(),
            Arrived::Ping(payload) => {
                self.put(|out| frames::write_pong(&payload, out));
                self.controlled()
            }
        }
    }

    /// Counts a ping or pong.
    fn controlled(&mut self) -> Incoming {
        let now = Instant::now();
        let (since, count) = &mut self.controls;
        match since {
            Some(since) if now.duration_since(*since) < Duration::from_secs(1) => *count += 1,
            Some(_) | None => (*since, *count) = (Some(now), 1),
        }
        if *count > MAX_CONTROLS {
            return Incoming::Broken(Close::new(1008, "too many control frames"));
        }
        Incoming::Alive
    }

    /// Sends as much as the other end takes. An error when the connection is no more, or when
    /// nothing was taken for too long.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while let Some(first) = self.unsent.front() {
            let bytes = first.get(self.sent..).unwrap_or_default();
            match Pin::new(&mut self.stream).poll_write(cx, bytes) {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) => {
                    self.stalled = None;
                    self.sent += count;
                    self.unsent_bytes = self.unsent_bytes.saturating_sub(count);
                    if self.sent >= first.len() {
                        self.sent = 0;
                        self.unsent.pop_front();
                    }
                }
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => {
                    let patience = self.patience;
                    let stalled = self
                        .stalled
                        .get_or_insert_with(|| Box::pin(sleep(patience)));
                    return match stalled.as_mut().poll(cx) {
                        Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
                        Poll::Pending => Ok(()),
                    };
                }
            }
        }
        self.unsent = VecDeque::new();
        Ok(())
    }

    /// Reads once; 0 is the end.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [MaybeUninit::uninit(); READ];
        let mut space = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut space))?;
        let count = space.filled().len();
        self.feed(space.filled());
        Poll::Ready(Ok(count))
    }

    fn feed(&mut self, bytes: &[u8]) {
        if let Err(broken) = self.reader.feed(bytes, &mut self.arrived) {
            self.broken = Some(broken);
        }
    }

    /// Says good-bye behind what waits, and gives the other end a moment to have read it: closing
    /// at once would reset the connection, and the reason would be lost.
    pub(super) async fn close(mut self, close: &Close) {
        self.put(|out| frames::write_close(close, out));
        let over = sleep(FAREWELL);
        tokio::select! {
            () = over => {}
            () = self.linger() => {}
        }
    }

    async fn linger(&mut self) {
        let mut wasted = 0;
        std::future::poll_fn(|cx| {
            if self.poll_send(cx).is_err() {
                return Poll::Ready(());
            }
            let is_sent = self.unsent.is_empty();
            if is_sent && ready!(Pin::new(&mut self.stream).poll_shutdown(cx)).is_err() {
                return Poll::Ready(());
            }
            loop {
                let mut space = [MaybeUninit::uninit(); READ];
                let mut space = ReadBuf::uninit(&mut space);
                match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut space)) {
                    Ok(()) if !space.filled().is_empty() && wasted < LINGER => {
                        wasted += space.filled().len();
                    }
                    Ok(()) | Err(_) => return Poll::Ready(()),
                }
            }
        })
        .await;
    }
}
