//! From the section `models` and the environment to providers.

use config::SecretsSettings;
use config::secret::Resolver;
use llm::config::{Api, ModelsSettings};
use llm::provider::{AuthStyle, FetchedKeys, ProviderConfig, configure, fetch_keys, pick_default};
use llm::{Catalog, Price};
use secrecy::{ExposeSecret, SecretString};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

fn settings(text: &str) -> ModelsSettings {
    serde_json::from_str(text).unwrap()
}

fn made(text: &str, env: &[(&str, &str)]) -> (Vec<ProviderConfig>, Vec<String>) {
    let env: HashMap<String, String> = env
        .iter()
        .map(|(name, key)| ((*name).to_owned(), (*key).to_owned()))
        .collect();
    let find = |name: &str| env.get(name).map(|key| SecretString::from(key.as_str()));
    configure(&settings(text), &find, FetchedKeys::default())
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
    let env = [
        ("OPENAI_API_KEY", "k"),
        ("GEMINI_API_KEY", "k"),
        ("AZURE_OPENAI_API_KEY", "k"),
    ];
    let table = [
        ("openai", "https://proxy.example/v1", false),
        ("openai", "https://api.openai.com.example/v1", false),
        ("openai", "http://api.openai.com/v1", false),
        ("openai", "https://api.openai.com:8443/v1", false),
        ("openai", "https://API.openai.com/v2/", true),
        (
            "google",
            "https://generativelanguage.googleapis.com/v1beta/openai",
            true,
        ),
        ("azure", "https://me.openai.azure.com/openai/v1", true),
        (
            "azure",
            "https://me.openai.azure.com.example/openai/v1",
            false,
        ),
        ("azure", "http://me.openai.azure.com/openai/v1", false),
    ];
    for (id, address, sent) in table {
        let text = format!(r#"{{ "providers": {{ "{id}": {{ "baseUrl": "{address}" }} }} }}"#);
        let (providers, problems) = made(&text, &env);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(!providers[0].keys.is_empty(), sent, "{address}");
    }
}

#[test]
fn each_provider_speaks_its_own_format() {
    use AuthStyle::{Bearer, Header};
    let text = r#"{ "providers": {
        "acme": { "baseUrl": "https://acme.example/v1" },
        "anthropic": {},
        "azure": { "baseUrl": "https://me.openai.azure.com/openai/v1", "api": "openai-responses" },
        "bedrock": { "baseUrl": "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1" },
        "claude-proxy": { "baseUrl": "https://acme.example/v1", "api": "anthropic-messages" },
        "gemini-proxy": { "baseUrl": "https://acme.example", "api": "google-generative-ai",
                          "authHeader": true },
        "google": {},
        "litellm": { "baseUrl": "https://acme.example/v1", "api": "anthropic-messages",
                     "authHeader": false },
        "ollama": {},
        "openai": { "api": "openai-responses" }
    } }"#;
    let keys = [
        ("ANTHROPIC_API_KEY", "a"),
        ("AWS_BEARER_TOKEN_BEDROCK", "b"),
    ];
    let (providers, problems) = made(text, &keys);
    assert_eq!(problems, Vec::<String>::new());
    let expected = [
        ("acme", Api::OpenAiCompletions, Bearer, 0),
        ("anthropic", Api::AnthropicMessages, Header("x-api-key"), 1),
        ("azure", Api::OpenAiResponses, Header("api-key"), 0),
        ("bedrock", Api::OpenAiCompletions, Bearer, 1),
        (
            "claude-proxy",
            Api::AnthropicMessages,
            Header("x-api-key"),
            0,
        ),
        ("gemini-proxy", Api::GoogleGenerativeAi, Bearer, 0),
        (
            "google",
            Api::GoogleGenerativeAi,
            Header("x-goog-api-key"),
            0,
        ),
        ("litellm", Api::AnthropicMessages, AuthStyle::None, 0),
        ("ollama", Api::Ollama, Bearer, 0),
        ("openai", Api::OpenAiResponses, Bearer, 0),
        ("offline", Api::OpenAiCompletions, Bearer, 0),
    ];
    let found: Vec<_> = providers
        .iter()
        .map(|p| (p.id.as_str(), p.api.clone(), p.auth_header, p.keys.len()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn an_address_that_imitates_chat_completions_gets_them() {
    let text = r#"{ "providers": {
        "google": { "baseUrl": "https://generativelanguage.googleapis.com/v1beta/openai/" },
        "ollama": { "baseUrl": "http://127.0.0.1:11434/v1" }
    } }"#;
    for provider in made(text, &[]).0 {
        assert_eq!(
            (provider.api, provider.auth_header),
            (Api::OpenAiCompletions, AuthStyle::Bearer)
        );
    }
}

fn exposed(provider: &ProviderConfig) -> Vec<&str> {
    let keys = provider.keys.iter();
    keys.map(ExposeSecret::expose_secret).collect()
}

#[test]
fn a_provider_has_as_many_keys_as_it_is_given() {
    let text = r#"{ "providers": {
        "acme": { "baseUrl": "https://acme.example/v1", "apiKey": "k-1",
                  "apiKeys": ["k-2", " k-1 ", "k-3"] },
        "more": { "baseUrl": "https://acme.example/v1", "apiKeys": ["${GONE}", "k-4"] },
        "openai": {},
        "xai": { "apiKeys": ["k-5"] }
    } }"#;
    let env = [
        ("ANTHROPIC_API_KEY", "a-1"),
        ("GOOGLE_API_KEY", "g-1"),
        ("GOOGLE_API_KEY_2", "g-2"),
        ("OPENAI_API_KEY", "o-1"),
        ("OPENAI_API_KEY_2", "o-2"),
        ("OPENAI_API_KEY_3", "o-1"),
        ("OPENAI_API_KEY_5", "o-5"),
        ("XAI_API_KEY", "x-1"),
    ];
    let (providers, problems) = made(text, &env);
    assert_eq!(problems, Vec::<String>::new());
    let found: Vec<_> = providers
        .iter()
        .map(|p| (p.id.as_str(), exposed(p)))
        .collect();
    let expected = [
        ("acme", vec!["k-1", "k-2", "k-3"]),
        ("more", vec!["k-4"]),
        ("openai", vec!["o-1", "o-2"]),
        ("xai", vec!["k-5"]),
        ("anthropic", vec!["a-1"]),
        ("google", vec!["g-1", "g-2"]),
        ("offline", vec![]),
    ];
    assert_eq!(found, expected);
    let shown = format!("{providers:?} {:?}", settings(text));
    assert!(
        !shown.contains("\"k-") && !shown.contains("\"o-1"),
        "{shown}"
    );
}

#[tokio::test]
async fn every_key_of_the_settings_is_fetched() {
    let text = r#"{ "providers": {
        "acme": { "baseUrl": "https://acme.example/v1",
                  "apiKey": { "source": "env", "id": "GONE" },
                  "apiKeys": [{ "source": "env", "id": "ACME_2" }, "plain"] },
        "lost": { "baseUrl": "https://acme.example/v1",
                  "apiKeys": [{ "source": "env", "id": "GONE" }] }
    } }"#;
    let env = config::Env::from_iter([("ACME_2", "k-2")]);
    let resolver = Resolver::new(&SecretsSettings::default(), &env, Path::new("/nowhere"));
    let settings = settings(text);
    let (keys, missing) = fetch_keys(&settings, &resolver).await;
    let places: Vec<_> = missing.iter().map(|key| key.path.as_str()).collect();
    assert_eq!(
        places,
        [
            "models.providers.acme.apiKey",
            "models.providers.lost.apiKeys[0]"
        ]
    );
    let (providers, problems) = configure(&settings, &|_| None, keys);
    assert_eq!(exposed(&providers[0]), ["k-2", "plain"]);
    assert_eq!(
        problems,
        ["models.providers.lost.apiKeys[0]: the reference could not be resolved"]
    );
}

#[test]
fn a_model_reads_what_its_settings_say() {
    let text = r#"{ "providers": { "acme": { "baseUrl": "https://acme.example/v1", "models": [
        { "id": "seer", "input": ["text", "image", "document", "audio", "video"] },
        { "id": "reader", "input": ["text"] },
        { "id": "unknown" }
    ] } } }"#;
    let reads = |info: &llm::ModelInfo| {
        let media = info.media;
        (info.images, media.documents, media.audio, media.video)
    };
    let found: Vec<_> = made(text, &[]).0[0].models.iter().map(reads).collect();
    let nothing = (false, false, false, false);
    assert_eq!(found, [(true, true, true, true), nothing, nothing]);
}

#[test]
fn problems_name_the_key_and_leave_the_rest_alone() {
    let text = r#"{ "providers": {
        "a": {},
        "b": { "baseUrl": "ftp://x" },
        "c": { "baseUrl": "https://u:p@x/v1" },
        "bedrock": { "apiKey": "k" },
        "azure": { "baseUrl": "https://x/v1", "api": "bedrock-converse-stream" },
        "d": { "baseUrl": "https://x/v1", "api": "github-copilot" },
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
        (
            "azure.api",
            "https://bedrock-runtime.REGION.amazonaws.com/openai/v1",
        ),
        ("b.baseUrl", "https://"),
        ("bedrock.baseUrl", "yours looks like https://"),
        ("c.baseUrl", "apiKey"),
        ("d.api", "openai-completions"),
        ("e.api", "anthropic-messages"),
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
fn no_key_is_shown() {
    let text = r#"{ "providers": { "acme": {
        "apiKey": "k-1",
        "apiKeys": ["k-2", { "source": "env", "id": "ACME_3" }],
        "headers": { "X-Team": "k-4" },
        "timeouts": { "firstByteMs": 7 }
    } } }"#;
    let rules = config::Rules {
        schema: serde_json::to_value(schemars::schema_for!(ModelsSettings)).unwrap(),
        strict_prefixes: Vec::new(),
        absent: &[],
    };
    let shown = config::redact(&serde_json::from_str(text).unwrap(), &rules).to_string();
    assert!(
        shown.contains("ACME_3") && shown.contains("\"firstByteMs\":7"),
        "{shown}"
    );
    assert!(!shown.contains("k-"), "{shown}");
}
