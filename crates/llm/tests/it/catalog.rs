//! Names of models.

use domain::{MicroUsd, ModelId, TokenCount, Usage};
use llm::provider::{ProviderConfig, vendors::VENDORS};
use llm::{Catalog, ModelInfo, Models, Price, Router};
use std::collections::{BTreeMap, HashSet};

fn provider(id: &str, models: &[&str], open_ended: bool) -> ProviderConfig {
    let row = |model: &&str| ModelInfo {
        provider: domain::ProviderId::new(id),
        model: ModelId::new(*model),
        ..crate::golden::info()
    };
    ProviderConfig {
        models: models.iter().map(row).collect(),
        open_ended,
        ..ProviderConfig::new(id, "http://127.0.0.1:1/v1")
    }
}

fn catalog() -> Catalog {
    let aliases = [
        ("fast", "one/small"),
        ("free", "open/any/thing"),
        ("loop", "loop"),
        ("small", "two/huge"),
        ("gone", "nobody/x"),
    ];
    let aliases = aliases
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect();
    Catalog::new(
        vec![
            provider("one", &["small", "big", "org/big"], false),
            provider("two", &["big", "huge"], false),
            provider("open", &["listed"], true),
            ProviderConfig::offline(),
        ],
        aliases,
    )
}

#[test]
fn names_resolve_in_the_promised_order() {
    let table: &[(&str, Result<&str, &[&str]>)] = &[
        ("one/small", Ok("one/small")),
        ("one/org/big", Ok("one/org/big")),
        ("org/big", Ok("one/org/big")),
        ("huge", Ok("two/huge")),
        // A model id of the catalog comes before an alias.
        ("small", Ok("one/small")),
        ("fast", Ok("one/small")),
        ("free", Ok("open/any/thing")),
        ("open/listed", Ok("open/listed")),
        ("open/new-model:7b", Ok("open/new-model:7b")),
        ("offline/demo", Ok("offline/demo")),
        ("demo", Ok("offline/demo")),
        // Two providers have it: both are offered.
        ("big", Err(&["one/big", "two/big"])),
        ("one/smal", Err(&["one/small"])),
        ("hugo", Err(&["two/huge"])),
        ("open/", Err(&[])),
        ("loop", Err(&["loop"])),
        ("gone", Err(&["gone", "one/big", "two/big"])),
        ("nothing-like-it-at-all", Err(&[])),
        ("", Err(&[])),
    ];
    let catalog = catalog();
    for (name, expected) in table {
        match (catalog.resolve(name), expected) {
            (Ok(target), Ok(reference)) => assert_eq!(target.info.reference(), *reference),
            (Err(unknown), Err(similar)) => {
                assert_eq!(unknown.name, *name);
                if !similar.is_empty() {
                    assert_eq!(
                        unknown.similar.first().map(String::as_str),
                        Some(similar[0])
                    );
                }
                assert!(unknown.similar.len() <= 5);
            }
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
    assert_eq!(
        catalog.resolve("big").unwrap_err().similar,
        ["one/big", "two/big"]
    );
    assert_eq!(catalog.resolve("free").unwrap().info.price, None);
}

#[test]
fn a_new_configuration_is_seen_at_once_and_old_targets_stay_whole() {
    let router = Router::new(
        vec![provider("one", &["a"], false)],
        BTreeMap::new(),
        std::sync::Arc::new(domain::ledger::Unmetered),
    );
    let before = router.catalog().resolve("one/a").unwrap();
    router.reconfigure(vec![provider("two", &["b"], false)], BTreeMap::new());
    let catalog = router.catalog();
    assert!(catalog.resolve("one/a").is_err());
    assert_eq!(
        catalog
            .iter()
            .map(|row| row.reference())
            .collect::<Vec<_>>(),
        ["two/b"]
    );
    assert_eq!(before.provider.id().as_str(), "one");
}

#[test]
fn the_vendor_table_is_sound() {
    let mut ids = HashSet::new();
    for vendor in VENDORS {
        assert!(ids.insert(vendor.id), "{} twice", vendor.id);
        assert!(
            !vendor.id.contains('/') && !vendor.base_url.ends_with('/'),
            "{}",
            vendor.id
        );
        let (address, here) = match vendor.own_address {
            Some(own) => (own.example, false),
            None => (vendor.base_url, vendor.base_url.contains("127.0.0.1")),
        };
        assert_eq!(address.starts_with("https://"), !here, "{}", vendor.id);
        assert_eq!(vendor.base_url.is_empty(), vendor.own_address.is_some());
        if let Some(default) = vendor.default_model {
            assert!(
                vendor.models.iter().any(|row| row.id == default),
                "{}",
                vendor.id
            );
        }
        if let Some(local) = vendor.local {
            let origin = format!("http://127.0.0.1:{}", local.port);
            assert!(vendor.base_url.starts_with(&origin), "{}", vendor.id);
        }
        for row in vendor.models {
            if let Some(price) = row.price {
                assert!(
                    price != Price::FREE && price.input > 0,
                    "{} is not free",
                    row.id
                );
                assert!(
                    price.output >= price.input && price.cache_read <= price.input,
                    "{}",
                    row.id
                );
            }
        }
    }
    for key in [
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "GEMINI_API_KEY",
        "OPENROUTER_API_KEY",
    ] {
        assert!(
            VENDORS.iter().any(|vendor| vendor.env_keys.contains(&key)),
            "{key}"
        );
    }
}

#[test]
fn published_rows_are_as_promised() {
    let row = |vendor: &str, model: &str| {
        let vendor = VENDORS.iter().find(|row| row.id == vendor).unwrap();
        vendor
            .models
            .iter()
            .find(|row| row.id == model)
            .unwrap()
            .info(vendor)
    };
    let million = Usage {
        input: Some(TokenCount(1_000_000)),
        output: Some(TokenCount(1_000_000)),
        ..Usage::default()
    };
    let table = [
        ("openai", "gpt-5.4", 1_000_000, 17_500_000),
        ("anthropic", "claude-sonnet-4-6", 200_000, 18_000_000),
        ("google", "gemini-3.1-pro", 2_000_000, 14_000_000),
    ];
    for (vendor, model, window, cost) in table {
        let row = row(vendor, model);
        assert_eq!(row.context_window, Some(window), "{model}");
        assert_eq!(
            row.price.unwrap().cost(&million),
            Some(MicroUsd(cost)),
            "{model}"
        );
        assert!(row.best_for.is_some() && row.images && row.tools, "{model}");
        assert!(row.media.documents, "{model}");
    }
    let media = row("google", "gemini-3.1-pro").media;
    assert!(media.audio && media.video);
}

#[test]
fn every_promised_vendor_has_a_row() {
    let promised = [
        "anthropic",
        "azure",
        "bedrock",
        "cerebras",
        "deepseek",
        "fireworks",
        "google",
        "groq",
        "litellm",
        "llamacpp",
        "lmstudio",
        "mistral",
        "ollama",
        "openai",
        "openrouter",
        "perplexity",
        "sglang",
        "together",
        "vllm",
        "xai",
    ];
    let mut rows: Vec<&str> = VENDORS.iter().map(|vendor| vendor.id).collect();
    rows.sort_unstable();
    assert_eq!(rows, promised);
}

#[test]
fn models_that_embed_are_found_but_not_among_those_that_answer() {
    let settings = r#"{ "providers": { "openai": {}, "mistral": {} } }"#;
    let settings: llm::ModelsSettings = serde_json::from_str(settings).unwrap();
    let keys = llm::provider::FetchedKeys::default();
    let (providers, _) = llm::provider::configure(&settings, &|_| None, keys);
    let catalog = Catalog::new(providers, BTreeMap::new());
    let tokens = Usage {
        input: Some(TokenCount(1_000_000)),
        ..Usage::default()
    };
    for (name, cost) in [
        ("openai/text-embedding-3-small", 20_000),
        ("text-embedding-3-large", 130_000),
        ("mistral/mistral-embed", 100_000),
    ] {
        let found = catalog.resolve(name).unwrap();
        assert!(found.info.reference().ends_with(name));
        assert_eq!(
            found.info.price.unwrap().cost(&tokens),
            Some(MicroUsd(cost))
        );
        assert!(catalog.iter().all(|info| info.model != found.info.model));
        assert!(
            catalog
                .embeddings()
                .any(|info| info.model == found.info.model)
        );
    }
}
