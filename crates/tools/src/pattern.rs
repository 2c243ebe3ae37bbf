//! How settings name tools.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tool name, a group such as `group:fs`, or a name with `*` for any run of characters.
///
/// Case does not matter. Source: configuration specification, section 2, row `tools`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ToolPattern(String);

/// The groups and what they stand for. Names of tools a build does not have match nothing.
const GROUPS: &[(&str, &[&str])] = &[
    ("group:fs", &["read", "write", "edit", "ls", "apply_patch"]),
    ("group:runtime", &["exec", "process", "code_execution"]),
    ("group:web", &["web_search", "web_fetch", "x_search"]),
    ("group:sessions", &["sessions_*", "session_status"]),
    ("group:memory", &["memory_*"]),
    ("group:messaging", &["message"]),
];

impl ToolPattern {
    /// Wraps a pattern as it is written in the settings.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the pattern names this tool.
    pub fn matches(&self, tool: &str) -> bool {
        let pattern = self.0.trim().to_ascii_lowercase();
        let tool = tool.to_ascii_lowercase();
        match GROUPS.iter().find(|(name, _)| *name == pattern) {
            Some((_, members)) => members.iter().any(|member| wild(member, &tool)),
            None => wild(&pattern, &tool),
        }
    }
}

impl std::fmt::Display for ToolPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Matches `text` against `pattern`, where `*` stands for any run of characters.
fn wild(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    // Without a star the first piece is the whole pattern.
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::ToolPattern;

    #[test]
    fn names_groups_and_stars() {
        let table = [
            ("read", "read", true),
            ("READ", "read", true),
            ("read", "read_all", false),
            ("*", "anything", true),
            ("sessions_*", "sessions_list", true),
            ("sessions_*", "session_status", false),
            ("*_status", "session_status", true),
            ("m*o*y", "memory", true),
            ("a*a", "a", false),
            ("group:fs", "edit", true),
            ("group:fs", "exec", false),
            ("group:sessions", "sessions_send", true),
            ("group:nope", "read", false),
            ("", "read", false),
        ];
        for (pattern, tool, expected) in table {
            assert_eq!(
                ToolPattern::new(pattern).matches(tool),
                expected,
                "{pattern} on {tool}"
            );
        }
    }
}
