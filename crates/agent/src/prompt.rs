//! The prompt of a run, built so that providers can cache it.
//!
//! It begins with what stays the same from turn to turn: the tools in the order of their names, then
//! the system text, which depends on the agent and its files only. Then the client's own system
//! text, then the conversation, which only grows. What is true for one moment only stands at the end
//! of the user text it belongs to ([`domain::stamp`]), and is derived from the log, so that it is the
//! same bytes whenever it is written again. When something of the beginning does change, [`sent`]
//! says what.

mod piece;
pub(crate) mod sent;

use crate::workspace::Bootstrap;
use crate::{Agent, session_key};
use data_encoding::HEXLOWER;
use domain::SessionKey;
use llm::CacheHints;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Builds system texts and remembers what it read.
#[derive(Debug, Default)]
pub(crate) struct Prompts {
    known: Mutex<HashMap<PathBuf, Known>>,
}

/// What is known of a workspace.
#[derive(Debug, Default)]
struct Known {
    bootstrap: Bootstrap,
    /// The system texts made of it, by the name of the agent.
    compiled: HashMap<String, Arc<str>>,
}

impl Prompts {
    /// The system text for `agent`, then the turn's own `instructions`.
    pub(crate) async fn system(&self, agent: &Agent, instructions: &[String]) -> Vec<Arc<str>> {
        let mut system = vec![self.stable(agent).await];
        system.extend(instructions.iter().map(|text| Arc::from(text.as_str())));
        system
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn stable(&self, agent: &Agent) -> Arc<str> {
        let Some(max_chars) = agent.bootstrap_max_chars else {
            return identity(agent).into();
        };
        let mut known = {
            let mut all = self.lock();
            if let Some(text) = all
                .get_mut(&agent.workspace)
                .and_then(|known| known.text(agent))
            {
                return text;
            }
            all.remove(&agent.workspace).unwrap_or_default()
        };
        let (folder, old) = (agent.workspace.clone(), known.bootstrap);
        let looked = tokio::task::spawn_blocking(move || old.refreshed(&folder, max_chars)).await;
        let Ok(looked) = looked else {
            return identity(agent).into();
        };
        if looked.is_new() {
            known.compiled.clear();
        }
        known.bootstrap = looked;
        let text = known.text(agent).unwrap_or_else(|| identity(agent).into());
        self.lock().insert(agent.workspace.clone(), known);
        text
    }
}

impl Known {
    /// The system text for `agent`, if the files were looked at a moment ago.
    fn text(&mut self, agent: &Agent) -> Option<Arc<str>> {
        let files = self.bootstrap.fresh()?;
        let text = self
            .compiled
            .entry(agent.name.clone())
            .or_insert_with(|| format!("{}{files}", identity(agent)).into());
        Some(Arc::clone(text))
    }
}

fn identity(agent: &Agent) -> String {
    format!(
        "You are {}, a personal assistant running inside OpenClaw.",
        agent.name
    )
}

/// What helps the provider to keep the prompt of a session. `goes_on` tells that the same beginning
/// will be sent again.
pub(crate) fn cache_hints(session: &SessionKey, goes_on: bool) -> CacheHints {
    let digest = HEXLOWER.encode(&Sha256::digest(session.as_str()));
    CacheHints {
        key: digest.get(..32).map(Arc::from),
        keep: goes_on || !session_key::is_one_off(session),
    }
}
