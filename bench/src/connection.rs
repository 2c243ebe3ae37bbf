//! A keep-alive connection that sends prepared bytes and reads one answer at a time.
//!
//! A full HTTP client would cost more CPU than the proxies it measures. This one understands
//! what it needs: the status, the length or the chunks, and two marks in the body.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, bail};
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Every right answer holds this word, whole or in its first delta.
const MARK: &[u8] = b"Hello";

/// How the end of a body is found.
#[derive(Debug, Clone, Copy)]
enum Framing {
    /// Where the body ends in the buffer.
    Length(usize),
    /// Where the next chunk begins in the buffer.
    Chunked(usize),
}

/// What was learnt from one answer.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// When the first word of the answer was here.
    pub(crate) first_word: Instant,
    /// When all of it was here.
    pub(crate) end: Instant,
    /// The session the gateway put it in.
    pub(crate) session: Option<String>,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    address: SocketAddr,
    socket: TcpStream,
    buffer: Vec<u8>,
    /// Whether the server said that it closes the connection after the last answer.
    spent: bool,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let socket = connect(address).await?;
        Ok(Self {
            address,
            socket,
            buffer: Vec::with_capacity(8192),
            spent: false,
        })
    }

    /// Sends the request and reads the answer; anything but a 200 with the expected word fails.
    ///
    /// A server may close a connection after so many answers if it says so in the last of them;
    /// then the next question opens a new one, as any client would.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Exchange> {
        if self.spent {
            self.socket = connect(self.address).await?;
        }
        self.buffer.clear();
        self.socket.write_all(request).await?;
        let mut framing = None;
        let mut first_word = None;
        loop {
            let count = self.socket.read_buf(&mut self.buffer).await?;
            if count == 0 {
                let told = String::from_utf8_lossy(&self.buffer);
                bail!("{} closed the connection: {told}", self.address);
            }
            if framing.is_none() {
                framing = head(&self.buffer)?;
            }
            if first_word.is_none() && memmem::find(&self.buffer, MARK).is_some() {
                first_word = Some(Instant::now());
            }
            if let Some(framing) = framing.as_mut()
                && is_complete(&self.buffer, framing)?
            {
                let end = Instant::now();
                let Some(first_word) = first_word else {
                    bail!("a wrong answer: {}", String::from_utf8_lossy(&self.buffer));
                };
                self.spent = header(&self.buffer, "connection") == Some("close");
                let session = header(&self.buffer, "x-openclaw-session-key");
                return Ok(Exchange {
                    first_word,
                    end,
                    session: session.map(str::to_owned),
                });
            }
        }
    }
}

async fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let socket = TcpStream::connect(address).await;
    let socket = socket.with_context(|| format!("cannot connect to {address}"))?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// Reads the head once it is here.
fn head(buffer: &[u8]) -> anyhow::Result<Option<Framing>> {
    let Some(end) = memmem::find(buffer, b"\r\n\r\n") else {
        return Ok(None);
    };
    if buffer.get(9..12) != Some(b"200") {
        bail!("not a 200: {}", String::from_utf8_lossy(buffer));
    }
    let body = end + 4;
    if let Some(length) = header(buffer, "content-length") {
        let length: usize = length.parse().context("bad content-length")?;
        return Ok(Some(Framing::Length(body + length)));
    }
    if header(buffer, "transfer-encoding") == Some("chunked") {
        return Ok(Some(Framing::Chunked(body)));
    }
    bail!(
        "neither a length nor chunks: {}",
        String::from_utf8_lossy(buffer)
    )
}

/// A header's value, from the buffer's head.
fn header<'a>(buffer: &'a [u8], name: &str) -> Option<&'a str> {
    let end = memmem::find(buffer, b"\r\n\r\n")?;
    let head = std::str::from_utf8(buffer.get(..end)?).ok()?;
    head.split("\r\n").skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Whether the whole body is here; walks on over the chunks that are.
fn is_complete(buffer: &[u8], framing: &mut Framing) -> anyhow::Result<bool> {
    let at = match framing {
        Framing::Length(end) => return Ok(buffer.len() >= *end),
        Framing::Chunked(at) => at,
    };
    loop {
        let rest = buffer.get(*at..).unwrap_or_default();
        let Some(line) = memmem::find(rest, b"\r\n") else {
            return Ok(false);
        };
        let size = std::str::from_utf8(rest.get(..line).unwrap_or_default())?;
        let size =
            usize::from_str_radix(size, 16).with_context(|| format!("bad chunk {size:?}"))?;
        let next = *at + line + 2 + size + 2;
        if buffer.len() < next {
            return Ok(false);
        }
        if size == 0 {
            return Ok(true);
        }
        *at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\na\r\n0123456789\r\n0\r\n\r\n";

    #[test]
    fn chunks_are_complete_only_at_the_very_end() {
        for cut in 0..=CHUNKED.len() {
            let part = &CHUNKED[..cut];
            let complete = head(part)
                .unwrap()
                .is_some_and(|mut framing| is_complete(part, &mut framing).unwrap());
            assert_eq!(complete, cut == CHUNKED.len(), "{cut}");
        }
    }

    #[test]
    fn a_length_is_counted_from_the_end_of_the_head() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello";
        let mut framing = head(answer).unwrap().unwrap();
        assert!(is_complete(answer, &mut framing).unwrap());
        assert!(!is_complete(&answer[..answer.len() - 1], &mut framing).unwrap());
    }

    #[test]
    fn an_error_status_is_refused() {
        assert!(head(b"HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n").is_err());
    }
}
