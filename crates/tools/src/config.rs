//! The `tools` section of the settings, and the part of it an agent may narrow.

use crate::ToolPattern;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which tools agents have and what these may do without asking.
///
/// Reloads live: the next call is judged by the new values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ToolsSettings {
    /// The set of tools agents start from.
    pub profile: Profile,
    /// Only these tools of the profile remain. Names, groups such as `group:fs`, or patterns with
    /// `*`. Not set means all of them; an empty list means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<ToolPattern>>,
    /// These tools are never available, whatever else allows them.
    pub deny: Vec<ToolPattern>,
    /// The tools that touch files.
    pub fs: FsSettings,
    /// How models find tools when there are many.
    pub search: SearchSettings,
}

/// How models find tools when there are many.
///
/// A model pays for every definition it is shown, with every call. With the search on it is shown
/// the pinned tools, `tool_search` and `tool_call`; the others it finds when it needs them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SearchSettings {
    /// When tools are searched instead of listed.
    pub mode: SearchMode,
    /// With `auto`: more tools than this are searched. 40 by default.
    pub threshold: usize,
    /// With `auto`: tools whose definitions take more than this part of the model's context window,
    /// in percent, are searched. 10 by default.
    #[schemars(range(max = 100))]
    pub window_percent: u8,
    /// Tools that are always listed: names, groups such as `group:fs`, or patterns with `*`.
    pub pinned: Vec<ToolPattern>,
    /// How many tools a search answers with unless the model asks for another number. 8 by default.
    #[schemars(range(min = 1, max = 20))]
    pub results: usize,
}

impl Default for SearchSettings {
    fn default() -> Self {
        Self {
            mode: SearchMode::Auto,
            threshold: 40,
            window_percent: 10,
            pinned: ["read", "write", "edit", "ls", "exec"]
                .map(ToolPattern::new)
                .into(),
            results: 8,
        }
    }
}

impl SearchSettings {
    /// Whether a tool is always listed.
    pub(crate) fn pins(&self, tool: &str) -> bool {
        self.pinned.iter().any(|pattern| pattern.matches(tool))
    }
}

/// When tools are searched instead of listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SearchMode {
    /// When there are many.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// Settings of the tools that touch files in an agent's workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FsSettings {
    /// What happens when a tool wants to create or change a file in the workspace.
    pub write: WriteMode,
}

/// What one agent's `tools` section takes away from the gateway's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AgentToolsSettings {
    /// A smaller set to start from. Not set means the gateway's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Only these tools remain, as in `tools.allow`. It cannot add what the gateway took away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<ToolPattern>>,
    /// These tools are not available to this agent.
    pub deny: Vec<ToolPattern>,
}

/// A named set of tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Profile {
    /// Only the status of the session.
    Minimal,
    /// Files, commands, web, sessions and memory.
    Coding,
    /// Messages and sessions.
    Messaging,
    /// Every tool.
    #[default]
    Full,
}

/// Whether files of the workspace may be changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WriteMode {
    /// Without asking.
    #[default]
    Allow,
    /// After a person approved it.
    Ask,
    /// Not at all.
    Deny,
}

impl Profile {
    /// The profile as it is written in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Coding => "coding",
            Self::Messaging => "messaging",
            Self::Full => "full",
        }
    }

    /// Whether the profile contains a tool.
    pub fn contains(self, tool: &str) -> bool {
        let patterns: &[&str] = match self {
            Self::Minimal => &["session_status"],
            Self::Coding => &[
                "group:fs",
                "group:runtime",
                "group:web",
                "group:sessions",
                "group:memory",
            ],
            Self::Messaging => &["group:messaging", "group:sessions"],
            Self::Full => &["*"],
        };
        patterns
            .iter()
            .any(|pattern| ToolPattern::new(*pattern).matches(tool))
    }
}
