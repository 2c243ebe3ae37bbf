//! Calls against a socket that answers with fixed bytes, as a gateway or something else would.

use crate::peer::Peer;
use client::{Client, ClientError, Endpoint, Readiness};
use protocol::methods::{Health, status::HealthParams};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);

fn client(base: &str) -> Client {
    Client::new(
        Endpoint::parse(base, Some("a-secret".into())).unwrap(),
        LIMIT,
    )
}

async fn health(peer: &Peer) -> Result<protocol::methods::status::HealthReply, ClientError> {
    client(&peer.base())
        .call::<Health>(&HealthParams::default())
        .await
}

#[tokio::test]
async fn a_call_carries_secret_host_and_parameters_and_reads_the_reply() {
    let body = r#"{"ok":true,"data":{"ok":true,"ts":5,"uptimeMs":7,"failing":[],"reasons":[]}}"#;
    for host in ["127.0.0.1", "[::1]"] {
        let peer = Peer::answering(host, 200, "", body).await;
        let reply = health(&peer).await.unwrap();
        assert_eq!((reply.ok, reply.ts, reply.uptime_ms), (true, 5, 7));
        let request = peer.request().await;
        assert!(
            request.starts_with("POST /api/rpc/health HTTP/1.1\r\n"),
            "{request}"
        );
        let address = peer.base().replace("http://", "");
        assert!(
            request.contains(&format!("host: {address}\r\n")),
            "{request}"
        );
        assert!(
            request.contains("authorization: Bearer a-secret\r\n"),
            "{request}"
        );
        assert!(
            request.contains("content-type: application/json\r\n"),
            "{request}"
        );
        assert!(request.ends_with("\r\n\r\n{}"), "{request}");
    }
}

#[tokio::test]
async fn refusals_have_types() {
    let shape =
        |code: &str| format!(r#"{{"error":{{"message":"said so","type":"x","code":"{code}"}}}}"#);
    let peer = Peer::answering("127.0.0.1", 401, "", &shape("UNAUTHORIZED")).await;
    let error = health(&peer).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Unauthorized { .. }),
        "{error:?}"
    );

    let peer = Peer::answering(
        "127.0.0.1",
        429,
        "retry-after: 30\r\n",
        &shape("RATE_LIMITED"),
    )
    .await;
    let error = health(&peer).await.unwrap_err();
    assert!(
        matches!(error, ClientError::RateLimited { retry_after: Some(d), .. } if d.as_secs() == 30),
        "{error:?}"
    );

    let peer = Peer::answering("127.0.0.1", 404, "", &shape("NOT_FOUND")).await;
    let ClientError::Refused {
        status,
        code,
        message,
        ..
    } = health(&peer).await.unwrap_err()
    else {
        panic!("another error");
    };
    assert_eq!(
        (status, code.as_str(), message.as_str()),
        (Some(404), "NOT_FOUND", "said so")
    );
}

#[tokio::test]
async fn something_else_at_the_address_is_a_protocol_error() {
    for (status, body) in [
        (200, "<html>hello</html>"),
        (200, r#"{"ok":true,"data":{"ok":"perhaps"}}"#),
        (502, "bad gateway"),
        (302, r#"{"ok":true,"data":{}}"#),
    ] {
        let peer = Peer::answering("127.0.0.1", status, "location: http://evil/\r\n", body).await;
        let error = health(&peer).await.unwrap_err();
        assert!(
            matches!(error, ClientError::Protocol { .. }),
            "{status} {body}: {error:?}"
        );
    }
    let peer = Peer::raw(
        "127.0.0.1",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"da",
    )
    .await;
    let error = health(&peer).await.unwrap_err();
    assert!(matches!(error, ClientError::Protocol { .. }), "{error:?}");
}

#[tokio::test]
async fn nobody_there_and_nobody_answering_are_told_apart() {
    let peer = Peer::silent("127.0.0.1").await;
    let slow = client(&peer.base()).within(Duration::from_millis(50));
    let error = slow
        .call::<Health>(&HealthParams::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::TimedOut { .. }), "{error:?}");
    let base = peer.base();
    drop(peer);
    let error = client(&base).ready().await.unwrap_err();
    assert!(
        matches!(error, ClientError::Unreachable { .. }),
        "{error:?}"
    );
    assert!(!error.to_string().contains("a-secret"));
}

#[tokio::test]
async fn readiness_tells_what_is_failing() {
    let peer = Peer::answering(
        "127.0.0.1",
        503,
        "",
        r#"{"ready":false,"failing":["store"]}"#,
    )
    .await;
    let readiness = client(&peer.base()).ready().await.unwrap();
    assert_eq!(
        readiness,
        Readiness {
            ready: false,
            failing: vec!["store".to_owned()]
        }
    );
    let peer = Peer::answering("127.0.0.1", 200, "", r#"{"ready":true}"#).await;
    assert!(client(&peer.base()).ready().await.unwrap().ready);
}

#[tokio::test]
async fn a_method_name_cannot_leave_its_path() {
    let peer = Peer::silent("127.0.0.1").await;
    for name in ["", "../../tools/invoke", "a b", "health?x=1", "h\r\nx: y"] {
        let error = client(&peer.base())
            .call_named(name, &serde_json::json!({}))
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                ClientError::Refused {
                    status: Some(404),
                    ..
                }
            ),
            "{name}: {error:?}"
        );
    }
}
