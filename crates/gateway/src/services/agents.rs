//! `agents.*`: who answers, as clients list and change it. Source: gateway RPC methods, "Agents".

mod change;
mod files;

use super::Services;
use super::catalog::{THINKING, thinking_levels};
use agent::Agent;
use protocol::methods::agents::{AgentLook, AgentModel, AgentRow, AgentRuntime, AgentsListReply};

/// The last part of the key of an agent's main session.
pub(crate) const MAIN_KEY: &str = "main";

impl Services {
    /// The agents there are.
    pub(crate) fn agents_list(&self) -> AgentsListReply {
        let roster = self.agents.roster();
        AgentsListReply {
            default_id: roster.default_agent().id.to_string(),
            main_key: MAIN_KEY.to_owned(),
            scope: "per-sender".to_owned(),
            selection_required: false,
            agents: roster.iter().map(|agent| row(agent)).collect(),
        }
    }
}

fn row(agent: &Agent) -> AgentRow {
    let levels = thinking_levels();
    let mut models = agent.models.iter().cloned();
    AgentRow {
        id: agent.id.to_string(),
        name: (agent.name != agent.id.as_str()).then(|| agent.name.clone()),
        identity: agent.identity.clone().map(|it| AgentLook {
            name: it.name,
            theme: it.theme,
            emoji: it.emoji,
            avatar: it.avatar,
        }),
        workspace: agent.workspace.display().to_string(),
        workspace_git: agent.workspace.join(".git").try_exists().unwrap_or(false),
        agent_runtime: AgentRuntime::here(),
        thinking_options: levels.iter().map(|level| level.id.clone()).collect(),
        thinking_levels: levels,
        thinking_default: THINKING.to_owned(),
        model: AgentModel {
            primary: models.next().unwrap_or_default(),
            fallbacks: models.collect(),
        },
    }
}
