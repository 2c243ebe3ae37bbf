//! Calls over a real socket to a provider that misbehaves in every way we could think of. Every
//! test ends within a few seconds, whatever the provider does.

mod misbehaving;

use crate::fake::{Connection, Fake, Received};
use domain::{FailureKind, Message, Sampling, ToolChoice};
use llm::provider::{AuthStyle, ProviderConfig, Timeouts};
use llm::{Collected, Collector, Error, ModelRequest, Models, Router};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const KEY: &str = "sk-canary-0123456789";
/// Longest time any call here may take.
const BOUND: Duration = Duration::from_secs(5);

fn config(base_url: &str) -> ProviderConfig {
    ProviderConfig {
        keys: vec![SecretString::from(KEY)],
        timeouts: Timeouts {
            connect: Duration::from_millis(300),
            first_byte: Duration::from_millis(300),
            idle: Duration::from_millis(300),
        },
        ..ProviderConfig::new("acme", base_url)
    }
}

fn router_to(fake: &Fake) -> Router {
    let base_url = format!("http://127.0.0.1:{}/v1", fake.port);
    Router::new(
        vec![config(&base_url)],
        BTreeMap::new(),
        std::sync::Arc::new(domain::ledger::Unmetered),
    )
}

fn request(stream: bool) -> ModelRequest {
    ModelRequest {
        system: Vec::new(),
        messages: vec![Message::user("hello")],
        tools: Vec::new().into(),
        tool_choice: ToolChoice::Auto,
        sampling: Sampling::default(),
        stream,
        cache: llm::CacheHints::default(),
    }
}

async fn collect(router: &Router, stream: bool) -> Result<(Collected, Option<Error>), Error> {
    let target = router.catalog().resolve("acme/m").unwrap();
    let cancel = CancellationToken::new();
    let mut stream = crate::call(router, &target, request(stream), &cancel).await?;
    let mut collector = Collector::new();
    let mut end = None;
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => collector.add(&event),
            Err(error) => end = Some(error),
        }
    }
    Ok((collector.finish(), end))
}

/// Calls once, in bounded time.
async fn call(router: &Router) -> Result<(Collected, Option<Error>), Error> {
    tokio::time::timeout(BOUND, collect(router, true))
        .await
        .expect("the call did not end")
}

/// Calls a provider that answers one request with `script`.
async fn against<F, A>(script: F) -> Result<(Collected, Option<Error>), Error>
where
    F: Fn(Connection) -> A + Send + Sync + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    let script = std::sync::Arc::new(script);
    let fake = Fake::start(move |mut connection, _| {
        let script = std::sync::Arc::clone(&script);
        async move {
            if connection.request().await.is_some() {
                script(connection).await;
            }
        }
    })
    .await;
    call(&router_to(&fake)).await
}

/// A complete streamed answer, then the connection stays open.
async fn good(connection: &mut Connection) {
    connection.begin_stream().await;
    connection.say("Hel").await;
    connection.say("lo").await;
    connection.end_stream().await;
}

#[tokio::test]
async fn the_request_is_what_was_promised() {
    let (sent, mut received) = mpsc::channel::<Received>(4);
    let fake = Fake::start(move |mut connection, _| {
        let sent = sent.clone();
        async move {
            while let Some(request) = connection.request().await {
                sent.send(request).await.unwrap();
                good(&mut connection).await;
            }
        }
    })
    .await;
    let (collected, error) = call(&router_to(&fake)).await.unwrap();
    assert_eq!(
        (collected.message.text().as_str(), error.is_none()),
        ("Hello", true)
    );
    let request = received.recv().await.unwrap();
    let mut head: Vec<&str> = request.head.split("\r\n").collect();
    head[1..].sort_unstable();
    let host = format!("host: 127.0.0.1:{}", fake.port);
    let length = format!("content-length: {}", request.body.len());
    let agent = format!("user-agent: openclaw/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        head,
        [
            "POST /v1/chat/completions HTTP/1.1",
            "accept: text/event-stream",
            &format!("authorization: Bearer {KEY}"),
            &length,
            "content-type: application/json",
            &host,
            &agent,
        ]
    );
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(
        (&body["model"], &body["stream"]),
        (&"m".into(), &true.into())
    );
}

#[tokio::test]
async fn keys_can_be_sent_in_other_ways() {
    let (sent, mut received) = mpsc::channel::<Received>(4);
    let fake = Fake::start(move |mut connection, _| {
        let sent = sent.clone();
        async move {
            while let Some(request) = connection.request().await {
                sent.send(request).await.unwrap();
                good(&mut connection).await;
            }
        }
    })
    .await;
    let base_url = format!("http://127.0.0.1:{}/v1", fake.port);
    let own_header = (
        http::HeaderName::from_static("api-key"),
        SecretString::from("hdr-key"),
    );
    let table = [
        (
            AuthStyle::Header("x-api-key"),
            vec![],
            format!("x-api-key: {KEY}"),
        ),
        (
            AuthStyle::None,
            vec![own_header],
            "api-key: hdr-key".to_owned(),
        ),
    ];
    for (auth_header, headers, expected) in table {
        let config = ProviderConfig {
            auth_header,
            headers,
            ..config(&base_url)
        };
        call(&Router::new(
            vec![config],
            BTreeMap::new(),
            std::sync::Arc::new(domain::ledger::Unmetered),
        ))
        .await
        .unwrap();
        let head = received.recv().await.unwrap().head;
        assert!(
            head.contains(&expected) && !head.contains("authorization"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn connections_are_kept_and_stale_ones_replaced() {
    let fake = Fake::start(|mut connection, number| async move {
        // The first connection serves three calls, then goes away without a word.
        let mut served = 0;
        while (number > 0 || served < 3) && connection.request().await.is_some() {
            good(&mut connection).await;
            served += 1;
        }
    })
    .await;
    let router = router_to(&fake);
    for _ in 0..3 {
        assert_eq!(call(&router).await.unwrap().0.message.text(), "Hello");
    }
    assert_eq!(fake.connections(), 1);
    for _ in 0..3 {
        assert_eq!(call(&router).await.unwrap().0.message.text(), "Hello");
    }
    assert_eq!(fake.connections(), 2);
}

#[tokio::test]
async fn a_whole_answer_has_the_same_events() {
    let body = r#"{"id":"c-1","choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}"#;
    for headers in ["content-type: application/json; charset=utf-8\r\n", ""] {
        let fake = Fake::start(move |mut connection, _| async move {
            while connection.request().await.is_some() {
                connection.whole("200 OK", headers, body).await;
            }
        })
        .await;
        let router = router_to(&fake);
        for stream in [true, false] {
            let (collected, error) = collect(&router, stream).await.unwrap();
            assert_eq!(collected.message.text(), "Hello");
            assert!(collected.complete && error.is_none());
        }
        assert_eq!(fake.connections(), 1);
    }
}

#[tokio::test]
async fn nobody_listens() {
    let fake = Fake::start(|_, _| async {}).await;
    let port = fake.port;
    drop(fake);
    let router = Router::new(
        vec![config(&format!("http://127.0.0.1:{port}/v1"))],
        BTreeMap::new(),
        std::sync::Arc::new(domain::ledger::Unmetered),
    );
    let error = call(&router).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Unreachable);
    let text = error.to_string();
    assert!(
        text.contains(&format!("http://127.0.0.1:{port}")) && !text.contains(KEY),
        "{text}"
    );
}

#[tokio::test]
async fn tls_that_hangs_or_is_none_fails_in_time() {
    let silent = Fake::start(|mut connection, _| async move { connection.closed().await }).await;
    let plain = Fake::start(|mut connection, _| async move {
        connection.write("HTTP/1.1 400 Bad Request\r\n\r\n").await;
        connection.closed().await;
    })
    .await;
    for (fake, kind) in [
        (silent, FailureKind::TimedOut),
        (plain, FailureKind::Unreachable),
    ] {
        let base_url = format!("https://127.0.0.1:{}/v1", fake.port);
        let router = Router::new(
            vec![config(&base_url)],
            BTreeMap::new(),
            std::sync::Arc::new(domain::ledger::Unmetered),
        );
        assert_eq!(call(&router).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn cancelling_closes_the_connection_at_once() {
    let (gone, mut closed) = mpsc::channel::<()>(1);
    let fake = Fake::start(move |mut connection, _| {
        let gone = gone.clone();
        async move {
            connection.request().await;
            connection.begin_stream().await;
            connection.say("par").await;
            connection.closed().await;
            gone.send(()).await.unwrap();
        }
    })
    .await;
    let base_url = format!("http://127.0.0.1:{}/v1", fake.port);
    let patient = ProviderConfig {
        timeouts: Timeouts::default(),
        ..config(&base_url)
    };
    let router = Router::new(
        vec![patient],
        BTreeMap::new(),
        std::sync::Arc::new(domain::ledger::Unmetered),
    );
    let target = router.catalog().resolve("acme/m").unwrap();
    let cancel = CancellationToken::new();
    let mut stream = crate::call(&router, &target, request(true), &cancel)
        .await
        .unwrap();
    for _ in 0..2 {
        stream.next().await.unwrap().unwrap();
    }
    let begun = Instant::now();
    let later = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        cancel.cancel();
    };
    let (event, ()) = tokio::join!(stream.next(), later);
    assert!(matches!(event, Some(Err(Error::Cancelled))), "{event:?}");
    assert!(stream.next().await.is_none());
    drop(stream);
    tokio::time::timeout(BOUND, closed.recv())
        .await
        .unwrap()
        .unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_missing_key_is_said_before_anything_is_sent() {
    let fake = Fake::start(|mut connection, _| async move { connection.closed().await }).await;
    let keyless = ProviderConfig {
        keys: Vec::new(),
        key_hint: Some("no key is configured; set ACME_API_KEY".to_owned()),
        ..config(&format!("http://127.0.0.1:{}/v1", fake.port))
    };
    let error = call(&Router::new(
        vec![keyless],
        BTreeMap::new(),
        std::sync::Arc::new(domain::ledger::Unmetered),
    ))
    .await
    .unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (FailureKind::Unauthorized, None)
    );
    assert!(error.to_string().contains("ACME_API_KEY"));
    assert_eq!(fake.connections(), 0);
}

#[tokio::test]
async fn looking_for_local_servers_is_quick() {
    let begun = Instant::now();
    llm::provider::probe_local().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
}
