//! Records as columns, made on the caller's side so that the writer thread only writes.

use crate::Error;
use domain::{MicroUsd, Record, RunOutcome, Usage};

/// A record ready to be written, and what it changes in the projections.
pub(super) struct Encoded {
    pub(super) kind: String,
    pub(super) version: u32,
    pub(super) payload: String,
    pub(super) effect: Effect,
}

/// What a record changes in the projections.
pub(super) enum Effect {
    /// Nothing but the number of the last record.
    None,
    /// One more turn.
    Turn,
    /// A run begins.
    Began,
    /// A model call was paid for.
    Spent(Usage, Option<MicroUsd>),
    /// The run ends.
    Ended(RunOutcome),
    /// Everything begins anew, with this `sessionId`.
    Reset(String),
    /// The conversation begins at this record.
    Begins(i64),
}

/// Turns a record into columns.
pub(super) fn encode(record: &Record) -> Result<Encoded, Error> {
    let effect = match record {
        Record::TurnAccepted(_) => Effect::Turn,
        Record::AssistantMessage(said) => Effect::Spent(said.usage, said.cost),
        Record::RunStarted(_) => Effect::Began,
        Record::RunFinished(outcome) => Effect::Ended(outcome.clone()),
        Record::SessionReset(reset) => Effect::Reset(reset.session_id.clone()),
        Record::Trimmed(trimmed) => Effect::Begins(trimmed.before),
        Record::SessionOpened(_)
        | Record::ToolStarted(_)
        | Record::CommandAnswered(_)
        | Record::ToolFinished(_)
        | Record::ApprovalDecided(_)
        | Record::Unknown { .. } => Effect::None,
    };
    Ok(Encoded {
        kind: record.kind().to_owned(),
        version: record.version(),
        payload: record
            .payload()
            .map_err(|error| Error::Record(error.to_string()))?,
        effect,
    })
}

/// Turns records into columns.
pub(super) fn encode_all(records: &[Record]) -> Result<Vec<Encoded>, Error> {
    records.iter().map(encode).collect()
}

/// About how many bytes the records take while they wait.
pub(super) fn weight(records: &[Encoded]) -> usize {
    records
        .iter()
        .map(|record| record.payload.len().saturating_add(128))
        .sum()
}
