//! Sizes, codings and places of bodies.

use super::raw::Raw;
use super::rig::{ECHO_LIMIT, Rig};

const JSON: &str = "Content-Type: application/json\r\n";

fn upload(rig: &Rig, length: usize) -> String {
    rig.request("POST /echo", &format!("{JSON}Content-Length: {length}\r\n"))
}

#[tokio::test]
async fn bodies_over_the_limit_are_refused_before_they_are_read() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    let answer = raw.ask(upload(&rig, ECHO_LIMIT + 1)).await;
    assert_eq!((answer.status, &*answer.code()), (413, "payload_too_large"));
    assert!(answer.body.contains("Payload too large"));
    raw.send(vec![b'x'; ECHO_LIMIT]).await;
    assert!(raw.is_closed().await);
    let huge = rig.request(
        "POST /echo",
        &format!("{JSON}Content-Length: 999999999999999999\r\n"),
    );
    assert_eq!(rig.raw().await.ask(huge).await.status, 413);
}

#[tokio::test]
async fn the_answer_arrives_even_while_the_client_still_sends() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    let request = upload(&rig, ECHO_LIMIT * 2) + &"x".repeat(ECHO_LIMIT);
    assert_eq!(raw.ask(request).await.status, 413);
    assert!(raw.is_closed().await);
    let heard_out = raw.is_heard_out("x".repeat(ECHO_LIMIT)).await;
    assert!(
        heard_out,
        "the connection was reset, which can swallow the answer"
    );
    let mut raw = rig.raw().await;
    let chunked = rig.request(
        "POST /echo",
        &format!("{JSON}Transfer-Encoding: chunked\r\n"),
    );
    let chunk = format!("{:x}\r\n{}\r\n", 60_000, "x".repeat(60_000));
    assert_eq!(
        raw.ask(chunked + &chunk + &chunk).await.status,
        413,
        "undeclared lengths count too"
    );
}

#[tokio::test]
async fn wrapped_bodies_are_not_unwrapped() {
    let rig = Rig::start().await;
    for (coding, status) in [
        ("gzip", 415),
        ("br", 415),
        ("identity, gzip", 415),
        ("identity", 200),
    ] {
        let headers = format!("{JSON}Content-Length: 2\r\nContent-Encoding: {coding}\r\n");
        let answer = rig
            .raw()
            .await
            .ask(rig.request("POST /echo", &headers) + "{}")
            .await;
        assert_eq!(answer.status, status, "{coding}");
    }
}

#[tokio::test]
async fn unread_bodies_do_not_become_requests() {
    let rig = Rig::start().await;
    let smuggled = rig.request("GET /health", "");
    let length = format!("Content-Length: {}\r\n", smuggled.len() + 50_000);
    let mut raw = rig.raw().await;
    raw.send(rig.request("POST /unread", &length) + &smuggled)
        .await;
    assert_eq!(raw.answer().await.body, "{\"read\":false}");
    assert!(raw.next().await.is_none());
    assert_eq!(rig.counters().requests, 1);
}

#[tokio::test]
async fn only_so_many_bodies_are_read_at_once() {
    let rig = Rig::start().await;
    let mut slow: Vec<Raw> = Vec::new();
    for _ in 0..8 {
        let mut raw = rig.raw().await;
        let leave = upload(&rig, 10).replacen("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n", 1);
        assert_eq!(
            raw.ask(leave).await.status,
            100,
            "the body is being waited for"
        );
        raw.send("\"").await;
        slow.push(raw);
    }
    let mut raw = rig.raw().await;
    let answer = raw.ask(upload(&rig, 10) + "\"").await;
    assert_eq!((answer.status, &*answer.code()), (429, "too_many_bodies"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    let small = rig.raw().await.ask(upload(&rig, 2) + "{}").await;
    assert_eq!(
        small.status, 200,
        "a body that is already here needs no place"
    );
    for raw in &mut slow {
        assert_eq!(raw.ask("12345678\"").await.body, "\"12345678\"");
    }
    let mut raw = rig.raw().await;
    raw.send(upload(&rig, 4) + "\"1").await;
    assert_eq!(
        raw.ask("2\"").await.status,
        200,
        "the places were given back"
    );
}

#[tokio::test]
async fn half_a_body_is_not_a_body() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    raw.send(upload(&rig, 10) + "{}").await;
    raw.end().await;
    assert_ne!(raw.next().await.map(|answer| answer.status), Some(200));
}
