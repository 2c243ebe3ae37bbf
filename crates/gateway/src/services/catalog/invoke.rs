//! `tools.invoke`: a tool called without a model. Source: decisions, DEC-10.
//!
//! The policy judges it like a call of the agent. Tools that change something are closed to this
//! way in by default: whoever holds a key calls them directly, and no model stands between.

use crate::approvals::Desk;
use crate::error::ApiError;
use crate::rpc::Call;
use ::tools::{Intent, ToolCx, ToolPattern, Toolbox};
use agent::{Agent, AskFor};
use domain::record::ApprovalVerdict;
use domain::{RunId, ToolCall, ToolCallId, ToolName, ToolResult};
use protocol::methods::catalog::{
    ToolOutputShape, ToolProblem, ToolsInvokeParams, ToolsInvokeReply,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Tools that are closed here unless `gateway.tools.allow` opens them.
const CLOSED: [&str; 9] = [
    "group:runtime",
    "write",
    "edit",
    "apply_patch",
    "sessions_spawn",
    "sessions_send",
    "cron",
    "gateway",
    "nodes",
];

/// Longest call, without the time a person takes to decide.
const TIMEOUT: Duration = Duration::from_mins(2);

/// How long a person may take to decide.
const PATIENCE: Duration = Duration::from_mins(5);

/// Longest name that is repeated to whoever called, in characters.
const SHOWN: usize = 64;

/// `gateway.tools`: what clients may call without a model, with `tools.invoke`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InvokeSettings {
    /// Tools that are opened although they are closed to clients by default: those that change
    /// files, start programs or reach other sessions. Names, groups such as `group:runtime`, or
    /// patterns with `*`. What `tools` denies stays denied.
    pub allow: Vec<ToolPattern>,
    /// Tools that no client may call, whatever else allows them.
    pub deny: Vec<ToolPattern>,
}

/// The settings in force.
#[derive(Debug)]
pub(crate) struct InvokeRules(RwLock<Arc<InvokeSettings>>);

impl InvokeRules {
    /// Those of the start.
    pub(crate) fn new(settings: InvokeSettings) -> Self {
        Self(RwLock::new(Arc::new(settings)))
    }

    /// Puts new ones in force.
    pub(crate) fn set(&self, settings: InvokeSettings) {
        // The value is put in whole, so a panic elsewhere does not spoil it.
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(settings);
    }

    fn get(&self) -> Arc<InvokeSettings> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether a call may happen at once.
enum Gate {
    /// It may.
    Open,
    /// A person has to approve it; why.
    Ask(String),
}

/// Calls a tool.
///
/// # Errors
/// [`ApiError`] when there is no such agent, the session key is none, or `approval` is no word
/// for something.
pub(crate) async fn invoke(
    call: &Call,
    params: ToolsInvokeParams,
) -> Result<ToolsInvokeReply, ApiError> {
    let services = &call.services;
    let waits = match params.approval.as_deref() {
        None => false,
        Some("wait") => true,
        Some(_) => return Err(wrong("approval must be \"wait\" or absent")),
    };
    let agent = services.tools_agent(params.agent_id.as_deref(), params.session_key.as_deref())?;
    let key = params.session_key.as_deref().unwrap_or("main");
    let session = services.session_key(key, Some(agent.id.as_str()))?;
    let toolbox = services.agents.toolbox();
    let name = params.name.as_str();
    let rules = services.invoke_rules.get();
    if !has(&toolbox, &agent, name) || rules.deny.iter().any(|it| it.matches(name)) {
        let shown: String = name
            .chars()
            .filter(|c| !c.is_control())
            .take(SHOWN)
            .collect();
        let why = format!("Tool not available: {shown}");
        return Ok(refused(&params, "not_found", why));
    }
    let arguments = serde_json::to_string(&params.args.clone().unwrap_or_default())
        .map_err(|error| wrong(&error.to_string()))?;
    let tool_call = ToolCall {
        id: ToolCallId::new(format!("invoke_{}", uuid::Uuid::new_v4().simple())),
        name: ToolName::new(name),
        arguments,
    };
    let cancel = CancellationToken::new();
    let _ends = cancel.clone().drop_guard();
    let cx = ToolCx {
        workspace: agent.workspace.clone(),
        agent: agent.id.clone(),
        session,
        run: RunId::new(uuid::Uuid::new_v4().to_string()),
        access: agent.access.clone(),
        cancel,
    };
    let approved = match gate(&toolbox, &rules, &tool_call, &cx) {
        Gate::Open => false,
        Gate::Ask(reason) if !waits => {
            let how = "say \"approval\":\"wait\" to ask a person and wait for the answer";
            return Ok(needs_approval(&params, format!("{reason}; {how}")));
        }
        Gate::Ask(reason) => {
            let asker = call.link.as_ref().map(|link| link.id.clone());
            let intent = toolbox.intent(&tool_call);
            let asked = (reason, asker);
            match decide(&services.approvals, intent, &tool_call, &cx, asked).await {
                Ok(()) => true,
                Err(why) => return Ok(needs_approval(&params, why)),
            }
        }
    };
    Ok(match run(&toolbox, &tool_call, &cx, approved).await {
        Some(result) if !result.is_error => ToolsInvokeReply {
            ok: true,
            tool_name: params.name,
            output: Some(ToolOutputShape {
                content: vec![json!({ "type": "text", "text": result.content })],
            }),
            source: Some("core".to_owned()),
            ..ToolsInvokeReply::default()
        },
        Some(result) => refused(&params, "tool_error", result.content),
        None => {
            let seconds = TIMEOUT.as_secs();
            let why = format!("the tool took longer than {seconds} s");
            refused(&params, "tool_error", why)
        }
    })
}

fn has(toolbox: &Toolbox, agent: &Agent, name: &str) -> bool {
    let specs = toolbox.specs(&agent.access);
    specs.iter().any(|spec| spec.name.as_str() == name)
}

fn gate(toolbox: &Toolbox, rules: &InvokeSettings, call: &ToolCall, cx: &ToolCx) -> Gate {
    if let Some(asked) = toolbox.asks(call, cx) {
        return Gate::Ask(asked.reason);
    }
    let name = call.name.as_str();
    let is_closed = CLOSED.iter().any(|it| ToolPattern::new(*it).matches(name));
    if is_closed && !rules.allow.iter().any(|it| it.matches(name)) {
        return Gate::Ask(closed(name));
    }
    Gate::Open
}

/// Asks a person; the error says why the call may not happen.
async fn decide(
    desk: &Desk,
    intent: Option<Intent>,
    call: &ToolCall,
    cx: &ToolCx,
    (reason, asker): (String, Option<String>),
) -> Result<(), String> {
    let Some(intent) = intent else {
        // Arguments nobody can read: the tool says so itself.
        return Ok(());
    };
    let question = AskFor {
        run: cx.run.clone(),
        session: cx.session.clone(),
        agent: cx.agent.clone(),
        call: call.clone(),
        intent,
        workspace: cx.workspace.clone(),
        reason,
        time_left: Some(PATIENCE),
    };
    match desk.ask_for(question, asker).await {
        ApprovalVerdict::AllowOnce | ApprovalVerdict::AllowAlways => Ok(()),
        ApprovalVerdict::Deny { why } => Err(why),
    }
}

/// Runs the call; `None` when it took too long.
async fn run(
    toolbox: &Toolbox,
    call: &ToolCall,
    cx: &ToolCx,
    approved: bool,
) -> Option<ToolResult> {
    let run = async {
        if approved {
            toolbox.run_approved(call, cx).await
        } else {
            toolbox.run(call, cx).await
        }
    };
    tokio::time::timeout(TIMEOUT, run).await.ok()
}

/// Why a tool is not called for a client just so.
fn closed(name: &str) -> String {
    format!(
        "{name} changes things, so clients do not call it just so; the owner can list it in \
         gateway.tools.allow"
    )
}

fn needs_approval(params: &ToolsInvokeParams, why: String) -> ToolsInvokeReply {
    ToolsInvokeReply {
        requires_approval: Some(true),
        ..refused(params, "forbidden", why)
    }
}

fn refused(params: &ToolsInvokeParams, code: &str, message: String) -> ToolsInvokeReply {
    ToolsInvokeReply {
        ok: false,
        tool_name: params.name.clone(),
        error: Some(ToolProblem {
            code: code.to_owned(),
            message,
        }),
        ..ToolsInvokeReply::default()
    }
}

fn wrong(why: &str) -> ApiError {
    ApiError::invalid(format!("invalid tools.invoke params: {why}"))
}
