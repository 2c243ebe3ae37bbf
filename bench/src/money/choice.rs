//! How long the router needs to choose.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use domain::ledger::Unmetered;
use domain::{Message, ModelId, SystemClock, ToolName, ToolSpec};
use llm::models::{Models as _, Wish};
use llm::provider::ProviderConfig;
use llm::router::{Router, RouterConfig};
use llm::{MediaKinds, ModelInfo, ModelRequest, Price};
use secrecy::SecretString;
use serde_json::json;

use super::Times;

/// Providers, and models of each.
const PROVIDERS: i64 = 5;
const MODELS: i64 = 10;

/// Chooses again and again for the same request.
pub(super) fn measure(quick: bool) -> anyhow::Result<Times> {
    let config = RouterConfig {
        providers: (0..PROVIDERS).map(provider).collect(),
        default_model: Some("p2/m5".to_owned()),
        ..RouterConfig::default()
    };
    let (router, problems) = Router::with(config, Arc::new(Unmetered), Arc::new(SystemClock));
    if !problems.is_empty() {
        bail!("the routing settings do not work: {problems:?}");
    }
    let request = request();
    let names = ["auto".to_owned()];
    let wish = Wish {
        names: &names,
        routing: None,
    };
    let plan = router.plan(&wish, &request)?;
    if plan.decision.tier.is_none() || plan.targets.len() < 50 {
        bail!("a choice among {} models", plan.targets.len());
    }
    let rounds = if quick { 1_000 } else { 50_000 };
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let begun = Instant::now();
        black_box(router.plan(&wish, black_box(&request))?);
        times.push(begun.elapsed());
    }
    Ok(Times::of(times))
}

fn provider(number: i64) -> ProviderConfig {
    let id = format!("p{number}");
    let mut config = ProviderConfig::new(&id, "http://127.0.0.1:9");
    config.keys = vec![SecretString::from("key"), SecretString::from("other key")];
    let model = |place: i64| {
        let price = (place + 1) * 300_000;
        ModelInfo {
            provider: config.id.clone(),
            model: ModelId::new(format!("m{place}")),
            name: format!("Model {place}"),
            context_window: Some(200_000),
            max_output: Some(8_192),
            images: true,
            media: MediaKinds::default(),
            tools: true,
            reasoning: false,
            price: Some(Price {
                input: price,
                output: price * 5,
                cache_read: price / 10,
                cache_write: price,
            }),
            best_for: None,
        }
    };
    config.models = (0..MODELS).map(model).collect();
    config
}

/// A conversation of forty messages with forty tools, which end in a question.
fn request() -> ModelRequest {
    let said = "We talked about the offer of the roofers, and which of the two should do it. ";
    let mut messages: Vec<Message> = Vec::new();
    for _ in 0..20 {
        messages.push(Message::user(said.repeat(3)));
        messages.push(Message::assistant(said.repeat(6)));
    }
    messages.push(Message::user(
        "Compare the two offers step by step and say which one is cheaper over ten years.",
    ));
    let tool = |number: u8| ToolSpec {
        name: ToolName::new(format!("tool_{number}")),
        description: "Looks something up and tells what it found.".to_owned(),
        parameters: json!({"type": "object", "properties": {"query": {"type": "string"}}}),
        strict: None,
    };
    ModelRequest {
        system: vec!["You are an assistant. ".repeat(100).into()],
        messages,
        tools: (0..40).map(tool).collect(),
        stream: true,
        ..ModelRequest::default()
    }
}
