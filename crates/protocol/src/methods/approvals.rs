//! Questions to people before something is done, and what may be done without asking.
//! Source: gateway RPC methods, "Exec approvals".

use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

methods! {
    /// The rules for commands on the gateway's machine.
    "exec.approvals.get" => ExecApprovalsGet(NoParams) -> ExecApprovalsReply, Admin;
    /// Replaces these rules.
    "exec.approvals.set" => ExecApprovalsSet(ExecApprovalsSetParams) -> ExecApprovalsReply, Admin;
    /// The rules for commands on a node.
    "exec.approvals.node.get" => ExecApprovalsNodeGet(ExecApprovalsNodeGetParams) -> Value, Admin;
    /// Replaces the rules of a node.
    "exec.approvals.node.set" => ExecApprovalsNodeSet(ExecApprovalsNodeSetParams) -> Value, Admin;
    /// Asks people whether a command may run; with `twoPhase` it is answered twice.
    "exec.approval.request" => ExecApprovalRequest(ExecApprovalRequestParams) -> ExecApprovalDecided, Approvals;
    /// Answers a question; the first answer counts.
    "exec.approval.resolve" => ExecApprovalResolve(ExecApprovalResolveParams) -> ExecApprovalResolveReply, Approvals;
    /// Waits for the answer to a question.
    "exec.approval.waitDecision" => ExecApprovalWaitDecision(ExecApprovalIdParams) -> ExecApprovalDecided, Approvals;
    /// The questions nobody has answered yet.
    "exec.approval.list" => ExecApprovalList(NoParams) -> Vec<ExecApproval>, Approvals;
    /// One of these questions.
    "exec.approval.get" => ExecApprovalGet(ExecApprovalIdParams) -> ExecApprovalGetReply, Approvals;
    /// The questions of plugins; there are no plugins, so there are none.
    "plugin.approval.list" => PluginApprovalList(NoParams) -> Vec<Value>, Approvals;
    /// The questions of the gateway about itself; it asks none.
    "openclaw.approval.list" => OpenclawApprovalList(NoParams) -> Vec<Value>, Approvals;
    /// The questions agents asked people; agents cannot ask yet, so there are none.
    "question.list" => QuestionList(NoParams) -> QuestionListReply, Questions;
}

/// No parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct NoParams {}

/// Reply of `exec.approvals.get` and `exec.approvals.set`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalsReply {
    /// Where the rules are kept.
    pub path: String,
    /// Whether somebody wrote them down; until then the defaults hold.
    pub exists: bool,
    /// The rules: `version`, `defaults`, `agents`.
    pub file: Value,
    /// Names this state of the file, for `baseHash`.
    pub hash: String,
    /// What holds where the rules say nothing.
    pub resolved_defaults: ExecDefaults,
}

/// What holds where the rules say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecDefaults {
    /// `deny`, `allowlist` or `full`.
    pub security: String,
    /// `off`, `on-miss` or `always`.
    pub ask: String,
    /// What happens when nobody can be asked: `deny`, `allowlist` or `full`.
    pub ask_fallback: String,
    /// Whether programs of skills need no rule.
    pub auto_allow_skills: bool,
}

/// Parameters of `exec.approvals.set`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalsSetParams {
    /// The new rules.
    pub file: Value,
    /// The `hash` of what they replace; needed when there is something to replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<String>,
}

/// Parameters of `exec.approvals.node.get`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalsNodeGetParams {
    /// The node.
    #[schemars(length(min = 1))]
    pub node_id: String,
}

/// Parameters of `exec.approvals.node.set`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalsNodeSetParams {
    /// The node.
    #[schemars(length(min = 1))]
    pub node_id: String,
    /// The new rules.
    pub file: Value,
    /// The `hash` of what they replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<String>,
}

/// Parameters of `exec.approval.request`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalRequestParams {
    /// Names the question; chosen here when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What would run, for people; must say the same as `commandArgv` when both are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What would run, program first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_argv: Option<Vec<String>>,
    /// What a node said it would run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_run_plan: Option<SystemRunPlan>,
    /// Variables it would get beside the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<std::collections::BTreeMap<String, String>>,
    /// Where it would run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// On which node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// `gateway` or `node`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The rule that led to the question: `deny`, `allowlist` or `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<String>,
    /// The rule that led to the question: `off`, `on-miss` or `always`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<String>,
    /// What people should think of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_text: Option<String>,
    /// Answers that are not offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable_decisions: Option<Vec<String>>,
    /// Which agent would run it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The file behind the program's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_path: Option<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// In which session, by its random id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// In which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// For which call of a tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Only these devices are asked and may answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_reviewer_device_ids: Option<Vec<String>>,
    /// How long the question stands, in milliseconds; 120,000 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Whether to answer when the question was put, and again with the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub two_phase: Option<bool>,
    /// Whether to end at once when nobody can be asked; yes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_delivery_route: Option<bool>,
}

/// What a node said it would run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemRunPlan {
    /// The program, by its path, and its arguments.
    pub argv: Vec<String>,
    /// Where.
    #[serde(default)]
    pub cwd: Option<String>,
    /// The same for people.
    #[serde(default)]
    pub command_text: String,
    /// A shorter form.
    #[serde(default)]
    pub command_preview: Option<String>,
    /// For which agent.
    #[serde(default)]
    pub agent_id: Option<String>,
    /// In which session.
    #[serde(default)]
    pub session_key: Option<String>,
}

/// First answer to `exec.approval.request` with `twoPhase`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalAccepted {
    /// `accepted`.
    pub status: String,
    /// The question.
    pub id: String,
    /// When it was put, in Unix milliseconds.
    pub created_at_ms: i64,
    /// Until when it stands, in Unix milliseconds.
    pub expires_at_ms: i64,
    /// `approval-client` when somebody was asked, else `none`.
    pub delivery_route: String,
}

/// How a question ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalDecided {
    /// The question.
    pub id: String,
    /// `allow-once`, `allow-always`, `deny`, or `null` when nobody answered.
    pub decision: Option<String>,
    /// When it was put, in Unix milliseconds.
    pub created_at_ms: i64,
    /// Until when it stood, in Unix milliseconds.
    pub expires_at_ms: i64,
    /// `user`, `timeout`, `no-route` or `cancelled`; with `exec.approval.waitDecision`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal_reason: Option<String>,
}

/// Parameters of `exec.approval.resolve`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ExecApprovalResolveParams {
    /// The question.
    #[schemars(length(min = 1))]
    pub id: String,
    /// `allow-once`, `allow-always` or `deny`.
    #[schemars(length(min = 1))]
    pub decision: String,
}

/// Reply of `exec.approval.resolve`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExecApprovalResolveReply {
    /// Always true.
    pub ok: bool,
}

/// Which question.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ExecApprovalIdParams {
    /// Its name.
    #[schemars(length(min = 1))]
    pub id: String,
}

/// A question; also the payload of `exec.approval.requested`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApproval {
    /// Names it.
    pub id: String,
    /// What would be done: `command`, `commandArgv`, `cwd`, `host`, `nodeId`, `agentId`,
    /// `sessionKey`, `allowedDecisions` and more.
    pub request: Value,
    /// When it was put, in Unix milliseconds.
    pub created_at_ms: i64,
    /// Until when it stands, in Unix milliseconds.
    pub expires_at_ms: i64,
    /// `exec`.
    pub approval_kind: String,
}

/// Reply of `exec.approval.get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalGetReply {
    /// The question.
    #[serde(flatten)]
    pub approval: ExecApproval,
    /// What would be done, in full.
    pub command_text: String,
    /// The answers that are offered.
    pub allowed_decisions: Vec<String>,
}

/// Payload of `exec.approval.resolved`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecApprovalResolved {
    /// The question.
    pub id: String,
    /// The answer; `deny` also when nobody gave one.
    pub decision: String,
    /// Who gave it; absent when nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<String>,
    /// When, in Unix milliseconds.
    pub ts: i64,
    /// The question.
    pub request: Value,
}

/// Reply of `question.list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuestionListReply {
    /// The questions.
    pub questions: Vec<Value>,
}
