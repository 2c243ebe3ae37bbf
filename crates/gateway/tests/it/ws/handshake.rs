//! From the upgrade to the hello. Source: WebSocket protocol, sections 1 to 5 and 13.

use super::client::{Client, Got, RAW_CLOSE, Socket, owner, owner_with, raw_text};
use crate::site::Site;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

#[tokio::test]
async fn every_path_but_those_of_http_is_a_socket() {
    let site = Site::start().await;
    for path in ["/", "/ws", "/anything", "/openclaw/"] {
        let mut socket = Socket::open_at(site.address, path).await.unwrap();
        socket.challenge().await;
    }
    for path in [
        "/health",
        "/v1/models",
        "/v1/ws",
        "/api/nope",
        "/hooks/x",
        "/tools/invoke",
        "/canvas/ws",
    ] {
        let refused = Socket::open_at(site.address, path).await.err();
        assert_eq!(refused, Some(404), "{path}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_hello_says_what_the_recorded_one_says() {
    let site = Site::start().await;
    let client = Client::open(&site).await;
    let hello = &client.hello;
    assert_eq!(
        (&hello["type"], &hello["protocol"]),
        (&json!("hello-ok"), &json!(4))
    );
    assert_eq!(hello["server"]["version"], "0.0.0-test");
    assert_eq!(hello["server"]["connId"].as_str().unwrap().len(), 36);
    assert_eq!(hello["auth"]["role"], "operator");
    assert_eq!(hello["auth"]["method"], "token");
    assert_eq!(hello["auth"]["scopes"], owner()["scopes"]);
    assert_eq!(hello["policy"]["maxPayload"], 26_214_400);
    assert_eq!(hello["policy"]["maxBufferedBytes"], 52_428_800);
    assert_eq!(hello["policy"]["tickIntervalMs"], 30_000);
    assert_eq!(hello["policy"]["attachments"]["maxBytes"], 19_464_192);
    let snapshot = &hello["snapshot"];
    assert_eq!(snapshot["presence"][0]["mode"], "gateway");
    assert_eq!(
        snapshot["presence"].as_array().unwrap().len(),
        1,
        "a command line is not listed"
    );
    assert_eq!(snapshot["health"]["ok"], true);
    assert_eq!(
        snapshot["sessionDefaults"]["mainSessionKey"],
        "agent:main:main"
    );
    assert_eq!(snapshot["authMode"], "token");
    assert!(snapshot["configPath"].is_string() && snapshot["stateDir"].is_string());
    let listed = |name: &str, what: &str| {
        let list = hello["features"][name].as_array().unwrap();
        list.iter().any(|entry| entry == what)
    };
    assert!(listed("methods", "connect") && listed("methods", "health"));
    assert!(listed("events", "chat") && listed("events", "tick"));
    site.stop().await;
}

#[tokio::test]
async fn version_3_gets_the_shape_of_version_3() {
    let site = Site::start().await;
    let params =
        owner_with(&json!({ "minProtocol": 3, "maxProtocol": 3, "scopes": ["operator.read"] }));
    let mut client = Client::connect(site.address, &params).await.unwrap();
    assert_eq!(client.hello["protocol"], 3);
    assert!(
        client.hello.get("auth").is_none() && client.hello["policy"].get("attachments").is_none()
    );
    assert!(
        client.hello["snapshot"].get("configPath").is_none(),
        "only admins are told paths"
    );
    let error = client.call("login.link", json!({})).await.unwrap_err();
    assert_eq!(
        error,
        json!({ "code": "INVALID_REQUEST", "message": "missing scope: operator.admin" })
    );
    let error = client.call("no.such", json!({})).await.unwrap_err();
    assert_eq!(error["message"], "missing scope: operator.admin");
    let both = owner_with(&json!({ "minProtocol": 3 }));
    let client = Client::connect(site.address, &both).await.unwrap();
    assert_eq!(client.hello["protocol"], 4);
    site.stop().await;
}

#[tokio::test]
async fn what_is_no_connect_ends_as_recorded() {
    let site = Site::start().await;
    let request = |method: &str, params: Value| {
        json!({ "type": "req", "id": "1", "method": method, "params": params }).to_string()
    };
    let first = "invalid handshake: first request must be connect";
    let missing = "invalid connect params: at root: must have required property 'minProtocol'";
    let cases = [
        ("hello".to_owned(), None, (1000, "")),
        ("{}".to_owned(), None, (1008, "invalid request frame")),
        ("[]".to_owned(), None, (1008, "invalid request frame")),
        (
            r#"{"type":"res","id":"1","ok":true}"#.to_owned(),
            None,
            (1008, "invalid request frame"),
        ),
        (request("health", json!({})), Some(first), (1008, first)),
        (
            request("connect", json!({})),
            Some(missing),
            (1008, missing),
        ),
        ("x".repeat(65_537), None, (1009, "")),
        ("[".repeat(60_000), None, (1000, "")),
        (
            format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)),
            None,
            (1008, "invalid request frame"),
        ),
        (
            r#"{"type":"req","id":"1","id":"2","method":"connect"}"#.to_owned(),
            None,
            (1008, "invalid request frame"),
        ),
    ];
    for (text, error, (code, reason)) in cases {
        let mut socket = Socket::open(site.address).await;
        socket.challenge().await;
        let shown = text.get(..text.len().min(60)).unwrap().to_owned();
        socket.send_message(Message::text(text)).await;
        if let Some(message) = error {
            let answer = socket.next().await.frame();
            assert_eq!(
                answer["error"],
                json!({ "code": "INVALID_REQUEST", "message": message })
            );
        }
        assert_eq!(
            socket.next().await,
            Got::Closed(code, reason.to_owned()),
            "{shown}"
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn a_close_reason_is_cut_to_what_fits() {
    let site = Site::start().await;
    let scopes = vec![json!(7); 40];
    let params = owner_with(&json!({ "client": { "id": "ä".repeat(60) }, "scopes": scopes }));
    let refused = Client::connect(site.address, &params).await.err().unwrap();
    let message = refused.error["message"].as_str().unwrap().to_owned();
    let Got::Closed(1008, reason) = refused.close else {
        panic!("{refused:?}");
    };
    assert!(
        reason.len() <= 120 && message.starts_with(&reason),
        "{reason}"
    );
    site.stop().await;
}

#[tokio::test]
async fn who_says_nothing_is_let_go() {
    let site = Site::with_env([("OPENCLAW_HANDSHAKE_TIMEOUT_MS", "300")]).await;
    let mut socket = Socket::open(site.address).await;
    socket.challenge().await;
    assert_eq!(socket.next().await, Got::Closed(1000, String::new()));
    site.stop().await;
}

#[tokio::test]
async fn binary_and_fragmented_frames_are_read_too() {
    let site = Site::start().await;
    let connect = json!({ "type": "req", "id": "1", "method": "connect", "params": owner() });
    let mut socket = Socket::open(site.address).await;
    socket.challenge().await;
    socket
        .send_message(Message::binary(connect.to_string()))
        .await;
    assert_eq!(socket.next().await.frame()["payload"]["type"], "hello-ok");
    for piece in in_pieces(r#"{"type":"req","id":"2","method":"health"}"#, 7) {
        socket.send_message(piece).await;
    }
    loop {
        let frame = socket.next().await.frame();
        if frame["id"] == "2" {
            assert_eq!(frame["payload"]["ok"], true);
            break;
        }
    }
    site.stop().await;
}

#[tokio::test]
async fn what_follows_a_refusal_is_not_read() {
    let site = Site::start().await;
    let request = |id: &str, method: &str, params: Value| {
        let request = json!({ "type": "req", "id": id, "method": method, "params": params });
        raw_text(&request.to_string())
    };
    let ours = || request("2", "connect", owner());
    let event = || {
        request(
            "3",
            "system-event",
            json!({ "text": "late", "host": "late" }),
        )
    };
    let wrong = owner_with(&json!({ "auth": { "token": "wrong" } }));
    for first in [
        request("1", "health", json!({})),
        request("1", "connect", wrong),
        raw_text("[]"),
        RAW_CLOSE.to_vec(),
    ] {
        let shown = String::from_utf8_lossy(&first).into_owned();
        let mut socket = Socket::open(site.address).await;
        socket.challenge().await;
        socket.send_raw(&[first, ours(), event()].concat()).await;
        while let Got::Frame(frame) = socket.next().await {
            let seen = (&frame["id"], &frame["ok"]);
            assert_eq!(seen, (&json!("1"), &json!(false)), "{shown}");
        }
    }
    let mut client = Client::open(&site).await;
    let here = client.call("system-presence", json!({})).await.unwrap();
    assert_eq!(here.as_array().unwrap().len(), 1, "{here}");
    site.stop().await;
}

/// A text in pieces of `size`.
fn in_pieces(text: &str, size: usize) -> Vec<Message> {
    let last = text.len().div_ceil(size) - 1;
    let pieces = text.as_bytes().chunks(size).enumerate();
    pieces
        .map(|(at, piece)| {
            let kind = if at == 0 { Data::Text } else { Data::Continue };
            Message::Frame(Frame::message(
                piece.to_vec(),
                OpCode::Data(kind),
                at == last,
            ))
        })
        .collect()
}

#[tokio::test]
async fn a_connect_may_come_in_pieces_with_pings_between_them() {
    let site = Site::start().await;
    let connect = json!({ "type": "req", "id": "1", "method": "connect", "params": owner() });
    let mut socket = Socket::open(site.address).await;
    socket.challenge().await;
    for piece in in_pieces(&connect.to_string(), 50) {
        socket.send_message(piece).await;
        socket
            .send_message(Message::Ping("still here".into()))
            .await;
    }
    assert_eq!(socket.next().await.frame()["payload"]["type"], "hello-ok");
    site.stop().await;
}

#[tokio::test]
async fn strangers_are_held_to_sizes_pieces_and_pings() {
    let site = Site::start().await;
    let flood = || vec![Message::Ping("x".into()); 25];
    for (messages, code, reason) in [
        (in_pieces(&"x".repeat(65_537), 30_000), 1009, ""),
        (in_pieces(&"x".repeat(300), 1), 1008, "too many fragments"),
        (vec![Message::binary(vec![0xff, 0xfe, 0])], 1000, ""),
        (vec![Message::binary(vec![0; 65_537])], 1009, ""),
        (flood(), 1008, "too many control frames"),
    ] {
        let mut socket = Socket::open(site.address).await;
        socket.challenge().await;
        for message in messages {
            socket.send_message(message).await;
        }
        let closed = Got::Closed(code, reason.to_owned());
        assert_eq!(socket.next().await, closed);
    }
    let mut client = Client::open(&site).await;
    for message in flood() {
        client.socket.send_message(message).await;
    }
    let closed = Got::Closed(1008, "too many control frames".to_owned());
    assert_eq!(client.closed().await, closed);
    site.stop().await;
}

#[tokio::test]
async fn frames_without_a_type_are_answered_with_four_fields() {
    let site = Site::start().await;
    let mut socket = Socket::open(site.address).await;
    socket.challenge().await;
    socket
        .send(&json!({ "id": "1", "method": "connect", "params": owner() }))
        .await;
    let hello = socket.next().await.frame();
    assert_eq!(hello["payload"]["type"], "hello-ok");
    let keys: Vec<_> = hello.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["error", "id", "ok", "payload"]);
    assert_eq!(hello["error"], Value::Null);
    socket
        .send(&json!({ "id": "2", "method": "no.such" }))
        .await;
    loop {
        let frame = socket.next().await.frame();
        if frame["id"] == "2" {
            assert_eq!(
                (&frame["ok"], &frame["payload"]),
                (&json!(false), &Value::Null)
            );
            assert_eq!(frame["error"]["code"], "METHOD_NOT_FOUND");
            assert_eq!(frame.as_object().unwrap().len(), 4);
            break;
        }
    }
    let wrong = owner_with(&json!({ "auth": { "token": "wrong" } }));
    let mut socket = Socket::open(site.address).await;
    socket.challenge().await;
    socket
        .send(&json!({ "id": "1", "method": "connect", "params": wrong }))
        .await;
    assert_eq!(socket.next().await.frame()["error"]["code"], "UNAUTHORIZED");
    site.stop().await;
}
