//! `tools.catalog` and `tools.effective`: what there is, what an agent has.

use super::Services;
use crate::error::ApiError;
use agent::Agent;
use domain::ToolSpec;
use protocol::methods::catalog::{
    ToolGroup, ToolProfile, ToolRow, ToolsCatalogParams, ToolsCatalogReply, ToolsEffectiveParams,
    ToolsEffectiveReply,
};
use std::sync::Arc;
use tools::{Profile, ToolPattern};

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

    /// The agent that is named, else the session's, else the default one.
    ///
    /// # Errors
    /// [`ApiError`] when there is no such agent, or the session key is none.
    pub(super) fn tools_agent(
        &self,
        id: Option<&str>,
        session: Option<&str>,
    ) -> Result<Arc<Agent>, ApiError> {
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
