//! Random stories: whatever happens in whatever order, the projections are the fold of the log,
//! and the queue is what a few lines of plain Rust say it is.

use super::{Backend, admission, answer, completed, fold, session};
use crate::{Admitted, Claim, Error, Fence, RunStatus, State};
use domain::RunId;
use std::collections::VecDeque;
use std::time::Duration;

/// How many sessions a story has; [`Op`]s name them by number, modulo this.
pub const SESSIONS: usize = 3;

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Op {
    /// A turn arrives.
    Admit(usize),
    /// The running run's model answers; the counts as in [`answer`].
    Answer(usize, Option<u32>, Option<i32>),
    /// The running run ends after a last answer of so many tokens.
    Finish(usize, Option<u32>),
    /// Somebody takes the running run over.
    TakeOver(usize),
    /// An outdated holder tries to write.
    Outdated(usize),
    /// Time passes, in milliseconds.
    Wait(u16),
    /// The store is closed and opened.
    Reopen,
}

/// What one session should be.
#[derive(Default)]
struct Model {
    running: Option<Claim>,
    waiting: VecDeque<RunId>,
    accepted: Vec<RunId>,
}

/// Stories from a fixed seed, for backends without a property-testing library.
pub async fn random_stories_fold_to_their_projections(backend: &dyn Backend) {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    let mut ops = Vec::new();
    for _ in 0..300 {
        let number = usize::try_from(random(3)).unwrap();
        let tokens = (random(3) > 0).then(|| u32::try_from(random(1000)).unwrap());
        ops.push(match random(12) {
            0..=3 => Op::Admit(number),
            4..=5 => Op::Answer(number, tokens, tokens.and_then(|it| i32::try_from(it).ok())),
            6..=8 => Op::Finish(number, tokens),
            9 => Op::TakeOver(number),
            10 => Op::Outdated(number),
            _ if random(4) == 0 => Op::Reopen,
            _ => Op::Wait(u16::try_from(random(900)).unwrap()),
        });
    }
    check(backend, &ops).await;
}

/// Plays a story on an empty backend and checks everything at its end.
pub async fn check(backend: &dyn Backend, ops: &[Op]) {
    let mut state = backend.open().await;
    let mut models: [Model; SESSIONS] = Default::default();
    for op in ops {
        match op {
            Op::Admit(number) => admit(&state, *number, &mut models).await,
            Op::Wait(millis) => backend
                .clock()
                .advance(Duration::from_millis((*millis).into())),
            Op::Reopen => {
                state.health.close().await.unwrap();
                state = backend.open().await;
            }
            Op::Answer(number, ..)
            | Op::Finish(number, _)
            | Op::TakeOver(number)
            | Op::Outdated(number) => {
                let model = &mut models[number % SESSIONS];
                if let Some(claim) = model.running.clone() {
                    running(&state, op, claim, model).await;
                }
            }
        }
    }
    settled(&state, &models).await;
    state.health.close().await.unwrap();
    settled(&backend.open().await, &models).await;
}

async fn admit(state: &State, number: usize, models: &mut [Model; SESSIONS]) {
    let number = number % SESSIONS;
    let model = &mut models[number];
    let admission = admission(&session(&format!("s{number}")), "hello");
    let run = admission.run.clone();
    let admitted = state.queue.admit(admission).await.unwrap();
    let Admitted::Accepted { fresh, claim, .. } = admitted else {
        unreachable!("a turn without a key is no duplicate: {admitted:?}");
    };
    assert_eq!(fresh, model.accepted.is_empty());
    assert_eq!(claim.is_some(), model.running.is_none());
    model.accepted.push(run.clone());
    match claim {
        Some(claim) => model.running = Some(claim),
        None => model.waiting.push_back(run),
    }
}

async fn running(state: &State, op: &Op, claim: Claim, model: &mut Model) {
    match op {
        Op::Answer(_, input, cost) => {
            let records = vec![answer(input.map(u64::from), cost.map(i64::from))];
            let key = &claim.session;
            state
                .log
                .append(key, claim.fence, Some(&claim.run), records)
                .await
                .unwrap();
        }
        Op::Finish(_, input) => {
            let records = vec![answer(input.map(u64::from), None)];
            let next = state
                .queue
                .finish(&claim, records, completed())
                .await
                .unwrap();
            assert_eq!(
                next.as_ref().map(|it| it.run.clone()),
                model.waiting.pop_front()
            );
            model.running = next;
        }
        Op::TakeOver(_) => {
            let taken = state.queue.claim(&claim.run).await.unwrap();
            assert!(
                taken.fence > claim.fence && taken.attempt > claim.attempt,
                "{taken:?}"
            );
            model.running = Some(taken);
        }
        Op::Outdated(_) => {
            let fence = Fence(claim.fence.0 - 1);
            let records = vec![answer(Some(1), Some(1))];
            let refused = state.log.append(&claim.session, fence, None, records).await;
            assert!(
                matches!(refused, Err(Error::LeaseLost { .. })),
                "{refused:?}"
            );
        }
        Op::Admit(_) | Op::Wait(_) | Op::Reopen => {}
    }
}

async fn settled(state: &State, models: &[Model; SESSIONS]) {
    let mut unfinished = Vec::new();
    for (number, model) in models.iter().enumerate() {
        let log = fold::check(state, &session(&format!("s{number}"))).await;
        let turns = log.iter().filter(|it| it.record.kind() == "turnAccepted");
        let turns: Vec<_> = turns.filter_map(|it| it.run.clone()).collect();
        assert_eq!(turns, model.accepted);
        unfinished.extend(
            model
                .running
                .iter()
                .map(|it| (it.run.clone(), RunStatus::Running)),
        );
        unfinished.extend(
            model
                .waiting
                .iter()
                .map(|it| (it.clone(), RunStatus::Queued)),
        );
    }
    let rows = state.queue.unfinished().await.unwrap();
    let mut found: Vec<_> = rows.into_iter().map(|row| (row.run, row.status)).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    unfinished.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found, unfinished);
    let opened = models
        .iter()
        .filter(|model| !model.accepted.is_empty())
        .count();
    assert_eq!(
        state.sessions.count().await.unwrap(),
        u64::try_from(opened).unwrap()
    );
}
