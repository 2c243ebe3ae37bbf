//! Bytes that came from the socket and were not handed on yet.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// What a connection holds between requests.
const SMALL: usize = 2048;

/// A buffer that grows to a limit while a head is incomplete, and shrinks when it is empty.
#[derive(Debug)]
pub(super) struct Inbox {
    store: Vec<u8>,
    start: usize,
    end: usize,
    limit: usize,
}

impl Inbox {
    /// Holds at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            store: Vec::new(),
            start: 0,
            end: 0,
            limit: limit.max(SMALL),
        }
    }

    /// The bytes, oldest first.
    pub(super) fn bytes(&self) -> &[u8] {
        self.store.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(super) fn is_full(&self) -> bool {
        self.end - self.start >= self.limit
    }

    /// Moves up to `count` bytes to the reader and returns how many.
    pub(super) fn hand_on(&mut self, count: usize, out: &mut ReadBuf<'_>) -> usize {
        let moved = self
            .bytes()
            .get(..count.min(out.remaining()))
            .unwrap_or_default();
        let moved = {
            out.put_slice(moved);
            moved.len()
        };
        self.drop_front(moved);
        moved
    }

    /// Forgets the oldest `count` bytes.
    pub(super) fn drop_front(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.store.len() > SMALL {
                self.store = Vec::new();
            }
        }
    }

    /// Puts other bytes in the place of everything held.
    pub(super) fn replace(&mut self, bytes: &[u8]) {
        self.store = bytes.to_vec();
        (self.start, self.end) = (0, bytes.len());
    }

    /// Reads once from the socket and returns how many bytes came; 0 is the end.
    /// Must not be called when full.
    pub(super) fn poll_fill<R: AsyncRead + Unpin>(
        &mut self,
        socket: &mut R,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.make_room();
        let room = self.store.get_mut(self.end..).unwrap_or_default();
        let mut room = ReadBuf::new(room);
        ready!(Pin::new(socket).poll_read(cx, &mut room))?;
        let count = room.filled().len();
        self.end += count;
        Poll::Ready(Ok(count))
    }

    fn make_room(&mut self) {
        if self.end < self.store.len() {
            return;
        }
        if self.start > 0 {
            self.store.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.end < self.store.len() {
                return;
            }
        }
        let size = self.store.len().saturating_mul(2).clamp(SMALL, self.limit);
        self.store.resize(size, 0);
    }
}
