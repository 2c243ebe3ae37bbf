//! M15 and M16: strict heads, pipelining and bodies framed every way.

use super::rig::{ECHO_LIMIT, Rig};
use std::fmt::Write as _;

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn m15_large_heads_are_refused_and_say_why() {
    let rig = Rig::start().await;
    let header = |name: &str, size: usize| format!("{name}: {}\r\n", "a".repeat(size));
    let line = |size: usize| format!("GET /{}", "a".repeat(size));
    let health = "GET /health".to_owned();
    let big: String = (0..8).map(|n| header(&format!("x{n}"), 4000)).collect();
    let fits: String = (0..3).map(|n| header(&format!("x{n}"), 4000)).collect();
    for (request, status, code) in [
        (rig.request(&line(8100), ""), 404, "not_found"),
        (rig.request(&line(8300), ""), 414, "uri_too_long"),
        (rig.request(&line(20_000), ""), 431, "headers_too_large"),
        (
            rig.request(&health, &header("x", 8300)),
            431,
            "headers_too_large",
        ),
        (rig.request(&health, &big), 431, "headers_too_large"),
        (
            rig.request(&health, &"a: b\r\n".repeat(1500)),
            431,
            "headers_too_large",
        ),
        (
            rig.request(&health, &"a: b\r\n".repeat(99)),
            431,
            "headers_too_large",
        ),
    ] {
        let mut raw = rig.raw().await;
        let answer = raw.ask(&request).await;
        let start = &request[..40];
        assert_eq!(
            (answer.status, &*answer.code()),
            (status, code),
            "{start:?}"
        );
        if status != 404 {
            assert_eq!(answer.header("connection"), Some("close"), "{start:?}");
            assert!(raw.is_closed().await, "{start:?}");
        }
    }
    assert_eq!(rig.ask(&health, &"a: b\r\n".repeat(98)).await.status, 200);
    assert_eq!(rig.ask(&health, &fits).await.status, 200);
}

#[tokio::test]
async fn m16_ambiguous_framing_is_refused_and_closes() {
    let rig = Rig::start().await;
    for headers in [
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: 2,2\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding:\r\n",
        "X : y\r\n",
        "X: y\r\n folded\r\n",
        "X: y\n",
        "X: \0\r\n",
        "X: a\rb\r\n",
        "no colon\r\n",
    ] {
        let mut raw = rig.raw().await;
        let request = rig.request("POST /echo", &format!("{JSON}{headers}"));
        let smuggled = rig.request("GET /health", "");
        let answer = raw.ask(request + "{}" + &smuggled).await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (400, "malformed_request"),
            "{headers:?}"
        );
        assert!(
            raw.next().await.is_none(),
            "{headers:?}: the rest was taken for a request"
        );
    }
    assert_eq!(
        rig.counters().requests,
        0,
        "something malformed reached the guard"
    );
}

#[tokio::test]
async fn heads_may_come_byte_by_byte_and_after_one_blank_line() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    for byte in rig.request("GET /health", "").bytes() {
        raw.send([byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(raw.answer().await.status, 200);
    let after_blank = "\r\n".to_owned() + &rig.request("GET /health", "");
    assert_eq!(raw.ask(after_blank).await.status, 200);
    let after_two = "\r\n\r\n".to_owned() + &rig.request("GET /health", "");
    assert_eq!(raw.ask(after_two).await.status, 400);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    let chunked = format!("{JSON}Transfer-Encoding: chunked\r\n");
    let sized = format!("{JSON}Content-Length: 3\r\n");
    let all = [
        rig.request("GET /health", ""),
        rig.request("POST /echo", &sized) + "\"a\"",
        rig.request("POST /echo", &chunked) + "1\r\n\"\r\n2;x=y\r\nb\"\r\n0\r\nt: 1\r\n\r\n",
        rig.request("POST /echo", &sized) + "\"c\"",
        rig.request("GET /nowhere", ""),
        "broken\r\n\r\n".to_owned(),
        rig.request("GET /health", ""),
    ];
    raw.send(all.concat()).await;
    let mut heard = Vec::new();
    while let Some(answer) = raw.next().await {
        heard.push((
            answer.status,
            if answer.status == 200 {
                answer.body
            } else {
                String::new()
            },
        ));
    }
    let expected = [
        (200, "{\"ok\":true}"),
        (200, "\"a\""),
        (200, "\"b\""),
        (200, "\"c\""),
        (404, ""),
        (400, ""),
    ];
    assert_eq!(
        heard,
        expected.map(|(status, body)| (status, body.to_owned()))
    );
}

#[tokio::test]
async fn a_refusal_waits_for_the_answer_before_it() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    raw.send(rig.request("GET /wait", "") + "broken\r\n\r\n")
        .await;
    rig.gate.entered.notified().await;
    rig.gate.open.notify_one();
    assert_eq!(raw.answer().await.body, "{\"waited\":true}");
    assert_eq!(raw.answer().await.status, 400);
    assert!(raw.is_closed().await);
}

#[tokio::test]
async fn chunked_bodies_are_strict_too() {
    let rig = Rig::start().await;
    let head = rig.request(
        "POST /echo",
        &format!("{JSON}Transfer-Encoding: chunked\r\n"),
    );
    for body in [
        "2\n{}\r\n0\r\n\r\n",
        "g\r\n",
        "2\r\n{}0\r\n\r\n",
        "-2\r\n",
        "fffffffffffffffff\r\n",
    ] {
        let mut raw = rig.raw().await;
        let answer = raw.ask(head.clone() + body).await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (400, "broken_body"),
            "{body:?}"
        );
        assert!(raw.is_closed().await, "{body:?}");
    }
    let extensions = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "e".repeat(300));
    assert_eq!(rig.raw().await.ask(head + &extensions).await.status, 400);
}

#[tokio::test]
async fn large_bodies_pass_whole_and_unchanged() {
    let rig = Rig::start().await;
    let body: String = (0..ECHO_LIMIT)
        .map(|n| char::from(b'a' + u8::try_from(n % 26).unwrap()))
        .collect();
    let mut raw = rig.raw().await;
    let sized = format!("{JSON}Content-Length: {}\r\n", body.len());
    assert_eq!(
        raw.ask(rig.request("POST /echo", &sized) + &body)
            .await
            .body,
        body
    );
    let sloppy = "GET /health HTTP/1.1\nHost: a\n\n";
    raw.send(rig.request("POST /echo", &sized) + &body + sloppy)
        .await;
    assert_eq!(raw.answer().await.body, body);
    assert_eq!(
        raw.answer().await.status,
        400,
        "what follows a large body is checked as well"
    );
    let mut raw = rig.raw().await;
    let mut chunks = String::new();
    for chunk in body.as_bytes().chunks(7000) {
        let text = std::str::from_utf8(chunk).unwrap();
        write!(chunks, "{:X}\r\n{text}\r\n", chunk.len()).unwrap();
    }
    let chunked = rig.request(
        "POST /echo",
        &format!("{JSON}Transfer-Encoding: chunked\r\n"),
    );
    assert_eq!(raw.ask(chunked + &chunks + "0\r\n\r\n").await.body, body);
    assert_eq!(raw.ask(rig.request("GET /health", "")).await.status, 200);
}

#[tokio::test]
async fn a_client_that_waits_for_leave_gets_it() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    let headers = format!("{JSON}Content-Length: 2\r\nExpect: 100-continue\r\n");
    assert_eq!(
        raw.ask(rig.request("POST /echo", &headers)).await.status,
        100
    );
    assert_eq!(raw.ask("{}").await.body, "{}");
    let refused = rig
        .request("POST /echo", &headers)
        .replace("Bearer f", "Bearer 0");
    assert_eq!(raw.ask(refused).await.status, 401, "no leave for strangers");
}

#[tokio::test]
async fn whatever_is_sent_the_answer_is_ours() {
    let rig = Rig::start().await;
    let request = rig.request("GET /health", "");
    let mut attempts: Vec<Vec<u8>> = Vec::new();
    for byte in 0..=255u8 {
        for place in ["GET", "/health", "HTTP", "Host", "127.0"] {
            let at = request.find(place).unwrap() + place.len();
            let mut bytes = request.clone().into_bytes();
            bytes.insert(at, byte);
            attempts.push(bytes);
        }
    }
    for target in [
        "*",
        "?x",
        "a:b",
        "http:///",
        "http://",
        "//",
        "/[",
        "/%",
        "@",
        "1",
        "http://[::1",
    ] {
        attempts.push(rig.request(&format!("GET {target}"), "").into_bytes());
    }
    for bytes in attempts {
        let mut raw = rig.raw().await;
        raw.send(&bytes).await;
        raw.send("\r\n\r\n").await;
        let answer = raw.answer().await;
        let shown = String::from_utf8_lossy(&bytes);
        assert_eq!(
            answer.header("x-frame-options"),
            Some("DENY"),
            "{shown:?}: {answer:?}"
        );
        assert!(answer.status < 500, "{shown:?}: {answer:?}");
    }
}
