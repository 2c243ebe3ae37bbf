//! Panics, leaving clients and shutting down.

use super::rig::Rig;

#[tokio::test]
async fn a_panic_is_one_answer_and_nothing_more() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    let answer = raw.ask(rig.request("GET /panic", "")).await;
    let body =
        r#"{"error":{"code":"internal_error","message":"internal error","type":"api_error"}}"#;
    assert_eq!((answer.status, &*answer.body), (500, body));
    assert_eq!(raw.ask(rig.request("GET /health", "")).await.status, 200);
    let mut raw = rig.raw().await;
    raw.send(rig.request("GET /panic-later", "")).await;
    while raw.more().await {}
    assert_eq!(rig.counters().panics, 2);
    assert_eq!(rig.ask("GET /health", "").await.status, 200);
}

#[tokio::test]
async fn an_answer_is_given_up_when_its_client_leaves() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    raw.send(rig.request("GET /wait", "")).await;
    rig.gate.entered.notified().await;
    drop(raw);
    rig.gate.dropped.notified().await;
    rig.stop().await;
}

#[tokio::test]
async fn shutdown_finishes_answers_and_closes_the_rest() {
    let rig = Rig::start().await;
    let mut idle = rig.raw().await;
    assert_eq!(idle.ask(rig.request("GET /health", "")).await.status, 200);
    let mut silent = rig.raw().await;
    let mut halfway = rig.raw().await;
    halfway.send("GET /health HTT").await;
    let mut busy = rig.raw().await;
    busy.send(rig.request("GET /wait", "")).await;
    rig.gate.entered.notified().await;
    rig.shutdown.cancel();
    assert!(idle.is_closed().await);
    assert!(silent.is_closed().await);
    assert!(halfway.is_closed().await);
    rig.gate.open.notify_one();
    let answer = busy.answer().await;
    assert_eq!(
        (answer.status, answer.header("connection")),
        (200, Some("close"))
    );
    assert!(busy.is_closed().await);
    let port = rig.port;
    rig.stop().await;
    let late = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
    assert!(late.is_err(), "the port is still open");
}

#[tokio::test]
async fn head_requests_have_headers_only() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    raw.send(rig.request("HEAD /health", "")).await;
    raw.send(rig.request("GET /nowhere", "")).await;
    raw.send("broken\r\n\r\n").await;
    let mut seen = String::new();
    while let Some(byte) = raw.byte().await {
        seen.push(char::from(byte));
    }
    let statuses: Vec<_> = seen.matches("HTTP/1.1 ").collect();
    assert_eq!(statuses.len(), 3, "{seen}");
    assert!(!seen.contains("{\"ok\":true}"), "{seen}");
    assert!(seen.contains("content-length: 11"), "{seen}");
}

/// Passes anywhere; with few files it also proves what its name says, see the next test.
#[tokio::test]
async fn the_door_opens_again_after_a_crowd() {
    let rig = Rig::start().await;
    let address = ("127.0.0.1", rig.port);
    let mut crowd = Vec::new();
    let ran_out = loop {
        match tokio::net::TcpStream::connect(address).await {
            Ok(stream) => crowd.push(stream),
            Err(error) => break error.raw_os_error() == Some(24),
        }
        if crowd.len() == 200 {
            break false;
        }
    };
    while ran_out && rig.counters().accept_errors == 0 {
        tokio::task::yield_now().await;
    }
    if ran_out {
        println!("the gateway ran out of files");
    }
    drop(crowd);
    assert_eq!(rig.ask("GET /health", "").await.status, 200);
}

#[cfg(unix)]
#[tokio::test]
async fn running_out_of_files_does_not_end_the_accept_loop() {
    let this = std::env::current_exe().unwrap();
    let limited = tokio::process::Command::new("sh")
        .args([
            "-c",
            "ulimit -n 64 && exec \"$0\" --exact --nocapture \"$1\"",
        ])
        .arg(this)
        .arg("net::life::the_door_opens_again_after_a_crowd")
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&limited.stdout);
    assert!(limited.status.success(), "{said}");
    assert!(said.contains("the gateway ran out of files"), "{said}");
}
