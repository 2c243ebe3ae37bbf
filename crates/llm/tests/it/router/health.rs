//! Keys take turns; who is refused, limited or failing rests, also after a restart.

use super::{House, answer, at, plays, read, refuses, says};
use crate::fake::Fake;
use domain::{Clock, FailureKind};
use llm::Models;
use llm::provider::ProviderConfig;
use secrecy::SecretString;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Which keys came, in order.
type Seen = Arc<Mutex<Vec<String>>>;

/// A provider with the keys `good`, `limited` and `wrong`, as many of them as asked for.
async fn keyed(keys: &[&str]) -> (Fake, ProviderConfig, Seen) {
    let seen = Seen::default();
    let log = Arc::clone(&seen);
    let fake = plays(move |mut connection, request| {
        let log = Arc::clone(&log);
        async move {
            let key = request.head.split("Bearer ").nth(1).unwrap();
            let key = key.lines().next().unwrap().to_owned();
            log.lock().unwrap().push(key.clone());
            let (status, headers) = match key.split('-').next().unwrap() {
                "limited" => ("429 Slow", "retry-after: 60\r\n"),
                "wrong" => ("401 No", ""),
                "poor" => ("402 Pay", ""),
                _ => {
                    answer(&mut connection, "ok").await;
                    return connection;
                }
            };
            connection.whole(status, headers, "{}").await;
            connection
        }
    })
    .await;
    let mut config = at("acme", fake.port);
    config.keys = keys.iter().map(|key| SecretString::from(*key)).collect();
    (fake, config, seen)
}

#[tokio::test]
async fn keys_take_turns() {
    let (_fake, config, seen) = keyed(&["good-1", "good-2", "good-3"]).await;
    let house = House::new(vec![config]);
    for _ in 0..6 {
        house.ask(&["acme/m"]).await.ok().unwrap();
    }
    let seen = seen.lock().unwrap().clone();
    assert_eq!(
        seen,
        ["good-1", "good-2", "good-3", "good-1", "good-2", "good-3"]
    );
    let labels: Vec<_> = house
        .books
        .settled()
        .iter()
        .map(|s| s.note.credential.clone())
        .collect();
    assert_eq!(labels[..3], ["acme#1", "acme#2", "acme#3"]);
}

#[tokio::test]
async fn a_key_that_is_refused_or_limited_is_tried_once_and_rests() {
    for bad in ["limited-1", "wrong-1", "poor-1"] {
        let (_fake, config, seen) = keyed(&[bad, "good-1"]).await;
        let house = House::new(vec![config]);
        for _ in 0..6 {
            let read = house.ask(&["acme/m"]).await.ok().unwrap();
            assert_eq!(read.said.message.text(), "ok");
        }
        let count = seen
            .lock()
            .unwrap()
            .iter()
            .filter(|key| *key == bad)
            .count();
        assert_eq!(count, 1, "{bad}");
        let cooldowns = house.router.cooldowns();
        assert_eq!(cooldowns.len(), 1);
        assert_eq!(cooldowns[0].credential.len(), 12);
        assert!(!format!("{cooldowns:?}").contains(bad));
        house.clock.pass(Duration::from_mins(11));
        for _ in 0..3 {
            house.ask(&["acme/m"]).await.ok().unwrap();
        }
        let count = seen
            .lock()
            .unwrap()
            .iter()
            .filter(|key| *key == bad)
            .count();
        assert_eq!(count, 2, "{bad} is tried again after its rest");
    }
}

#[tokio::test]
async fn rests_survive_a_restart() {
    let limited = refuses("429 Slow", "retry-after: 600\r\n").await;
    let good = says("two").await;
    let providers = vec![at("one", limited.port), at("two", good.port)];
    let house = House::new(providers.clone());
    let mut changes = house.router.cooldown_changes();
    house.ask(&["one/m", "two/m"]).await.ok().unwrap();
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    let kept = house.router.cooldowns();

    let after = House::new(providers);
    after.router.restore(kept);
    let read = after.ask(&["one/m", "two/m"]).await.ok().unwrap();
    assert_eq!(read.said.message.text(), "two");
    assert_eq!((limited.connections(), read.answering.tried.len()), (1, 0));
    // When everybody rests for long, the answer is the reason and the time, at once.
    let failed = after.ask(&["one/m"]).await.err().unwrap();
    assert_eq!(failed.error.retry_after(), Some(Duration::from_mins(10)));
    assert_eq!((limited.connections(), failed.tried.len()), (1, 0));
    // After the rest it is called again.
    after.clock.pass(Duration::from_mins(10));
    let failed = after.ask(&["one/m"]).await.err().unwrap();
    assert_eq!(failed.error.kind(), FailureKind::RateLimited);
    assert_eq!(after.books.settled().len(), 2);
}

#[tokio::test]
async fn a_short_rest_of_everybody_is_waited_for() {
    let limited = plays(|mut connection, request| async move {
        if request.body.contains("again") {
            answer(&mut connection, "ok").await;
        } else {
            connection
                .whole("429 Slow", "retry-after: 1\r\n", "{}")
                .await;
        }
        connection
    })
    .await;
    let house = House::new(vec![at("one", limited.port)]);
    let failed = house.ask(&["one/m"]).await.err().unwrap();
    assert_eq!(failed.error.retry_after(), Some(Duration::from_secs(1)));
    let mut call = house.call(&["one/m"]);
    call.request.messages.push(domain::Message::user("again"));
    // No time for it: the reason at once.
    let mut hurried = call.clone();
    hurried.deadline = Some(Instant::now() + Duration::from_millis(300));
    let begun = Instant::now();
    let failed = house.stream(hurried).await.err().unwrap();
    assert_eq!(failed.error.kind(), FailureKind::RateLimited);
    assert!(begun.elapsed() < Duration::from_millis(900));
    let read = read(house.stream(call).await.unwrap()).await;
    assert_eq!(read.said.message.text(), "ok");
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_candidate_that_keeps_failing_is_left_alone_for_a_while() {
    let failing = refuses("500 Oops", "").await;
    let good = says("two").await;
    let house = House::new(vec![at("one", failing.port), at("two", good.port)]);
    let mut called = Vec::new();
    for _ in 0..6 {
        let read = house.ask(&["one/m", "two/m"]).await.ok().unwrap();
        called.push(read.answering.tried.len());
    }
    assert_eq!(called, [1, 1, 1, 0, 0, 0]);
    house.clock.pass(Duration::from_secs(6));
    let read = house.ask(&["one/m", "two/m"]).await.ok().unwrap();
    assert_eq!(read.answering.tried.len(), 1, "after the rest it is probed");
}

#[tokio::test]
async fn the_offline_model_never_rests() {
    let house = House::new(vec![ProviderConfig::offline()]);
    for _ in 0..5 {
        let mut call = house.call(&["offline/demo"]);
        let script = r#"/script {"fail":{"kind":"status","status":429,"retryAfter":600}}"#;
        call.request.messages = vec![domain::Message::user(script)];
        let failed = house.stream(call).await.unwrap_err();
        assert_eq!(failed.error.kind(), FailureKind::RateLimited);
        let read = house.ask(&["offline/demo"]).await.ok().unwrap();
        assert!(read.said.complete);
    }
    assert_eq!(house.router.cooldowns(), []);
}

/// A provider that refuses with what `failures` holds, in order, then answers.
async fn recovers(failures: &'static [(&'static str, &'static str)]) -> Fake {
    let count = Arc::new(AtomicUsize::new(0));
    plays(move |mut connection, _| {
        let at = count.fetch_add(1, Ordering::SeqCst);
        async move {
            match failures.get(at) {
                Some((status, headers)) => connection.whole(status, headers, "{}").await,
                None => answer(&mut connection, "ok").await,
            }
            connection
        }
    })
    .await
}

const OOPS: (&str, &str) = ("500 Oops", "");

#[tokio::test]
async fn a_lone_provider_is_called_though_it_failed() {
    let table: [&'static [(&str, &str)]; 6] = [
        &[OOPS, OOPS],
        &[OOPS, OOPS, OOPS, OOPS, OOPS],
        &[("429 Slow", ""), ("429 Slow", "")],
        &[("401 No", ""), ("402 Pay", "")],
        &[("403 No", "")],
        &[("503 Busy", ""), ("503 Busy", ""), ("503 Busy", ""), OOPS],
    ];
    for failures in table {
        let fake = recovers(failures).await;
        let house = House::new(vec![at("one", fake.port)]);
        let begun = Instant::now();
        for _ in failures {
            let failed = house.ask(&["one/m"]).await.err().unwrap();
            assert_eq!(failed.tried.len(), 1, "{failures:?}: {failed}");
        }
        let read = house.ask(&["one/m"]).await.ok().unwrap();
        assert_eq!(read.said.message.text(), "ok", "{failures:?}");
        assert!(begun.elapsed() < Duration::from_millis(900), "{failures:?}");
        assert_eq!(house.router.cooldowns(), [], "{failures:?}");
    }
}

#[tokio::test]
async fn rests_go_on_growing_while_a_lone_provider_is_called() {
    let failing = refuses("500 Oops", "").await;
    let house = House::new(vec![at("one", failing.port)]);
    let mut rests = Vec::new();
    for _ in 0..5 {
        house.ask(&["one/m"]).await.err().unwrap();
        let now = house.clock.now().0;
        let cooldowns = house.router.cooldowns();
        rests.push(cooldowns.first().map(|rest| (rest.until.0 - now) / 1000));
    }
    assert_eq!(rests, [None, None, Some(5), Some(10), Some(20)]);
    // A request that is wrong by itself says nothing about the provider, nor does one that is
    // given up: the rest goes on.
    let cancel = CancellationToken::new();
    cancel.cancel();
    let call = house.call(&["one/m"]);
    house.router.stream(call, &cancel).await.err().unwrap();
    let left = house.router.cooldowns()[0].until.0 - house.clock.now().0;
    assert_eq!(left, 20_000);
}

#[tokio::test]
async fn where_all_rest_of_our_own_accord_one_is_called_at_once() {
    let (one, two) = (refuses("500 Oops", "").await, recovers(&[OOPS; 3]).await);
    let house = House::new(vec![at("one", one.port), at("two", two.port)]);
    for _ in 0..3 {
        house.ask(&["two/m"]).await.err().unwrap();
    }
    house.clock.pass(Duration::from_secs(1));
    for _ in 0..3 {
        house.ask(&["one/m"]).await.err().unwrap();
    }
    let begun = Instant::now();
    let read = house.ask(&["one/m", "two/m"]).await.ok().unwrap();
    assert_eq!(read.said.message.text(), "ok");
    assert_eq!(read.answering.tried.len(), 0);
    assert!(begun.elapsed() < Duration::from_millis(900));
}

#[tokio::test]
async fn a_time_that_was_named_is_kept_where_our_own_caution_is_not_also_after_a_restart() {
    // (status, headers, calls, whether it is called after the restart)
    let table = [
        ("500 Oops", "", 3, true),
        ("429 Slow", "", 1, true),
        ("401 No", "", 1, true),
        ("429 Slow", "retry-after: 90\r\n", 1, false),
        ("503 Busy", "retry-after: 90\r\n", 1, false),
    ];
    for (status, headers, calls, called) in table {
        let fake = refuses(status, headers).await;
        let providers = vec![at("one", fake.port)];
        let house = House::new(providers.clone());
        let mut kind = None;
        for _ in 0..calls {
            let failed = house.ask(&["one/m"]).await.err().unwrap();
            kind = Some(failed.error.kind());
        }
        let kept = house.router.cooldowns();
        assert_eq!(kept.len(), 1, "{status}");
        let after = House::new(providers);
        after.router.restore(kept.clone());
        assert_eq!(after.router.cooldowns(), kept);
        for house in [house, after] {
            let failed = house.ask(&["one/m"]).await.err().unwrap();
            assert_eq!(failed.tried.len(), usize::from(called), "{status}");
            assert_eq!(Some(failed.error.kind()), kind, "{status}");
            let named = (!called).then_some(Duration::from_secs(90));
            assert_eq!(failed.error.retry_after(), named, "{status}");
        }
    }
}
