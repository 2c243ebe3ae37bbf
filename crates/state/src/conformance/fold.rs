//! The projections, folded from the log by the shortest possible program.

use super::whole_log;
use crate::{Recorded, SessionRow, State};
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
        }
    }
    Some(row)
}

/// Checks that the projection of a session equals the fold of its log, and returns the log.
pub async fn check(state: &State, key: &SessionKey) -> Vec<Recorded> {
    let log = whole_log(state, key).await;
    let row = state.sessions.get(key).await.unwrap();
    assert_eq!(
        row,
        session_row(key, &log),
        "the projection of {key} is not its log"
    );
    log
}
