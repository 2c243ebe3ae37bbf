//! B3 and B4, and the answers to wrong logins.

use super::rig::{Rig, TOKEN};
use gateway::net::config::AuthModeSetting;
use tokio::task::JoinSet;

fn wrong(rig: &Rig, line: &str) -> String {
    rig.request(line, "").replace(TOKEN, "wrong")
}

#[tokio::test]
async fn answers_to_strangers_are_plain() {
    let rig = Rig::start().await;
    let nobody = rig
        .request("GET /v1/models", "")
        .replace("Authorization", "X-Nothing");
    let missing = rig.raw().await.ask(nobody).await;
    let wrong = rig.raw().await.ask(wrong(&rig, "GET /v1/models")).await;
    for answer in [missing, wrong] {
        let body =
            r#"{"error":{"code":"unauthorized","message":"Unauthorized","type":"unauthorized"}}"#;
        assert_eq!((answer.status, &*answer.body), (401, body));
        assert_eq!(answer.header("www-authenticate"), None);
    }
}

#[tokio::test]
async fn b3_parallel_guesses_share_one_budget() {
    let rig = Rig::start().await;
    let mut guesses = JoinSet::new();
    for _ in 0..100 {
        let (mut raw, request) = (rig.raw().await, wrong(&rig, "GET /v1/models"));
        guesses.spawn(async move {
            let answer = raw.ask(request).await;
            if answer.status == 429 {
                let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=60).contains(&wait), "{wait}");
                assert_eq!(answer.code(), "rate_limited");
            }
            answer.status
        });
    }
    let answers = guesses.join_all().await;
    let count = |status| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((count(401), count(429)), (20, 80));
    let owner = rig.ask("GET /v1/models", "").await;
    assert_eq!(owner.status, 200, "guesses must not lock the owner out");
}

#[tokio::test]
async fn a_lockout_holds_for_passwords() {
    let rig = Rig::with(|setup| {
        (setup.token, setup.password) = (None, Some("korrekt-pferd-batterie"));
        setup.auth.mode = Some(AuthModeSetting::Password);
    })
    .await;
    let right = rig
        .request("GET /who", "")
        .replace(TOKEN, "korrekt-pferd-batterie");
    let mut raw = rig.raw().await;
    for _ in 0..19 {
        assert_eq!(raw.ask(wrong(&rig, "GET /who")).await.status, 401);
    }
    assert_eq!(raw.ask(&right).await.status, 200);
    assert_eq!(raw.ask(wrong(&rig, "GET /who")).await.status, 401);
    assert_eq!(raw.ask(&right).await.status, 429);
    assert_eq!(raw.ask(rig.request("GET /health", "")).await.status, 200);
}

#[tokio::test]
async fn b4_one_client_is_one_client_whatever_it_asks_for() {
    let rig = Rig::with(|setup| setup.proxies = vec!["127.0.0.1".into()]).await;
    let guess = |line: &str, client: &str| {
        wrong(&rig, line).replacen(
            "\r\n\r\n",
            &format!("\r\nX-Forwarded-For: {client}\r\n\r\n"),
            1,
        )
    };
    let mut raw = rig.raw().await;
    for number in 0..10 {
        let line = format!("GET /v1/models?n={number}");
        assert_eq!(raw.ask(guess(&line, "203.0.113.9")).await.status, 401);
        assert_eq!(
            raw.ask(guess("GET /who", "::ffff:203.0.113.9"))
                .await
                .status,
            401
        );
    }
    assert_eq!(raw.ask(guess("GET /who", "203.0.113.9")).await.status, 429);
    assert_eq!(raw.ask(guess("GET /who", "203.0.113.10")).await.status, 401);
    for number in 0..20 {
        let client = format!("2001:db8::{number:x}");
        assert_eq!(raw.ask(guess("GET /who", &client)).await.status, 401);
    }
    assert_eq!(
        raw.ask(guess("GET /who", "2001:db8::ffff")).await.status,
        429
    );
    assert_eq!(
        raw.ask(guess("GET /who", "2001:db8:0:1::1")).await.status,
        401
    );
}

#[tokio::test]
async fn missing_logins_and_other_routes_never_count() {
    let rig = Rig::start().await;
    let mut raw = rig.raw().await;
    let nobody = rig
        .request("GET /v1/models", "")
        .replace("Authorization", "X-Nothing");
    for _ in 0..50 {
        assert_eq!(raw.ask(&nobody).await.status, 401);
        assert_eq!(raw.ask(wrong(&rig, "GET /health")).await.status, 200);
    }
    assert_eq!(raw.ask(wrong(&rig, "GET /v1/models")).await.status, 401);
}

#[tokio::test]
async fn credentials_in_the_address_do_not_open() {
    let rig = Rig::start().await;
    let nobody = rig
        .request(&format!("GET /v1/models?token={TOKEN}"), "")
        .replace("Authorization", "X-Nothing");
    assert_eq!(rig.raw().await.ask(nobody).await.status, 401);
    let strict = Rig::with(|setup| setup.auth.allow_query_key = false).await;
    let answer = strict.ask("GET /v1/models?a=b&api_key=k", "").await;
    assert_eq!((answer.status, &*answer.code()), (400, "query_credential"));
}
