//! `tools.*`: what there is, what an agent has, a call without a model.

use super::Services;
use crate::error::ApiError;
use agent::Agent;
use domain::{RunId, ToolCall, ToolCallId, ToolName, ToolSpec};
use protocol::methods::catalog::{
    ToolGroup, ToolOutputShape, ToolProblem, ToolProfile, ToolRow, ToolsCatalogParams,
    ToolsCatalogReply, ToolsEffectiveParams, ToolsEffectiveReply, ToolsInvokeParams,
    ToolsInvokeReply,
};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tools::{Profile, ToolCx, ToolPattern};

/// The sets of tools, as the settings name them and for people.
const PROFILES: [(Profile, &str); 4] = [
    (Profile::Minimal, "Minimal"),
    (Profile::Coding, "Coding"),
    (Profile::Messaging, "Messaging"),
    (Profile::Full, "Full"),
];

/// The groups of the catalog: id, name for people, pattern.
const GROUPS: [(&str, &str, &str); 5] = [
    ("fs", "Files", "group:fs"),
    ("runtime", "Runtime", "group:runtime"),
    ("web", "Web", "group:web"),
    ("sessions", "Sessions", "group:sessions"),
    ("memory", "Memory", "group:memory"),
];

/// Tools that are refused here unless `gateway.tools.allow` opens them. Source: DEC-10.
const DANGEROUS: [&str; 1] = ["group:runtime"];

/// Longest call.
const TIMEOUT: Duration = Duration::from_mins(2);

impl Services {
    /// Every tool there is.
    ///
    /// # Errors
    /// [`ApiError`] when there is no such agent.
    pub(crate) fn tools_catalog(
        &self,
        params: &ToolsCatalogParams,
    ) -> Result<ToolsCatalogReply, ApiError> {
        let agent = self.agent_or_default(params.agent_id.as_deref())?;
        let specs = self.agents.toolbox().all();
        let mut groups: Vec<ToolGroup> = Vec::new();
        let mut left = specs;
        for (id, label, pattern) in GROUPS {
            let pattern = ToolPattern::new(pattern);
            let (own, rest): (Vec<_>, Vec<_>) = left
                .into_iter()
                .partition(|spec| pattern.matches(spec.name.as_str()));
            left = rest;
            if !own.is_empty() {
                groups.push(group(id, label, own.iter().map(|spec| catalogued(spec))));
            }
        }
        if !left.is_empty() {
            groups.push(group(
                "other",
                "Other",
                left.iter().map(|spec| catalogued(spec)),
            ));
        }
        Ok(ToolsCatalogReply {
            agent_id: agent.id.to_string(),
            profiles: PROFILES
                .iter()
                .map(|(profile, label)| ToolProfile {
                    id: profile.as_str().to_owned(),
                    label: (*label).to_owned(),
                })
                .collect(),
            groups,
        })
    }

    /// The tools an agent has under the settings.
    ///
    /// # Errors
    /// [`ApiError`] when there is no such agent, or the session key is none.
    pub(crate) fn tools_effective(
        &self,
        params: &ToolsEffectiveParams,
    ) -> Result<ToolsEffectiveReply, ApiError> {
        let agent = self.tools_agent(params.agent_id.as_deref(), params.session_key.as_deref())?;
        let toolbox = self.agents.toolbox();
        let specs = toolbox.specs(&agent.access);
        let profile = agent
            .access
            .agent
            .profile
            .unwrap_or(toolbox.settings().profile);
        let rows = specs.iter().map(|spec| ToolRow {
            raw_description: Some(spec.description.clone()),
            ..row(spec)
        });
        Ok(ToolsEffectiveReply {
            agent_id: agent.id.to_string(),
            profile: profile.as_str().to_owned(),
            groups: vec![group("core", "Built-in tools", rows)],
        })
    }

    /// Calls a tool without a model. Policy judges it like a call of the agent.
    ///
    /// # Errors
    /// [`ApiError`] when there is no such agent, or the session key is none.
    pub(crate) async fn tools_invoke(
        &self,
        params: ToolsInvokeParams,
    ) -> Result<ToolsInvokeReply, ApiError> {
        let agent = self.tools_agent(params.agent_id.as_deref(), params.session_key.as_deref())?;
        let key = params.session_key.as_deref().unwrap_or("main");
        let session = self.session_key(key, Some(agent.id.as_str()))?;
        let toolbox = self.agents.toolbox();
        let refuse = |code: &str, message: String| ToolsInvokeReply {
            ok: false,
            tool_name: params.name.clone(),
            error: Some(ToolProblem {
                code: code.to_owned(),
                message,
            }),
            ..ToolsInvokeReply::default()
        };
        let has =
            |specs: &[Arc<ToolSpec>]| specs.iter().any(|spec| spec.name.as_str() == params.name);
        if !has(&toolbox.specs(&agent.access)) {
            let shown: String = params
                .name
                .chars()
                .filter(|c| !c.is_control())
                .take(64)
                .collect();
            return Ok(refuse("not_found", format!("Tool not available: {shown}")));
        }
        if DANGEROUS
            .iter()
            .any(|it| ToolPattern::new(*it).matches(&params.name))
        {
            let name = &params.name;
            return Ok(refuse(
                "forbidden",
                format!("{name} is not called from here; ask the agent, who can ask for approval"),
            ));
        }
        let arguments = serde_json::to_string(&params.args.clone().unwrap_or_default())
            .map_err(|error| ApiError::invalid(format!("invalid tools.invoke params: {error}")))?;
        let call = ToolCall {
            id: ToolCallId::new(format!("invoke_{}", uuid::Uuid::new_v4().simple())),
            name: ToolName::new(params.name.as_str()),
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
        let Ok(result) = tokio::time::timeout(TIMEOUT, toolbox.run(&call, &cx)).await else {
            let seconds = TIMEOUT.as_secs();
            return Ok(refuse(
                "tool_error",
                format!("the tool took longer than {seconds} s"),
            ));
        };
        if result.is_error {
            return Ok(refuse("tool_error", result.content));
        }
        Ok(ToolsInvokeReply {
            ok: true,
            tool_name: params.name,
            output: Some(ToolOutputShape {
                content: vec![json!({ "type": "text", "text": result.content })],
            }),
            source: Some("core".to_owned()),
            error: None,
        })
    }

    fn tools_agent(&self, id: Option<&str>, session: Option<&str>) -> Result<Arc<Agent>, ApiError> {
        if id.is_some() {
            return self.agent_or_default(id);
        }
        let Some(session) = session else {
            return self.agent_or_default(None);
        };
        let key = self.session_key(session, None)?;
        self.agent_or_default(agent::owner(&key))
    }
}

fn group(id: &str, label: &str, tools: impl Iterator<Item = ToolRow>) -> ToolGroup {
    ToolGroup {
        id: id.to_owned(),
        label: label.to_owned(),
        source: "core".to_owned(),
        tools: tools.collect(),
    }
}

fn catalogued(spec: &ToolSpec) -> ToolRow {
    let name = spec.name.as_str();
    let within = PROFILES
        .iter()
        .filter(|(profile, _)| *profile != Profile::Full && profile.contains(name));
    ToolRow {
        default_profiles: Some(within.map(|(it, _)| it.as_str().to_owned()).collect()),
        ..row(spec)
    }
}

fn row(spec: &ToolSpec) -> ToolRow {
    let first = spec.description.lines().next().unwrap_or_default();
    ToolRow {
        id: spec.name.to_string(),
        label: spec.name.to_string(),
        description: first.to_owned(),
        source: "core".to_owned(),
        ..ToolRow::default()
    }
}
