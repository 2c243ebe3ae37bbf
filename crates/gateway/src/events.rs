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
mod log;
mod runs;
mod tell;

pub(crate) use changes::Change;
pub(crate) use follow::{cursor_of, read_cursor};
pub(crate) use live::Going;
pub(crate) use runs::stop_word;

use crate::error::ApiError;
use crate::services::Services;
use crate::ws::{Hub, Link};
use agent::{Notice, Tap};
use changes::Changes;
use domain::{Clock, RunId, SessionKey};
use follow::{Follow, Following};
use inbox::Inbox;
use live::Live;
use protocol::{ErrorCode, Role};
use state::Seq;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Records that are replayed at a time.
const PAGE: usize = 200;

/// Most bytes that are replayed to one who joins.
const MAX_REPLAY: usize = 8 * 1024 * 1024;

/// How long the last news may take to be told.
const LAST_NEWS: Duration = Duration::from_secs(1);

/// What happens in runs and sessions, on its way to clients.
pub(crate) struct Events {
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
    inbox: Inbox,
    live: Live,
    changes: Changes,
    following: Following,
    over: CancellationToken,
    tellers: TaskTracker,
}

impl Events {
    /// Tells those who are connected to `hub`.
    pub(crate) fn new(hub: Arc<Hub>, clock: Arc<dyn Clock>) -> Self {
        Self {
            hub,
            clock,
            inbox: Inbox::default(),
            live: Live::default(),
            changes: Changes::default(),
            following: Following::default(),
            over: CancellationToken::new(),
            tellers: TaskTracker::new(),
        }
    }

    /// Begins to tell. Ends after [`Events::close`].
    pub(crate) fn start(services: &Arc<Services>, tasks: &TaskTracker) {
        let tellers = &services.events.tellers;
        tasks.spawn(tellers.track_future(runs::tell(Arc::clone(services))));
        tasks.spawn(tellers.track_future(log::tell(Arc::clone(services))));
        tasks.spawn(tellers.track_future(changes::tell(Arc::clone(services))));
    }

    /// Tells what is known so far, then nothing more; ready when it is told, or a moment later.
    pub(crate) async fn close(&self) {
        self.over.cancel();
        self.tellers.close();
        if tokio::time::timeout(LAST_NEWS, self.tellers.wait())
            .await
            .is_err()
        {
            tracing::warn!("clients may not have heard of the last events");
        }
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
        self.following.follow_all(link, all, self.clock.now());
    }

    /// A connection hears the messages of a session from now on, after those that follow `after`.
    /// Returns up to where it has heard.
    ///
    /// # Errors
    /// [`ApiError`] when the log cannot be read, or the connection is too far behind.
    pub(crate) async fn follow(
        &self,
        services: &Services,
        link: &Arc<Link>,
        session: &SessionKey,
        after: Option<Seq>,
    ) -> Result<Seq, ApiError> {
        // Until it has caught up it hears nothing of what is told to others.
        let now = self.clock.now();
        self.following.follow(link, session, Seq(i64::MAX), now);
        let heard = self.catch_up(services, link, session, after).await;
        if heard.is_err() {
            self.following.leave(link, session, self.clock.now());
        }
        heard
    }

    async fn catch_up(
        &self,
        services: &Services,
        link: &Arc<Link>,
        session: &SessionKey,
        mut after: Option<Seq>,
    ) -> Result<Seq, ApiError> {
        let mut bytes = 0;
        while let Some(heard) = after {
            let page = services.state.log.read(session, heard, PAGE).await?;
            if page.len() < PAGE {
                break;
            }
            bytes += log::replay(link, session, &page);
            after = page.last().map(|last| last.seq);
            if bytes > MAX_REPLAY {
                return Err(ApiError::invalid(
                    "the cursor is too far behind; read chat.history and subscribe with its \
                     deltaCursor",
                )
                .with_reason("cursor_too_old"));
            }
        }
        let (done, joined) = oneshot::channel();
        self.following.wish(Follow {
            link: Arc::clone(link),
            session: session.clone(),
            after,
            done,
        });
        joined.await.map_err(|_| {
            ApiError::new(
                ErrorCode::Unavailable,
                "the session cannot be read now; try again",
            )
        })
    }

    /// A connection hears the messages of a session no longer.
    pub(crate) fn leave(&self, link: &Arc<Link>, session: &SessionKey) {
        self.following.leave(link, session, self.clock.now());
    }

    /// A session was removed.
    pub(crate) fn removed(&self, session: &SessionKey) {
        self.following.forget(session);
        self.changed(Change::reason(session, "delete"));
    }

    /// Tells everybody who asked for it what became of a session.
    pub(crate) fn changed(&self, change: Change) {
        if self.following.has_all() {
            self.changes.push(change);
        }
    }
}

/// While nobody is connected nothing is put aside to be told: the task of a run is not kept from its
/// work, and no other task is woken.
impl Tap for Events {
    fn notice(&self, notice: Notice) {
        let ended = self.live.note(&notice);
        if self.following.has_all() {
            self.changes.note(&notice);
        }
        let listened = self.hub.has_listener(|link| link.role == Role::Operator);
        let (session, run) = (notice.session.clone(), notice.run.clone());
        let stopped_by = ended.as_ref().and_then(|it| it.stopped_by);
        let so_far = || ended.or_else(|| self.live.run(&session, &run));
        self.inbox.push(notice, stopped_by, listened, so_far);
    }
}
