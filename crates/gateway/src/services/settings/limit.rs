//! How often one client may write settings. Source: WebSocket protocol, section 15.

use crate::error::ApiError;
use protocol::ErrorCode;
use serde_json::json;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Writes of one method by one client within [`WINDOW`].
const MOST: usize = 30;

const WINDOW: Duration = Duration::from_mins(1);

/// Clients that are remembered; of more, those that wrote least recently are forgotten.
const CLIENTS: usize = 1_024;

/// Counts writes by method and client.
#[derive(Debug, Default)]
pub(super) struct WriteLimit {
    writes: Mutex<HashMap<(&'static str, String), VecDeque<Instant>>>,
}

impl WriteLimit {
    /// Counts a write.
    ///
    /// # Errors
    /// [`ApiError`] with the time to wait when there were too many.
    pub(super) fn count(&self, method: &'static str, client: &str) -> Result<(), ApiError> {
        self.count_at(method, client, Instant::now())
    }

    fn count_at(&self, method: &'static str, client: &str, now: Instant) -> Result<(), ApiError> {
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        if writes.len() >= CLIENTS {
            let fresh = |at: &Instant| now.saturating_duration_since(*at) < WINDOW;
            writes.retain(|_, times| times.back().is_some_and(fresh));
        }
        let times = writes.entry((method, client.to_owned())).or_default();
        while let Some(first) = times.front()
            && now.saturating_duration_since(*first) >= WINDOW
        {
            times.pop_front();
        }
        let Some(first) = times.front().filter(|_| times.len() >= MOST) else {
            times.push_back(now);
            return Ok(());
        };
        let wait = WINDOW.saturating_sub(now.saturating_duration_since(*first));
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Err(ApiError::new(
            ErrorCode::Unavailable,
            format!("rate limit exceeded for {method}; retry after {seconds}s"),
        )
        .with_details(
            json!({ "method": method, "limit": format!("{MOST} per {}s", WINDOW.as_secs()) }),
        )
        .with_retry_after(Some(wait)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thirty_first_write_within_a_minute_waits() {
        let limit = WriteLimit::default();
        let start = Instant::now();
        for _ in 0..MOST {
            limit.count_at("config.patch", "a", start).unwrap();
        }
        let late = start + Duration::from_millis(1_500);
        let error = limit.count_at("config.patch", "a", late).unwrap_err();
        assert_eq!(
            error.message,
            "rate limit exceeded for config.patch; retry after 59s"
        );
        assert_eq!(error.retry_after, Some(Duration::from_millis(58_500)));
        limit.count_at("config.patch", "b", late).unwrap();
        limit.count_at("config.set", "a", late).unwrap();
        limit.count_at("config.patch", "a", start + WINDOW).unwrap();
    }
}
