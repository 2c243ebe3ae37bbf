//! A tool called without a model, by `tools.invoke` or over HTTP. Source: decisions, DEC-10.
//!
//! The policy judges it like a call of the agent. Tools that change something are closed to this
//! way in by default: whoever holds a key calls them directly, and no model stands between.

use crate::approvals::{Desk, caller_name};
use crate::error::ApiError;
use crate::repeat::Turn;
use crate::rpc::Call;
use ::tools::{Intent, ToolCx, ToolPattern, Toolbox};
use agent::{Agent, AskFor};
use domain::record::ApprovalVerdict;
use domain::{RunId, ToolCall, ToolCallId, ToolName, ToolResult, ToolSpec};
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

/// `gateway.tools`: what clients may call without a model, with `tools.invoke` or
/// `POST /tools/invoke`.
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

/// What came of a call.
#[derive(Debug, Clone)]
pub(crate) struct Invoked {
    tool: String,
    /// What the tool gave, or why it gave nothing.
    pub(crate) outcome: Result<ToolOutputShape, Refusal>,
}

/// Why a call came to nothing.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// What kind of reason.
    pub(crate) why: Why,
    /// The reason for people.
    pub(crate) message: String,
}

/// Kinds of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// There is no such tool for this agent.
    NotFound,
    /// Nobody approved it.
    NotApproved,
    /// The tool failed.
    Failed,
    /// It took too long.
    TooSlow,
}

impl Why {
    /// As clients read it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotApproved => "forbidden",
            Self::Failed | Self::TooSlow => "tool_error",
        }
    }
}

impl Refusal {
    fn new(why: Why, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { why, message }
    }
}

impl From<Invoked> for ToolsInvokeReply {
    fn from(invoked: Invoked) -> Self {
        let reply = Self {
            tool_name: invoked.tool,
            ..Self::default()
        };
        match invoked.outcome {
            Ok(output) => Self {
                ok: true,
                output: Some(output),
                source: Some("core".to_owned()),
                ..reply
            },
            Err(refusal) => Self {
                requires_approval: (refusal.why == Why::NotApproved).then_some(true),
                error: Some(ToolProblem {
                    code: refusal.why.code().to_owned(),
                    message: refusal.message,
                }),
                ..reply
            },
        }
    }
}

/// Calls a tool; the same key of the same caller again gets the same answer.
///
/// # Errors
/// [`ApiError`] when there is no such agent, the session key is none, `approval` is no word for
/// something, or the key was used for another call.
pub(crate) async fn invoke(call: &Call, params: ToolsInvokeParams) -> Result<Invoked, ApiError> {
    let services = &call.services;
    let Some(key) = &params.idempotency_key else {
        return judged(call, params).await;
    };
    let what = serde_json::to_string(&params).map_err(|error| wrong(&error.to_string()))?;
    let (repeats, caller) = (&services.invocations, caller_name(call));
    let first = match repeats.enter(&caller, key, &what, services.clock.now())? {
        Turn::First(first) => first,
        Turn::Again(answer) => return answer.wait().await,
    };
    let is_dry = params.dry_run.unwrap_or_default();
    let outcome = judged(call, params).await;
    let given = outcome.as_ref().map(|invoked| &invoked.outcome);
    match given {
        Ok(Ok(output)) if !is_dry => {
            let lengths = output.content.iter().map(|part| part.to_string().len());
            first.done(&outcome, lengths.sum());
        }
        Ok(Err(refusal)) if matches!(refusal.why, Why::Failed | Why::TooSlow) => {
            first.done(&outcome, refusal.message.len());
        }
        Ok(Ok(_) | Err(_)) | Err(_) => first.undone(&outcome),
    }
    outcome
}

async fn judged(call: &Call, params: ToolsInvokeParams) -> Result<Invoked, ApiError> {
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
    let rules = services.invoke_rules.get();
    let spec = spec(&toolbox, &agent, &params.name);
    let Some(spec) = spec.filter(|_| !rules.deny.iter().any(|it| it.matches(&params.name))) else {
        let refusal = Refusal::new(Why::NotFound, unavailable(&params.name));
        return Ok(came_to(params, Err(refusal)));
    };
    let tool_call = tool_call(&params, &spec)?;
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
    let is_dry = params.dry_run.unwrap_or_default();
    let approved = match gate(&toolbox, &rules, &tool_call, &cx) {
        Gate::Open => false,
        Gate::Ask(reason) if !waits || is_dry => {
            let how = "say \"approval\":\"wait\" to ask a person and wait for the answer";
            let refusal = Refusal::new(Why::NotApproved, format!("{reason}; {how}"));
            return Ok(came_to(params, Err(refusal)));
        }
        Gate::Ask(reason) => {
            let asker = call.link.as_ref().map(|link| link.id.clone());
            let intent = toolbox.intent(&tool_call);
            let asked = (reason, asker);
            match decide(&services.approvals, intent, &tool_call, &cx, asked).await {
                Ok(()) => true,
                Err(why) => return Ok(came_to(params, Err(Refusal::new(Why::NotApproved, why)))),
            }
        }
    };
    if is_dry {
        return Ok(came_to(
            params,
            Ok(ToolOutputShape {
                content: Vec::new(),
                details: Some(json!({ "dryRun": true })),
            }),
        ));
    }
    let outcome = match run(&toolbox, &tool_call, &cx, approved).await {
        Some(result) if !result.is_error => Ok(ToolOutputShape {
            content: vec![json!({ "type": "text", "text": result.content })],
            details: None,
        }),
        Some(result) => Err(Refusal::new(Why::Failed, result.content)),
        None => {
            let seconds = TIMEOUT.as_secs();
            let why = format!("the tool took longer than {seconds} s");
            Err(Refusal::new(Why::TooSlow, why))
        }
    };
    Ok(came_to(params, outcome))
}

/// The call as the toolbox reads it.
fn tool_call(params: &ToolsInvokeParams, spec: &ToolSpec) -> Result<ToolCall, ApiError> {
    let mut args = params.args.clone().unwrap_or_default();
    let takes_action = spec.parameters.pointer("/properties/action").is_some();
    if let Some(action) = params.action.as_ref().filter(|_| takes_action) {
        args.entry("action")
            .or_insert_with(|| action.as_str().into());
    }
    let arguments = serde_json::to_string(&args).map_err(|error| wrong(&error.to_string()))?;
    Ok(ToolCall {
        id: ToolCallId::new(format!("invoke_{}", uuid::Uuid::new_v4().simple())),
        name: ToolName::new(params.name.as_str()),
        arguments,
    })
}

fn spec(toolbox: &Toolbox, agent: &Agent, name: &str) -> Option<Arc<ToolSpec>> {
    let specs = toolbox.specs(&agent.access);
    specs.into_iter().find(|spec| spec.name.as_str() == name)
}

fn came_to(params: ToolsInvokeParams, outcome: Result<ToolOutputShape, Refusal>) -> Invoked {
    Invoked {
        tool: params.name,
        outcome,
    }
}

fn unavailable(name: &str) -> String {
    let shown = name.chars().filter(|c| !c.is_control());
    let shown: String = shown.take(SHOWN).collect();
    format!("Tool not available: {shown}")
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

fn wrong(why: &str) -> ApiError {
    ApiError::invalid(format!("invalid tools.invoke params: {why}"))
}
