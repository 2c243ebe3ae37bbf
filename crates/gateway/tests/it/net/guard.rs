//! R1–R4 and R10: the baseline M1–M7 and M17, and the attacks A5, B7 and B8.

use super::rig::{Rig, TOKEN};

const JSON: &str = "Content-Type: application/json\r\nContent-Length: 2\r\n";

/// A request with headers of the caller's choice, and nothing else.
fn bare(line: &str, headers: &str) -> String {
    format!("{line} HTTP/1.1\r\n{headers}\r\n")
}

#[tokio::test]
async fn m1_foreign_hosts_are_refused_on_every_route() {
    let rig = Rig::start().await;
    let port = rig.port;
    for line in [
        "GET /health",
        "GET /",
        "POST /echo",
        "GET /nowhere",
        "OPTIONS /v1/models",
    ] {
        let headers = format!("Host: evil.example:{port}\r\nAuthorization: Bearer {TOKEN}\r\n");
        let answer = rig.raw().await.ask(bare(line, &headers)).await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (403, "host_not_allowed"),
            "{line}"
        );
    }
    assert_eq!(rig.counters().guarded, 5);
}

#[tokio::test]
async fn m2_m6_foreign_pages_get_no_upgrade() {
    let rig = Rig::start().await;
    let port = rig.port;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    for (headers, status) in [
        (format!("Host: evil.example:{port}\r\n{upgrade}"), 403),
        (
            format!("{host}{upgrade}Origin: https://evil.example\r\n"),
            403,
        ),
        (format!("{host}{upgrade}Origin: null\r\n"), 403),
        (
            format!("{host}{upgrade}Origin: http://127.0.0.1:{port}\r\n"),
            501,
        ),
        (format!("{host}{upgrade}"), 501),
        (
            format!("{host}Connection: Upgrade\r\nUpgrade: h2c\r\n"),
            400,
        ),
    ] {
        let answer = rig.raw().await.ask(bare("GET /", &headers)).await;
        assert_eq!(answer.status, status, "{headers}");
    }
}

#[tokio::test]
async fn m3_a5_exactly_one_host_that_is_ours() {
    let rig = Rig::start().await;
    let port = rig.port;
    let cases = [
        (format!("Host: evil.example:{port}\r\n"), 403),
        ("Host: 127.0.0.1:1\r\n".into(), 403),
        (format!("Host: localhost.evil.example:{port}\r\n"), 403),
        (String::new(), 400),
        (
            format!("Host: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\n"),
            400,
        ),
        (format!("Host: user@127.0.0.1:{port}\r\n"), 400),
        (format!("Host: 127.0.0.1:{port}, evil.example\r\n"), 400),
        ("Host:\r\n".into(), 400),
        (format!("Host: 127.0.0.1:{port}\r\n"), 200),
        (format!("host: LOCALHOST:{port}\r\n"), 200),
        (format!("Host: [::1]:{port}\r\n"), 200),
    ];
    for (host, status) in &cases {
        for line in ["GET /health", "GET /v1/models", "GET /nowhere"] {
            let headers = format!("{host}Authorization: Bearer {TOKEN}\r\n");
            let answer = rig.raw().await.ask(bare(line, &headers)).await;
            let expected = if *status == 200 && line.ends_with("nowhere") {
                404
            } else {
                *status
            };
            assert_eq!(answer.status, expected, "{line} {host:?}");
        }
    }
}

#[tokio::test]
async fn absolute_targets_and_old_versions_are_held_to_the_same() {
    let rig = Rig::start().await;
    let port = rig.port;
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    for (request, status) in [
        (
            bare(&format!("GET http://127.0.0.1:{port}/health"), &host),
            200,
        ),
        (
            bare(&format!("GET http://evil.example:{port}/health"), &host),
            403,
        ),
        (
            bare(&format!("GET http://localhost:{port}/health"), &host),
            400,
        ),
        (
            bare(&format!("GET https://127.0.0.1:{port}/health"), &host),
            400,
        ),
        (bare("GET /health", "").replace("1.1", "1.0"), 400),
        (
            bare("GET /health", &host).replace("HTTP/1.1", "HTTP/1.0"),
            200,
        ),
        (bare(&format!("CONNECT 127.0.0.1:{port}"), &host), 400),
        (bare("OPTIONS *", &host), 400),
    ] {
        let answer = rig.raw().await.ask(&request).await;
        assert_eq!(answer.status, status, "{request:?}");
    }
}

#[tokio::test]
async fn m4_m5_m7_other_pages_cannot_drive_it() {
    let rig = Rig::with(|setup| {
        setup.ui.allowed_origins = vec!["https://ui.example.com".into()];
    })
    .await;
    let own = format!("http://localhost:{}", rig.port);
    for (headers, status) in [
        (String::new(), 200),
        (
            format!("Origin: {own}\r\nSec-Fetch-Site: same-origin\r\n"),
            200,
        ),
        (
            "Origin: https://ui.example.com\r\nSec-Fetch-Site: cross-site\r\n".into(),
            200,
        ),
        ("Origin: https://evil.example\r\n".into(), 403),
        ("Origin: http://localhost:9999\r\n".into(), 403),
        ("Origin: null\r\n".into(), 403),
        (format!("Origin: {own}\r\nOrigin: {own}\r\n"), 403),
        ("Sec-Fetch-Site: cross-site\r\n".into(), 403),
    ] {
        let mut raw = rig.raw().await;
        let answer = raw
            .ask(rig.request("POST /echo", &format!("{JSON}{headers}")) + "{}")
            .await;
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
    ] {
        let headers = format!("Content-Type: {kind}\r\nContent-Length: 2\r\n");
        let answer = rig.ask("POST /echo", &headers).await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (415, "unsupported_media_type"),
            "{kind}"
        );
    }
    let link = rig
        .ask("GET /v1/models", "Sec-Fetch-Site: cross-site\r\n")
        .await;
    assert_eq!(link.status, 200, "following a link is not an attack");
}

#[tokio::test]
async fn m17_b7_nobody_speaks_for_others_unasked() {
    let rig = Rig::start().await;
    for header in [
        "X-Forwarded-For: 127.0.0.1",
        "X-Real-IP: 127.0.0.1",
        "Forwarded: for=127.0.0.1",
        "X-Forwarded-Proto: https",
    ] {
        for line in ["GET /v1/models", "GET /health"] {
            let answer = rig.ask(line, &format!("{header}\r\n")).await;
            let expected = (403, "proxy_attribution_required");
            assert_eq!(
                (answer.status, &*answer.code()),
                expected,
                "{line} {header}"
            );
        }
    }
    for header in [
        "Tailscale-User-Login: admin@example.com",
        "X-Forwarded-User: admin",
    ] {
        let host = format!("Host: 127.0.0.1:{}\r\n{header}\r\n", rig.port);
        let answer = rig.raw().await.ask(bare("GET /who", &host)).await;
        assert_eq!(answer.status, 401, "{header}");
        let owner = rig.ask("GET /who", &format!("{header}\r\n")).await;
        assert!(
            owner.body.contains("\"identity\":\"Owner\""),
            "{}",
            owner.body
        );
    }
}

#[tokio::test]
async fn a_trusted_proxy_names_client_and_user() {
    let rig = Rig::with(|setup| {
        setup.behind_local_proxy();
        setup.hosts = vec!["gw.example.com".into()];
    })
    .await;
    let who = |headers: &str| bare("GET /who", &format!("Host: gw.example.com\r\n{headers}"));
    let forwarded = "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\nX-User: ann\r\n";
    let answer = rig.raw().await.ask(who(forwarded)).await;
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["identity"], "User(\"ann\")");
    assert_eq!(
        (&body["client"], &body["direct"]),
        (&"203.0.113.9".into(), &false.into())
    );
    let narrowed = format!("{forwarded}x-openclaw-scopes: operator.read\r\n");
    let answer = rig.raw().await.ask(who(&narrowed)).await;
    assert!(
        answer.body.contains("\"scopes\":[\"operator.read\"]"),
        "{}",
        answer.body
    );
    let unknown = format!("{forwarded}x-openclaw-scopes: operator.*\r\n");
    assert_eq!(
        rig.raw().await.ask(who(&unknown)).await.code(),
        "invalid_scope"
    );
    let nameless = rig
        .raw()
        .await
        .ask(who("X-Forwarded-For: 203.0.113.9\r\n"))
        .await;
    assert_eq!(nameless.status, 401);
    let evil = format!("{forwarded}Origin: https://evil.example\r\n");
    assert_eq!(
        rig.raw().await.ask(who(&evil)).await.status,
        403,
        "A3: origins count here too"
    );
    let own = format!("{forwarded}Origin: https://gw.example.com\r\n");
    assert_eq!(rig.raw().await.ask(who(&own)).await.status, 200);
}

#[tokio::test]
async fn b8_ambiguous_paths_reach_nothing() {
    let rig = Rig::start().await;
    for path in [
        "/api/channels/..%2f..%2fhealth",
        "/health/..%2ftools%2finvoke",
        "//v1/models",
        "/v1/models%00",
        "/v1//models",
        "/v1/../v1/models",
        "/v1/%252e%252e/models",
        "/v1%5cmodels",
    ] {
        let answer = rig.ask(&format!("GET {path}"), "").await;
        assert_eq!(
            (answer.status, &*answer.code()),
            (400, "invalid_path"),
            "{path}"
        );
    }
    assert_eq!(rig.ask("GET /V1/models", "").await.status, 404);
    let override_method = "X-HTTP-Method-Override: POST\r\nX-HTTP-Method: POST\r\n";
    let answer = rig
        .ask("GET /v1/models?_method=POST", override_method)
        .await;
    assert_eq!(answer.status, 200, "method overrides mean nothing");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let rig = Rig::start().await;
    let expected = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        (
            "permissions-policy",
            "camera=(), microphone=(self), geolocation=()",
        ),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
        ("x-frame-options", "DENY"),
        ("strict-transport-security", "max-age=31536000"),
        ("cache-control", "no-store"),
    ];
    let evil = "GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned();
    for (request, status) in [
        (rig.request("GET /health", ""), 200),
        (rig.request("GET /nowhere", ""), 404),
        (rig.request("GET /panic", ""), 500),
        (evil, 403),
        ("nonsense\r\n\r\n".to_owned(), 400),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(9000)), 414),
    ] {
        let answer = rig.raw().await.ask(&request).await;
        assert_eq!(answer.status, status, "{request:?}");
        for (name, value) in expected {
            assert_eq!(answer.header(name), Some(value), "{name} of {request:?}");
        }
        assert!(answer.header("date").is_some());
    }
}
