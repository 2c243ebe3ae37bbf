//! `sessions.changed`: what became of the rows of sessions.

use crate::services::Services;
use crate::ws::Told;
use agent::{Happened, Notice};
use domain::{RunId, SessionKey};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Most changes that wait; above it the oldest are left out, as the newest row is what counts.
const MAX_WAITING: usize = 4_096;

/// A change of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Which session.
    pub(crate) session: SessionKey,
    /// What happened.
    pub(crate) what: Changed,
    /// The run in which it happened.
    pub(crate) run: Option<RunId>,
}

/// What happened to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    /// Something was done to it: `send`, `create`, `patch`, `reset`, `delete`, `compact`.
    Reason(&'static str),
    /// A run got on: `start`, `model`, `end`.
    Phase(&'static str),
}

impl Change {
    /// Something was done to a session.
    pub(crate) fn reason(session: &SessionKey, reason: &'static str) -> Self {
        Self {
            session: session.clone(),
            what: Changed::Reason(reason),
            run: None,
        }
    }
}

/// Changes that were not told yet.
#[derive(Debug, Default)]
pub(super) struct Changes {
    waiting: Mutex<VecDeque<Change>>,
    news: Notify,
}

impl Changes {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Change>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what happened in a run.
    pub(super) fn note(&self, notice: &Notice) {
        let what = match &notice.what {
            Happened::Accepted => Changed::Reason("send"),
            Happened::Started { .. } => Changed::Phase("start"),
            Happened::Asked { .. } => Changed::Phase("model"),
            Happened::Finished(_) => Changed::Phase("end"),
            Happened::Text(_)
            | Happened::Reasoning(_)
            | Happened::ToolStarted(_)
            | Happened::ToolFinished(_) => return,
        };
        let run = match what {
            Changed::Reason(_) => None,
            Changed::Phase(_) => Some(notice.run.clone()),
        };
        self.push(Change {
            session: notice.session.clone(),
            what,
            run,
        });
    }

    pub(super) fn push(&self, change: Change) {
        let mut waiting = self.lock();
        if waiting.back() == Some(&change) {
            return;
        }
        if waiting.len() >= MAX_WAITING {
            waiting.pop_front();
        }
        waiting.push_back(change);
        drop(waiting);
        self.news.notify_one();
    }

    fn take(&self) -> Option<Change> {
        self.lock().pop_front()
    }
}

/// Tells until the gateway stops.
pub(super) async fn tell(services: Arc<Services>) {
    let events = &services.events;
    loop {
        while let Some(change) = events.changes.take() {
            tell_one(&services, &change).await;
        }
        tokio::select! {
            biased;
            () = events.changes.news.notified() => {}
            () = events.over.cancelled() => return,
        }
    }
}

async fn tell_one(services: &Services, change: &Change) {
    let followers = services.events.following.of_all();
    if followers.is_empty() {
        return;
    }
    let session = change.session.as_str();
    let row = match services.session_row(&change.session).await {
        Ok(row) => row,
        Err(error) => {
            tracing::warn!(session.key = session, error = %error.message, "a session cannot be read");
            return;
        }
    };
    let agent = agent::owner(&change.session);
    let mut payload = json!({
        "sessionKey": session, "agentId": agent, "ts": services.clock.now().0, "session": row,
    });
    if let Value::Object(object) = &mut payload {
        let (name, word) = match change.what {
            Changed::Reason(word) => ("reason", word),
            Changed::Phase(word) => ("phase", word),
        };
        object.insert(name.to_owned(), word.into());
        if let Some(run) = &change.run {
            object.insert("runId".to_owned(), run.as_str().into());
        }
        // Older readers find the row beside `session`, too.
        if let Ok(Value::Object(row)) = serde_json::to_value(&row) {
            for (name, value) in row.into_iter().filter(|(name, _)| name != "key") {
                object.entry(name).or_insert(value);
            }
        }
    }
    if let Some(told) = Told::new("sessions.changed", &payload) {
        for link in followers {
            link.tell(&told);
        }
    }
}
