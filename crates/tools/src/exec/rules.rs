//! The rules, and what they say of a command.

use super::carriers::is_carrier;
use super::program::Program;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// What may run at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Nothing.
    Deny,
    /// What the list names.
    Allowlist,
    /// Everything.
    Full,
}

/// When people are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Never.
    Off,
    /// When the list does not name it.
    OnMiss,
    /// Always.
    Always,
}

/// Rules that may be given for all agents or for one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Defaults {
    /// What may run at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    /// When people are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// What other programs let run when nobody can be asked; here that is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_fallback: Option<Security>,
    /// Kept for other programs that read the file; nothing here is allowed by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_allow_skills: Option<bool>,
}

/// The rules of one agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentRules {
    /// What differs from the defaults.
    #[serde(flatten)]
    pub own: Defaults,
    /// What may run without a question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowlist: Vec<Allowed>,
    /// What other programs keep here.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A line of the list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Allowed {
    /// The path of a program; `*` and `?` do not cross `/`, `**` does. A name without `/` is that
    /// program of the system. `tool:<name>` is a tool of the agent.
    pub pattern: String,
    /// Names the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Only with exactly these arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<String>>,
    /// Only in this folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// What other programs keep here.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecRules {
    /// 1.
    pub version: u32,
    /// What holds for every agent.
    #[serde(default)]
    pub defaults: Defaults,
    /// By agent; `*` is every agent.
    #[serde(default)]
    pub agents: BTreeMap<String, AgentRules>,
    /// What other programs keep here.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Default for ExecRules {
    fn default() -> Self {
        Self {
            version: 1,
            defaults: Defaults::default(),
            agents: BTreeMap::new(),
            rest: Map::new(),
        }
    }
}

/// Why something is not a set of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It may run.
    Allow,
    /// When a person says so.
    Ask,
    /// It may not, and why.
    Deny(String),
}

/// Most bytes of a pattern.
const MAX_PATTERN: usize = 1024;

impl ExecRules {
    /// Reads rules; words nobody knows where they would decide are errors.
    ///
    /// # Errors
    /// [`Invalid`] says where.
    pub fn read(value: Value) -> Result<Self, Invalid> {
        let rules: Self = serde_path_to_error::deserialize(value)
            .map_err(|error| Invalid(format!("{}: {}", error.path(), error.inner())))?;
        if rules.version != 1 {
            let found = rules.version;
            return Err(Invalid(format!(
                "version {found} is not known; this program knows 1"
            )));
        }
        for (agent, own) in &rules.agents {
            let odd =
                |it: &&Allowed| it.pattern.trim().is_empty() || it.pattern.len() > MAX_PATTERN;
            if own.allowlist.iter().find(odd).is_some() {
                return Err(Invalid(format!(
                    "agents.{agent}.allowlist: a pattern is empty or longer than {MAX_PATTERN} bytes"
                )));
            }
        }
        Ok(rules)
    }

    /// What holds for an agent where its rules say nothing.
    fn resolved(&self, agent: &str) -> (Security, Ask) {
        let chain = || self.of(agent).map(|it| &it.own).chain([&self.defaults]);
        (
            chain()
                .find_map(|it| it.security)
                .unwrap_or(Security::Allowlist),
            chain().find_map(|it| it.ask).unwrap_or(Ask::OnMiss),
        )
    }

    /// What they say of a command: the program, its arguments without the program, and the folder
    /// it would run in.
    pub fn judge(&self, agent: &str, program: &Program, args: &[String], cwd: &Path) -> Judgement {
        let (security, ask) = self.resolved(agent);
        let listed = || self.lists(agent, program, args, cwd);
        match (security, ask) {
            (Security::Deny, _) => {
                Judgement::Deny("the rules of this machine let nothing run".to_owned())
            }
            (Security::Full, Ask::Off | Ask::OnMiss) => Judgement::Allow,
            (Security::Allowlist, Ask::Off | Ask::OnMiss) if listed() => Judgement::Allow,
            (Security::Allowlist | Security::Full, Ask::Always)
            | (Security::Allowlist, Ask::OnMiss) => Judgement::Ask,
            (Security::Allowlist, Ask::Off) => Judgement::Deny(
                "it is not on the list, and the rules of this machine ask nobody".to_owned(),
            ),
        }
    }

    /// Whether a tool of an agent may be used without a question.
    pub fn lists_tool(&self, agent: &str, tool: &str) -> bool {
        let lines = self.of(agent).flat_map(|it| &it.allowlist);
        lines
            .filter_map(|it| it.pattern.strip_prefix("tool:"))
            .any(|name| name == tool)
    }

    /// Adds a line to an agent's list unless an equal one is there.
    pub fn allow(&mut self, agent: &str, line: Allowed) {
        let list = &mut self.agents.entry(agent.to_owned()).or_default().allowlist;
        let same = |it: &Allowed| {
            (&it.pattern, &it.args, &it.cwd) == (&line.pattern, &line.args, &line.cwd)
        };
        if !list.iter().any(same) {
            list.push(line);
        }
    }

    /// Gives every line a name that has none.
    pub fn name_lines(&mut self) {
        for line in self.agents.values_mut().flat_map(|it| &mut it.allowlist) {
            line.id
                .get_or_insert_with(|| uuid::Uuid::new_v4().to_string());
        }
    }

    fn lists(&self, agent: &str, program: &Program, args: &[String], cwd: &Path) -> bool {
        let mut lines = self.of(agent).flat_map(|it| &it.allowlist);
        lines.any(|line| line.covers(program, args, cwd))
    }

    fn of(&self, agent: &str) -> impl Iterator<Item = &AgentRules> {
        [agent, "*"]
            .into_iter()
            .filter_map(|name| self.agents.get(name))
    }
}

impl Allowed {
    fn covers(&self, program: &Program, args: &[String], cwd: &Path) -> bool {
        let exact = match &self.args {
            Some(wanted) => wanted == args,
            None => !is_carrier(&program.path) && !is_carrier(&program.real),
        };
        let here = self
            .cwd
            .as_deref()
            .is_none_or(|wanted| Path::new(wanted) == cwd);
        exact && here && self.names(program)
    }

    fn names(&self, program: &Program) -> bool {
        if !self.pattern.contains('/') {
            return Program::find(&self.pattern).is_ok_and(|it| it == *program);
        }
        let Some(path) = program.path.to_str() else {
            return false;
        };
        self.pattern.starts_with('/') && matches(self.pattern.as_bytes(), path.as_bytes())
    }
}

/// Whether a path fits a pattern. Every step of the pattern is tried once for every byte of the
/// path, so no pattern takes longer than their product.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let mut fits = vec![false; path.len() + 1];
    if let Some(first) = fits.first_mut() {
        *first = true;
    }
    let mut rest = pattern;
    while let Some((step, after)) = rest.split_first() {
        let (deep, after) = match (step, after.split_first()) {
            (b'*', Some((b'*', after))) => (true, after),
            _ => (false, after),
        };
        let mut next = vec![false; path.len() + 1];
        let mut reached = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let before = at.checked_sub(1);
            let byte = before.and_then(|it| path.get(it));
            let came = before.and_then(|it| fits.get(it)).copied().unwrap_or(false);
            let here = fits.get(at).copied().unwrap_or(false);
            *slot = match step {
                b'*' => here || (reached && (deep || byte != Some(&b'/'))),
                b'?' => came && byte != Some(&b'/'),
                other => came && byte == Some(other),
            };
            reached = *slot;
        }
        fits = next;
        rest = after;
    }
    fits.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests;
