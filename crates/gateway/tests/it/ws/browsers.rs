//! Web pages and re-bound names: refused before the 101, in every mode, whoever they claim to be.
//! Source: security specification, R2 and R3.

use super::client::{Client, Socket, owner, raw_text};
use crate::site::Site;
use serde_json::{Value, json};
use testkit::{FakeModel, Home};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CLIENTS: [&str; 6] = [
    "cli",
    "openclaw-control-ui",
    "webchat",
    "gateway-client",
    "node-host",
    "nobody-knows",
];

fn modes() -> [(&'static str, Value); 4] {
    let proxy = json!({ "userHeader": "x-user", "allowLoopback": true });
    [
        (
            "token",
            json!({ "mode": "token", "token": "a-token-that-is-long-enough-0123456789" }),
        ),
        (
            "password",
            json!({ "mode": "password", "password": "correct horse battery staple 42" }),
        ),
        ("none", json!({ "mode": "none" })),
        (
            "trusted-proxy",
            json!({ "mode": "trusted-proxy", "trustedProxy": proxy }),
        ),
    ]
}

/// Asks for a WebSocket, sends a `connect` behind it, and returns the status.
async fn status(site: &Site, host: &str, more: &str, client: &str) -> u16 {
    let mut params = owner();
    params["client"]["id"] = client.into();
    let connect = json!({ "type": "req", "id": "1", "method": "connect", "params": params });
    let head = format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    );
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    stream.write_all(&raw_text(&connect.to_string())).await.ok();
    std::str::from_utf8(&answer[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn foreign_pages_and_names_get_no_socket_in_any_mode() {
    for (mode, auth) in modes() {
        let model = FakeModel::start().await.unwrap();
        let mut settings = Home::settings(&model.base_url());
        settings["gateway"]["auth"] = auth;
        let mut from = "";
        if mode == "trusted-proxy" {
            settings["gateway"]["trustedProxies"] = json!(["127.0.0.1"]);
            from = "X-Forwarded-For: 192.0.2.9\r\nX-User: ada\r\n";
        }
        let home = Home::empty().unwrap();
        home.write_config(&settings).unwrap();
        let site = Site::with_own_token(model, home).await;
        let own = site.address.to_string();
        let port = site.address.port();
        for client in CLIENTS {
            for (host, origin, expected) in [
                (&*own, "https://evil.example", 403),
                (&*own, "null", 403),
                (
                    &*own,
                    &*format!("http://127.0.0.1.evil.example:{port}"),
                    403,
                ),
                (&*own, &*format!("http://127.0.0.1:{}", port ^ 1), 403),
                (&*format!("evil.example:{port}"), "", 403),
                (
                    &*format!("evil.example:{port}"),
                    &*format!("http://evil.example:{port}"),
                    403,
                ),
                (&*own, &*format!("http://{own}"), 101),
                (&*own, "", 101),
            ] {
                let mut more = from.to_owned();
                if !origin.is_empty() {
                    more.push_str("Origin: ");
                    more.push_str(origin);
                    more.push_str("\r\n");
                }
                let seen = status(&site, host, &more, client).await;
                assert_eq!(
                    seen, expected,
                    "{mode}, {client}, Host {host}, Origin {origin}"
                );
            }
        }
        site.stop().await;
    }
}

#[tokio::test]
async fn a_socket_begins_as_the_standard_says() {
    let site = Site::start().await;
    let own = site.address.to_string();
    for (line, headers, expected) in [
        (
            "POST /",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n",
            "400",
        ),
        ("GET /", "Upgrade: websocket\r\n", "400"),
        (
            "GET /",
            "Connection: Upgrade\r\nUpgrade: websocket\r\n",
            "426",
        ),
        (
            "GET /",
            "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: short\r\n",
            "400",
        ),
        (
            "GET /",
            "Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Extensions: permessage-deflate\r\n",
            "101",
        ),
    ] {
        let mut stream = TcpStream::connect(site.address).await.unwrap();
        let request = format!("{line} HTTP/1.1\r\nHost: {own}\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 1000];
        let count = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
        assert_eq!(answer.get(9..12), Some(expected), "{headers}{answer}");
        assert!(
            !answer
                .to_ascii_lowercase()
                .contains("sec-websocket-extensions"),
            "{answer}"
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn a_changed_secret_closes_who_came_in_with_the_old_one() {
    let model = FakeModel::start().await.unwrap();
    let own = |token: &str| {
        let mut settings = Home::settings(&model.base_url());
        settings["gateway"]["auth"] = json!({ "mode": "token", "token": token });
        settings
    };
    let (old, new) = (
        "the-old-token-that-is-long-enough-1234567890",
        "the-new-token-that-is-long-enough-1234567890",
    );
    let (before, after) = (own(old), own(new));
    let home = Home::empty().unwrap();
    home.write_config(&before).unwrap();
    let site = Site::with_own_token(model, home).await;
    let with = |token: &str| super::client::owner_with(&json!({ "auth": { "token": token } }));
    let mut client = Client::connect(site.address, &with(old)).await.unwrap();
    let mut waiting = Socket::open(site.address).await;
    waiting.challenge().await;
    site.home.write_config(&after).unwrap();
    let changed = super::client::Got::Closed(4001, "gateway auth changed".into());
    assert_eq!(client.closed().await, changed);
    let refused = Client::introduce(waiting, &with(old)).await.err().unwrap();
    assert_eq!(refused.error["details"]["code"], "AUTH_TOKEN_MISMATCH");
    let mut client = Client::connect(site.address, &with(new)).await.unwrap();
    assert_eq!(client.call("health", json!({})).await.unwrap()["ok"], true);
    site.stop().await;
}

#[tokio::test]
async fn presence_says_who_comes_and_goes() {
    let site = Site::start().await;
    let mut watcher = Client::open(&site).await;
    watcher.event("presence").await;
    let params = super::client::owner_with(&json!({ "client": {
        "id": "gateway-client", "displayName": "kitchen", "version": "1.2.3", "platform": "linux",
        "mode": "ui", "instanceId": "i-1" } }));
    let mut guest = Client::connect(site.address, &params).await.unwrap();
    assert_eq!(
        guest.hello["snapshot"]["presence"],
        json!([]),
        "who may not read is told nothing"
    );
    let told = watcher.event("presence").await;
    let entry = &told["payload"]["presence"][1];
    assert_eq!(entry["host"], "kitchen");
    assert_eq!(entry["text"], "Node: kitchen · mode ui");
    assert_eq!(
        (&entry["reason"], &entry["roles"]),
        (&json!("connect"), &json!(["operator"]))
    );
    assert!(told["stateVersion"]["presence"].as_u64() > Some(0));
    drop(guest.socket);
    let told = watcher.event("presence").await;
    assert_eq!(told["payload"]["presence"][1]["reason"], "disconnect");
    let listed = watcher.call("system-presence", json!({})).await.unwrap();
    assert_eq!(listed[0]["mode"], "gateway");
    assert_eq!(listed[1]["host"], "kitchen");
    guest.hello = Value::Null;
    site.stop().await;
}
