//! Commands of a computer. Source: clients, section 4; gateway RPC methods, "Nodes".

use crate::methods::approvals::SystemRunPlan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What `system.run` takes. Unlike methods, it refuses fields nobody knows: what would run must be
/// clear.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SystemRun {
    /// The program and its arguments; never a line for a shell.
    pub command: Vec<String>,
    /// The same as one line; must say the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_command: Option<String>,
    /// What `system.run.prepare` answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_run_plan: Option<Value>,
    /// Where it runs, from the root; the node's home directory when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Variables it gets beside the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
    /// After so many milliseconds it is killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Whether it needs to see the screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_screen_recording: Option<bool>,
    /// Whether nobody is told of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppress_notify_on_exit: Option<bool>,
    /// For which agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The approval it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Whether a person allowed it; the gateway writes this, callers cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
    /// `allow-once` or `allow-always`; the gateway writes this, callers cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_decision: Option<String>,
}

/// What `system.run` answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemRunResult {
    /// How the program ended; absent when it was killed.
    pub exit_code: Option<i32>,
    /// Whether it was killed because it took too long.
    pub timed_out: bool,
    /// Whether it ended with 0.
    pub success: bool,
    /// What it wrote, up to 1 MiB.
    pub stdout: String,
    /// What it complained about, up to 1 MiB.
    pub stderr: String,
    /// Why it did not end by itself.
    pub error: Option<String>,
    /// Whether it wrote more than was kept.
    pub truncated: bool,
}

/// What `system.run.prepare` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SystemRunPrepare {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The same as one line; must say the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_command: Option<String>,
    /// Where it would run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Variables it would get beside the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, String>>,
    /// For which agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
}

/// What `system.run.prepare` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemRunPrepared {
    /// What would run.
    pub plan: SystemRunPlan,
}

/// What `system.which` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SystemWhich {
    /// Names of programs.
    pub bins: Vec<String>,
}

/// What `system.which` answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SystemWhichResult {
    /// Those that are there, with their paths.
    pub bins: BTreeMap<String, String>,
}

/// What `fs.listDir` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListDir {
    /// The folder, from the root or from `~`; the node's home directory when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What `fs.listDir` answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListDirResult {
    /// The folder.
    pub path: String,
    /// The folder above it.
    pub parent: String,
    /// The node's home directory.
    pub home: String,
    /// What is in it, folders first, by name.
    pub entries: Vec<ListDirEntry>,
    /// Set when there are more than 2,000 entries; the rest is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<bool>,
}

/// Something in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListDirEntry {
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// `directory`, `file`, `symlink` or `other`.
    pub kind: String,
}
