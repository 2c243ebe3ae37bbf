//! The desk: open questions, and the answers of the last minutes.

use super::answers::may_see;
use super::question::{Decision, Ended, Entry, Question};
use super::unknown_approval;
use crate::error::ApiError;
use crate::net::Scope;
use crate::ws::{Hub, Link};
use ::tools::exec::ApprovalsFile;
use domain::Clock;
use protocol::methods::approvals::{ExecApproval, ExecApprovalDecided, ExecApprovalResolved};
use protocol::{ErrorCode, Role};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Most open questions.
const MAX_OPEN: usize = 128;

/// Most open questions of one agent.
const MAX_OF_AGENT: usize = 16;

/// How long an answer is remembered, in milliseconds.
const REMEMBERED_MS: i64 = 300_000;

/// Open questions, and the answers of the last minutes. Nothing of it survives a restart: a
/// question nobody remembers is a no.
pub(crate) struct Desk {
    pub(super) hub: Arc<Hub>,
    pub(super) file: ApprovalsFile,
    clock: Arc<dyn Clock>,
    table: Mutex<BTreeMap<String, Entry>>,
}

/// Held by whoever waits for an answer.
pub(super) struct Ticket {
    pub(super) id: String,
    pub(super) created_at_ms: i64,
    pub(super) expires_at_ms: i64,
    /// Whether somebody was asked.
    pub(super) asked: bool,
    pub(super) patience: Duration,
    ended: watch::Receiver<Option<Ended>>,
}

impl Desk {
    /// An empty desk. The rules are a file in the state directory.
    pub(crate) fn new(state_dir: &Path, hub: &Arc<Hub>, clock: &Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            hub: Arc::clone(hub),
            file: ApprovalsFile::of(state_dir),
            clock: Arc::clone(clock),
            table: Mutex::default(),
        })
    }

    /// Everybody who is connected.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The time.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Puts a question and tells those who may answer it.
    ///
    /// # Errors
    /// Too many are open, or its id is taken.
    pub(super) fn put(&self, question: Question) -> Result<Ticket, ApiError> {
        let now = self.clock.now().0;
        let patience = i64::try_from(question.patience.as_millis()).unwrap_or(i64::MAX);
        let id = question
            .id
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let shown = ExecApproval {
            id: id.clone(),
            request: question.request,
            created_at_ms: now,
            expires_at_ms: now.saturating_add(patience),
            approval_kind: "exec".to_owned(),
        };
        let (ending, ended) = watch::channel(None);
        let entry = Entry {
            shown: shown.clone(),
            text: question.text,
            offered: question.offered,
            agent: question.agent,
            asker: question.asker,
            reviewers: question.reviewers,
            binding: question.binding,
            line: question.line,
            used: false,
            ended: ending,
        };
        let answerers = self.answerers(&entry);
        {
            let mut table = self.table();
            Self::tidy(&mut table, now);
            if table.contains_key(&id) {
                return Err(ApiError::invalid(
                    "approval id already pending; use another id",
                ));
            }
            let open = || table.values().filter(|it| it.is_open());
            let of_agent = open().filter(|it| it.agent == entry.agent).count();
            if open().count() >= MAX_OPEN || of_agent >= MAX_OF_AGENT {
                return Err(ApiError::new(
                    ErrorCode::Unavailable,
                    format!(
                        "too many approvals wait already ({MAX_OF_AGENT} of one agent, {MAX_OPEN} in all); answer some first"
                    ),
                )
                .with_reason("too_many_pending"));
            }
            table.insert(id.clone(), entry);
        }
        self.hub
            .publish_to("exec.approval.requested", &shown, |link| {
                answerers.contains(&link.id)
            });
        Ok(Ticket {
            id,
            created_at_ms: now,
            expires_at_ms: shown.expires_at_ms,
            asked: !answerers.is_empty(),
            patience: question.patience,
            ended,
        })
    }

    /// Waits for the answer, no longer than the question stands.
    pub(super) async fn wait(&self, mut ticket: Ticket) -> Option<Decision> {
        let heard = ticket.ended.wait_for(Option::is_some);
        if tokio::time::timeout(ticket.patience, heard).await.is_err() {
            self.end(&ticket.id, None, "timeout", None);
        }
        let ended = ticket.ended.borrow();
        ended.as_ref().and_then(|it| it.decision)
    }

    /// Waits for the answer to a question somebody else put.
    ///
    /// # Errors
    /// Nobody remembers it.
    pub(crate) async fn wait_for(
        &self,
        id: &str,
        link: Option<&Link>,
    ) -> Result<ExecApprovalDecided, ApiError> {
        let gone = || unknown_approval("approval expired or not found");
        let (mut ended, left) = {
            let mut table = self.table();
            Self::tidy(&mut table, self.clock.now().0);
            let entry = table
                .get(id)
                .filter(|it| may_see(it, link))
                .ok_or_else(gone)?;
            let left = entry.shown.expires_at_ms - self.clock.now().0;
            (entry.ended.subscribe(), u64::try_from(left).unwrap_or(0))
        };
        let heard = ended.wait_for(Option::is_some);
        let heard = tokio::time::timeout(Duration::from_millis(left), heard);
        if heard.await.is_err() {
            self.end(id, None, "timeout", None);
        }
        self.decided(id, true).ok_or_else(gone)
    }

    /// How a question ended; `None` while it is open or when it is forgotten.
    pub(super) fn decided(&self, id: &str, with_reason: bool) -> Option<ExecApprovalDecided> {
        let table = self.table();
        let entry = table.get(id)?;
        let ended = entry.ended.borrow();
        ended.as_ref().map(|it| entry.decided(it, with_reason))
    }

    /// Gives every question up: the gateway stops.
    pub(crate) fn close(&self) {
        let open: Vec<String> = {
            let table = self.table();
            let open = table.iter().filter(|(_, it)| it.is_open());
            open.map(|(id, _)| id.clone()).collect()
        };
        for id in open {
            self.cancel(&id);
        }
    }

    /// Gives a question up.
    pub(super) fn cancel(&self, id: &str) {
        self.end(id, None, "cancelled", None);
    }

    /// Ends a question unless it ended before; whether this ended it.
    pub(super) fn end(
        &self,
        id: &str,
        decision: Option<Decision>,
        reason: &'static str,
        by: Option<&str>,
    ) -> bool {
        let now = self.clock.now().0;
        let (payload, answerers) = {
            let table = self.table();
            let Some(entry) = table.get(id) else {
                return false;
            };
            let ended = Ended {
                decision,
                reason,
                at: now,
            };
            let first = entry.ended.send_if_modified(|it| {
                let first = it.is_none();
                if first {
                    *it = Some(ended);
                }
                first
            });
            if !first {
                return false;
            }
            let payload = ExecApprovalResolved {
                id: id.to_owned(),
                decision: decision.unwrap_or(Decision::Deny).name().to_owned(),
                resolved_by: by.map(str::to_owned),
                ts: now,
                request: entry.shown.request.clone(),
            };
            (payload, entry.reviewers.clone())
        };
        self.hub
            .publish_to("exec.approval.resolved", &payload, |link| {
                let device = link.device.as_ref();
                answerers.is_empty() || device.is_some_and(|it| answerers.contains(it))
            });
        true
    }

    /// The connections that are asked.
    fn answerers(&self, entry: &Entry) -> Vec<String> {
        let links = self.hub.links();
        let may = |link: &&Arc<Link>| {
            link.role == Role::Operator
                && link.allows(Scope::Approvals)
                && entry.asker.as_ref() != Some(&link.id)
                && entry.is_for(link)
        };
        links
            .iter()
            .filter(may)
            .map(|link| link.id.clone())
            .collect()
    }

    /// Ends what is over and forgets what ended long ago.
    pub(super) fn tidy(table: &mut BTreeMap<String, Entry>, now: i64) {
        for entry in table.values().filter(|it| it.shown.expires_at_ms <= now) {
            entry.ended.send_if_modified(|it| {
                let open = it.is_none();
                if open {
                    *it = Some(Ended {
                        decision: None,
                        reason: "timeout",
                        at: entry.shown.expires_at_ms,
                    });
                }
                open
            });
        }
        table.retain(|_, entry| {
            let ended = entry.ended.borrow();
            ended
                .as_ref()
                .is_none_or(|it| it.at.saturating_add(REMEMBERED_MS) > now)
        });
    }

    pub(super) fn table(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // Entries are put in whole, so a panic elsewhere does not spoil the table.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
