//! One call of the ledger, as clients read it.

use domain::ledger::CallOutcome;
use domain::{MicroUsd, TokenCount};
use protocol::methods::usage::{CacheBreakEntry, CallEntry, ShadowEntry};
use state::CallRow;

/// The entry of a call.
pub(super) fn entry(row: &CallRow) -> CallEntry {
    let tokens = |count: Option<TokenCount>| count.map(|count| count.0);
    let usd = |amount: &Option<MicroUsd>| amount.as_ref().map(ToString::to_string);
    let note = &row.note;
    CallEntry {
        call_id: row.call.to_string(),
        ended_at: row.at.0,
        run_id: row.run.as_ref().map(ToString::to_string),
        session_key: row.session.as_ref().map(ToString::to_string),
        agent_id: row.agent.as_ref().map(ToString::to_string),
        key: row.key.as_deref().map(ToOwned::to_owned),
        model: format!("{}/{}", row.provider, row.model),
        outcome: outcome(row.outcome),
        duration_ms: row.duration_ms,
        input_tokens: tokens(row.usage.input),
        output_tokens: tokens(row.usage.output),
        cache_read_tokens: tokens(row.usage.cache_read),
        cache_write_tokens: tokens(row.usage.cache_write),
        media_tokens: tokens(row.usage.media),
        reasoning_tokens: tokens(row.usage.reasoning),
        cost_usd: usd(&row.cost),
        reserved_usd: note.reserved.to_string(),
        estimated: row.estimated,
        why: note.why.clone(),
        tier: note.tier.clone(),
        credential: note.credential.clone(),
        attempt: note.attempt,
        error: note.error.clone(),
        shadow: note.shadow.as_ref().map(|shadow| ShadowEntry {
            tier: shadow.tier.clone(),
            model: shadow.model.clone(),
            why: shadow.why.clone(),
            cost_usd: usd(&shadow.cost),
        }),
        cache_break: note.cache_break.as_ref().map(|broken| CacheBreakEntry {
            source: broken.source.clone(),
            at_byte: broken.at_byte,
            was: broken.was.clone(),
            now: broken.now.clone(),
            lost_tokens: broken.lost_tokens,
            cost_usd: usd(&broken.cost),
        }),
    }
}

fn outcome(outcome: CallOutcome) -> String {
    match outcome {
        CallOutcome::Answered => "answered".to_owned(),
        CallOutcome::Cancelled => "cancelled".to_owned(),
        CallOutcome::Failed(kind) => kind.name().to_owned(),
    }
}
