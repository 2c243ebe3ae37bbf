//! The end of a run: recorded first, told afterwards.

use super::unsaved;
use crate::feed::{RunEvent, RunReport};
use crate::lane::Start;
use crate::shared::{After, Shared, Unsaved};
use domain::record::AssistantMessage;
use domain::{Record, RunOutcome};
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
    let after = shared.finish(claim, records, outcome.clone()).await;
    let outcome = match &after {
        After::Next(_) | After::Idle => outcome,
        After::Unsaved(Unsaved { error, .. }) | After::Lost(error) => unsaved(error),
    };
    let finished_at = shared.clock.now();
    let duration_ms = finished_at.0.saturating_sub(start.accepted_at.0);
    if outcome.is_success() {
        info!(run.id = %claim.run, duration_ms, outcome = outcome.name(), "run finished");
    } else {
        warn!(run.id = %claim.run, duration_ms, outcome = outcome.name(), "run did not succeed");
    }
    let (message, provider, model) = match last {
        Some(said) => (Some(said.message), Some(said.provider), Some(said.model)),
        None => (None, None, None),
    };
    let report = Arc::new(RunReport {
        run: claim.run.clone(),
        session: claim.session.clone(),
        outcome,
        message,
        provider,
        model,
        usage,
        cost,
        used_tools,
        accepted_at: start.accepted_at,
        finished_at,
    });
    if let Some(live) = shared.lanes.remove(&claim.run) {
        live.ended.send_replace(Some(Arc::clone(&report)));
    }
    if let Some(feed) = &start.feed {
        // Nobody may be listening any more; the answer is in the log all the same.
        let sent = feed.send(RunEvent::Finished(report)).await;
        drop(sent);
    }
    after
}
