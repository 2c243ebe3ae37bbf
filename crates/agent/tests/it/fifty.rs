//! A long session against a provider that keeps prompts by the rules of the real ones.

use crate::house::{House, Plan, turn};
use async_trait::async_trait;
use domain::ledger::{Ask, CacheBreak, Grant, Refused, Settlement};
use domain::{TokenCount, Turn};
use llm::Router;
use llm::config::ModelsSettings;
use llm::provider::{FetchedKeys, configure};
use secrecy::SecretString;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use testkit::{FakeModel, Home};

const TURNS: usize = 50;
/// The least part of the prompts that is read from the cache, in percent.
const LEAST: u64 = 95;

/// Lets everything be spent, and keeps the explanations.
#[derive(Default)]
struct Purse(Mutex<Vec<CacheBreak>>);

#[async_trait]
impl domain::Purse for Purse {
    async fn reserve(&self, ask: Ask) -> Result<Grant, Refused> {
        Ok(Grant { amount: ask.most })
    }

    fn settle(&self, settlement: Settlement) {
        self.0.lock().unwrap().extend(settlement.note.cache_break);
    }
}

/// A session of many turns, and what it came to.
struct Talk {
    fake: FakeModel,
    purse: Arc<Purse>,
    house: House,
}

impl Talk {
    /// With `model` of the fake, over any wire.
    async fn with(model: &str) -> Self {
        let fake = FakeModel::start().await.unwrap();
        let settings = Home::all_wires(&fake)["models"].clone();
        let settings: ModelsSettings = serde_json::from_value(settings).unwrap();
        let (mut providers, _) = configure(&settings, &|_| None, FetchedKeys::default());
        for provider in &mut providers {
            provider.keys = vec![SecretString::from("fake-key")];
        }
        let purse = Arc::new(Purse::default());
        let router = Router::new(providers, BTreeMap::new(), purse.clone());
        let mut plan = Plan::with(Arc::new(router));
        plan.agents = json!({ "defaults": { "model": model } });
        let house = House::build(plan).await;
        let rules = "Be kind, be brief, be right. ".repeat(600);
        std::fs::write(house.file("AGENTS.md"), rules).unwrap();
        Self { fake, purse, house }
    }

    /// Holds the session to what it may cost, and names what made it cost more.
    async fn hold(&self, turns: impl Iterator<Item = Turn>) -> Result<(), String> {
        let (mut read, mut all) = (0, 0);
        for turn in turns {
            let report = self.house.ask(turn).await;
            assert!(report.outcome.is_success(), "{:?}", report.outcome);
            let count = |tokens: Option<TokenCount>| tokens.unwrap_or_default().0;
            read += count(report.usage.cache_read);
            all += count(report.usage.input);
        }
        // The provider's own books say the same.
        let charges = self.fake.charges();
        let theirs: u64 = charges.iter().map(|charge| charge.used.cache_read).sum();
        assert_eq!(theirs, read);
        let percent = read * 100 / all;
        if percent >= LEAST {
            return Ok(());
        }
        let breaks = self.purse.0.lock().unwrap();
        let named = breaks
            .iter()
            .map(|it| format!("{}: {:?} became {:?}", it.source, it.was, it.now));
        let named: Vec<String> = named.collect();
        Err(format!(
            "{percent} % was read from the cache; {}",
            named.join("; ")
        ))
    }
}

/// A turn of a usual size; every tenth calls a tool.
fn nth(n: usize) -> Turn {
    if n % 10 == 9 {
        return turn("How many are there now?\nTOOL:count{}");
    }
    turn(&format!(
        "Question {n}: what follows from what we said so far about the garden, the shed and the \
         fence?\nSAY:From what we said it follows that the shed comes before the fence, since the \
         fence cannot stand where the shed is built. That was point {n}."
    ))
}

#[tokio::test]
async fn of_fifty_turns_almost_all_is_read_from_the_cache() {
    for provider in ["fake", "fake-responses", "fake-anthropic", "fake-gemini"] {
        let talk = Talk::with(&format!("{provider}/fake-1")).await;
        assert_eq!(talk.hold((0..TURNS).map(nth)).await, Ok(()), "{provider}");
        assert_eq!(*talk.purse.0.lock().unwrap(), [], "{provider}");
    }
}

#[tokio::test]
async fn a_volatile_line_in_the_system_text_is_caught_and_named() {
    let talk = Talk::with("fake/fake-1").await;
    let volatile = (0..TURNS).map(|n| Turn {
        instructions: vec![format!("It is 12:{n:02} now.")],
        ..nth(n)
    });
    let why = talk.hold(volatile).await.unwrap_err();
    assert!(
        why.contains("system: \"1 now.\" became \"2 now.\""),
        "{why}"
    );
}
