//! Who follows which sessions, and how far they have heard.

use crate::ws::Link;
use domain::{SessionKey, UnixMillis};
use state::Seq;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::{Notify, oneshot};

/// The connections that follow sessions.
#[derive(Debug, Default)]
pub(super) struct Following {
    links: Mutex<Followers>,
    wishes: Mutex<VecDeque<Follow>>,
    /// Sessions that were removed.
    forgotten: Mutex<VecDeque<SessionKey>>,
    pub(super) news: Notify,
}

/// Those that follow anything, by the id of their connection.
#[derive(Debug, Default)]
struct Followers {
    by_link: HashMap<String, Follower>,
    /// When the first of them came after a time without any; until the teller takes it.
    since: Option<UnixMillis>,
}

/// A connection that follows sessions.
#[derive(Debug)]
struct Follower {
    link: Weak<Link>,
    /// Every session.
    all: bool,
    /// These, each heard up to this record.
    keys: HashMap<SessionKey, Seq>,
}

/// A wish to follow a session from now on.
#[derive(Debug)]
pub(crate) struct Follow {
    /// Who wishes it.
    pub(crate) link: Arc<Link>,
    /// Which session.
    pub(crate) session: SessionKey,
    /// What was heard already; absent for nothing but what comes.
    pub(crate) after: Option<Seq>,
    /// Told when it is so, with what was heard by then.
    pub(crate) done: oneshot::Sender<Seq>,
}

impl Following {
    fn lock(&self) -> MutexGuard<'_, Followers> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, link: &Arc<Link>, now: UnixMillis, change: impl FnOnce(&mut Follower)) {
        let mut followers = self.lock();
        let links = &mut followers.by_link;
        links.retain(|_, follower| follower.link.strong_count() > 0);
        let is_first = links.is_empty();
        let follower = links.entry(link.id.clone()).or_insert_with(|| Follower {
            link: Arc::downgrade(link),
            all: false,
            keys: HashMap::new(),
        });
        change(follower);
        let mut heard = link.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.all = follower.all;
        heard.keys = follower.keys.keys().map(ToString::to_string).collect();
        drop(heard);
        if !follower.all && follower.keys.is_empty() {
            links.remove(&link.id);
        } else if is_first {
            followers.since = Some(now);
            drop(followers);
            self.news.notify_one();
        }
    }

    /// Since when somebody follows again; once.
    pub(super) fn take_since(&self) -> Option<UnixMillis> {
        self.lock().since.take()
    }

    /// Whether nobody follows anything.
    pub(super) fn is_empty(&self) -> bool {
        let mut followers = self.lock();
        let links = &mut followers.by_link;
        links.retain(|_, follower| follower.link.strong_count() > 0);
        links.is_empty()
    }

    /// A connection follows every session from now on, or no longer.
    pub(super) fn follow_all(&self, link: &Arc<Link>, all: bool, now: UnixMillis) {
        self.change(link, now, |follower| follower.all = all);
    }

    /// A connection has heard a session up to a record and goes on from there.
    pub(super) fn follow(
        &self,
        link: &Arc<Link>,
        session: &SessionKey,
        heard: Seq,
        now: UnixMillis,
    ) {
        self.change(link, now, |follower| {
            follower.keys.insert(session.clone(), heard);
        });
    }

    /// A connection follows a session no longer.
    pub(super) fn leave(&self, link: &Arc<Link>, session: &SessionKey, now: UnixMillis) {
        self.change(link, now, |follower| {
            follower.keys.remove(session);
        });
    }

    /// Whether anybody follows every session.
    pub(super) fn has_all(&self) -> bool {
        self.lock().by_link.values().any(|follower| follower.all)
    }

    /// Those that follow every session.
    pub(super) fn of_all(&self) -> Vec<Arc<Link>> {
        let links = self.lock();
        let all = links.by_link.values().filter(|follower| follower.all);
        all.filter_map(|follower| follower.link.upgrade()).collect()
    }

    /// Those that are to hear a record of a session, which counts as heard by them from now on.
    pub(super) fn hearers(&self, session: &SessionKey, seq: Seq) -> Vec<Arc<Link>> {
        let mut links = self.lock();
        let mut hearers = Vec::new();
        for follower in links.by_link.values_mut() {
            let hears = match follower.keys.get_mut(session) {
                Some(heard) if *heard >= seq => false,
                Some(heard) => {
                    *heard = seq;
                    true
                }
                None => follower.all,
            };
            if hears && let Some(link) = follower.link.upgrade() {
                hearers.push(link);
            }
        }
        hearers
    }

    /// Whether anybody follows a session.
    pub(super) fn anyone(&self, session: &SessionKey) -> bool {
        let links = self.lock();
        let mut followers = links.by_link.values();
        followers.any(|follower| follower.all || follower.keys.contains_key(session))
    }

    /// The sessions that are followed by name.
    pub(super) fn named(&self) -> Vec<SessionKey> {
        let links = self.lock();
        let mut named: Vec<_> = links
            .by_link
            .values()
            .flat_map(|it| it.keys.keys())
            .cloned()
            .collect();
        named.sort();
        named.dedup();
        named
    }

    /// A session was removed: one that is made under its key counts from the beginning.
    pub(super) fn forget(&self, session: &SessionKey) {
        for follower in self.lock().by_link.values_mut() {
            if let Some(heard) = follower.keys.get_mut(session) {
                *heard = Seq(0);
            }
        }
        let mut forgotten = self
            .forgotten
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        forgotten.push_back(session.clone());
        drop(forgotten);
        self.news.notify_one();
    }

    pub(super) fn take_forgotten(&self) -> Option<SessionKey> {
        let mut forgotten = self
            .forgotten
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        forgotten.pop_front()
    }

    pub(super) fn wish(&self, follow: Follow) {
        let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        wishes.push_back(follow);
        drop(wishes);
        self.news.notify_one();
    }

    pub(super) fn take_wish(&self) -> Option<Follow> {
        let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        wishes.pop_front()
    }
}

/// Where a reader of a session stands, as text for clients: the id of the session and the number of
/// the last record.
pub(crate) fn cursor_of(session_id: &str, seq: Seq) -> String {
    format!("{session_id}.{}", seq.0)
}

/// Reads such a text.
pub(crate) fn read_cursor(text: &str) -> Option<(&str, Seq)> {
    let (session_id, seq) = text.rsplit_once('.')?;
    let seq = seq.parse().ok().filter(|seq| *seq >= 0)?;
    (!session_id.is_empty()).then_some((session_id, Seq(seq)))
}
