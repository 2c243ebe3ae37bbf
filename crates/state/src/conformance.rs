//! One suite, every backend.
//!
//! A backend passes an opener to [`conformance_suite!`](crate::conformance_suite) in its tests and
//! gets one test per promise of the traits. Nothing here runs in a gateway.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code that a second backend must be able to call; it fails by panicking"
)]

pub mod changes;
pub mod cooldowns;
pub mod documents;
pub mod endings;
pub mod fold;
pub mod health;
pub mod idempotency;
pub mod leases;
pub mod log;
pub mod metering;
pub mod queue;
pub mod responses;
pub mod sessions;
pub mod story;
pub mod tail;

use crate::{Admission, Admitted, Claim, Recorded, Seq, State};
use async_trait::async_trait;
use domain::record::AssistantMessage;
use domain::{
    AgentId, Clock, Message, MicroUsd, ModelId, OnDisconnect, Origin, ProviderId, Record, RunId,
    RunOutcome, Sampling, SessionKey, StopReason, TokenCount, ToolChoice, Turn, UnixMillis, Usage,
};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A store under test: empty at first, and what was closed can be opened again.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Opens the store with everything that earlier ones of this backend left. The earlier ones
    /// are closed.
    async fn open(&self) -> State;

    /// The clock the stores read.
    fn clock(&self) -> &SteppedClock;
}

/// A clock that moves only when told to.
#[derive(Debug)]
pub struct SteppedClock(AtomicI64);

impl SteppedClock {
    /// A clock that stands at `start`.
    pub fn new(start: UnixMillis) -> Self {
        Self(AtomicI64::new(start.0))
    }

    /// Moves on.
    pub fn advance(&self, by: Duration) {
        self.0
            .fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

/// The key of the session that tests call `name`.
pub fn session(name: &str) -> SessionKey {
    SessionKey::new(format!("agent:main:{name}"))
}

/// A turn of one user message.
pub fn turn(session: &SessionKey, text: &str) -> Turn {
    Turn {
        agent: AgentId::new("main"),
        session: session.clone(),
        origin: Origin::Rpc,
        at: None,
        payer_key: None,
        input: vec![Message::user(text)],
        context: Vec::new(),
        instructions: Vec::new(),
        client_tools: Vec::new(),
        tool_choice: ToolChoice::Auto,
        sampling: Sampling::default(),
        model: None,
        on_disconnect: OnDisconnect::Continue,
        timeout_ms: None,
    }
}

/// A turn asking to be let in as a fresh run.
pub fn admission(session: &SessionKey, text: &str) -> Admission {
    Admission {
        run: RunId::generate(),
        turn: turn(session, text),
        session_id: format!("id-of-{session}"),
        idempotency: None,
    }
}

/// Lets a turn into an idle session and returns its claim.
pub async fn claimed(state: &State, session: &SessionKey) -> Claim {
    let admitted = state
        .queue
        .admit(admission(session, "hello"))
        .await
        .unwrap();
    let Admitted::Accepted {
        claim: Some(claim), ..
    } = admitted
    else {
        unreachable!("the session was not idle: {admitted:?}");
    };
    claim
}

/// Lets a turn into a busy session and returns its run.
pub async fn queued(state: &State, session: &SessionKey) -> RunId {
    let admission = admission(session, "and then?");
    let run = admission.run.clone();
    let admitted = state.queue.admit(admission).await.unwrap();
    assert!(
        matches!(admitted, Admitted::Accepted { claim: None, .. }),
        "{admitted:?}"
    );
    run
}

/// An answer that used `input` prompt tokens and cost `cost`.
pub fn answer(input: Option<u64>, cost: Option<i64>) -> Record {
    Record::AssistantMessage(Box::new(AssistantMessage {
        message: Message::assistant("hi"),
        provider: ProviderId::new("offline"),
        model: ModelId::new("demo"),
        usage: Usage {
            input: input.map(TokenCount),
            ..Usage::default()
        },
        cost: cost.map(MicroUsd),
        stop: Some(StopReason::Stop),
        incomplete: false,
    }))
}

/// The usual end.
pub fn completed() -> RunOutcome {
    RunOutcome::Completed {
        stop: StopReason::Stop,
    }
}

/// The whole log of a session, read in small pages.
pub async fn whole_log(state: &State, session: &SessionKey) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    loop {
        let after = all.last().map_or(Seq(0), |last| last.seq);
        let page = state.log.read(session, after, 16).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// The kinds of a session's records, in order.
pub async fn kinds(state: &State, session: &SessionKey) -> Vec<String> {
    let log = whole_log(state, session).await;
    log.iter()
        .map(|recorded| recorded.record.kind().to_owned())
        .collect()
}

/// Stamps one `#[tokio::test]` per promise of the traits on a backend.
///
/// The argument is an expression that makes a fresh [`Backend`]; it is evaluated once per test.
/// The calling crate needs `tokio` with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! conformance_suite {
    ($backend:expr) => {
        $crate::conformance_suite! { @each $backend;
            log: appends_in_order_without_gaps, all_or_nothing, refuses_outdated_fences,
                needs_a_session, carries_unknown_kinds, reads_in_pages, reopens_with_everything,
                concurrent_appends_leave_no_gap;
            queue: an_idle_session_is_claimed_at_once, a_busy_session_queues,
                hands_over_in_the_order_of_acceptance, takes_over_a_running_run,
                refuses_outdated_claims, refuses_wrong_states, sessions_are_independent;
            endings: finish_is_all_or_nothing, drafts_live_as_long_as_their_run,
                outcomes_are_kept, unfinished_runs_survive;
            idempotency: a_repeated_request_finds_its_run, a_different_request_is_refused,
                scopes_never_meet, keys_are_forgotten, concurrent_duplicates_make_one_run,
                survives_a_restart;
            leases: one_holder_at_a_time, renewing_keeps_the_fence, expiry_lets_others_in,
                giving_back_outdates, an_outdated_release_does_nothing;
            sessions: lists_newest_first, counts_and_finds, unknown_counts_stay_unknown,
                nothing_overflows;
            changes: opened_once_without_a_turn, what_is_set_is_kept, lists_are_filtered_and_paged,
                a_reset_begins_anew, a_removed_session_frees_its_key, a_trim_keeps_whole_turns,
                what_is_under_way_is_left_alone;
            documents: the_last_one_put_is_found, kinds_never_meet, what_was_removed_is_gone;
            tail: reads_backwards, notes_belong_to_no_run, tells_what_is_on_disk,
                tells_nothing_that_failed;
            metering: adds_up, a_call_is_counted_once, time_is_half_open, a_run_has_its_calls,
                pages_follow_each_other, groups_are_in_order, spending_is_known_by_payer,
                nothing_overflows;
            responses: the_last_one_put_is_found, owners_never_meet, what_was_deleted_is_gone,
                what_expired_is_gone;
            cooldowns: the_last_list_is_kept, the_last_of_two_stays;
            health: probes, closed_means_closed, what_was_handed_over_is_kept;
            story: random_stories_fold_to_their_projections;
        }
    };
    (@each $backend:expr; $($room:ident: $($promise:ident),+;)+) => {
        $(
            mod $room {
                #[allow(unused_imports, reason = "the opener may or may not need them")]
                use super::*;
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $promise() {
                        $crate::conformance::$room::$promise(&$backend).await;
                    }
                )+
            }
        )+
    };
}
