//! Many connections, bad readers and other misfortune.

use super::client::{Client, Got, RAW_CLOSE, Socket, owner, raw_text};
use crate::site::Site;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;

/// Room for this many connections from one address.
async fn roomy(places: u32) -> Site {
    Site::with(|settings| {
        settings["gateway"]["limits"] =
            json!({ "maxConnections": places, "maxConnectionsPerIp": places });
    })
    .await
}

/// Waits until so many connections are open besides the one that asks.
pub(super) async fn until_open(site: &Site, count: u32) {
    let wanted = (count + 1).to_string();
    let since = Instant::now();
    loop {
        let metrics = site.caller().get("/metrics").await.unwrap().text();
        let open = metrics
            .lines()
            .find_map(|line| line.strip_prefix("openclaw_open_connections "));
        if open == Some(&*wanted) {
            return;
        }
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "{open:?} are still open"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_a_thousand_reconnects_leaves_nothing_behind() {
    let site = roomy(2000).await;
    let storm = stream::iter(0..1000).map(|number| {
        let address = site.address;
        async move {
            let mut client = Client::connect(address, &owner()).await.unwrap();
            assert_eq!(client.call("health", json!({})).await.unwrap()["ok"], true);
            // One half says good-bye, the other just goes.
            if number % 2 == 0 {
                client.socket.send_message(Message::Close(None)).await;
                assert!(matches!(client.closed().await, Got::Closed(..) | Got::Gone));
            }
        }
    });
    storm.buffer_unordered(60).collect::<Vec<()>>().await;
    let mut client = Client::open(&site).await;
    until_open(&site, 1).await;
    assert_eq!(client.call("health", json!({})).await.unwrap()["ok"], true);
    site.stop().await;
}

#[tokio::test]
async fn strangers_get_only_so_many_places() {
    let site = Site::start().await;
    let mut held = Vec::new();
    for _ in 0..64 {
        held.push(Socket::open(site.address).await);
    }
    assert_eq!(Socket::open_at(site.address, "/").await.err(), Some(503));
    held.pop();
    let since = Instant::now();
    while Socket::open_at(site.address, "/").await.is_err() {
        assert!(
            since.elapsed() < Duration::from_secs(10),
            "no place became free"
        );
    }
    drop(held);
    site.stop().await;
}

#[tokio::test]
async fn a_client_that_never_reads_is_let_go_and_disturbs_nobody() {
    let site = Site::with(|settings| {
        settings["gateway"]["limits"] = json!({ "writeStallMs": 1000 });
    })
    .await;
    let small = TcpSocket::new_v4().unwrap();
    small.set_recv_buffer_size(4096).unwrap();
    let stream = small.connect(site.address).await.unwrap();
    let mut socket = Socket::over(stream, "/").await.unwrap();
    socket.challenge().await;
    let mut deaf = Client::introduce(socket, &owner()).await.unwrap();
    let mut other = Client::open(&site).await;
    // Answers carry the id of their request: more than the buffers of the system take.
    let long = json!({ "type": "req", "id": "x".repeat(60_000), "method": "health" });
    let flood = async {
        for _ in 0..400 {
            deaf.socket.send(&long).await;
        }
    };
    let since = Instant::now();
    let calm = async {
        while since.elapsed() < Duration::from_secs(3) {
            let asked = Instant::now();
            assert_eq!(other.call("health", json!({})).await.unwrap()["ok"], true);
            assert!(
                asked.elapsed() < Duration::from_secs(10),
                "{:?}",
                asked.elapsed()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::join!(flood, calm);
    // What was sent before the end is still there to be read; behind it the connection is over.
    let mut rest = vec![0; 1 << 20];
    let ended = async {
        while deaf
            .socket
            .stream
            .get_mut()
            .read(&mut rest)
            .await
            .is_ok_and(|count| count > 0)
        {}
    };
    tokio::time::timeout(Duration::from_secs(10), ended)
        .await
        .unwrap();
    site.stop().await;
}

#[tokio::test]
async fn nothing_is_done_for_a_client_after_its_close() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    let late = json!({ "type": "req", "id": "late", "method": "system-event",
        "params": { "text": "late", "host": "late" } });
    let bytes = [&RAW_CLOSE[..], &raw_text(&late.to_string())].concat();
    client.socket.send_raw(&bytes).await;
    assert!(matches!(client.closed().await, Got::Closed(1000, _)));
    let mut other = Client::open(&site).await;
    let here = other.call("system-presence", json!({})).await.unwrap();
    assert_eq!(here.as_array().unwrap().len(), 1, "{here}");
    site.stop().await;
}
