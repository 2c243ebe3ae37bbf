//! What clients hear of runs and sessions while they go on.
//!
//! Three tasks, none of which a run ever waits for: [`runs`] turns what happens in runs into `agent`
//! and `chat` events, [`log`] turns what was appended to session logs into `session.message`, and
//! [`changes`] tells what became of rows of sessions. Source: gateway RPC methods, "Chat" and
//! "Sessions"; WebSocket protocol, sections 17 and 18.

mod changes;
mod follow;
mod inbox;
mod live;
mod runs;
mod tell;

pub(crate) use changes::Change;
pub(crate) use follow::{Follow, cursor_of, read_cursor};
pub(crate) use live::Going;
pub(crate) use runs::stop_word;

use crate::services::Services;
use crate::ws::Link;
use agent::{Notice, Tap};
use changes::Changes;
use domain::{RunId, SessionKey};
use follow::Following;
use inbox::Inbox;
use live::Live;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What happens in runs and sessions, on its way to clients.
#[derive(Default)]
pub(crate) struct Events {
    inbox: Inbox,
    live: Live,
    changes: Changes,
    following: Following,
    over: CancellationToken,
}

impl Events {
    /// Begins to tell. Ends after [`Events::close`].
    pub(crate) fn start(services: &Arc<Services>, tasks: &TaskTracker) {
        tasks.spawn(runs::tell(Arc::clone(services)));
        tasks.spawn(changes::tell(Arc::clone(services)));
    }

    /// Tells what is known so far, then nothing more.
    pub(crate) fn close(&self) {
        self.over.cancel();
    }

    /// The runs of a session that wait or go on, in the order of their acceptance.
    pub(crate) fn going(&self, session: &SessionKey) -> Vec<Going> {
        self.live.of(session)
    }

    /// Where a run is waiting or going on.
    pub(crate) fn session_of(&self, run: &RunId) -> Option<SessionKey> {
        self.live.session_of(run)
    }

    /// Remembers in which word the runs of a session, or one of them, are about to be stopped.
    pub(crate) fn stopped_by(
        &self,
        session: &SessionKey,
        only: Option<&RunId>,
        word: &'static str,
    ) {
        self.live.stopped_by(session, only, word);
    }

    /// A connection hears of every session from now on, or no longer.
    pub(crate) fn follow_all(&self, link: &Arc<Link>, all: bool) {
        self.following.follow_all(link, all);
    }

    /// Tells everybody who asked for it what became of a session.
    pub(crate) fn changed(&self, change: Change) {
        self.changes.push(change);
    }
}

impl Tap for Events {
    fn notice(&self, notice: Notice) {
        let stopped_by = self.live.note(&notice);
        self.changes.note(&notice);
        self.inbox.push(notice, stopped_by);
    }
}
