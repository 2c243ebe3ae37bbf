//! Answers: who may give them, which one counts, and what it may be used for.

use super::desk::Desk;
use super::question::{Decision, Entry, RunBinding};
use super::unknown_approval;
use crate::error::ApiError;
use crate::ws::Link;
use protocol::methods::approvals::{ExecApproval, ExecApprovalGetReply};
use serde_json::json;

/// How long a yes may be used, in milliseconds.
const USABLE_MS: i64 = 60_000;

impl Desk {
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
            Self::tidy(&mut table, self.clock().now().0);
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
                .map_err(|error| super::rules::refused(&error))?;
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
        Self::tidy(&mut table, self.clock().now().0);
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
        Self::tidy(&mut table, self.clock().now().0);
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
        let now = self.clock().now().0;
        let mut table = self.table();
        Self::tidy(&mut table, now);
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
}

/// Who answers.
pub(crate) struct Answerer<'a> {
    /// For people.
    pub(crate) name: String,
    /// The connection; absent over HTTP.
    pub(crate) link: Option<&'a Link>,
}

/// Whether a caller may see a question.
pub(super) fn may_see(entry: &Entry, link: Option<&Link>) -> bool {
    match link {
        Some(link) => entry.is_for(link) || entry.asker.as_ref() == Some(&link.id),
        None => entry.reviewers.is_empty(),
    }
}
