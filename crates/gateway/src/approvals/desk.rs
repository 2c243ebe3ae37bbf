//! The desk: open questions, and the answers of the last minutes.

use super::question::{Decision, Ended, Entry, Question, RunBinding};
use super::unknown_approval;
use crate::error::ApiError;
use crate::net::Scope;
use crate::ws::{Hub, Link};
use ::tools::exec::ApprovalsFile;
use domain::Clock;
use protocol::methods::approvals::{
    ExecApproval, ExecApprovalDecided, ExecApprovalGetReply, ExecApprovalResolved,
};
use protocol::{ErrorCode, Role};
use serde_json::json;
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

/// How long a yes may be used, in milliseconds.
const USABLE_MS: i64 = 60_000;

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
    patience: Duration,
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
            self.tidy(&mut table, now);
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
            self.tidy(&mut table, self.clock.now().0);
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

    /// Answers a question. The first answer counts.
    ///
    /// # Errors
    /// Nobody remembers it, it is not this caller's to answer, or it was answered.
    pub(crate) fn resolve(
        &self,
        id: &str,
        decision: &str,
        by: &Answerer<'_>,
    ) -> Result<(), ApiError> {
        let decision =
            Decision::parse(decision).ok_or_else(|| ApiError::invalid("invalid decision"))?;
        // A client whose right was taken back while its call was on the way has none.
        if by
            .link
            .is_some_and(|link| self.hub.link(&link.id).is_none())
        {
            return Err(unknown_approval("unknown or expired approval id"));
        }
        let line = {
            let mut table = self.table();
            self.tidy(&mut table, self.clock.now().0);
            let entry = table
                .get(id)
                .filter(|it| may_see(it, by.link))
                .ok_or_else(|| unknown_approval("unknown or expired approval id"))?;
            if !entry.is_open() {
                return Err(ApiError::invalid("approval already resolved")
                    .with_details(json!({ "reason": "APPROVAL_ALREADY_RESOLVED" })));
            }
            if !entry.offered.contains(&decision) {
                let name = decision.name();
                return Err(ApiError::invalid(format!(
                    "{name} is not offered for this approval"
                )));
            }
            entry
                .line
                .clone()
                .filter(|_| decision == Decision::AllowAlways)
        };
        // Written first: a yes for always that is not on disk would be forgotten.
        if let Some((agent, line)) = line {
            self.file
                .allow(&agent, &line)
                .map_err(super::rules::refused)?;
        }
        if self.end(id, Some(decision), "user", Some(&by.name)) {
            Ok(())
        } else {
            Err(ApiError::invalid("approval already resolved")
                .with_details(json!({ "reason": "APPROVAL_ALREADY_RESOLVED" })))
        }
    }

    /// The open questions a caller may answer, the oldest first.
    pub(crate) fn open(&self, link: Option<&Link>) -> Vec<ExecApproval> {
        let mut table = self.table();
        self.tidy(&mut table, self.clock.now().0);
        let open = table
            .values()
            .filter(|it| it.is_open() && may_see(it, link));
        let mut open: Vec<_> = open.map(|it| it.shown.clone()).collect();
        open.sort_by_key(|it| it.created_at_ms);
        open
    }

    /// One open question.
    ///
    /// # Errors
    /// There is none with this id.
    pub(crate) fn get(
        &self,
        id: &str,
        link: Option<&Link>,
    ) -> Result<ExecApprovalGetReply, ApiError> {
        let mut table = self.table();
        self.tidy(&mut table, self.clock.now().0);
        let entry = table.get(id).filter(|it| it.is_open() && may_see(it, link));
        let entry = entry.ok_or_else(|| unknown_approval("unknown or expired approval id"))?;
        Ok(ExecApprovalGetReply {
            approval: entry.shown.clone(),
            command_text: entry.text.clone(),
            allowed_decisions: entry
                .offered
                .iter()
                .map(|it| it.name().to_owned())
                .collect(),
        })
    }

    /// Uses a yes for a command line on a node: once, within a minute, and only for what it was
    /// given for.
    ///
    /// # Errors
    /// It is none, or not for this.
    pub(crate) fn use_for_run(&self, id: &str, binding: &RunBinding) -> Result<Decision, ApiError> {
        let now = self.clock.now().0;
        let mut table = self.table();
        self.tidy(&mut table, now);
        let no = |why: &str| {
            Err(ApiError::invalid(format!("{why}; ask for a new approval"))
                .with_details(json!({ "code": "APPROVAL_MISMATCH" })))
        };
        let Some(entry) = table.get_mut(id) else {
            return no("unknown or expired approval id");
        };
        let ended = entry.ended.borrow().clone();
        let Some(ended) = ended else {
            return no("this approval was not given yet");
        };
        let Some(decision @ (Decision::AllowOnce | Decision::AllowAlways)) = ended.decision else {
            return no("this approval was not given");
        };
        if entry.used {
            return no("this approval was used already");
        }
        if ended.at.saturating_add(USABLE_MS) < now {
            return no("this approval was given more than a minute ago");
        }
        if entry.binding.as_ref() != Some(binding) {
            return no("this approval is for another node, command, folder, session or caller");
        }
        entry.used = true;
        Ok(decision)
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
    fn tidy(&self, table: &mut BTreeMap<String, Entry>, now: i64) {
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

    fn table(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // Entries are put in whole, so a panic elsewhere does not spoil the table.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who answers.
pub(crate) struct Answerer<'a> {
    /// For people.
    pub(crate) name: String,
    /// The connection; absent over HTTP.
    pub(crate) link: Option<&'a Link>,
}

fn may_see(entry: &Entry, link: Option<&Link>) -> bool {
    match link {
        Some(link) => entry.is_for(link) || entry.asker.as_ref() == Some(&link.id),
        None => entry.reviewers.is_empty(),
    }
}
