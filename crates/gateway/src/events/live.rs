//! The runs that wait or go on, with what they have said so far.

use agent::{Happened, Notice};
use domain::{RunId, SessionKey, UnixMillis};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A run that waits or goes on.
#[derive(Debug, Clone)]
pub(crate) struct Going {
    /// The run.
    pub(crate) run: RunId,
    /// When it began; absent while it waits.
    pub(crate) started_at: Option<UnixMillis>,
    /// What it is saying.
    pub(crate) text: String,
    /// In which word it was stopped.
    pub(super) stopped_by: Option<&'static str>,
}

/// All of them, by session.
#[derive(Debug, Default)]
pub(super) struct Live {
    sessions: Mutex<HashMap<SessionKey, Vec<Going>>>,
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, Vec<Going>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what happened; returns a run that ended.
    pub(super) fn note(&self, notice: &Notice) -> Option<Going> {
        let mut sessions = self.lock();
        if let Happened::Finished(_) = notice.what {
            let going = sessions.get_mut(&notice.session)?;
            let at = going.iter().position(|it| it.run == notice.run)?;
            let ended = going.remove(at);
            if going.is_empty() {
                sessions.remove(&notice.session);
            }
            return Some(ended);
        }
        let going = sessions.entry(notice.session.clone()).or_default();
        let at = going.iter().position(|it| it.run == notice.run);
        let at = at.unwrap_or_else(|| {
            going.push(Going {
                run: notice.run.clone(),
                started_at: None,
                text: String::new(),
                stopped_by: None,
            });
            going.len() - 1
        });
        let it = going.get_mut(at)?;
        match &notice.what {
            Happened::Started { at } => it.started_at = Some(*at),
            Happened::Asked { .. } => it.text.clear(),
            Happened::Text(delta) => it.text.push_str(delta),
            Happened::Accepted
            | Happened::Reasoning(_)
            | Happened::ToolStarted(_)
            | Happened::ToolFinished(_)
            | Happened::Finished(_) => {}
        }
        None
    }

    pub(super) fn of(&self, session: &SessionKey) -> Vec<Going> {
        self.lock().get(session).cloned().unwrap_or_default()
    }

    pub(super) fn run(&self, session: &SessionKey, run: &RunId) -> Option<Going> {
        let sessions = self.lock();
        let mut going = sessions.get(session)?.iter();
        going.find(|it| it.run == *run).cloned()
    }

    pub(super) fn session_of(&self, run: &RunId) -> Option<SessionKey> {
        let sessions = self.lock();
        let mut all = sessions.iter();
        let found = all.find(|(_, going)| going.iter().any(|it| it.run == *run));
        found.map(|(session, _)| session.clone())
    }

    pub(super) fn stopped_by(
        &self,
        session: &SessionKey,
        only: Option<&RunId>,
        word: &'static str,
    ) {
        let mut sessions = self.lock();
        let going = sessions.get_mut(session).into_iter().flatten();
        for it in going.filter(|it| only.is_none_or(|only| it.run == *only)) {
            it.stopped_by = Some(word);
        }
    }
}
