//! A small HTTP client: one connection per request, so that no test depends on another's.

mod answer;
mod caller;
mod events;
mod raw;

pub use answer::Answer;
pub use caller::Caller;
pub use events::EventStream;
pub use raw::raw;

use std::time::Duration;

/// How long any single answer, or any single event of a stream, may take.
pub const DEADLINE: Duration = Duration::from_secs(30);
