//! Bodies, read with a bound on everything.

use super::connection::Peer;
use super::plan::Limits;
use super::refusal::error_response;
use super::reply::ResponseBody;
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt as _;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The stretch of time over which a body's speed is measured.
const PACE: Duration = Duration::from_secs(5);

/// Why a body was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// More bytes than the route takes.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The route's limit in bytes.
        limit: usize,
    },
    /// It started too late, came too slowly or lasted too long.
    #[error("the body came too slowly")]
    TimedOut,
    /// It is compressed or otherwise wrapped.
    #[error("the body has a Content-Encoding; send it as it is")]
    Encoded,
    /// It is not declared as JSON.
    #[error("the Content-Type is not application/json")]
    NotJson,
    /// Too many bodies are being read already, from this client or altogether.
    #[error("too many request bodies are being sent at once")]
    TooMany,
    /// It ended early or its framing broke.
    #[error("the body is incomplete or malformed")]
    Broken,
}

/// Refuses a request whose body is not declared as JSON.
///
/// A page on another site cannot send that declaration without being asked for permission first.
/// Source: security specification, R4; decisions, DEC-11.
///
/// # Errors
/// [`BodyError::NotJson`]
pub fn require_json(headers: &HeaderMap) -> Result<(), BodyError> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(BodyError::NotJson);
    };
    let essence = value
        .as_bytes()
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default();
    let is_json = essence
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/json");
    if is_json {
        Ok(())
    } else {
        Err(BodyError::NotJson)
    }
}

/// Reads a whole body of at most `limit` bytes.
///
/// A body that is already here costs no place and no timer. Others take one of the places for
/// bodies, must begin within 10 s, keep to 1 KiB/s over any five seconds, and end within 30 s
/// (all from `gateway.limits`).
///
/// # Errors
/// [`BodyError`]; nothing more is read then, so the connection closes after the answer.
///
/// # Cancel safety
/// Dropping the future loses what was read.
pub async fn read_body<B>(
    headers: &HeaderMap,
    mut body: B,
    limit: usize,
    peer: &Peer,
) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    check_declared(headers, limit)?;
    let mut gathered = Gathered {
        first: Bytes::new(),
        rest: BytesMut::new(),
        limit,
    };
    while let Some(frame) = body.frame().now_or_never() {
        match frame {
            None => return Ok(gathered.finish()),
            Some(frame) => gathered.add(frame.map_err(|_| BodyError::Broken)?.into_data().ok())?,
        }
        if body.is_end_stream() {
            return Ok(gathered.finish());
        }
    }
    let place = peer
        .server()
        .body_place(peer.key())
        .ok_or(BodyError::TooMany)?;
    let mut pace = Deadlines::new(peer.server().limits());
    loop {
        let Ok(frame) = timeout_at(pace.due(), body.frame()).await else {
            pace.next_stretch(gathered.len())?;
            continue;
        };
        match frame {
            None => break,
            Some(frame) => {
                gathered.add(frame.map_err(|_| BodyError::Broken)?.into_data().ok())?;
                pace.heard(gathered.len());
            }
        }
    }
    drop(place);
    Ok(gathered.finish())
}

/// What the headers alone already rule out.
fn check_declared(headers: &HeaderMap, limit: usize) -> Result<(), BodyError> {
    let identity = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|value| !identity(value))
    {
        return Err(BodyError::Encoded);
    }
    let declared = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let declared = declared.and_then(|digits| digits.parse::<u64>().ok());
    match declared.map(usize::try_from) {
        Some(Ok(length)) if length <= limit => Ok(()),
        Some(_) => Err(BodyError::TooLarge { limit }),
        None => Ok(()),
    }
}

/// The bytes so far; a body that came in one piece is never copied, and nothing is allocated for
/// bytes that were only announced.
struct Gathered {
    first: Bytes,
    rest: BytesMut,
    limit: usize,
}

impl Gathered {
    fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    fn add(&mut self, data: Option<Bytes>) -> Result<(), BodyError> {
        let Some(data) = data else { return Ok(()) };
        if data.len() > self.limit - self.len() {
            return Err(BodyError::TooLarge { limit: self.limit });
        }
        if self.len() == 0 {
            self.first = data;
        } else {
            if self.rest.is_empty() {
                self.rest.extend_from_slice(&self.first);
                self.first = Bytes::new();
            }
            self.rest.extend_from_slice(&data);
        }
        Ok(())
    }

    fn finish(self) -> Bytes {
        if self.rest.is_empty() {
            self.first
        } else {
            self.rest.freeze()
        }
    }
}

/// When the next byte is due.
struct Deadlines {
    first_byte: Instant,
    end: Instant,
    /// Start of the present stretch and the bytes there were then, once bytes came.
    stretch: Option<(Instant, usize)>,
    least: usize,
}

impl Deadlines {
    fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        let least = limits
            .settings
            .body_min_bytes_per_second
            .saturating_mul(PACE.as_secs());
        Self {
            first_byte: now + limits.body_first_byte,
            end: now + limits.body_total,
            stretch: None,
            least: usize::try_from(least).unwrap_or(usize::MAX),
        }
    }

    fn due(&self) -> Instant {
        self.stretch
            .map_or(self.first_byte, |(start, _)| start + PACE)
            .min(self.end)
    }

    fn heard(&mut self, bytes: usize) {
        if self.stretch.is_none() && bytes > 0 {
            self.stretch = Some((Instant::now(), bytes));
        }
    }

    /// The present stretch is over; was it fast enough?
    fn next_stretch(&mut self, bytes: usize) -> Result<(), BodyError> {
        let now = Instant::now();
        match self.stretch {
            Some((_, before)) if now < self.end && bytes - before >= self.least => {
                self.stretch = Some((now, bytes));
                Ok(())
            }
            Some(_) | None => Err(BodyError::TimedOut),
        }
    }
}

impl BodyError {
    /// The answer: 413, 408, 415, 429 or 400, as the HTTP API has it.
    ///
    /// Source: HTTP API, section 1, "Body limits"; decisions, DEC-11.
    pub fn response(&self) -> Response<ResponseBody> {
        let invalid = "invalid_request_error";
        let text = self.to_string();
        let (status, message, kind, code) = match self {
            Self::TooLarge { .. } => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Payload too large",
                invalid,
                "payload_too_large",
            ),
            Self::TimedOut => (
                StatusCode::REQUEST_TIMEOUT,
                "request body timeout",
                invalid,
                "request_timeout",
            ),
            Self::Encoded => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                &*text,
                invalid,
                "unsupported_encoding",
            ),
            Self::NotJson => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send the body as JSON, with Content-Type: application/json",
                invalid,
                "unsupported_media_type",
            ),
            Self::TooMany => (
                StatusCode::TOO_MANY_REQUESTS,
                &*text,
                "rate_limited",
                "too_many_bodies",
            ),
            Self::Broken => (StatusCode::BAD_REQUEST, &*text, invalid, "broken_body"),
        };
        let mut response = error_response(status, message, kind, code);
        let headers = response.headers_mut();
        match self {
            Self::TooMany => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::TooLarge { .. } | Self::TimedOut | Self::Broken => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Self::Encoded | Self::NotJson => {}
        }
        response
    }
}
