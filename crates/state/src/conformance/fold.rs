//! The projections, folded from the log by the shortest possible program.

use super::whole_log;
use crate::{LastRun, Recorded, Seq, SessionRow, State};
use domain::{Record, SessionKey};

/// The session row its log asks for; `None` when the log is empty.
///
/// Also checks that the numbers start at 1 and have no gaps and that the first record opens the
/// session.
pub fn session_row(key: &SessionKey, log: &[Recorded]) -> Option<SessionRow> {
    let first = log.first()?;
    let Record::SessionOpened(opened) = &first.record else {
        unreachable!("{key} begins with {:?}", first.record);
    };
    let mut row = SessionRow {
        key: key.clone(),
        session_id: opened.session_id.clone(),
        agent: opened.agent.clone(),
        created_at: first.at,
        updated_at: first.at,
        last_seq: first.seq,
        turns: 0,
        usage: domain::Usage::default(),
        cost: domain::MicroUsd::ZERO,
        start: first.seq,
        last_run: LastRun::default(),
        entry: domain::SessionEntry::default(),
    };
    for (number, recorded) in (1_i64..).zip(log) {
        assert_eq!(recorded.seq.0, number, "{key} has a gap");
        row.last_seq = recorded.seq;
        row.updated_at = recorded.at;
        if let Record::TurnAccepted(_) = &recorded.record {
            row.turns += 1;
        }
        if let Record::AssistantMessage(said) = &recorded.record {
            row.usage = row.usage.plus(said.usage);
            row.cost += said.cost.unwrap_or_default();
            row.last_run.answer(&said.usage);
        }
        if let Record::RunStarted(_) = &recorded.record {
            row.last_run.begin(recorded.run.clone(), recorded.at);
        }
        if let Record::RunFinished(outcome) = &recorded.record {
            row.last_run.end(outcome.clone(), recorded.at);
        }
        if let Record::SessionReset(reset) = &recorded.record {
            row.session_id.clone_from(&reset.session_id);
            row.start = Seq(number + 1);
            row.turns = 0;
            row.usage = domain::Usage::default();
            row.cost = domain::MicroUsd::ZERO;
            row.last_run = LastRun::default();
        }
        if let Record::Trimmed(trimmed) = &recorded.record {
            row.start = Seq(trimmed.before);
        }
    }
    Some(row)
}

/// Checks that the projection of a session equals the fold of its log, and returns the log.
pub async fn check(state: &State, key: &SessionKey) -> Vec<Recorded> {
    let log = whole_log(state, key).await;
    let row = state.sessions.get(key).await.unwrap();
    let mut folded = session_row(key, &log);
    if let (Some(row), Some(folded)) = (&row, &mut folded) {
        // What somebody set is no part of the log, nor is the moment it was set.
        folded.entry = row.entry.clone();
        folded.updated_at = folded.updated_at.max(row.updated_at);
    }
    assert_eq!(row, folded, "the projection of {key} is not its log");
    log
}
