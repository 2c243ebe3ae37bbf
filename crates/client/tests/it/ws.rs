// tidy: long, one gateway of words and what a client makes of it
//! The WebSocket connection against a scripted gateway.

use crate::scripted::{Link, Scripted, hello};
use client::ws::{Connection, Incoming, Options};
use client::{ClientError, DeviceIdentity, Endpoint};
use protocol::methods::{Health, status::HealthParams};
use protocol::{ClientProgram, Role, Scope};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn options(gateway: &Scripted) -> Options {
    let client = ClientProgram {
        id: "cli".to_owned(),
        version: "1".to_owned(),
        platform: "linux".to_owned(),
        mode: "cli".to_owned(),
        ..ClientProgram::default()
    };
    let endpoint = Endpoint::parse(&gateway.url, Some("a-secret".into())).unwrap();
    Options {
        scopes: vec![Scope::Read],
        connect_limit: Duration::from_secs(5),
        call_limit: Duration::from_secs(5),
        ..Options::new(endpoint, client)
    }
}

/// What `next` tells, but for events.
async fn news(events: &mut client::ws::Events) -> Incoming {
    loop {
        let incoming = tokio::time::timeout(Duration::from_secs(10), events.next());
        match incoming.await.unwrap().unwrap() {
            Incoming::Event(_) => {}
            other @ (Incoming::Gap | Incoming::Closed(_) | Incoming::Reconnected(_)) => {
                return other;
            }
        }
    }
}

async fn health(mut link: Link) {
    link.welcome(30_000).await;
    while let Some(request) = link.read().await {
        let payload = json!({"ok": true, "ts": 5, "uptimeMs": 7, "failing": [], "reasons": []});
        link.answer(&request, payload).await;
    }
}

#[tokio::test]
async fn connects_with_the_least_and_calls() {
    let seen = Arc::new(Mutex::new(Value::Null));
    let record = Arc::clone(&seen);
    let gateway = Scripted::start(move |mut link| {
        let record = Arc::clone(&record);
        Box::pin(async move {
            *record.lock().unwrap() = link.welcome(30_000).await;
            let request = link.read().await.unwrap();
            assert_eq!(request["method"], "health");
            let payload = json!({"ok": true, "ts": 5, "uptimeMs": 7, "failing": [], "reasons": []});
            link.answer(&request, payload).await;
            assert_eq!(link.read().await, None);
        })
    })
    .await;
    let (connection, _events) = Connection::open(options(&gateway)).await.unwrap();
    assert_eq!(connection.hello().server.version, "test");
    let reply = connection
        .call::<Health>(&HealthParams::default())
        .await
        .unwrap();
    assert_eq!((reply.ok, reply.uptime_ms), (true, 7));
    connection.close().await;
    let error = connection
        .call_named("health", &json!({}))
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Closed { .. }), "{error:?}");
    let params = seen.lock().unwrap().clone();
    let instance = params["client"]["instanceId"].as_str().unwrap().to_owned();
    assert_eq!(
        params,
        json!({
            "minProtocol": 3, "maxProtocol": 4,
            "client": {"id": "cli", "version": "1", "platform": "linux", "mode": "cli", "instanceId": instance},
            "role": "operator", "scopes": ["operator.read"], "auth": {"token": "a-secret"},
        })
    );
}

#[tokio::test]
async fn answers_are_matched_by_id_in_any_order_and_strangers_are_passed_over() {
    let gateway = Scripted::start(|mut link| {
        Box::pin(async move {
            link.welcome(30_000).await;
            let first = link.read().await.unwrap();
            let second = link.read().await.unwrap();
            for noise in ["not json", "[]", "7", r#"{"type":"res"}"#, r#"{"type":"x","id":"1"}"#] {
                link.raw(noise).await;
            }
            link.send(&json!({"type": "res", "id": "99", "ok": true, "payload": "nobody's"})).await;
            link.answer(&second, json!("second")).await;
            let id = &first["id"];
            let error = json!({"code": "FORBIDDEN", "message": "missing scope: operator.admin", "details": {"code": "MISSING_SCOPE"}});
            link.send(&json!({"type": "res", "id": id, "ok": false, "error": error})).await;
            link.read().await;
        })
    })
    .await;
    let (connection, _events) = Connection::open(options(&gateway)).await.unwrap();
    let none = json!({});
    let (first, second) = tokio::join!(
        connection.call_named("a", &none),
        connection.call_named("b", &none)
    );
    assert_eq!(second.unwrap(), "second");
    let ClientError::Refused {
        status,
        code,
        message,
        details,
    } = first.unwrap_err()
    else {
        panic!("another error");
    };
    assert_eq!((status, code.as_str()), (None, "FORBIDDEN"));
    assert_eq!(message, "missing scope: operator.admin");
    assert_eq!(details, Some(json!({"code": "MISSING_SCOPE"})));
}

#[tokio::test]
async fn a_call_is_answered_twice_when_it_asks_for_the_end() {
    let gateway = Scripted::start(|mut link| {
        Box::pin(async move {
            link.welcome(30_000).await;
            while let Some(request) = link.read().await {
                link.answer(&request, json!({"status": "accepted", "runId": "r"}))
                    .await;
                link.answer(&request, json!({"status": "ok", "runId": "r"}))
                    .await;
            }
        })
    })
    .await;
    let (connection, _events) = Connection::open(options(&gateway)).await.unwrap();
    let limit = Duration::from_secs(5);
    let at_once = connection
        .call_within("agent", &json!({}), false, limit)
        .await
        .unwrap();
    assert_eq!(at_once["status"], "accepted");
    let end = connection
        .call_within("agent", &json!({}), true, limit)
        .await
        .unwrap();
    assert_eq!(end["status"], "ok");
    let mut answers = connection.begin("agent", &json!({}), limit).await.unwrap();
    let first = answers.next().await.unwrap();
    let last = answers.next().await.unwrap();
    assert_eq!((first.is_final, last.is_final), (false, true));
    assert!(last.payload.get().contains("ok"));
}

#[tokio::test]
async fn what_the_gateway_refuses_has_a_type() {
    let pairing = json!({"code": "NOT_PAIRED", "message": "pairing required: device is not approved yet",
        "details": {"code": "PAIRING_REQUIRED", "reason": "not-paired", "requestId": "r-1"}});
    let wrong = json!({"code": "INVALID_REQUEST", "message": "unauthorized: gateway token mismatch (x)",
        "details": {"code": "AUTH_TOKEN_MISMATCH", "canRetryWithDeviceToken": false}});
    let busy = json!({"code": "INVALID_REQUEST", "message": "unauthorized: too many", "retryAfterMs": 9000,
        "details": {"code": "AUTH_RATE_LIMITED"}});
    let starting = json!({"code": "UNAVAILABLE", "message": "gateway starting; retry shortly", "retryable": true});
    let mut errors = Vec::new();
    for error in [pairing, wrong, busy, starting] {
        let gateway = Scripted::start(move |mut link| {
            let error = error.clone();
            Box::pin(async move {
                let request = link.challenge().await;
                link.refuse(&request, error).await;
            })
        })
        .await;
        errors.push(Connection::open(options(&gateway)).await.unwrap_err());
    }
    let is_right = [
        matches!(&errors[0], ClientError::PairingRequired { request_id: Some(id), .. } if id == "r-1"),
        matches!(&errors[1], ClientError::Unauthorized { code, .. } if code == "AUTH_TOKEN_MISMATCH"),
        matches!(&errors[2], ClientError::RateLimited { retry_after: Some(d), .. } if d.as_secs() == 9),
        matches!(&errors[3], ClientError::Refused { code, .. } if code == "UNAVAILABLE"),
    ];
    assert_eq!(is_right, [true; 4], "{errors:?}");
    assert!(
        errors
            .iter()
            .all(|error| !error.to_string().contains("a-secret"))
    );
}

#[tokio::test]
async fn doors_that_close_or_never_open_are_told_apart() {
    let closing = Scripted::start(|mut link| {
        Box::pin(async move { link.close(1013, "gateway starting").await })
    })
    .await;
    let error = Connection::open(options(&closing)).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Closed { code: Some(1013), reason, .. } if reason == "gateway starting"),
        "{error:?}"
    );
    let silent = Scripted::start(|mut link| {
        Box::pin(async move {
            link.read().await;
        })
    })
    .await;
    let short = Options {
        connect_limit: Duration::from_millis(50),
        ..options(&silent)
    };
    let error = Connection::open(short).await.unwrap_err();
    assert!(matches!(error, ClientError::TimedOut { .. }), "{error:?}");
    let page = crate::peer::Peer::answering(
        "127.0.0.1",
        403,
        "",
        r#"{"error":{"message":"origin not allowed","type":"x","code":"FORBIDDEN"}}"#,
    )
    .await;
    let endpoint = Endpoint::parse(&page.base(), None).unwrap();
    let error = Connection::open(Options::new(endpoint, ClientProgram::default()))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ClientError::Refused { status: Some(403), message, .. } if message == "origin not allowed"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_lost_connection_fails_its_calls_comes_back_and_tells_of_missing_events() {
    let gateway = Scripted::start(|mut link| {
        Box::pin(async move {
            link.welcome(30_000).await;
            if link.number == 0 {
                link.event("chat", 1, json!({})).await;
                link.event("chat", 3, json!({})).await;
                link.read().await;
                link.close(1012, "service restart").await;
            } else {
                while let Some(request) = link.read().await {
                    link.answer(&request, json!("back")).await;
                }
            }
        })
    })
    .await;
    let again = Options {
        reconnect: true,
        ..options(&gateway)
    };
    let (connection, mut events) = Connection::open(again).await.unwrap();
    assert!(matches!(events.next().await, Some(Incoming::Event(_))));
    assert!(matches!(events.next().await, Some(Incoming::Gap)));
    assert!(matches!(events.next().await, Some(Incoming::Event(_))));
    let error = connection.call_named("x", &json!({})).await.unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::Closed {
                code: Some(1012),
                ..
            }
        ),
        "{error:?}"
    );
    let Incoming::Closed(loss) = news(&mut events).await else {
        panic!("something else");
    };
    assert!(
        loss.retry_in
            .is_some_and(|delay| delay <= Duration::from_secs(1))
    );
    assert!(matches!(news(&mut events).await, Incoming::Reconnected(_)));
    assert_eq!(
        connection.call_named("x", &json!({})).await.unwrap(),
        "back"
    );
    drop(connection);
}

#[tokio::test]
async fn silence_is_a_loss_and_is_said_with_4000() {
    let (told, heard) = tokio::sync::oneshot::channel();
    let told = Arc::new(Mutex::new(Some(told)));
    let gateway = Scripted::start(move |mut link| {
        let told = Arc::clone(&told);
        Box::pin(async move {
            link.welcome(50).await;
            let goodbye = link.goodbye().await;
            let told = told.lock().unwrap().take().unwrap();
            drop(told.send(goodbye));
        })
    })
    .await;
    let (_connection, mut events) = Connection::open(options(&gateway)).await.unwrap();
    let Incoming::Closed(loss) = news(&mut events).await else {
        panic!("something else");
    };
    assert!(
        matches!(
            &loss.error,
            ClientError::Closed {
                code: Some(4000),
                ..
            }
        ),
        "{loss:?}"
    );
    assert_eq!(loss.retry_in, None);
    assert!(events.next().await.is_none());
    assert_eq!(
        heard.await.unwrap(),
        Some((4000, "tick timeout".to_owned()))
    );
}

#[tokio::test]
async fn a_reader_that_sleeps_is_told_and_holds_up_no_call() {
    let gateway = Scripted::start(|mut link| {
        Box::pin(async move {
            link.welcome(30_000).await;
            for seq in 1..=2000 {
                link.event("chat", seq, json!({"text": "x"})).await;
            }
            let request = link.read().await.unwrap();
            link.answer(&request, json!("fine")).await;
            link.read().await;
        })
    })
    .await;
    let (connection, mut events) = Connection::open(options(&gateway)).await.unwrap();
    assert_eq!(
        connection.call_named("x", &json!({})).await.unwrap(),
        "fine"
    );
    assert!(matches!(events.next().await, Some(Incoming::Gap)));
    assert!(matches!(events.next().await, Some(Incoming::Event(_))));
}

#[tokio::test]
async fn a_call_without_an_answer_ends_in_time_and_leaves_nothing() {
    let gateway = Scripted::start(|mut link| {
        Box::pin(async move {
            link.welcome(30_000).await;
            while link.read().await.is_some() {}
        })
    })
    .await;
    let (connection, _events) = Connection::open(options(&gateway)).await.unwrap();
    let limit = Duration::from_millis(30);
    let error = connection
        .call_within("x", &json!({}), false, limit)
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::TimedOut { .. }), "{error:?}");
}

#[tokio::test]
async fn a_device_proves_its_key_keeps_its_token_and_shows_it_when_the_secret_is_wrong() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let gateway = Scripted::start(move |mut link| {
        let record = Arc::clone(&record);
        Box::pin(async move {
            let request = link.challenge().await;
            record.lock().unwrap().push(request["params"].clone());
            if link.number == 1 {
                let error = json!({"code": "INVALID_REQUEST", "message": "unauthorized: gateway token mismatch",
                    "details": {"code": "AUTH_TOKEN_MISMATCH", "canRetryWithDeviceToken": true}});
                link.refuse(&request, error).await;
            } else {
                link.answer(&request, hello(30_000, Some("device-token-1"))).await;
                link.read().await;
            }
        })
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    let device = Arc::new(DeviceIdentity::load_or_create(home.path()).unwrap());
    for _ in 0..2 {
        let with = Options {
            device: Some(Arc::clone(&device)),
            role: Role::Operator,
            ..options(&gateway)
        };
        let (connection, _events) = Connection::open(with).await.unwrap();
        connection.close().await;
    }
    let seen = seen.lock().unwrap().clone();
    let auths: Vec<&Value> = seen.iter().map(|params| &params["auth"]).collect();
    assert_eq!(
        auths,
        [
            &json!({"token": "a-secret"}),
            &json!({"token": "a-secret"}),
            &json!({"deviceToken": "device-token-1"}),
        ]
    );
    assert!(
        seen.iter()
            .all(|params| params["device"]["id"] == device.id())
    );
    assert_eq!(seen[0]["device"]["nonce"], "a-nonce");
    assert_eq!(seen[0]["device"]["signedAt"], 1_795_175_632_657_i64);
}

#[tokio::test]
async fn the_last_handle_closes_the_connection() {
    let gateway = Scripted::start(|link| Box::pin(health(link))).await;
    let (connection, mut events) = Connection::open(options(&gateway)).await.unwrap();
    let other = connection.clone();
    drop(connection);
    assert!(
        other
            .call::<Health>(&HealthParams::default())
            .await
            .unwrap()
            .ok
    );
    drop(other);
    assert!(events.next().await.is_none());
}
