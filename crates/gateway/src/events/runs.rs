//! `agent` and `chat` events of every run, from its beginning to its end.

mod ending;
mod watched;

pub(crate) use ending::stop_word;

use super::inbox::{Item, What};
use super::tell::{Saying, tell as say};
use crate::services::Services;
use domain::{RunId, UnixMillis};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watched::Watched;

/// How far apart two deltas of a run are at least. Source: WebSocket protocol, section 14.
const PAUSE: Duration = Duration::from_millis(150);

/// Tells until the gateway stops; what waits then is told before it ends.
pub(super) async fn tell(services: Arc<Services>) {
    let events = &services.events;
    let mut runs = Runs::default();
    loop {
        while let Some(item) = events.inbox.take() {
            if let What::Joined(_) | What::Finished(..) = item.what
                && !runs.knows_session(&item.run)
                && let Ok(Some(row)) = services.state.sessions.get(&item.session).await
            {
                runs.name_session(&item, row.session_id);
            }
            let sayings = runs.hear(item, Instant::now(), services.clock.now());
            say(&services.hub, &sayings);
        }
        let now = Instant::now();
        say(&services.hub, &runs.due(now, services.clock.now()));
        let pause = async {
            match runs.next_due(now) {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = events.inbox.wait() => {}
            () = pause => {}
            () = events.over.cancelled() => return,
        }
    }
}

/// The runs under way, as they were told.
#[derive(Default)]
pub(super) struct Runs {
    by_run: HashMap<RunId, Watched>,
}

impl Runs {
    fn knows_session(&self, run: &RunId) -> bool {
        let watched = self.by_run.get(run);
        watched.is_some_and(|watched| watched.session_id.is_some())
    }

    fn name_session(&mut self, item: &Item, session_id: String) {
        let watched = self.by_run.entry(item.run.clone());
        let watched = watched.or_insert_with(|| Watched::new(item));
        watched.session_id = Some(session_id);
    }

    /// Takes in what happened and returns what to tell of it.
    fn hear(&mut self, item: Item, now: Instant, at: UnixMillis) -> Vec<Saying> {
        let watched = self.by_run.entry(item.run.clone());
        let watched = watched.or_insert_with(|| Watched::new(&item));
        match item.what {
            What::Joined(so_far) => watched.joined(&so_far, now, at),
            What::Started(started) => watched.started(started, at),
            What::Asked(model) => watched.asked(&model, at),
            What::Text(text) => watched.said(&text, now, at),
            What::ToolStarted(call) => watched.tool_started(&call, now, at),
            What::ToolFinished(result) => watched.tool_finished(&result, at),
            What::Finished(report, stopped_by) => {
                let sayings = watched.finished(&report, stopped_by, now, at);
                self.by_run.remove(&item.run);
                sayings
            }
        }
    }

    /// What has waited long enough.
    fn due(&mut self, now: Instant, at: UnixMillis) -> Vec<Saying> {
        let runs = self.by_run.values_mut();
        let due = runs.filter(|run| run.due(now).is_some_and(|due| due <= now));
        due.flat_map(|run| run.flush(now, at)).collect()
    }

    fn next_due(&self, now: Instant) -> Option<Instant> {
        self.by_run.values().filter_map(|run| run.due(now)).min()
    }
}

#[cfg(test)]
mod tests;
