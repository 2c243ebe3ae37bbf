//! A question from a client: what it would run, made into something people can judge.

use super::desk::Desk;
use super::question::{Decision, Question, RunBinding};
use crate::error::ApiError;
use crate::rpc::Call;
use ::tools::exec::{Allowed, MAX_COMMAND_BYTES, Program, command_text};
use protocol::Protocol;
use protocol::methods::approvals::{
    ExecApprovalAccepted, ExecApprovalDecided, ExecApprovalRequestParams, SystemRunPlan,
};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a question stands unless the asker says otherwise.
const USUAL: Duration = Duration::from_mins(2);

/// The longest it may.
const LONGEST: Duration = Duration::from_mins(30);

/// The name of a caller that its approvals and idempotency keys are bound to: its device, or the
/// program with the gateway's secret.
pub(crate) fn caller_name(call: &Call) -> String {
    let who = call.principal().unwrap_or("owner");
    match &call.link {
        Some(link) => match &link.device {
            Some(device) => format!("{who} device {device}"),
            None => format!("{who} client {}", link.client.id),
        },
        None => format!("{who} http"),
    }
}

impl Desk {
    /// Asks people whether a command may run and waits for the answer.
    ///
    /// # Errors
    /// What would run is not clear, or too many questions are open.
    pub(crate) async fn request(
        &self,
        call: &Call,
        params: ExecApprovalRequestParams,
    ) -> Result<ExecApprovalDecided, ApiError> {
        let two_phase = params.two_phase.unwrap_or(false);
        let needs_route =
            call.protocol != Protocol::V3 && params.require_delivery_route.unwrap_or(true);
        let ticket = self.put(question(call, &params)?)?;
        if needs_route && !ticket.asked {
            self.end(&ticket.id, None, "no-route", None);
        } else if two_phase {
            let route = if ticket.asked {
                "approval-client"
            } else {
                "none"
            };
            call.accepted(&ExecApprovalAccepted {
                status: "accepted".to_owned(),
                id: ticket.id.clone(),
                created_at_ms: ticket.created_at_ms,
                expires_at_ms: ticket.expires_at_ms,
                delivery_route: route.to_owned(),
            });
        }
        let mut decided = ExecApprovalDecided {
            id: ticket.id.clone(),
            decision: None,
            created_at_ms: ticket.created_at_ms,
            expires_at_ms: ticket.expires_at_ms,
            terminal_reason: None,
        };
        let decision = self.wait(ticket).await;
        decided.decision = decision.map(|it| it.name().to_owned());
        Ok(decided)
    }
}

fn question(call: &Call, params: &ExecApprovalRequestParams) -> Result<Question, ApiError> {
    let argv = argv(params)?;
    let text = match (&argv, &params.command) {
        (Some(argv), _) => command_text(argv),
        (None, Some(command)) => command_text(std::slice::from_ref(command)),
        (None, None) => {
            return Err(invalid("command or commandArgv must say what would run"));
        }
    };
    if text.len() > 4 * MAX_COMMAND_BYTES {
        return Err(invalid("the command is too long to be judged by people"));
    }
    let host = params.host.as_deref().unwrap_or("gateway");
    let on_node = host == "node";
    if !["gateway", "node", "sandbox"].contains(&host) {
        return Err(invalid("host must be gateway, node or sandbox"));
    }
    let binding = match (&params.system_run_plan, &params.node_id) {
        (Some(plan), Some(node)) if on_node => Some(binding(call, params, plan, node)),
        _ if on_node => {
            return Err(invalid(
                "nodeId and systemRunPlan are required for host=node",
            ));
        }
        _ => None,
    };
    let shut = params.unavailable_decisions.as_deref().unwrap_or_default();
    let always_asks = params.ask.as_deref() == Some("always");
    let offered: Vec<Decision> = Decision::ALL
        .into_iter()
        .filter(|it| *it != Decision::AllowAlways || (!always_asks && argv.is_some()))
        .filter(|it| *it == Decision::Deny || !shut.iter().any(|shut| shut == it.name()))
        .collect();
    let patience = params.timeout_ms.map_or(USUAL, Duration::from_millis);
    let agent = params.agent_id.clone().unwrap_or_else(|| "main".to_owned());
    Ok(Question {
        id: sound_id(params.id.as_deref())?,
        request: shown(params, argv.as_deref(), &text, &offered),
        text,
        offered,
        agent: params.agent_id.clone(),
        patience: patience.clamp(Duration::from_secs(1), LONGEST),
        asker: call.link.as_ref().map(|link| link.id.clone()),
        reviewers: params
            .approval_reviewer_device_ids
            .clone()
            .unwrap_or_default(),
        // A node writes down for itself what it always allows.
        line: line(argv.as_deref().filter(|_| !on_node), params.cwd.as_deref())
            .map(|it| (agent, it)),
        binding,
    })
}

/// The words of the command, from whichever place says them. Two places that differ are an error.
fn argv(params: &ExecApprovalRequestParams) -> Result<Option<Vec<String>>, ApiError> {
    let plan = params.system_run_plan.as_ref().map(|it| &it.argv);
    let argv = match (plan, &params.command_argv) {
        (Some(plan), Some(argv)) if plan != argv => {
            return Err(invalid("commandArgv and systemRunPlan.argv differ"));
        }
        (Some(plan), _) => plan,
        (None, Some(argv)) => argv,
        (None, None) => return Ok(None),
    };
    let bytes: usize = argv.iter().map(|word| word.len() + 1).sum();
    if argv.first().is_none_or(String::is_empty) || bytes > MAX_COMMAND_BYTES {
        return Err(invalid(&format!(
            "commandArgv must begin with a program and have {MAX_COMMAND_BYTES} bytes at most"
        )));
    }
    Ok(Some(argv.clone()))
}

fn binding(
    call: &Call,
    params: &ExecApprovalRequestParams,
    plan: &SystemRunPlan,
    node: &str,
) -> RunBinding {
    RunBinding {
        node: node.to_owned(),
        argv: plan.argv.clone(),
        cwd: plan.cwd.clone().or_else(|| params.cwd.clone()),
        agent: plan.agent_id.clone().or_else(|| params.agent_id.clone()),
        session: plan
            .session_key
            .clone()
            .or_else(|| params.session_key.clone()),
        env: params.env.clone().unwrap_or_default(),
        caller: caller_name(call),
    }
}

/// What "always" writes down: exactly this program with exactly these arguments in this folder.
fn line(argv: Option<&[String]>, cwd: Option<&str>) -> Option<Allowed> {
    let (program, args) = argv?.split_first()?;
    let program = Program::find(program).ok()?;
    Some(Allowed {
        pattern: program.path.to_str()?.to_owned(),
        args: Some(args.to_vec()),
        cwd: cwd.map(str::to_owned),
        ..Allowed::default()
    })
}

fn shown(
    params: &ExecApprovalRequestParams,
    argv: Option<&[String]>,
    text: &str,
    offered: &[Decision],
) -> Value {
    let offered: Vec<_> = offered.iter().map(|it| it.name()).collect();
    let env: Vec<_> = params.env.iter().flatten().map(|(name, _)| name).collect();
    json!({
        "command": text,
        "commandArgv": argv,
        "systemRunPlan": params.system_run_plan,
        "cwd": params.cwd,
        "envKeys": env,
        "nodeId": params.node_id,
        "host": params.host.as_deref().unwrap_or("gateway"),
        "security": params.security,
        "ask": params.ask,
        "warningText": params.warning_text,
        "allowedDecisions": offered,
        "agentId": params.agent_id,
        "resolvedPath": params.resolved_path,
        "sessionKey": params.session_key,
        "sessionId": params.session_id,
        "runId": params.run_id,
        "toolCallId": params.tool_call_id,
    })
}

fn sound_id(id: Option<&str>) -> Result<Option<String>, ApiError> {
    match id {
        Some(id) if id.is_empty() || id.len() > 128 || id.chars().any(char::is_control) => Err(
            invalid("id must have 1 to 128 bytes and no control characters"),
        ),
        id => Ok(id.map(str::to_owned)),
    }
}

fn invalid(why: &str) -> ApiError {
    ApiError::invalid(format!("invalid exec.approval.request params: {why}"))
}
