//! Keys that take turns, and keys that rest.

use crate::site::{Site, say_with};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testkit::{FakeModel, Home};
use tokio::task::JoinSet;

const CHAT: &str = "/v1/chat/completions";
/// Seconds the provider asks a key to wait.
const WAIT: u64 = 5;

async fn with_two_keys() -> Site {
    Site::with(|settings| {
        let provider = &mut settings["models"]["providers"]["fake"];
        provider["apiKey"] = "key-one".into();
        provider["apiKeys"] = json!(["key-two"]);
        provider["timeouts"] = json!({});
    })
    .await
}

async fn ask(site: &Site, text: &str) {
    let body = say_with(text, &json!({ "model": "fake/fake-1" }));
    let answer = site.caller().post_json(CHAT, &body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// How many of the provider's calls each key made.
fn by_key(model: &FakeModel) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for seen in model.seen() {
        *counts.entry(seen.key).or_default() += 1;
    }
    counts
}

fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    let owned = |(key, count): &(&str, usize)| ((*key).to_owned(), *count);
    pairs.iter().map(owned).collect()
}

#[tokio::test]
async fn two_keys_share_the_load() {
    let site = with_two_keys().await;
    let mut calls = JoinSet::new();
    for number in 0..40 {
        let caller = site.caller();
        calls.spawn(async move {
            let text = format!("SAY:{number}");
            let body = say_with(&text, &json!({ "model": "fake/fake-1" }));
            caller.post_json(CHAT, &body).await.unwrap().status
        });
    }
    for status in calls.join_all().await {
        assert_eq!(status, 200);
    }
    assert_eq!(
        by_key(&site.model),
        counts(&[("key-one", 20), ("key-two", 20)])
    );
    site.stop().await;
}

#[tokio::test]
async fn a_limited_key_rests_over_a_restart_until_its_time() {
    let site = with_two_keys().await;
    let begun = Instant::now();
    ask(&site, &format!("ONLY:key-one\nSTATUS:429:{WAIT}")).await;
    let limited = Instant::now();
    assert_eq!(
        by_key(&site.model),
        counts(&[("key-one", 1), ("key-two", 1)])
    );
    let (model, home): (FakeModel, Home) = site.stop().await;

    model.reset();
    let site = Site::on(model, home).await;
    for _ in 0..4 {
        ask(&site, "hi").await;
    }
    let wait = Duration::from_secs(WAIT);
    assert!(begun.elapsed() < wait, "the restart took too long to tell");
    assert_eq!(by_key(&site.model), counts(&[("key-two", 4)]));

    tokio::time::sleep((wait + Duration::from_millis(100)).saturating_sub(limited.elapsed())).await;
    for _ in 0..4 {
        ask(&site, "hi").await;
    }
    assert_eq!(
        by_key(&site.model),
        counts(&[("key-one", 2), ("key-two", 6)])
    );
    site.stop().await;
}
