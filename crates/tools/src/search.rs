//! Finding a tool among many by what it does.

mod fit;
mod rank;
mod words;

use domain::{ToolName, ToolSpec};
use rank::Ranking;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub(crate) use fit::misfit;

/// Most tools one search answers with.
const MOST_RESULTS: usize = 20;
/// Most bytes of definitions in one answer; of the tools after that only the names are told.
const MOST_BYTES: usize = 32 * 1024;
/// How many names are offered for a wrong one.
const NEAREST: usize = 5;

/// What to find.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    /// What the tool does or works on, in a few words.
    query: String,
    /// How many tools to show at most.
    #[serde(default)]
    limit: Option<usize>,
}

/// Tools that are found by their words.
#[derive(Debug)]
pub(crate) struct Catalog {
    tools: Vec<Arc<ToolSpec>>,
    by_name: BTreeMap<ToolName, usize>,
    /// Made by the first search.
    ranking: OnceLock<Ranking>,
}

impl Catalog {
    /// A catalog of these tools.
    pub(crate) fn new(tools: Vec<Arc<ToolSpec>>) -> Self {
        let names = tools.iter().map(|tool| tool.name.clone());
        Self {
            by_name: names.zip(0..).collect(),
            tools,
            ranking: OnceLock::new(),
        }
    }

    /// The tool with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<ToolSpec>> {
        self.tools.get(*self.by_name.get(name)?)
    }

    /// The definitions of the tools that fit best, as text for a model.
    pub(crate) fn find(&self, query: &Query, usual: usize) -> String {
        let most = query.limit.unwrap_or(usual).clamp(1, MOST_RESULTS);
        let ranking = self.ranking.get_or_init(|| Ranking::new(&self.tools));
        let mut best = ranking.best(&query.query);
        // A name is the surest of all queries.
        if let Some(at) = self.by_name.get(query.query.trim()) {
            best.retain(|other| other != at);
            best.insert(0, *at);
        }
        let found: Vec<&ToolSpec> = best
            .iter()
            .take(most)
            .filter_map(|at| self.tools.get(*at))
            .map(Arc::as_ref)
            .collect();
        let all = self.tools.len();
        if found.is_empty() {
            return format!(
                "no tool fits {:?}; there are {all}: try other words for what the tool does or \
                 works on",
                query.query
            );
        }
        told(&found, best.len(), all)
    }

    /// What to tell a model that called a tool there is not.
    pub(crate) fn unknown<'a>(&'a self, name: &str, more: impl Iterator<Item = &'a str>) -> String {
        let names = self.by_name.keys().map(ToolName::as_str).chain(more);
        let near = rank::nearest(name, names, NEAREST);
        if near.is_empty() {
            return format!("there is no tool named {name:?}; find its name with tool_search");
        }
        format!(
            "there is no tool named {name:?}; nearest: {}; tool_search finds others",
            near.join(", ")
        )
    }
}

fn told(found: &[&ToolSpec], fitting: usize, all: usize) -> String {
    let mut text = format!(
        "{fitting} of {all} tools fit; the best {}, to be called with tool_call:",
        found.len()
    );
    let mut left = Vec::new();
    for tool in found {
        let definition = json!({
            "name": tool.name.as_str(),
            "description": tool.description,
            "parameters": tool.parameters,
        })
        .to_string();
        if text.len() + definition.len() > MOST_BYTES {
            left.push(tool.name.as_str());
        } else {
            text.push('\n');
            text.push_str(&definition);
        }
    }
    if !left.is_empty() {
        text.push_str("\nwithout room for their definitions: ");
        text.push_str(&left.join(", "));
    }
    text
}
