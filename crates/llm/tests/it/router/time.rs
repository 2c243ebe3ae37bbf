//! Deadlines, and callers who leave.

use super::failover::{Fault, bounded};
use super::{House, at, plays, read, refuses, says};
use crate::fake::delta;
use domain::FailureKind;
use domain::ledger::CallOutcome;
use llm::CallFailed;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_limit_brings_the_next_model_within_a_second() {
    let (limited, good) = (
        refuses("429 Slow", "retry-after: 600\r\n").await,
        says("two").await,
    );
    let house = House::new(vec![at("one", limited.port), at("two", good.port)]);
    let begun = Instant::now();
    let mut answering = house.stream(house.call(&["one/m", "two/m"])).await.unwrap();
    answering.next().await.unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
    // The next call does not even try.
    drop(answering);
    assert_eq!(
        house
            .ask(&["one/m", "two/m"])
            .await
            .ok()
            .unwrap()
            .said
            .message
            .text(),
        "two"
    );
    assert_eq!(limited.connections(), 1);
}

#[tokio::test]
async fn a_hanging_first_candidate_leaves_time_for_the_second() {
    let (silent, good) = (Fault::Silent.provider().await, says("two").await);
    let mut patient = at("one", silent.port);
    patient.timeouts = llm::provider::Timeouts::default();
    let house = House::new(vec![patient, at("two", good.port)]);
    let mut call = house.call(&["one/m", "two/m"]);
    call.deadline = Some(tokio::time::Instant::now() + Duration::from_millis(1200));
    let begun = Instant::now();
    let read = read(house.stream(call).await.unwrap()).await;
    assert_eq!(read.said.message.text(), "two");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    house.books.settled();
}

#[tokio::test]
async fn no_answer_goes_on_past_the_deadline() {
    let endless = plays(|mut connection, _| async move {
        connection.begin_stream().await;
        for _ in 0..400 {
            connection.say("x").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        connection
    })
    .await;
    let house = House::new(vec![at("one", endless.port)]);
    let mut call = house.call(&["one/m"]);
    call.deadline = Some(tokio::time::Instant::now() + Duration::from_millis(300));
    let begun = Instant::now();
    let read = bounded(read(house.stream(call).await.unwrap())).await;
    assert_eq!(read.error.unwrap().kind(), FailureKind::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(read.said.message.text().len() > 3);
    assert!(house.books.settled()[0].estimated);
    // The caller was in a hurry; the provider is not blamed for it.
    for _ in 0..3 {
        let mut call = house.call(&["one/m"]);
        call.deadline = Some(tokio::time::Instant::now() + Duration::from_millis(40));
        if let Ok(answering) = house.stream(call).await {
            bounded(crate::router::read(answering)).await;
        }
    }
    assert_eq!(house.router.cooldowns(), []);
}

#[tokio::test]
async fn leaving_early_settles_once() {
    let slow = plays(|mut connection, _| async move {
        connection.begin_stream().await;
        connection.chunk(&delta("par")).await;
        connection.closed().await;
        connection
    })
    .await;
    let silent = Fault::Silent.provider().await;
    let house = House::new(vec![at("slow", slow.port), at("silent", silent.port)]);
    // While it waits for an answer: the future is dropped.
    let waiting = house.stream(house.call(&["silent/m"]));
    assert!(
        tokio::time::timeout(Duration::from_millis(80), waiting)
            .await
            .is_err()
    );
    // In the middle of an answer.
    drop(house.stream(house.call(&["slow/m"])).await.unwrap());
    // By the token, while waiting.
    let cancel = CancellationToken::new();
    let call = house.call(&["silent/m", "slow/m"]);
    let (result, ()) = tokio::join!(llm::Models::stream(&house.router, call, &cancel), async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        cancel.cancel();
    });
    let CallFailed { error, tried } = result.err().unwrap();
    assert!(
        matches!(error, llm::Error::Cancelled) && tried.len() == 1,
        "{tried:?}"
    );
    let settled = house.books.settled();
    assert_eq!(super::outcomes(&settled), [CallOutcome::Cancelled; 3]);
    // A prompt that was sent may have been read.
    assert!(settled.iter().all(|s| s.estimated && s.cost.unwrap().0 > 0));
}
