//! The agents there are, resolved from the settings.

use crate::config::{AgentEntry, AgentsSettings, IdentitySettings, LimitSettings};
use domain::AgentId;
use llm::config::AgentRouting;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A configured persona.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// Its name for people.
    pub name: String,
    /// How it shows itself, where the settings say so.
    pub identity: Option<IdentitySettings>,
    /// The folder with its files.
    pub workspace: PathBuf,
    /// Its models, the first choice first. Never empty.
    pub models: Vec<String>,
    /// What ends its runs.
    pub limits: LimitSettings,
    /// Whether the routing policy chooses its model.
    pub routing: AgentRouting,
    /// Seconds a run may take.
    pub timeout_seconds: u64,
    /// Most characters of one bootstrap file in the prompt; `None` leaves them all out.
    pub bootstrap_max_chars: Option<usize>,
    /// What narrows the gateway's tools for it.
    pub access: tools::Access,
}

/// What the settings leave open.
#[derive(Debug, Clone)]
pub struct RosterDefaults {
    /// The state directory; workspaces live in it unless the settings say otherwise.
    pub state_dir: PathBuf,
    /// The home directory, for `~/`.
    pub home: Option<PathBuf>,
    /// The model of agents without one, as `provider/model`.
    pub model: String,
}

/// Named an agent that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown agent {name:?}; there are: {}", known.join(", "))]
pub struct UnknownAgent {
    /// What was asked for.
    pub name: String,
    /// The agents there are.
    pub known: Vec<String>,
}

/// All agents. Never empty.
#[derive(Debug, Clone)]
pub struct Roster {
    agents: BTreeMap<AgentId, Arc<Agent>>,
    default: Arc<Agent>,
    max_concurrent: usize,
}

impl Roster {
    /// Resolves the settings. Problems are one line each, with the path of the setting; agents that
    /// have one are left out.
    pub fn new(settings: &AgentsSettings, defaults: &RosterDefaults) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut agents = BTreeMap::new();
        let mut default = None;
        for (path, id, entry) in written(settings) {
            let id = match AgentId::parse(&id) {
                Ok(id) => id,
                Err(why) => {
                    problems.push(format!("{path}: {why}"));
                    continue;
                }
            };
            if agents.contains_key(&id) {
                problems.push(format!("{path}: agent {id} is listed twice"));
                continue;
            }
            let first = agents.is_empty();
            let agent = Arc::new(resolve(&id, &entry, first, settings, defaults));
            if entry.default || default.is_none() {
                let named = default.as_ref().is_some_and(|(_, named)| *named);
                if !named {
                    default = Some((Arc::clone(&agent), entry.default));
                }
            }
            agents.insert(id, agent);
        }
        let default = default.map_or_else(
            || {
                let id = AgentId::new("main");
                let main = Arc::new(resolve(
                    &id,
                    &AgentEntry::default(),
                    true,
                    settings,
                    defaults,
                ));
                agents.insert(id, Arc::clone(&main));
                main
            },
            |(agent, _)| agent,
        );
        let max_concurrent = settings.defaults.max_concurrent.max(1);
        (
            Self {
                agents,
                default,
                max_concurrent,
            },
            problems,
        )
    }

    /// The agent that answers when none is named.
    pub fn default_agent(&self) -> &Arc<Agent> {
        &self.default
    }

    /// Finds an agent by id, without regard to case; `default` is the default agent.
    ///
    /// # Errors
    /// [`UnknownAgent`] with the list of those there are.
    pub fn find(&self, name: &str) -> Result<&Arc<Agent>, UnknownAgent> {
        let lower = name.to_ascii_lowercase();
        if let Some(agent) = self.agents.get(lower.as_str()) {
            return Ok(agent);
        }
        if lower == "default" {
            return Ok(&self.default);
        }
        let shown = name.chars().filter(|c| !c.is_control()).take(64).collect();
        let known = self.agents.keys().map(ToString::to_string).collect();
        Err(UnknownAgent { name: shown, known })
    }

    /// All agents, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Agent>> {
        self.agents.values()
    }

    /// How many runs may be under way at once.
    pub fn max_concurrent(&self) -> usize {
        self.max_concurrent
    }
}

fn written(settings: &AgentsSettings) -> Vec<(String, String, AgentEntry)> {
    let listed = settings.list.iter().enumerate().map(|(index, agent)| {
        let entry = AgentEntry {
            default: agent.default,
            name: agent.name.clone(),
            identity: agent.identity.clone(),
            workspace: agent.workspace.clone(),
            model: agent.model.clone(),
            limits: agent.limits.clone(),
            routing: agent.routing.clone(),
            tools: agent.tools.clone(),
        };
        (format!("agents.list[{index}]"), agent.id.clone(), entry)
    });
    let mapped = settings
        .entries
        .iter()
        .map(|(id, entry)| (format!("agents.entries.{id}"), id.clone(), entry.clone()));
    listed.chain(mapped).collect()
}

fn resolve(
    id: &AgentId,
    entry: &AgentEntry,
    first: bool,
    settings: &AgentsSettings,
    outside: &RosterDefaults,
) -> Agent {
    let defaults = &settings.defaults;
    let workspace = match (&entry.workspace, &defaults.workspace) {
        (Some(own), _) => expand_home(own, outside),
        (None, Some(shared)) if first => expand_home(shared, outside),
        (None, Some(shared)) => {
            let shared = expand_home(shared, outside);
            let name = shared
                .file_name()
                .map_or("workspace".into(), |n| n.to_string_lossy());
            shared.with_file_name(format!("{name}-{id}"))
        }
        (None, None) if first => outside.state_dir.join("workspace"),
        (None, None) => outside.state_dir.join(format!("workspace-{id}")),
    };
    let models = entry
        .model
        .as_ref()
        .or(defaults.model.as_ref())
        .map_or_else(
            || vec![outside.model.clone()],
            crate::config::ModelChoice::names,
        );
    Agent {
        id: id.clone(),
        name: entry.name.clone().unwrap_or_else(|| id.to_string()),
        identity: entry.identity.clone(),
        workspace,
        models,
        limits: entry
            .limits
            .clone()
            .unwrap_or_else(|| defaults.limits.clone()),
        routing: entry
            .routing
            .clone()
            .unwrap_or_else(|| defaults.routing.clone()),
        timeout_seconds: defaults.timeout_seconds,
        bootstrap_max_chars: (!defaults.skip_bootstrap).then_some(defaults.bootstrap_max_chars),
        access: tools::Access {
            agent: entry.tools.clone(),
            read_only: false,
        },
    }
}

fn expand_home(text: &str, outside: &RosterDefaults) -> PathBuf {
    let below_home = text.strip_prefix("~/").zip(outside.home.as_deref());
    match below_home {
        Some((rest, home)) => home.join(rest),
        None if Path::new(text).is_absolute() => PathBuf::from(text),
        None => outside.state_dir.join(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(json: &str) -> (Roster, Vec<String>) {
        let settings: AgentsSettings = serde_json::from_str(json).unwrap();
        let defaults = RosterDefaults {
            state_dir: "/state".into(),
            home: Some("/home/me".into()),
            model: "offline/demo".into(),
        };
        Roster::new(&settings, &defaults)
    }

    #[test]
    fn without_settings_there_is_main() {
        let (roster, problems) = roster("{}");
        assert!(problems.is_empty());
        let main = roster.default_agent();
        assert_eq!(main.id.as_str(), "main");
        assert_eq!(main.workspace, PathBuf::from("/state/workspace"));
        assert_eq!(main.models, ["offline/demo"]);
        assert_eq!(roster.find("DEFAULT").unwrap().id.as_str(), "main");
        assert_eq!(roster.find("nope").unwrap_err().known, ["main"]);
    }

    #[test]
    fn the_first_marked_agent_is_the_default() {
        let (roster, _) = roster(
            r#"{"list":[{"id":"a"},{"id":"b","default":true,"workspace":"~/b"}],
                "defaults":{"model":{"primary":"x/y","fallbacks":["z/w"]}}}"#,
        );
        let b = roster.default_agent();
        assert_eq!(b.id.as_str(), "b");
        assert_eq!(b.workspace, PathBuf::from("/home/me/b"));
        assert_eq!(b.models, ["x/y", "z/w"]);
        assert_eq!(roster.iter().count(), 2);
    }

    #[test]
    fn hostile_and_double_ids_are_reported() {
        let (roster, problems) =
            roster(r#"{"list":[{"id":"../x"},{"id":"A"}],"entries":{"a":{}}}"#);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert_eq!(roster.default_agent().id.as_str(), "a");
    }
}
