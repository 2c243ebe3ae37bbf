//! `session.message`: what was appended to session logs, in the order of the logs.
//!
//! One task reads what followers are to hear, so that each hears every message once and in order,
//! whether it joined with a cursor or not.

use super::follow::Follow;
use crate::services::Services;
use crate::services::transcript::{Shown, message_id};
use crate::ws::{Link, Told};
use domain::{SessionKey, UnixMillis};
use lru::LruCache;
use serde_json::json;
use state::{Appended, Recorded, Seq, SessionFilter};
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tracing::warn;

/// Records read from a log at a time.
const PAGE: usize = 200;

/// Of how many sessions it is remembered how far they were told.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);

/// How many sessions are looked at when appends were missed.
const MISSED: usize = 1_000;

/// Tells until the gateway stops; what was appended by then is told before it ends.
pub(super) async fn tell(services: Arc<Services>) {
    let mut appends = services.state.log.tail();
    let mut teller = Teller {
        told: LruCache::new(REMEMBERED),
        since: services.clock.now(),
        services: Arc::clone(&services),
    };
    let events = &services.events;
    loop {
        teller.settle_wishes().await;
        if let Some(since) = events.following.take_since() {
            // What came before was heard by nobody and is not told to who came after it.
            teller.told.clear();
            teller.since = since;
        } else if events.following.is_empty() {
            // Nobody to tell: appends wake nobody and are not looked at.
            tokio::select! {
                () = events.following.news.notified() => continue,
                () = events.over.cancelled() => return,
            }
        }
        tokio::select! {
            biased;
            () = events.following.news.notified() => {}
            appended = appends.recv() => match appended {
                Ok(appended) => teller.appended(&appended).await,
                Err(RecvError::Lagged(_)) => teller.missed().await,
                Err(RecvError::Closed) => return,
            },
            () = events.over.cancelled() => {
                while let Ok(appended) = appends.try_recv() {
                    teller.appended(&appended).await;
                }
                return;
            }
        }
    }
}

struct Teller {
    services: Arc<Services>,
    /// Up to which record sessions were told.
    told: LruCache<SessionKey, Seq>,
    /// A session that is not remembered was told up to this time.
    since: UnixMillis,
}

impl Teller {
    async fn settle_wishes(&mut self) {
        let services = Arc::clone(&self.services);
        let following = &services.events.following;
        while let Some(session) = following.take_forgotten() {
            self.remember(&session, Seq(0));
        }
        while let Some(wish) = following.take_wish() {
            match self.join(&wish).await {
                // Whoever wished it may have gone.
                Ok(heard) => drop(wish.done.send(heard)),
                Err(error) => warn!(session.key = %wish.session, %error, "a log cannot be read"),
            }
        }
    }

    /// Brings a connection up to the end of a log, from where it hears with the others.
    async fn join(&self, wish: &Follow) -> Result<Seq, state::Error> {
        let log = &self.services.state.log;
        let mut heard = if let Some(after) = wish.after {
            after
        } else {
            let row = self.services.state.sessions.get(&wish.session).await?;
            row.map(|row| row.last_seq).unwrap_or_default()
        };
        loop {
            let page = log.read(&wish.session, heard, PAGE).await?;
            let Some(last) = page.last() else { break };
            heard = last.seq;
            for told in page.iter().flat_map(|it| messages(&wish.session, it)) {
                wish.link.tell(&told);
            }
        }
        let following = &self.services.events.following;
        following.follow(&wish.link, &wish.session, heard, self.services.clock.now());
        Ok(heard)
    }

    async fn appended(&mut self, appended: &Appended) {
        // A session that was removed and made again counts from the beginning.
        while let Some(session) = self.services.events.following.take_forgotten() {
            self.remember(&session, Seq(0));
        }
        self.tell(&appended.session, appended.last).await;
    }

    async fn tell(&mut self, session: &SessionKey, last: Seq) {
        if !self.services.events.following.anyone(session) {
            return self.remember(session, last);
        }
        match self.tell_from_log(session).await {
            Ok(told) => self.remember(session, told),
            Err(error) => warn!(session.key = %session, %error, "a log cannot be read"),
        }
    }

    async fn tell_from_log(&mut self, session: &SessionKey) -> Result<Seq, state::Error> {
        let mut told = match self.told.get(session) {
            Some(told) => *told,
            None => self.told_before(session).await?,
        };
        loop {
            let page = self.services.state.log.read(session, told, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(told);
            };
            for recorded in &page {
                self.tell_one(session, recorded);
            }
            told = last.seq;
        }
    }

    fn tell_one(&self, session: &SessionKey, recorded: &Recorded) {
        let following = &self.services.events.following;
        let hearers = following.hearers(session, recorded.seq);
        if hearers.is_empty() {
            return;
        }
        for told in messages(session, recorded) {
            for link in &hearers {
                link.tell(&told);
            }
        }
    }

    /// Up to where a session was told that is not remembered.
    async fn told_before(&self, session: &SessionKey) -> Result<Seq, state::Error> {
        let mut before = None;
        loop {
            let log = &self.services.state.log;
            let page = log.read_back(session, before, PAGE).await?;
            let Some(oldest) = page.last().map(|it| it.seq) else {
                return Ok(Seq(0));
            };
            if let Some(told) = page.iter().find(|it| it.at < self.since) {
                return Ok(told.seq);
            }
            before = Some(oldest);
        }
    }

    /// Appends were missed: every session somebody follows is looked at.
    async fn missed(&mut self) {
        let mut sessions = self.services.events.following.named();
        let now = self.services.clock.now();
        let filter = SessionFilter {
            updated_after: Some(self.since),
            ..SessionFilter::default()
        };
        match self.services.state.sessions.list(&filter, 0, MISSED).await {
            Ok(page) => sessions.extend(page.rows.into_iter().map(|row| row.key)),
            Err(error) => warn!(%error, "sessions cannot be listed"),
        }
        for session in sessions {
            if self.services.events.following.anyone(&session) {
                self.tell(&session, Seq(0)).await;
            } else {
                self.told.pop(&session);
            }
        }
        self.since = now;
    }

    fn remember(&mut self, session: &SessionKey, told: Seq) {
        let pushed_out = self.told.push(session.clone(), told);
        if pushed_out.is_some_and(|(key, _)| key != *session) {
            self.since = self.services.clock.now();
        }
    }
}

/// The messages of a record as they are told.
fn messages(session: &SessionKey, recorded: &Recorded) -> Vec<Told> {
    let shown = Shown::default().messages(recorded).into_iter().enumerate();
    shown
        .filter_map(|(at, message)| {
            let ours = |name| message.pointer(&format!("/__openclaw/{name}")).cloned();
            let mut payload = json!({
                "sessionKey": session.as_str(), "agentId": agent::owner(session),
                "messageId": message_id(recorded, at), "messageSeq": recorded.seq.0,
                "runId": ours("runId"), "senderIsOwner": ours("senderIsOwner"),
                "message": message,
            });
            if let Some(payload) = payload.as_object_mut() {
                payload.retain(|_, member| !member.is_null());
            }
            Told::new("session.message", &payload)
        })
        .collect()
}

/// Sends the messages of a page of a log to one connection; returns their weight in bytes.
pub(super) fn replay(link: &Link, session: &SessionKey, page: &[Recorded]) -> usize {
    let told = page.iter().flat_map(|it| messages(session, it));
    told.map(|told| {
        link.tell(&told);
        told.weight()
    })
    .sum()
}
