//! The tools there are.

use crate::{Effect, Protected, Tool, files};
use domain::{ToolName, ToolSpec};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Two tools with one name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there are two tools named {name}")]
pub struct DuplicateTool {
    /// The name.
    pub name: ToolName,
}

/// The tools there are, in the order of their names, and what none of them may touch.
///
/// The order is part of the contract: a prompt with the same tools is the same bytes, so that
/// providers can cache it.
pub struct Registry {
    entries: BTreeMap<ToolName, Entry>,
    protected: Protected,
}

/// One tool with its spec, which is built once.
pub(crate) struct Entry {
    pub(crate) spec: Arc<ToolSpec>,
    pub(crate) effect: Effect,
    pub(crate) tool: Box<dyn Tool>,
}

impl Registry {
    /// No tools yet.
    pub fn new(protected: Protected) -> Self {
        Self {
            entries: BTreeMap::new(),
            protected,
        }
    }

    /// The tools of this crate: `read`, `write`, `edit`, `ls`.
    pub fn standard(protected: Protected) -> Self {
        let tools = files::all(&protected);
        let mut registry = Self::new(protected);
        for tool in tools {
            let entry = Entry {
                spec: Arc::new(tool.spec()),
                effect: tool.effect(),
                tool,
            };
            registry.entries.insert(entry.spec.name.clone(), entry);
        }
        registry
    }

    /// Adds a tool.
    ///
    /// # Errors
    /// [`DuplicateTool`] when the name is taken; the registry stays as it was.
    pub fn add(&mut self, tool: impl Tool) -> Result<(), DuplicateTool> {
        let tool: Box<dyn Tool> = Box::new(tool);
        let entry = Entry {
            spec: Arc::new(tool.spec()),
            effect: tool.effect(),
            tool,
        };
        if self.entries.contains_key(&entry.spec.name) {
            return Err(DuplicateTool {
                name: entry.spec.name.clone(),
            });
        }
        self.entries.insert(entry.spec.name.clone(), entry);
        Ok(())
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &ToolName> {
        self.entries.keys()
    }

    /// What no tool may touch.
    pub fn protected(&self) -> &Protected {
        &self.protected
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.entries.keys()).finish()
    }
}
