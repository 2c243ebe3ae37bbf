//! Identifiers: one newtype per thing that has a name.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing was given.
    #[error("{kind} is empty")]
    Empty {
        /// What was being named, e.g. `session key`.
        kind: &'static str,
    },
    /// More bytes than the limit.
    #[error("{kind} is longer than {limit} bytes")]
    TooLong {
        /// What was being named.
        kind: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// A character outside `[A-Za-z0-9:_@+./-]`.
    #[error("{kind} contains {found:?}; allowed are letters, digits and : _ @ + . / -")]
    Character {
        /// What was being named.
        kind: &'static str,
        /// The first character that is not allowed.
        found: char,
    },
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps a text that is already known to be valid. Cheap to clone afterwards.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), &self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// Addresses one durable conversation, e.g. `agent:main:telegram:direct:42`.
    SessionKey
}
id! {
    /// One attempt to execute a turn. Time-ordered (UUID v7) text.
    RunId
}
id! {
    /// A configured persona, e.g. `main`.
    AgentId
}
id! {
    /// Who serves models, e.g. `openai`.
    ProviderId
}
id! {
    /// A model as its provider names it, e.g. `gpt-5.4`.
    ModelId
}
id! {
    /// Ties a tool call to its result; chosen by the provider or by us.
    ToolCallId
}
id! {
    /// One call to a provider. Time-ordered (UUID v7) text.
    CallId
}
id! {
    /// A tool as the model sees it, e.g. `read`.
    ToolName
}

impl RunId {
    /// A fresh, time-ordered identifier.
    pub fn generate() -> Self {
        Self::new(uuid::Uuid::now_v7().to_string())
    }
}

impl CallId {
    /// A fresh, time-ordered identifier.
    pub fn generate() -> Self {
        Self::new(uuid::Uuid::now_v7().to_string())
    }
}

impl SessionKey {
    /// Longest accepted key in bytes. Source: security specification, section 8.
    pub const MAX_BYTES: usize = 256;

    /// Reads a key from outside: lower-cased, at most [`Self::MAX_BYTES`] bytes of
    /// `[a-z0-9:_@+./-]`.
    ///
    /// # Errors
    /// [`IdError`] says which rule was broken.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked("session key", text, Self::MAX_BYTES)?;
        Ok(Self::new(text.to_ascii_lowercase()))
    }
}

impl AgentId {
    /// Longest accepted agent id in bytes. Source: security specification, section 8.
    pub const MAX_BYTES: usize = 64;

    /// Reads an agent id from outside: lower-cased, at most [`Self::MAX_BYTES`] bytes.
    ///
    /// # Errors
    /// [`IdError`] says which rule was broken.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        checked("agent id", text, Self::MAX_BYTES)?;
        if text.contains([':', '/']) || text.starts_with('.') {
            let found = text
                .chars()
                .find(|c| [':', '/', '.'].contains(c))
                .unwrap_or(':');
            return Err(IdError::Character {
                kind: "agent id",
                found,
            });
        }
        Ok(Self::new(text.to_ascii_lowercase()))
    }
}

fn checked(kind: &'static str, text: &str, limit: usize) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty { kind });
    }
    if text.len() > limit {
        return Err(IdError::TooLong { kind, limit });
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || ":_@+./-".contains(c);
    match text.chars().find(|c| !allowed(*c)) {
        Some(found) => Err(IdError::Character { kind, found }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_lowercased_and_bounded() {
        assert_eq!(
            SessionKey::parse("Agent:Main:X").unwrap().as_str(),
            "agent:main:x"
        );
        assert_eq!(
            SessionKey::parse(""),
            Err(IdError::Empty {
                kind: "session key"
            })
        );
        assert_eq!(
            SessionKey::parse(&"k".repeat(257)),
            Err(IdError::TooLong {
                kind: "session key",
                limit: 256
            })
        );
        assert_eq!(
            SessionKey::parse("a b"),
            Err(IdError::Character {
                kind: "session key",
                found: ' '
            })
        );
    }

    #[test]
    fn agent_ids_are_never_paths() {
        for hostile in ["../x", "a/b", ".", "a:b", "a\0"] {
            assert!(AgentId::parse(hostile).is_err(), "{hostile:?} was accepted");
        }
    }
}
