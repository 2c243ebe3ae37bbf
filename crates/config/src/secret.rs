//! Secrets in settings: written inline, or referred to by where they are kept.
//!
//! Source: `config.md` section 1, SecretRef.

mod exec;
mod file;
mod resolve;
mod settings;

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use crate::Env;

pub use resolve::{Resolver, SecretError};
pub use settings::{
    EnvProvider, EnvSettings, ExecProvider, FileMode, FileProvider, ProviderDefaults,
    SecretProvider, SecretValue, SecretsSettings,
};

/// A credential field: the secret itself, or a reference to it. Never prints a secret.
///
/// In a file: a string (which may contain `${NAME}`), or `{source, provider, id}`.
#[derive(Clone)]
pub enum SecretInput {
    /// Written in the file, or filled in from `${NAME}`.
    Inline(SecretString),
    /// Kept elsewhere.
    Ref(SecretRef),
}

impl SecretInput {
    /// Wraps a secret that came from elsewhere, e.g. an option of the command line.
    pub fn inline(secret: &str) -> Self {
        Self::Inline(SecretString::from(secret))
    }
}

impl fmt::Debug for SecretInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(_) => f.write_str("***"),
            Self::Ref(reference) => fmt::Display::fmt(reference, f),
        }
    }
}

/// Where a secret is kept. Prints as `env:default:NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretRef {
    /// The kind of place.
    pub source: Source,
    /// Name of an entry of `secrets.providers`; without it `secrets.defaults` decides.
    pub provider: Option<String>,
    /// What the provider calls it: a variable, a JSON pointer, or a name.
    pub id: String,
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = self.provider.as_deref().unwrap_or("default");
        write!(f, "{}:{provider}:{}", self.source.name(), self.id)
    }
}

/// The kinds of place a secret can be kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An environment variable.
    Env,
    /// A file, whole or a member of a JSON document.
    File,
    /// A program that is asked.
    Exec,
}

impl Source {
    /// The word used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::File => "file",
            Self::Exec => "exec",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Env, Self::File, Self::Exec]
            .into_iter()
            .find(|source| source.name() == word)
    }
}

impl SecretRef {
    /// Checks the three parts against the patterns of the specification.
    ///
    /// # Errors
    /// Text that names the part, without a secret in it.
    pub fn parse(source: &str, provider: Option<&str>, id: &str) -> Result<Self, String> {
        let source = Source::parse(source).ok_or("source must be \"env\", \"file\" or \"exec\"")?;
        if let Some(name) = provider.filter(|name| !is_provider_name(name)) {
            return Err(format!(
                "provider \"{}\" must match [a-z][a-z0-9_-]{{0,63}}",
                shortened(name)
            ));
        }
        let (legal, form) = match source {
            Source::Env => (is_env_id(id), "[A-Z][A-Z0-9_]{0,127}"),
            Source::File => (
                is_file_id(id),
                "\"value\" or an absolute JSON pointer such as /a/b",
            ),
            Source::Exec => (
                is_exec_id(id),
                "[A-Za-z0-9][A-Za-z0-9._:/#-]{0,255} without \".\" and \"..\" segments",
            ),
        };
        if !legal {
            return Err(format!(
                "id of an {} reference must be {form}",
                source.name()
            ));
        }
        Ok(Self {
            source,
            provider: provider.map(str::to_owned),
            id: id.to_owned(),
        })
    }
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(16) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

fn is_provider_name(name: &str) -> bool {
    let tail = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(tail)
}

fn is_env_id(id: &str) -> bool {
    id.len() <= 128 && Env::is_name(id) && !id.starts_with('_')
}

fn is_file_id(id: &str) -> bool {
    let segment = |part: &str| {
        let tail = part.split('~').skip(1);
        part.len() <= 256 && tail.into_iter().all(|after| after.starts_with(['0', '1']))
    };
    id == "value" || (id.starts_with('/') && id.len() <= 1024 && id.split('/').all(segment))
}

fn is_exec_id(id: &str) -> bool {
    let tail = |c: char| c.is_ascii_alphanumeric() || "._:/#-".contains(c);
    id.len() <= 256
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(tail)
        && !id.split('/').any(|part| part == "." || part == "..")
}

impl<'de> Deserialize<'de> for SecretInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InputVisitor)
    }
}

struct InputVisitor;

impl<'de> Visitor<'de> for InputVisitor {
    type Value = SecretInput;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or {source, provider, id}")
    }

    fn visit_str<E>(self, text: &str) -> Result<SecretInput, E> {
        Ok(SecretInput::inline(text))
    }

    fn visit_string<E>(self, text: String) -> Result<SecretInput, E> {
        Ok(SecretInput::Inline(SecretString::from(text)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<SecretInput, A::Error> {
        let (mut source, mut provider, mut id) = (None, None, None);
        while let Some(name) = members.next_key::<String>()? {
            let part = match name.as_str() {
                "source" => &mut source,
                "provider" => &mut provider,
                "id" => &mut id,
                other => {
                    return Err(A::Error::unknown_field(
                        other,
                        &["source", "provider", "id"],
                    ));
                }
            };
            *part = Some(members.next_value::<String>()?);
        }
        let source = source.ok_or_else(|| A::Error::missing_field("source"))?;
        let id = id.ok_or_else(|| A::Error::missing_field("id"))?;
        SecretRef::parse(&source, provider.as_deref(), &id)
            .map(SecretInput::Ref)
            .map_err(A::Error::custom)
    }
}

impl JsonSchema for SecretInput {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SecretInput".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A secret: the text itself, \"${NAME}\", or a reference to where it is kept.",
            "x-secret": true,
            "format": "secret-input",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": {
                        "source": { "type": "string", "enum": ["env", "file", "exec"] },
                        "provider": { "type": "string", "pattern": "^[a-z][a-z0-9_-]{0,63}$" },
                        "id": { "type": "string", "minLength": 1 }
                    },
                    "required": ["source", "id"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_reference_are_checked() {
        let table = [
            ("env", Some("default"), "OPENAI_API_KEY", true),
            ("env", None, "A", true),
            ("env", None, "_A", false),
            ("env", None, "a", false),
            ("env", Some("Default"), "A", false),
            ("store", None, "A", false),
            ("file", Some("filemain"), "/providers/openai/key", true),
            ("file", None, "value", true),
            ("file", None, "providers", false),
            ("file", None, "/a~2", false),
            ("exec", Some("vault"), "a/b#c", true),
            ("exec", Some("vault"), "a/../b", false),
            ("exec", Some("vault"), "-a", false),
        ];
        for (source, provider, id, legal) in table {
            assert_eq!(
                SecretRef::parse(source, provider, id).is_ok(),
                legal,
                "{source} {id}"
            );
        }
    }

    #[test]
    fn debug_shows_references_only() {
        let inline: SecretInput = serde_json::from_str("\"sk-canary\"").unwrap();
        let text = "{\"source\":\"env\",\"provider\":\"default\",\"id\":\"KEY\"}";
        let reference: SecretInput = serde_json::from_str(text).unwrap();
        assert_eq!(format!("{inline:?} {reference:?}"), "*** env:default:KEY");
    }
}
