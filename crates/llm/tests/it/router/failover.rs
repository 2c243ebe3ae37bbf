//! Every fault, at every position of the answer, of the first candidate and of the last.

use super::{House, Read, at, refuses, says};
use crate::fake::{Connection, Fake};
use domain::FailureKind;
use domain::ledger::CallOutcome;
use llm::provider::ProviderConfig;
use std::time::Duration;

/// What a provider does wrong.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// Answers with this status and this body.
    Status(&'static str, &'static str),
    /// Closes the connection.
    Gone,
    /// Says nothing.
    Silent,
    /// Begins with this piece of a stream, then closes the connection.
    Cut(&'static str),
    /// Begins with this piece of a stream, then says nothing.
    Stuck(&'static str),
}

pub(super) const STARTED: &str =
    "data: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n";
const SPOKEN: &str =
    "data: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"par\"}}]}\n\n";
const OVERLOADED: &str = "data: {\"error\":{\"code\":503,\"message\":\"overloaded\"}}\n\n";
const BAD_JSON: &str = "data: {\"choices\": oops\n\n";

impl Fault {
    async fn play(self, connection: &mut Connection) -> bool {
        match self {
            Self::Status(status, body) => {
                connection.whole(status, "", body).await;
                true
            }
            Self::Gone => false,
            Self::Silent => {
                connection.closed().await;
                false
            }
            Self::Cut(piece) => {
                connection.begin_stream().await;
                connection.chunk(piece).await;
                false
            }
            Self::Stuck(piece) => {
                connection.begin_stream().await;
                connection.chunk(piece).await;
                connection.closed().await;
                false
            }
        }
    }

    pub(super) async fn provider(self) -> Fake {
        Fake::start(move |mut connection, _| async move {
            while connection.request().await.is_some() && self.play(&mut connection).await {}
        })
        .await
    }
}

pub(super) const TOO_LONG: &str =
    r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#;
const NO_MODEL: &str = r#"{"error":{"message":"no such model","code":"model_not_found"}}"#;

/// Faults before anything was said, the error they are, and whether another model may answer.
fn early() -> Vec<(Fault, FailureKind, bool)> {
    use FailureKind as K;
    let status = |line, body| Fault::Status(line, body);
    vec![
        (status("400 Bad", "{}"), K::InvalidRequest, false),
        (status("401 No", "{}"), K::Unauthorized, true),
        (status("402 Pay", "{}"), K::Forbidden, true),
        (status("403 No", "{}"), K::Forbidden, true),
        (status("404 No", NO_MODEL), K::ModelNotFound, true),
        (status("400 Bad", TOO_LONG), K::ContextTooLong, true),
        (status("429 Slow", "{}"), K::RateLimited, true),
        (status("500 Oops", "{}"), K::ProviderFailed, true),
        (status("503 Busy", "{}"), K::ProviderFailed, true),
        (status("529 Busy", "{}"), K::ProviderFailed, true),
        (status("301 Moved", "{}"), K::InvalidRequest, true),
        (Fault::Gone, K::BrokenStream, true),
        (Fault::Silent, K::TimedOut, true),
        (Fault::Cut(""), K::BrokenStream, true),
        (Fault::Cut(STARTED), K::BrokenStream, true),
        (Fault::Cut(OVERLOADED), K::ProviderFailed, true),
        (Fault::Cut(BAD_JSON), K::BrokenStream, true),
        (Fault::Stuck(": waiting\n\n"), K::TimedOut, true),
        (Fault::Stuck(STARTED), K::TimedOut, true),
        (Fault::Stuck(OVERLOADED), K::ProviderFailed, true),
    ]
}

pub(super) async fn bounded<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(5), work)
        .await
        .expect("nothing may hang past its deadline")
}

/// A second provider with a larger window than that of the first.
fn roomy(id: &str, port: u16) -> ProviderConfig {
    let mut config = at(id, port);
    config.models[0].context_window = Some(2_000_000);
    config
}

#[tokio::test]
async fn a_fault_of_the_first_candidate_is_never_seen() {
    for (fault, kind, goes_on) in early() {
        let (bad, good) = (fault.provider().await, says("from two").await);
        let house = House::new(vec![at("one", bad.port), roomy("two", good.port)]);
        let result = bounded(house.ask(&["one/m", "two/m"])).await;
        let settled = house.books.settled();
        assert_eq!(settled[0].outcome, CallOutcome::Failed(kind), "{fault:?}");
        if !goes_on {
            let failed = result.err().expect("the request itself is wrong");
            assert_eq!(failed.error.kind(), kind, "{fault:?}");
            assert_eq!(
                (failed.tried.len(), good.connections()),
                (1, 0),
                "{fault:?}"
            );
            continue;
        }
        let mut read = result.unwrap_or_else(|failed| panic!("{fault:?}: {failed:?}"));
        assert_eq!(read.said.message.text(), "from two", "{fault:?}");
        assert!(read.error.is_none() && read.said.complete, "{fault:?}");
        let tried: Vec<_> = read
            .answering
            .tried
            .iter()
            .map(|t| t.error.kind())
            .collect();
        assert_eq!(tried, [kind], "{fault:?}");
        assert_eq!(settled.len(), 2);
        let note = &settled[1].note;
        assert_eq!((note.attempt, &*note.credential), (2, "two#1"), "{fault:?}");
        assert!(
            note.why.starts_with("fallback after one/m: "),
            "{}",
            note.why
        );
        // 10 prompt tokens at 1 and 5 answer tokens at 4 micro-dollars.
        assert_eq!(settled[1].cost.unwrap().0, 30);
        let receipt = read.answering.receipt();
        let both = settled[0].cost.unwrap() + settled[1].cost.unwrap();
        assert_eq!((receipt.cost, receipt.estimated), (Some(both), false));
    }
}

#[tokio::test]
async fn a_fault_of_the_last_candidate_is_one_typed_error() {
    for (fault, kind, _) in early() {
        let (down, bad) = (refuses("404 No", "").await, fault.provider().await);
        let house = House::new(vec![at("one", down.port), roomy("two", bad.port)]);
        let failed = bounded(house.ask(&["one/m", "two/m"])).await;
        let failed = failed.err().expect("both fail");
        let tried: Vec<_> = failed.tried.iter().map(|t| t.error.kind()).collect();
        assert_eq!(tried, [FailureKind::ModelNotFound, kind], "{fault:?}");
        assert_eq!(house.books.settled().len(), 2, "{fault:?}");
        let shown = failed.error.kind();
        let silent = matches!(
            kind,
            FailureKind::Unauthorized | FailureKind::ModelNotFound | FailureKind::InvalidRequest
        );
        assert!(shown == kind || silent, "{fault:?}: {shown:?}");
        assert!(!format!("{failed:?}").contains("sk-"), "{failed:?}");
    }
}

#[tokio::test]
async fn the_only_candidate_fails_with_its_own_error() {
    for (fault, kind, _) in early() {
        let bad = fault.provider().await;
        let house = House::new(vec![at("one", bad.port)]);
        let failed = bounded(house.ask(&["one/m"])).await.err().unwrap();
        assert_eq!(failed.error.kind(), kind, "{fault:?}");
        let calls = if kind == FailureKind::BrokenStream {
            2
        } else {
            1
        };
        assert_eq!(house.books.settled().len(), calls, "{fault:?}");
    }
}

#[tokio::test]
async fn what_was_shown_is_kept_and_nobody_else_is_called() {
    let late = [
        (Fault::Cut(SPOKEN), FailureKind::BrokenStream),
        (Fault::Stuck(SPOKEN), FailureKind::TimedOut),
    ];
    let pieces = [OVERLOADED, BAD_JSON].map(|piece| format!("{SPOKEN}{piece}"));
    let kinds = [FailureKind::ProviderFailed, FailureKind::BrokenStream];
    let pieces = pieces.into_iter().zip(kinds).map(|(piece, kind)| {
        let piece: &'static str = Box::leak(piece.into_boxed_str());
        (Fault::Stuck(piece), kind)
    });
    for (fault, kind) in late.into_iter().chain(pieces) {
        for names in [&["one/m", "two/m"][..], &["one/m"][..]] {
            let (bad, good) = (fault.provider().await, says("from two").await);
            let house = House::new(vec![at("one", bad.port), at("two", good.port)]);
            let Read { said, error, .. } = bounded(house.ask(names)).await.ok().unwrap();
            assert_eq!((&*said.message.text(), said.complete), ("par", false));
            assert_eq!(error.unwrap().kind(), kind, "{fault:?}");
            assert_eq!(good.connections(), 0, "{fault:?}");
            let settled = house.books.settled();
            assert_eq!(settled.len(), 1);
            // No usage was reported, so it is an estimate, and said to be one.
            assert!(
                settled[0].estimated && settled[0].cost.unwrap().0 > 0,
                "{fault:?}"
            );
            assert_eq!(settled[0].outcome, CallOutcome::Failed(kind));
        }
    }
}
