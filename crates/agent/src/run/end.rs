//! The end of a run: recorded first, told afterwards.

use super::unsaved;
use crate::Happened;
use crate::feed::{RunEvent, RunReport};
use crate::lane::Start;
use crate::shared::{After, Shared, Unsaved};
use domain::record::AssistantMessage;
use domain::{Record, RunOutcome, UnixMillis};
use state::Claim;
use std::sync::Arc;
use tracing::{info, warn};

/// The end of a run, before it is recorded.
pub(crate) struct Ended {
    pub(crate) records: Vec<Record>,
    pub(crate) outcome: RunOutcome,
    pub(crate) last: Option<AssistantMessage>,
    pub(crate) usage: domain::Usage,
    pub(crate) cost: Option<domain::MicroUsd>,
    /// Whether tools of ours ran.
    pub(crate) used_tools: bool,
}

impl Ended {
    pub(crate) fn without_answer(outcome: RunOutcome) -> Self {
        Self {
            records: Vec::new(),
            outcome,
            last: None,
            usage: domain::Usage::default(),
            cost: Some(domain::MicroUsd::ZERO),
            used_tools: false,
        }
    }

    /// What is told of it.
    fn report(self, claim: &Claim, accepted_at: UnixMillis, finished_at: UnixMillis) -> RunReport {
        let (message, provider, model) = match self.last {
            Some(said) => (Some(said.message), Some(said.provider), Some(said.model)),
            None => (None, None, None),
        };
        RunReport {
            run: claim.run.clone(),
            session: claim.session.clone(),
            outcome: self.outcome,
            message,
            provider,
            model,
            usage: self.usage,
            cost: self.cost,
            used_tools: self.used_tools,
            accepted_at,
            finished_at,
        }
    }
}

/// Closes a run of the last process that does not go on. `records` is what is kept of it.
pub(crate) async fn close(shared: &Shared, claim: &Claim, records: Vec<Record>) -> After {
    let after = shared
        .finish(claim, records.clone(), RunOutcome::Interrupted)
        .await;
    let told = matches!(after, After::Next(_) | After::Idle) && shared.tap.listens();
    if !told {
        return after;
    }
    let Ok(Some(row)) = shared.state.queue.run(&claim.run).await else {
        warn!(run.id = %claim.run, "a closed run cannot be read, so nobody is told of it");
        return after;
    };
    let last = records.into_iter().find_map(|record| match record {
        Record::AssistantMessage(said) => Some(*said),
        Record::SessionOpened(_)
        | Record::TurnAccepted(_)
        | Record::RunStarted(_)
        | Record::ToolStarted(_)
        | Record::CommandAnswered(_)
        | Record::ToolFinished(_)
        | Record::ApprovalDecided(_)
        | Record::RunFinished(_)
        | Record::SessionReset(_)
        | Record::Trimmed(_)
        | Record::Unknown { .. } => None,
    });
    let finished_at = row.finished_at.unwrap_or_else(|| shared.clock.now());
    let ended = Ended {
        last,
        ..Ended::without_answer(RunOutcome::Interrupted)
    };
    let report = Arc::new(ended.report(claim, row.accepted_at, finished_at));
    shared
        .teller(claim, &row.agent)
        .tell(|| Happened::Finished(report));
    after
}

/// Records the end, then tells the listener: nobody hears of an answer that is not on disk.
pub(crate) async fn end(shared: &Shared, claim: &Claim, start: &Start, ended: Ended) -> After {
    let Ended {
        records,
        outcome,
        last,
        usage,
        cost,
        used_tools,
    } = ended;
    let teller = shared.teller(claim, &start.turn.agent);
    let after = shared.finish(claim, records.clone(), outcome.clone()).await;
    let outcome = match &after {
        After::Next(_) | After::Idle => {
            teller.saved(&records);
            outcome
        }
        After::Unsaved(Unsaved { error, .. }) | After::Lost(error) => unsaved(error),
    };
    let finished_at = shared.clock.now();
    let duration_ms = finished_at.0.saturating_sub(start.accepted_at.0);
    if outcome.is_success() {
        info!(run.id = %claim.run, duration_ms, outcome = outcome.name(), "run finished");
    } else {
        warn!(run.id = %claim.run, duration_ms, outcome = outcome.name(), "run did not succeed");
    }
    let ended = Ended {
        records: Vec::new(),
        outcome,
        last,
        usage,
        cost,
        used_tools,
    };
    let report = Arc::new(ended.report(claim, start.accepted_at, finished_at));
    if let Some(live) = shared.lanes.remove(&claim.run) {
        live.ended.send_replace(Some(Arc::clone(&report)));
    }
    teller.tell(|| Happened::Finished(Arc::clone(&report)));
    if let Some(feed) = &start.feed {
        // Nobody may be listening any more; the answer is in the log all the same.
        let sent = feed.send(RunEvent::Finished(report)).await;
        drop(sent);
    }
    after
}
