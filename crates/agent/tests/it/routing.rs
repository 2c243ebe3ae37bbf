//! Who answers when the routing policy is asked.

use crate::house::{House, Plan, turn};
use domain::Turn;
use domain::ledger::Unmetered;
use llm::Router;
use llm::config::ModelsSettings;
use llm::provider::{FetchedKeys, configure};
use llm::router::RouterConfig;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use testkit::{FakeModel, Home};

async fn house(fake: &FakeModel, agents: Value) -> House {
    let mut settings = Home::settings(&fake.base_url())["models"].clone();
    settings["routing"] = json!({ "tiers": [
        { "name": "cheap", "models": ["fake/fake-2"] },
        { "name": "strong", "models": ["fake/fake-1"] } ] });
    let settings: ModelsSettings = serde_json::from_value(settings).unwrap();
    let (mut providers, _) = configure(&settings, &|_| None, FetchedKeys::default());
    for provider in &mut providers {
        provider.keys = vec![SecretString::from("fake-key")];
    }
    let router = Router::new(Vec::new(), BTreeMap::new(), Arc::new(Unmetered));
    let problems = router.configure(RouterConfig {
        providers,
        aliases: BTreeMap::new(),
        routing: settings.routing,
        default_model: None,
    });
    assert_eq!(problems, Vec::<String>::new());
    let mut plan = Plan::with(Arc::new(router));
    plan.agents = agents;
    House::build(plan).await
}

/// The model that answers a greeting.
async fn greeted_by(agents: Value, chosen: Option<&str>) -> String {
    let fake = FakeModel::start().await.unwrap();
    let house = house(&fake, agents).await;
    let greeting = Turn {
        model: chosen.map(str::to_owned),
        ..turn("hi")
    };
    let report = house.ask(greeting).await;
    assert!(report.outcome.is_success(), "{:?}", report.outcome);
    report.model.as_ref().unwrap().to_string()
}

#[tokio::test]
async fn an_agent_leaves_the_choice_to_the_policy_or_does_not() {
    let agent =
        |model: &str, routing: Value| json!({ "defaults": { "model": model, "routing": routing } });
    for (agents, chosen, expected) in [
        (agent("auto", json!({})), None, "fake-2"),
        (agent("auto", json!({ "floor": "strong" })), None, "fake-1"),
        (agent("auto/strong", json!({})), None, "fake-1"),
        (agent("fake/fake-1", json!({})), None, "fake-1"),
        (
            agent("fake/fake-1", json!({ "mode": "on" })),
            None,
            "fake-2",
        ),
        (
            agent("fake/fake-1", json!({ "mode": "shadow" })),
            None,
            "fake-1",
        ),
        // What a turn names is not argued about.
        (
            agent("fake/fake-2", json!({ "mode": "on" })),
            Some("fake/fake-1"),
            "fake-1",
        ),
        (agent("fake/fake-1", json!({})), Some("auto"), "fake-2"),
        (
            agent("fake/fake-2", json!({})),
            Some("auto/strong"),
            "fake-1",
        ),
    ] {
        let shown = format!("{agents} {chosen:?}");
        assert_eq!(greeted_by(agents, chosen).await, expected, "{shown}");
    }
}

#[tokio::test]
async fn one_agent_may_say_otherwise_than_all() {
    let agents = json!({
        "defaults": { "model": "auto", "routing": { "floor": "strong" } },
        "list": [{ "id": "main", "routing": { "floor": "cheap" } }]
    });
    assert_eq!(greeted_by(agents, None).await, "fake-2");
}
