//! Ticks and pings, floods, and the end of the gateway. Source: WebSocket protocol, sections 1, 14,
//! 18 and 19.

use super::client::{Client, Got, Socket, owner, owner_with};
use super::crowd::until_open;
use crate::site::Site;
use futures_util::StreamExt as _;
use gateway::Rhythm;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

async fn hurried() -> Site {
    let rhythm = Rhythm {
        tick: Duration::from_secs(2),
        ping: Duration::from_secs(1),
    };
    Site::with_rhythm(rhythm).await
}

#[tokio::test]
async fn ticks_come_as_often_as_the_hello_says() {
    let site = hurried().await;
    let mut client = Client::open(&site).await;
    let promised = client.hello["policy"]["tickIntervalMs"].as_i64().unwrap();
    assert_eq!(promised, 2000);
    let mut told = Vec::new();
    let mut last_seq = 0;
    for _ in 0..4 {
        let tick = client.event("tick").await;
        told.push(tick["payload"]["ts"].as_i64().unwrap());
        let seq = tick["seq"].as_u64().unwrap();
        assert!(seq > last_seq, "{tick}");
        last_seq = seq;
    }
    // A client gives up after twice the interval.
    let pauses: Vec<_> = told.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(
        pauses.iter().all(|pause| *pause < 2 * promised),
        "{pauses:?}"
    );
    assert!(told[3] - told[0] > 2 * promised, "{pauses:?}");
    site.stop().await;
}

#[tokio::test]
async fn who_answers_no_ping_is_let_go_and_who_does_is_kept() {
    let site = hurried().await;
    let mut lively = Client::open(&site).await;
    let mut silent = Client::open(&site).await;
    let watching = async {
        // Read past the library, which would answer the pings.
        let mut pings = 0;
        let mut bytes = Vec::new();
        loop {
            let mut more = [0; 4096];
            let count = silent.socket.stream.get_mut().read(&mut more).await;
            match count {
                Ok(count @ 1..) => bytes.extend_from_slice(&more[..count]),
                Ok(0) | Err(_) => break,
            }
            pings = bytes.windows(2).filter(|two| *two == [0x89, 0]).count();
        }
        pings
    };
    let waiting = async {
        // Longer than the silent one lasts.
        let mut pinged = 0;
        while pinged < 6 {
            let message = lively.socket.stream.next().await.unwrap().unwrap();
            pinged += i32::from(message.is_ping());
        }
    };
    let both = async { tokio::join!(watching, waiting) };
    let (pings, ()) = tokio::time::timeout(PATIENCE, both).await.unwrap();
    assert!(
        (1..=2).contains(&pings),
        "{pings} pings before it was let go"
    );
    assert_eq!(lively.call("health", json!({})).await.unwrap()["ok"], true);
    until_open(&site, 1).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_calls_is_answered_and_delays_nobody_else() {
    let site = Site::start().await;
    let mut flooding = Client::open(&site).await;
    let mut calm = Client::open(&site).await;
    let over = AtomicBool::new(false);
    let flood = async {
        let (mut worked, mut told_to_wait) = (0, 0);
        while !over.load(Ordering::Relaxed) {
            let mut ids = Vec::new();
            for number in 0..400 {
                let method = ["sessions.list", "status", "models.list", "health"][number % 4];
                ids.push(flooding.start(method, json!({})).await);
            }
            for id in ids {
                match flooding.answer(&id).await {
                    Ok(_) => worked += 1,
                    Err(error) => {
                        assert_eq!(error["retryAfterMs"], 250, "{error}");
                        told_to_wait += 1;
                    }
                }
            }
        }
        (worked, told_to_wait)
    };
    let asking = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..50 {
            let asked = Instant::now();
            assert_eq!(calm.call("health", json!({})).await.unwrap()["ok"], true);
            slowest = slowest.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        over.store(true, Ordering::Relaxed);
        slowest
    };
    let ((worked, told_to_wait), slowest) = tokio::join!(flood, asking);
    println!("{worked} answered, {told_to_wait} told to wait, slowest of the other {slowest:?}");
    assert!(worked >= 256, "{worked}");
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    site.stop().await;
}

#[tokio::test]
async fn frames_sent_with_the_connect_are_answered_behind_the_hello() {
    let site = Site::start().await;
    let mut socket = Socket::open(site.address).await;
    socket.challenge().await;
    let request = |id: &str, method: &str, params: Value| {
        Message::text(
            json!({ "type": "req", "id": id, "method": method, "params": params }).to_string(),
        )
    };
    let mut frames = vec![request("connect", "connect", owner())];
    frames.extend((0..15).map(|number| request(&number.to_string(), "health", json!({}))));
    socket.send_all_at_once(frames).await;
    let mut open: Vec<_> = (0..15).map(|number| number.to_string()).collect();
    assert_eq!(socket.next().await.frame()["payload"]["type"], "hello-ok");
    while !open.is_empty() {
        let frame = socket.next().await.frame();
        if let Some(id) = frame["id"].as_str() {
            assert_eq!(frame["payload"]["ok"], true, "{frame}");
            open.retain(|it| it != id);
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn a_run_under_way_ends_before_the_gateway_does_and_nobody_new_comes_in() {
    let site = Site::with(|settings| {
        settings["models"]["providers"]["fake"]["timeouts"] = json!({ "idleMs": 20_000 });
    })
    .await;
    let mut client = Client::open(&site).await;
    let old = owner_with(&json!({ "minProtocol": 3, "maxProtocol": 3 }));
    let mut old = Client::connect(site.address, &old).await.unwrap();
    let send = |key: &str, text: &str| json!({ "sessionKey": "main", "message": text, "idempotencyKey": key });
    let started = client.call("chat.send", send("slow", "HANGMID")).await;
    assert_eq!(started.unwrap()["status"], "started");
    client
        .event_where("chat", |told| told["state"] == "delta")
        .await;
    site.begin_to_stop();
    let told = client.event("shutdown").await;
    assert_eq!(told["payload"], json!({ "reason": "gateway stopping" }));
    assert_eq!(
        old.event("shutdown").await["payload"],
        json!({ "reason": "gateway stopping", "restartExpectedMs": null })
    );
    let refused = async { while TcpStream::connect(site.address).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, refused).await.unwrap();
    assert_eq!(client.call("health", json!({})).await.unwrap()["ok"], false);
    let late = client.call("chat.send", send("late", "SAY:late")).await;
    let late = late.unwrap_err();
    assert_eq!(
        (&late["code"], &late["retryable"], &late["retryAfterMs"]),
        (&json!("UNAVAILABLE"), &json!(true), &json!(5000)),
        "{late}"
    );
    let abort = json!({ "sessionKey": "main", "runId": "slow" });
    // The good-bye may be quicker than the answer; the end of the run is always told.
    client.start("chat.abort", abort).await;
    client
        .event_where("chat", |told| told["state"] == "aborted")
        .await;
    for client in [&mut client, &mut old] {
        assert_eq!(
            client.closed().await,
            Got::Closed(1012, "service restart".into())
        );
    }
    site.stop().await;
}
