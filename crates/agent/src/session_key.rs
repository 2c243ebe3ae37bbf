//! What a session key from outside means. Source: configuration specification, "Session keys".

use domain::{AgentId, IdError, SessionKey};

/// Why a text cannot address a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionKeyError {
    /// It is not a key at all.
    #[error(transparent)]
    Malformed(#[from] IdError),
    /// It belongs to another agent than the one that was named.
    #[error("session key {key} belongs to agent {owner}, not to {named}")]
    OtherAgent {
        /// The key.
        key: String,
        /// Whose it is.
        owner: String,
        /// Who was named.
        named: String,
    },
}

/// Makes the full key: `main` and bare names belong to `agent`; a full key stays, if it is the
/// agent's own.
///
/// # Errors
/// [`SessionKeyError`].
pub fn expand(text: &str, agent: &AgentId) -> Result<SessionKey, SessionKeyError> {
    let key = SessionKey::parse(text.trim())?;
    match owner(&key) {
        None => Ok(SessionKey::parse(&format!("agent:{agent}:{key}"))?),
        Some(owner) if owner == agent.as_str() => Ok(key),
        Some(owner) => Err(SessionKeyError::OtherAgent {
            owner: owner.to_owned(),
            named: agent.to_string(),
            key: key.to_string(),
        }),
    }
}

/// The agent a full key names.
pub fn owner(key: &SessionKey) -> Option<&str> {
    let rest = key.as_str().strip_prefix("agent:")?;
    let (agent, name) = rest.split_once(':')?;
    (!agent.is_empty() && !name.is_empty()).then_some(agent)
}

/// Whether the key lies in a namespace only the gateway itself may open: sub-agents, cron, ACP.
pub fn is_reserved(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    let name = match lower
        .strip_prefix("agent:")
        .and_then(|rest| rest.split_once(':'))
    {
        Some((_, name)) => name,
        None => lower.as_str(),
    };
    ["subagent:", "cron:", "acp:"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Whether the key was made for one request that named no session, so that nobody is likely to
/// continue it.
pub fn is_one_off(key: &SessionKey) -> bool {
    let name = key
        .as_str()
        .strip_prefix("agent:")
        .and_then(|rest| rest.split_once(':'))
        .map_or(key.as_str(), |(_, name)| name);
    let Some((family, id)) = name.split_once(':') else {
        return false;
    };
    let plain = |c: char| c.is_ascii_hexdigit() || c == '-';
    ONE_OFF.contains(&family) && id.len() == 36 && id.chars().all(plain)
}

/// The families of keys that are made for one request.
const ONE_OFF: [&str; 3] = ["openai", "openresponses", "messages"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names_belong_to_the_agent() {
        let main = AgentId::new("main");
        assert_eq!(expand("main", &main).unwrap().as_str(), "agent:main:main");
        assert_eq!(expand("Lab", &main).unwrap().as_str(), "agent:main:lab");
        assert_eq!(
            expand("agent:main:x:y", &main).unwrap().as_str(),
            "agent:main:x:y"
        );
        assert!(matches!(
            expand("agent:other:x", &main),
            Err(SessionKeyError::OtherAgent { .. })
        ));
        assert!(expand("a b", &main).is_err());
    }

    #[test]
    fn keys_made_for_one_request_are_recognised() {
        let id = domain::RunId::generate();
        let is = |key: &str| is_one_off(&SessionKey::new(key));
        assert!(is(&format!("agent:main:openai:{id}")));
        assert!(is(&format!("agent:main:openresponses:{id}")));
        assert!(!is(&format!("agent:main:openai-user:{id}")));
        assert!(!is("agent:main:openai:alice"));
        assert!(!is("agent:main:main"));
    }

    #[test]
    fn internal_namespaces_are_recognised_in_both_spellings() {
        for key in ["cron:1", "agent:main:subagent:x", "ACP:1", "agent:x:cron:y"] {
            assert!(is_reserved(key), "{key}");
        }
        for key in ["main", "agent:main:openai:1", "cronjob"] {
            assert!(!is_reserved(key), "{key}");
        }
    }
}
