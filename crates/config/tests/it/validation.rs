use std::collections::BTreeMap;

use config::{Document, EnvSettings, Mode, Problems, Rules, SecretInput, SecretsSettings, decode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::home::{Home, lines};

/// Settings of every shape that sections use.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Sample {
    pub(crate) gateway: Gateway,
    pub(crate) providers: BTreeMap<String, Provider>,
    pub(crate) list: Vec<Agent>,
    pub(crate) model: Option<Model>,
    pub(crate) env: EnvSettings,
    pub(crate) secrets: SecretsSettings,
    pub(crate) free: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Gateway {
    pub(crate) port: Option<u16>,
    /// Where to listen.
    #[schemars(extend("x-aliases" = ["host"]))]
    #[serde(alias = "host")]
    pub(crate) bind: Bind,
    pub(crate) auth: Auth,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Bind {
    /// This machine only.
    #[default]
    Loopback,
    /// Everybody.
    Lan,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Auth {
    pub(crate) token: Option<SecretInput>,
    pub(crate) allow: Vec<String>,
}

#[expect(
    dead_code,
    reason = "decoding is what is tested; not every field is looked at"
)]
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Provider {
    pub(crate) base_url: String,
    pub(crate) api_key: Option<SecretInput>,
    #[schemars(range(min = 1, max = 100))]
    pub(crate) weight: Option<u32>,
}

#[expect(
    dead_code,
    reason = "decoding is what is tested; not every field is looked at"
)]
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(crate) enum Agent {
    Local {
        name: String,
    },
    Remote {
        url: String,
        token: Option<SecretInput>,
    },
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Model {
    Name(String),
    #[serde(rename_all = "camelCase")]
    Choice {
        primary: String,
        fallbacks: Vec<String>,
    },
}

pub(crate) fn rules() -> Rules {
    Rules {
        schema: schemars::schema_for!(Sample).to_value(),
        strict_prefixes: vec!["gateway.auth", "list.*.strict"],
        absent: &[
            ("gateway.tailscale", "use a tunnel of your own"),
            ("old.*", "gone since v2"),
        ],
    }
}

pub(crate) fn read(home: &Home, mode: Mode) -> Result<(Sample, Vec<String>), Problems> {
    let document = home.load().unwrap();
    let decoded = decode::<Sample>(&document, &rules(), mode)?;
    Ok((decoded.settings, lines(&decoded.warnings, &home.path())))
}

#[test]
fn good_settings_decode_without_a_word() {
    let home = Home::with(
        r#"{
        gateway: {port: 18789, host: "lan", auth: {token: {source: "env", provider: "default", id: "T"}}},
        providers: {"my.host": {baseUrl: "http://x", apiKey: "k", weight: 100}},
        list: [{kind: "local", name: "a"}, {kind: "remote", url: "u", token: "t"}],
        model: {primary: "a", fallbacks: []},
        env: {vars: {A: "1"}, B_C: "2"},
        secrets: {
          providers: {
            default: {source: "env", allowlist: ["T"]},
            main: {source: "file", path: "~/s.json", mode: "singleValue"},
            vault: {source: "exec", command: "/bin/vault", args: ["x"], jsonOnly: false},
          },
          defaults: {exec: "vault"},
        },
        free: {anything: {goes: [1, null]}},
      }"#,
    );
    let (settings, warnings) = read(&home, Mode::Strict).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(settings.gateway.port, Some(18789));
    assert!(matches!(settings.gateway.bind, Bind::Lan));
    assert_eq!(settings.list.len(), 2);
    assert_eq!(settings.secrets.providers.len(), 3);
    assert_eq!(settings.env.names.len(), 1);
    let printed = format!("{:?}", settings.providers);
    assert!(
        printed.contains("***") && !printed.contains("\"k\""),
        "{printed}"
    );
}

#[test]
fn every_problem_is_told_at_once_with_its_line() {
    let home = Home::with(
        r#"{
  gateway: {
    port: 70000,
    prot: 1,
    bind: "Lann",
    auth: {tokn: "x", token: 5},
    tailscale: {mode: "serve"},
  },
  providers: {
    a: {baseUrl: 1, weight: 0},
    b: {apiKey: {source: "store", id: "x"}},
  },
  list: [{kind: "lokal"}, {name: "x"}, {kind: "local", name: "x", nam: 1}],
  model: 7,
  env: {lower: "x"},
  old: {thing: 1},
}"#,
    );
    let problems = read(&home, Mode::Start).unwrap_err();
    let expected = [
        "gateway.port: 70000 is out of range: at most 65535 (openclaw.json:3)",
        "gateway.bind: \"Lann\" is not one of \"loopback\", \"lan\" (openclaw.json:5); did you mean \"lan\"?",
        "gateway.auth.token: expected a string or an object, found an integer (openclaw.json:6)",
        "gateway.auth.tokn: unknown key (openclaw.json:6); did you mean \"token\"?",
        "providers.a.baseUrl: expected a string, found an integer (openclaw.json:10)",
        "providers.a.weight: 0 is out of range: at least 1 (openclaw.json:10)",
        "providers.b.baseUrl: is required (openclaw.json:11)",
        "providers.b.apiKey: source must be \"env\", \"file\" or \"exec\" (openclaw.json:11)",
        "list[0].kind: \"lokal\" is not one of \"local\", \"remote\" (openclaw.json:13); did you mean \"local\"?",
        "list[1].kind: is required: one of \"local\", \"remote\" (openclaw.json:13)",
        "model: expected a string or an object, found an integer (openclaw.json:14)",
        "gateway.prot: unknown key (openclaw.json:4); did you mean \"port\"?",
        "gateway.tailscale: not supported here: use a tunnel of your own (openclaw.json:7)",
        "list[2].nam: unknown key (openclaw.json:13); did you mean \"name\"?",
        "env.lower: unknown key (openclaw.json:15)",
        "old: unknown key (openclaw.json:16)",
    ];
    assert_eq!(lines(&problems.0, &home.path()), expected);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        problems.0.iter().partition(|problem| problem.is_error());
    assert_eq!((errors.len(), warnings.len()), (11, 5));
}

#[test]
fn unknown_keys_warn_at_start_and_fail_when_written() {
    let home = Home::with("{gateway: {prot: 1, port: 2}, old: 1}");
    let (settings, warnings) = read(&home, Mode::Start).unwrap();
    assert_eq!(settings.gateway.port, Some(2));
    assert_eq!(warnings.len(), 2);
    assert_eq!(read(&home, Mode::Strict).unwrap_err().0.len(), 2);

    let home = Home::with("{gateway: {auth: {alow: []}}}");
    let problems = read(&home, Mode::Start).unwrap_err();
    assert!(problems.has_errors());
}

#[test]
fn a_key_without_a_value_means_the_default_unless_it_guards_something() {
    let home = Home::new();
    home.write("openclaw.yaml", "gateway:\n  port:\n  bind:\nlist:\n");
    let (settings, warnings) = read(&home, Mode::Start).unwrap();
    assert_eq!((settings.gateway.port, settings.list.len()), (None, 0));
    let advice = "has no value, so the default applies; remove it or give it a value";
    let expected = [
        format!("gateway.bind: {advice} (openclaw.yaml:3)"),
        format!("list: {advice} (openclaw.yaml:4)"),
    ];
    assert_eq!(warnings, expected);

    home.write("openclaw.yaml", "gateway:\n  auth:\n    allow:\n");
    assert!(read(&home, Mode::Start).is_err());
}

#[test]
fn misplaced_secrets_are_not_repeated() {
    let canary = "sk-canary-0123456789abcdef0123456789";
    let home = Home::with(&format!(
        "{{gateway: {{bind: '{canary}', port: '{canary}', auth: {{token: {{source: '{canary}', id: '{canary}'}}}}}}, providers: {{a: {{baseUrl: 'x', apiKey: {{source: 'env', id: '{canary}'}}}}}}, list: [{{kind: '{canary}'}}]}}"
    ));
    let found = read(&home, Mode::Start).unwrap_err().to_string();
    assert!(!found.contains("canary"), "{found}");
    assert_eq!(found.lines().count(), 5, "{found}");
}

#[test]
fn what_the_schema_cannot_say_is_placed_too() {
    #[derive(Debug, Deserialize, JsonSchema)]
    struct Even {
        #[serde(deserialize_with = "even")]
        #[expect(dead_code, reason = "only decoded")]
        number: u32,
    }
    fn even<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let number = u32::deserialize(deserializer)?;
        if number % 2 == 0 {
            Ok(number)
        } else {
            Err(serde::de::Error::custom("must be even"))
        }
    }
    let home = Home::with("{\n\n number: 3}");
    let document = home.load().unwrap();
    let schema = schemars::schema_for!(Even).to_value();
    let rules = Rules {
        schema,
        strict_prefixes: vec![],
        absent: &[],
    };
    let problems = decode::<Even>(&document, &rules, Mode::Start).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "number: must be even (openclaw.json:3)"
    );
}

#[test]
fn an_empty_document_is_all_defaults() {
    let decoded = decode::<Sample>(&Document::empty(), &rules(), Mode::Strict).unwrap();
    assert!(decoded.settings.model.is_none() && decoded.warnings.is_empty());
    assert_eq!(config::diff(&json!({"a": 1}), &json!({"a": 2})), ["a"]);
}
