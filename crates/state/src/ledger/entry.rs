//! A line of the journal: a checksum and what happened, as JSON.

use crate::CallRow;
use domain::ledger::{Ask, CallId, CallNote, CallOutcome, Grant, Payer, Settlement};
use domain::{
    AgentId, FailureKind, MicroUsd, ModelId, ProviderId, RunId, SessionKey, UnixMillis, Usage,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

/// What can happen.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Entry<R, S> {
    /// Money was reserved for a call.
    Reserved(R),
    /// A call was settled.
    Settled(S),
}

/// A call for which money is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reserved {
    pub(super) call: CallId,
    pub(super) at: UnixMillis,
    pub(super) amount: MicroUsd,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<SessionKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<AgentId>,
    provider: ProviderId,
    model: ModelId,
}

impl Reserved {
    pub(super) fn new(ask: &Ask, grant: Grant, at: UnixMillis) -> Self {
        let payer = ask.payer.clone();
        Self {
            call: ask.call.clone(),
            at,
            amount: grant.amount,
            key: payer.key,
            run: payer.run,
            session: payer.session,
            agent: payer.agent,
            provider: ask.provider.clone(),
            model: ask.model.clone(),
        }
    }

    pub(super) fn payer(&self) -> Payer {
        Payer {
            key: self.key.clone(),
            agent: self.agent.clone(),
            session: self.session.clone(),
            run: self.run.clone(),
        }
    }

    /// The row of the call, settled at `at`. A cost is never negative, and one that nobody knows
    /// although money was reserved is what was reserved.
    pub(super) fn settled(&self, at: UnixMillis, settlement: Settlement) -> CallRow {
        let unknown = settlement.cost.is_none() && self.amount > MicroUsd::ZERO;
        let cost = settlement.cost.map(|cost| cost.max(MicroUsd::ZERO));
        CallRow {
            call: self.call.clone(),
            at,
            key: self.key.clone(),
            run: self.run.clone(),
            session: self.session.clone(),
            agent: self.agent.clone(),
            provider: self.provider.clone(),
            model: self.model.clone(),
            usage: settlement.usage,
            cost: if unknown { Some(self.amount) } else { cost },
            estimated: settlement.estimated || unknown,
            outcome: settlement.outcome,
            duration_ms: settlement.duration_ms,
            note: settlement.note,
        }
    }

    /// The row of a call during which the process died: all that was reserved may be spent.
    pub(super) fn interrupted(&self) -> CallRow {
        let settlement = Settlement {
            call: self.call.clone(),
            usage: Usage::default(),
            cost: Some(self.amount),
            estimated: true,
            outcome: CallOutcome::Failed(FailureKind::Internal),
            duration_ms: 0,
            note: CallNote {
                error: Some(
                    "interrupted: the gateway stopped during the call; all that was reserved \
                     counts as spent"
                        .to_owned(),
                ),
                reserved: self.amount,
                ..CallNote::default()
            },
        };
        self.settled(self.at, settlement)
    }
}

/// Digits of the checksum and the blank behind it.
const CHECKSUM: usize = 17;

/// Appends an entry as one line to `lines`.
///
/// # Errors
/// When a value inside cannot be JSON; `lines` is as before then.
pub(super) fn write(
    entry: &Entry<&Reserved, &CallRow>,
    lines: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let start = lines.len();
    lines.extend_from_slice(&[b' '; CHECKSUM]);
    if let Err(error) = serde_json::to_writer(&mut *lines, entry) {
        lines.truncate(start);
        return Err(error);
    }
    let digest = checksum(lines.get(start + CHECKSUM..).unwrap_or_default());
    if let Some(mut place) = lines.get_mut(start..start + CHECKSUM) {
        // Sixteen digits always fit.
        write!(place, "{digest:016x}").map_err(serde_json::Error::io)?;
    }
    lines.push(b'\n');
    Ok(())
}

/// Reads a line without its end; `None` when it is not as it was written.
fn read(line: &[u8]) -> Option<Entry<Reserved, Box<CallRow>>> {
    let (head, json) = line.split_at_checked(CHECKSUM)?;
    // Compared as text: the same number has other spellings (a sign, capitals), never written here.
    let expected = format!("{:016x} ", checksum(json));
    (head == expected.as_bytes()).then(|| serde_json::from_slice(json).ok())?
}

/// FNV-1a, 64 bits. Source: IETF draft-eastlake-fnv.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What a journal says.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// Settled calls in their order.
    pub(super) settled: Vec<CallRow>,
    /// Calls that were never settled, oldest first.
    pub(super) open: Vec<Reserved>,
    /// The numbers of lines that could not be read, from 1.
    pub(super) broken: Vec<usize>,
    /// The bytes up to the end of the last whole line.
    pub(super) whole: u64,
}

/// Reads a journal. What follows the last end of a line was cut off while it was written and is
/// left out.
pub(super) fn replay(journal: &[u8]) -> Replay {
    let mut replay = Replay::default();
    let mut open = HashMap::new();
    let whole = journal.iter().rposition(|byte| *byte == b'\n');
    let Some(lines) = whole.and_then(|last| journal.get(..=last)) else {
        return replay;
    };
    replay.whole = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    for (number, line) in (1..).zip(lines.split_inclusive(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        match read(line) {
            Some(Entry::Reserved(reserved)) => {
                open.insert(reserved.call.clone(), reserved);
            }
            Some(Entry::Settled(row)) => {
                open.remove(&row.call);
                replay.settled.push(*row);
            }
            None => replay.broken.push(number),
        }
    }
    replay.open = open.into_values().collect();
    replay
        .open
        .sort_by(|a, b| (a.at, &a.call).cmp(&(b.at, &b.call)));
    replay
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reserved(number: usize) -> Reserved {
        Reserved {
            call: CallId::new(format!("call-{number}")),
            at: UnixMillis(7),
            amount: MicroUsd(500),
            key: number.is_multiple_of(2).then(|| "line\nbreak".into()),
            run: Some(RunId::new("r")),
            session: None,
            agent: None,
            provider: ProviderId::new("openai"),
            model: ModelId::new("gpt-5.4"),
        }
    }

    /// Reservations of four calls of which the first two are settled, and where each line ends.
    fn journal() -> (Vec<u8>, Vec<usize>) {
        let (mut lines, mut ends) = (Vec::new(), Vec::new());
        for number in 0..4 {
            write(&Entry::Reserved(&reserved(number)), &mut lines).unwrap();
            ends.push(lines.len());
            if number < 2 {
                write(&Entry::Settled(&reserved(number).interrupted()), &mut lines).unwrap();
                ends.push(lines.len());
            }
        }
        (lines, ends)
    }

    /// What a journal says, in a form that can be compared.
    fn said(replay: &Replay) -> (Vec<CallRow>, Vec<Reserved>) {
        (replay.settled.clone(), replay.open.clone())
    }

    #[test]
    fn cut_anywhere_it_says_what_was_whole() {
        let (lines, ends) = journal();
        for cut in 0..=lines.len() {
            let replay = replay(&lines[..cut]);
            let whole = ends.iter().filter(|end| **end <= cut).count();
            let settled = (0..2).filter(|number| 2 * number + 1 < whole);
            let known = [0, 2, 4, 5].iter().filter(|line| **line < whole).count();
            let open = (0..known).filter(|number| *number > 1 || 2 * number + 1 >= whole);
            let expected: (Vec<_>, Vec<_>) = (
                settled
                    .map(|number| reserved(number).interrupted())
                    .collect(),
                open.map(reserved).collect(),
            );
            assert_eq!(said(&replay), expected, "cut at {cut}");
            assert_eq!(replay.broken, Vec::<usize>::new());
            let end = ends.iter().rev().find(|end| **end <= cut).copied();
            assert_eq!(replay.whole, u64::try_from(end.unwrap_or(0)).unwrap());
        }
    }

    #[test]
    fn a_damaged_line_is_reported_and_the_others_count() {
        let (journal, ends) = journal();
        for at in (0..journal.len()).filter(|at| journal[*at] != b'\n') {
            let was = journal[at];
            // What a reader of numbers or of JSON might take for the same.
            for with in [
                b'+',
                b'-',
                b' ',
                b'\t',
                0,
                0xff,
                b'0',
                b'"',
                was ^ 0x20,
                was ^ 1,
            ] {
                if with == was || with == b'\n' {
                    continue;
                }
                let mut lines = journal.clone();
                lines[at] = with;
                let line = ends.iter().filter(|end| **end <= at).count() + 1;
                let replay = replay(&lines);
                assert_eq!(replay.broken, [line], "{with:#x} at {at}");
                let settled = 2 - usize::from([2, 4].contains(&line));
                assert_eq!(replay.settled.len(), settled, "{with:#x} at {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_found_in_the_file_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            replay(&bytes);
        }
    }
}
