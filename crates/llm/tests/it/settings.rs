//! From the section `models` and the environment to providers.

use domain::ProviderId;
use llm::config::ModelsSettings;
use llm::provider::{ProviderConfig, configure, pick_default};
use llm::{Catalog, Price};
use secrecy::{ExposeSecret, SecretString};
use std::collections::{BTreeMap, HashMap};

fn settings(text: &str) -> ModelsSettings {
    serde_json::from_str(text).unwrap()
}

fn made(text: &str, env: &[(&str, &str)]) -> (Vec<ProviderConfig>, Vec<String>) {
    let env: HashMap<String, String> = env
        .iter()
        .map(|(name, key)| ((*name).to_owned(), (*key).to_owned()))
        .collect();
    let find = |name: &str| env.get(name).map(|key| SecretString::from(key.as_str()));
    configure(
        &settings(text),
        &find,
        HashMap::<ProviderId, SecretString>::new(),
    )
}

fn ids(providers: &[ProviderConfig]) -> Vec<&str> {
    providers.iter().map(|config| config.id.as_str()).collect()
}

#[test]
fn an_empty_home_has_the_offline_model() {
    let (providers, problems) = made("{}", &[]);
    assert_eq!((ids(&providers), problems), (vec!["offline"], vec![]));
    assert_eq!(pick_default(&providers, &[]), "offline/demo");
}

#[test]
fn keys_of_the_environment_are_found_in_the_promised_order() {
    let env = [
        ("GROQ_API_KEY", "k"),
        ("OPENROUTER_API_KEY", "k"),
        ("GEMINI_API_KEY", "k"),
        ("OPENAI_API_KEY", "k"),
        ("ANTHROPIC_API_KEY", "k"),
    ];
    let (providers, _) = made("{}", &env);
    assert_eq!(
        ids(&providers),
        [
            "anthropic",
            "openai",
            "google",
            "openrouter",
            "groq",
            "offline"
        ]
    );
    assert_eq!(pick_default(&providers, &[]), "anthropic/claude-sonnet-4-6");
    let (providers, _) = made("{}", &env[2..4]);
    assert_eq!(pick_default(&providers, &[]), "openai/gpt-5.4");
    let (providers, _) = made(r#"{"mode":"replace"}"#, &env);
    assert_eq!(ids(&providers), ["offline"]);
}

#[test]
fn a_provider_of_ones_own() {
    let text = r#"{ "providers": { "acme": {
        "baseUrl": "http://127.0.0.1:9/v1/",
        "apiKey": "sk-own",
        "api": "openai-completions",
        "authHeader": false,
        "headers": { "X-Team": "blue" },
        "timeouts": { "connectMs": 5, "firstByteMs": 6, "idleMs": 7 },
        "models": [{ "id": "big/one", "name": "Big", "reasoning": true, "input": ["text", "image"],
                     "contextWindow": 1000, "maxTokens": 10,
                     "cost": { "input": 2.5, "output": 10, "cacheRead": 0.25 } }]
    } } }"#;
    let (providers, problems) = made(text, &[]);
    assert_eq!(problems, Vec::<String>::new());
    let acme = &providers[0];
    assert_eq!(acme.base_url, "http://127.0.0.1:9/v1");
    assert_eq!(acme.keys[0].expose_secret(), "sk-own");
    assert_eq!(acme.timeouts.idle.as_millis(), 7);
    assert!(!acme.open_ended);
    let row = &acme.models[0];
    let price = Price {
        input: 2_500_000,
        output: 10_000_000,
        cache_read: 250_000,
        cache_write: 2_500_000,
    };
    assert_eq!(
        (row.price, row.images, row.reasoning),
        (Some(price), true, true)
    );
    assert_eq!(pick_default(&providers, &[]), "acme/big/one");
    assert!(!format!("{providers:?}").contains("sk-own"));
    assert!(!format!("{:?}", settings(text)).contains("sk-own"));
    assert!(!format!("{:?}", settings(text)).contains("blue"));
}

#[test]
fn known_providers_need_only_what_differs() {
    let text = r#"{ "providers": { "openai": { "models": [{ "id": "gpt-5.4", "maxTokens": 9 }] },
                                   "ollama": {} } }"#;
    let (providers, problems) = made(text, &[("OPENAI_API_KEY", "k")]);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(ids(&providers), ["ollama", "openai", "offline"]);
    let catalog = Catalog::new(providers, BTreeMap::new());
    let row = catalog.resolve("openai/gpt-5.4").unwrap().info;
    assert_eq!(
        (row.max_output, row.context_window),
        (Some(9), Some(1_000_000))
    );
    assert_eq!(row.price.unwrap().input, 2_500_000);
    assert_eq!(
        catalog.resolve("ollama/qwen3:8b").unwrap().info.price,
        Some(Price::FREE)
    );
}

#[test]
fn a_key_of_the_environment_stays_with_its_vendor() {
    let text = r#"{ "providers": { "openai": { "baseUrl": "https://proxy.example/v1" } } }"#;
    let (providers, _) = made(text, &[("OPENAI_API_KEY", "k")]);
    assert!(providers[0].keys.is_empty());
}

#[test]
fn problems_name_the_key_and_leave_the_rest_alone() {
    let text = r#"{ "providers": {
        "a": {},
        "b": { "baseUrl": "ftp://x" },
        "c": { "baseUrl": "https://u:p@x/v1" },
        "d": { "baseUrl": "https://x/v1", "api": "anthropic-messages" },
        "e": { "baseUrl": "https://x/v1", "api": "something-new" },
        "f": { "baseUrl": "https://x/v1", "apiKey": { "source": "env", "id": "GONE" } },
        "g": { "baseUrl": "https://x/v1", "apiKey": "${GONE}" },
        "h": { "baseUrl": "https://x/v1", "headers": { "bad name": "x" } },
        "i": { "baseUrl": "https://x/v1", "headers": { "Host": "x" } },
        "j": { "baseUrl": "https://x/v1", "models": [{ "id": "" }] },
        "k/l": { "baseUrl": "https://x/v1" },
        "offline": { "baseUrl": "https://x/v1" },
        "z": { "baseUrl": "https://x/v1" }
    } }"#;
    let (providers, problems) = made(text, &[]);
    assert_eq!(ids(&providers), ["z", "offline"]);
    let expected = [
        ("a.baseUrl", "required"),
        ("b.baseUrl", "https://"),
        ("c.baseUrl", "apiKey"),
        ("d.api", "not served by this version"),
        ("e.api", "not served by this version"),
        ("f.apiKey", "could not be resolved"),
        ("g.apiKey", "${GONE}"),
        ("h.headers", "not a header name"),
        ("i.headers.Host", "gateway itself"),
        ("j.models[0].id", "empty"),
        ("k/l", "slash"),
        ("offline", "offline model"),
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, (path, hint)) in problems.iter().zip(expected) {
        assert!(
            problem.starts_with(&format!("models.providers.{path}")),
            "{problem}"
        );
        assert!(
            problem.contains(hint) && !problem.ends_with('.'),
            "{problem}"
        );
    }
}

#[test]
fn keys_of_other_versions_are_not_fatal() {
    let text = r#"{ "providers": { "openai": { "compat": { "x": 1 }, "models": [] } }, "new": 1 }"#;
    assert_eq!(settings(text).providers.len(), 1);
}

#[test]
fn the_schema_marks_secrets() {
    let schema = serde_json::to_value(schemars::schema_for!(ModelsSettings))
        .unwrap()
        .to_string();
    assert!(
        schema.contains("x-secret") && schema.contains("\"firstByteMs\""),
        "{schema}"
    );
}
