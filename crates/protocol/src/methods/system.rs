//! The process and what it runs on; its log. Source: gateway RPC methods, "Status and system".

use super::NoParams;
use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

methods! {
    /// The end of the gateway's log, or what came after a cursor.
    "logs.tail" => LogsTail(LogsTailParams) -> LogsTailReply, Read;
    /// The machine and the process.
    "system.info" => SystemInfo(NoParams) -> SystemInfoReply, Read;
    /// The last heartbeat of an agent; null before the first.
    "last-heartbeat" => LastHeartbeat(NoParams) -> Option<HeartbeatReport>, Read;
    /// Switches heartbeats on and off.
    "set-heartbeats" => SetHeartbeats(NoParams) -> Value, Admin;
    /// Wakes an agent.
    "wake" => Wake(NoParams) -> Value, Write;
    /// Whether there is a newer version.
    "update.status" => UpdateStatus(NoParams) -> UpdateStatusReply, Admin;
    /// Updates the gateway.
    "update.run" => UpdateRun(NoParams) -> Value, Admin;
    /// Whether the memory search works.
    "doctor.memory.status" => DoctorMemoryStatus(NoParams) -> DoctorMemoryStatusReply, Read;
    /// What went wrong lately.
    "diagnostics.stability" => DiagnosticsStability(NoParams) -> DiagnosticsStabilityReply, Read;
}

/// Parameters of `logs.tail`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogsTailParams {
    /// The `cursor` of the last reply; the end of the log when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
    /// How many lines, 1 to 5,000; 500 when absent. The newest count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// How many bytes are read, 1 to 1,000,000; 250,000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
}

/// Reply of `logs.tail`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogsTailReply {
    /// The log file.
    pub file: String,
    /// Where the next call goes on.
    pub cursor: u64,
    /// The size of the file in bytes.
    pub size: u64,
    /// The lines, oldest first: JSON objects with `time`, `_meta` and the message in `1`.
    pub lines: Vec<String>,
    /// Whether lines were left out.
    pub truncated: bool,
    /// Whether the log was begun anew since the cursor, so that this is its present end.
    pub reset: bool,
}

/// Reply of `system.info`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemInfoReply {
    /// The machine's name for people.
    pub machine_name: String,
    /// Its name in the network.
    pub hostname: String,
    /// `linux`, `darwin` or `win32`.
    pub platform: String,
    /// The version of the system's kernel.
    pub release: String,
    /// `x64` or `arm64`.
    pub arch: String,
    /// The system for people.
    pub os_label: String,
    /// The port the gateway listens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The version of Node.js; the gateway uses none, so this is `none`.
    pub node_version: String,
    /// Process id.
    pub pid: u32,
    /// Since the gateway's start.
    pub uptime_ms: u64,
    /// Processors.
    pub cpu_count: u64,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_model: Option<String>,
    /// Load of the last 1, 5 and 15 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_average: Option<[f64; 3]>,
    /// Main memory in bytes; 0 when not known.
    pub memory_total_bytes: u64,
    /// What of it is free; 0 when not known.
    pub memory_free_bytes: u64,
    /// The size of the disk with the state directory, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_total_bytes: Option<u64>,
    /// What of it is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_available_bytes: Option<u64>,
    /// The state directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_path: Option<String>,
}

/// The end of a heartbeat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatReport {
    /// When, in Unix milliseconds.
    pub ts: i64,
    /// `sent`, `ok-empty`, `skipped` or `failed`.
    pub status: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// Reply of `update.status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateStatusReply {
    /// What the last update left behind; nothing.
    pub sentinel: Option<Value>,
    /// A newer version; nobody is asked for one, so null.
    pub update_available: Option<Value>,
    /// The channel: `stable`.
    pub effective_channel: String,
    /// How updates come.
    pub schedule: UpdateSchedule,
}

/// How updates come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSchedule {
    /// The channel.
    pub channel: String,
    /// Whether they are installed unasked; never.
    pub auto_enabled: bool,
    /// How the gateway was installed.
    pub install: UpdateInstall,
}

/// How the gateway was installed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateInstall {
    /// `unknown`.
    pub kind: String,
}

/// Reply of `doctor.memory.status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorMemoryStatusReply {
    /// The agent.
    pub agent_id: String,
    /// Who embeds texts for it; `none`.
    pub provider: String,
    /// Whether that works.
    pub embedding: MemoryEmbedding,
}

/// Whether texts can be embedded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemoryEmbedding {
    /// Whether it works.
    pub ok: bool,
    /// Whether it was tried.
    pub checked: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Reply of `diagnostics.stability`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticsStabilityReply {
    /// When this was made, as RFC 3339.
    pub generated_at: String,
    /// How many events are kept; none.
    pub capacity: u64,
    /// How many there are.
    pub count: u64,
    /// How many were dropped.
    pub dropped: u64,
    /// The events; the log has them instead.
    pub events: Vec<Value>,
    /// The events in numbers.
    pub summary: StabilitySummary,
}

/// Events in numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StabilitySummary {
    /// By kind.
    pub by_type: std::collections::BTreeMap<String, u64>,
}
