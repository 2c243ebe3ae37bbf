//! A connection's bytes, strictly framed, with deadlines, before the HTTP library sees them.
//!
//! The library is lenient where the specification wants strictness (bare line feeds, a length
//! beside a transfer coding, equal repeated lengths) and cannot answer a slow or oversized head.
//! So every head is checked here first and handed on whole; where it fails, a stand-in request
//! takes its place, and the connection answers that with the refusal. Thus refusals leave in
//! order, through the one path every answer takes.
//!
//! Both parsers may disagree only towards refusing: what is dispatched is always the library's
//! reading of bytes this one found unambiguous.

mod alarm;
mod chunked;
mod exchange;
mod head;
mod inbox;
mod stream;

pub(super) use exchange::{Exchange, Fault};
pub(super) use head::HeadLimits;
pub(super) use stream::{Wire, WireLimits};
