//! M14 and the other clocks, on a clock that jumps to the next deadline when nobody has work.

use super::rig::Rig;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test(start_paused = true)]
async fn m14_slow_heads_are_cut_off_after_ten_seconds() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    let start = Instant::now();
    raw.send(format!(
        "GET /health HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n",
        rig.port
    ))
    .await;
    sleep(Duration::from_secs(5)).await;
    raw.send("X-Slow: 1\r\n").await;
    let answer = raw.answer().await;
    assert_eq!((answer.status, &*answer.code()), (408, "request_timeout"));
    let waited = start.elapsed().as_secs();
    assert!((9..=11).contains(&waited), "{waited} s");
    assert!(raw.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn silent_connections_are_closed_without_a_word() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    let start = Instant::now();
    assert!(raw.is_closed().await);
    assert!(
        start.elapsed() >= Duration::from_secs(9),
        "{:?}",
        start.elapsed()
    );
    let mut raw = rig.raw().await;
    assert_eq!(raw.ask(rig.request("GET /health", "")).await.status, 200);
    let start = Instant::now();
    assert!(raw.is_closed().await);
    let idle = start.elapsed();
    assert!(
        idle >= Duration::from_secs(4) && idle <= Duration::from_secs(6),
        "{idle:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_does_not_count_as_silence() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    raw.send(rig.request("GET /wait", "")).await;
    rig.gate.entered.notified().await;
    sleep(Duration::from_mins(10)).await;
    rig.gate.open.notify_one();
    assert_eq!(raw.answer().await.status, 200);
    assert_eq!(raw.ask(rig.request("GET /health", "")).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn blank_lines_do_not_keep_a_connection_open() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    let start = Instant::now();
    while start.elapsed() < Duration::from_mins(2) {
        raw.send("\r\n").await;
        if timeout(Duration::from_secs(4), raw.more()).await.is_ok() {
            break;
        }
    }
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn slow_bodies_are_cut_off() {
    let rig = Rig::start().await;
    let head = rig.request("POST /echo", &format!("{JSON}Content-Length: 90000\r\n"));
    // Nothing at all: 10 s.
    let mut raw = rig.raw().await;
    let start = Instant::now();
    assert_eq!(raw.ask(&head).await.status, 408);
    assert!(
        start.elapsed() >= Duration::from_secs(9),
        "{:?}",
        start.elapsed()
    );
    // A byte a second: too slow over five seconds.
    let mut raw = rig.raw().await;
    raw.send(&head).await;
    let start = Instant::now();
    for _ in 0..40 {
        raw.send("x").await;
        if timeout(Duration::from_secs(1), raw.more()).await.is_ok() {
            break;
        }
    }
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
    let answer = raw.answer().await;
    assert_eq!((answer.status, &*answer.code()), (408, "request_timeout"));
    assert_eq!(answer.header("connection"), Some("close"));
    // Fast enough at every moment, but 30 s are the end.
    let mut raw = rig.raw().await;
    raw.send(&head).await;
    let start = Instant::now();
    for _ in 0..40 {
        raw.send(vec![b'x'; 1500]).await;
        if timeout(Duration::from_millis(900), raw.more())
            .await
            .is_ok()
        {
            break;
        }
    }
    assert!(
        start.elapsed() < Duration::from_secs(33),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(raw.answer().await.status, 408);
    assert!(raw.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn clients_that_do_not_read_are_cut_off() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    raw.send(rig.request("GET /endless", "")).await;
    let connection_ended = async {
        while rig.counters().accepted == 0 || rig.counters().open > 0 {
            sleep(Duration::from_secs(1)).await;
        }
    };
    let limit = Duration::from_mins(2);
    tokio::time::timeout(limit, connection_ended)
        .await
        .expect("the connection is still open");
    while raw.more().await {}
}
