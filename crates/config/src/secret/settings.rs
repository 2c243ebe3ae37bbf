//! The `secrets` and `env` sections.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::Deserializer;

/// Where secrets are kept (`secrets`).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SecretsSettings {
    /// Named places that references can point into.
    pub providers: BTreeMap<String, SecretProvider>,
    /// The provider of each source for references that name none; `default` if not set.
    pub defaults: ProviderDefaults,
}

/// The provider that a reference without `provider` means (`secrets.defaults`).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProviderDefaults {
    /// For `source: "env"`.
    pub env: Option<String>,
    /// For `source: "file"`.
    pub file: Option<String>,
    /// For `source: "exec"`.
    pub exec: Option<String>,
}

/// One place where secrets are kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "source", rename_all = "camelCase")]
pub enum SecretProvider {
    /// Environment variables.
    Env(EnvProvider),
    /// A file.
    File(FileProvider),
    /// A program that is asked.
    Exec(ExecProvider),
}

/// Environment variables as a place for secrets.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EnvProvider {
    /// The only names that may be referred to. Not set means any; an empty list means none.
    pub allowlist: Option<Vec<String>>,
}

/// A file as a place for secrets. It must be readable by its owner only.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileProvider {
    /// The file; `~/` is the home directory, anything relative is below the state directory.
    pub path: String,
    /// How the file is read; `json` if not set.
    #[serde(default)]
    pub mode: FileMode,
    /// Milliseconds to wait for the file; 5000 if not set.
    #[schemars(range(min = 1, max = 600_000))]
    pub timeout_ms: Option<u32>,
    /// The largest file in bytes; 1 MiB if not set.
    #[schemars(range(min = 1, max = 67_108_864))]
    pub max_bytes: Option<u32>,
}

/// How a secrets file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FileMode {
    /// A JSON document; the id is an absolute JSON pointer to a string.
    #[default]
    Json,
    /// The whole file is one secret (id `value`); one line break at the end is taken off.
    SingleValue,
}

/// A program as a place for secrets.
///
/// It is given `{"protocolVersion":1,"provider":…,"ids":[…]}` on standard input and answers
/// `{"protocolVersion":1,"values":{…},"errors":{…}}` on standard output.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecProvider {
    /// Absolute path of the program. It is run directly, never through a shell.
    pub command: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Names of variables it inherits. It inherits nothing else.
    #[serde(default)]
    pub pass_env: Vec<String>,
    /// Variables it is given.
    #[serde(default)]
    pub env: BTreeMap<String, SecretValue>,
    /// Milliseconds until it must have answered; 5000 if not set.
    #[schemars(range(min = 1, max = 600_000))]
    pub timeout_ms: Option<u32>,
    /// Milliseconds it may be silent; only `timeoutMs` counts if not set.
    #[schemars(range(min = 1, max = 600_000))]
    pub no_output_timeout_ms: Option<u32>,
    /// The longest answer in bytes; 1 MiB if not set.
    #[schemars(range(min = 1, max = 67_108_864))]
    pub max_output_bytes: Option<u32>,
    /// Whether the answer must be JSON. If false, a bare text answers a single id.
    #[serde(default = "yes")]
    pub json_only: bool,
    /// Folders the program must be in after links are resolved. Not set means any.
    pub trusted_dirs: Option<Vec<String>>,
    /// Whether `command` may be a symbolic link.
    #[serde(default)]
    pub allow_symlink_command: bool,
}

fn yes() -> bool {
    true
}

/// Variables the document itself brings (`env`). They never replace one of the process.
#[derive(Clone, Debug, Default)]
pub struct EnvSettings {
    /// `env.vars.<NAME>`.
    pub vars: BTreeMap<String, SecretValue>,
    /// `env.<NAME>`.
    pub names: BTreeMap<String, SecretValue>,
}

impl<'de> Deserialize<'de> for EnvSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default)]
            vars: BTreeMap<String, SecretValue>,
            #[serde(flatten)]
            names: BTreeMap<String, SecretValue>,
        }
        Wire::deserialize(deserializer).map(|wire| Self {
            vars: wire.vars,
            names: wire.names,
        })
    }
}

impl JsonSchema for EnvSettings {
    fn schema_name() -> Cow<'static, str> {
        "EnvSettings".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<SecretValue>();
        json_schema!({
            "description": "Variables for ${NAME}; they never replace one of the process.",
            "type": "object",
            "properties": {
                "vars": {
                    "description": "Variables by name.",
                    "type": "object",
                    "propertyNames": { "format": "env-name" },
                    "additionalProperties": value
                }
            },
            "propertyNames": { "format": "env-name" },
            "additionalProperties": value
        })
    }
}

/// A text that is kept secret because secrets are often put there. Prints as `***`.
#[derive(Clone)]
pub struct SecretValue(SecretString);

impl SecretValue {
    /// The text, for the line that hands it on.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de> Deserialize<'de> for SecretValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(SecretString::from(text)))
    }
}

impl JsonSchema for SecretValue {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SecretValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "x-secret": true })
    }
}
