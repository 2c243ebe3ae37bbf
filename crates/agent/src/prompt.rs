//! The system text of a run.
//!
//! The first piece depends on the agent and its files only, so that it is the same bytes from turn
//! to turn and providers can cache it; what belongs to one turn comes after it.

use crate::Agent;
use crate::workspace::Bootstrap;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Builds system texts and remembers what it read.
#[derive(Debug, Default)]
pub(crate) struct Prompts {
    bootstrap: Mutex<HashMap<PathBuf, Bootstrap>>,
}

impl Prompts {
    /// The system text for `agent`, then the turn's own `instructions`.
    pub(crate) async fn system(&self, agent: &Agent, instructions: &[String]) -> Vec<Arc<str>> {
        let mut system = vec![self.stable(agent).await];
        system.extend(instructions.iter().map(|text| Arc::from(text.as_str())));
        system
    }

    async fn stable(&self, agent: &Agent) -> Arc<str> {
        let Some(max_chars) = agent.bootstrap_max_chars else {
            return identity(agent).into();
        };
        let known = {
            let mut cache = self
                .bootstrap
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(text) = cache.get(&agent.workspace).and_then(Bootstrap::fresh) {
                return with_files(agent, &text);
            }
            cache.remove(&agent.workspace).unwrap_or_default()
        };
        let folder = agent.workspace.clone();
        let looked = tokio::task::spawn_blocking(move || known.refreshed(&folder, max_chars)).await;
        let Ok(looked) = looked else {
            return identity(agent).into();
        };
        let text = looked.fresh().unwrap_or_default();
        let mut cache = self
            .bootstrap
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        cache.insert(agent.workspace.clone(), looked);
        with_files(agent, &text)
    }
}

fn identity(agent: &Agent) -> String {
    format!(
        "You are {}, a personal assistant running inside OpenClaw.",
        agent.name
    )
}

fn with_files(agent: &Agent, files: &str) -> Arc<str> {
    let mut text = identity(agent);
    text.push_str(files);
    text.into()
}
