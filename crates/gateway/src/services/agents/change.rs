//! `agents.create`, `agents.update`, `agents.delete`: changes of the settings file, taken up at once.

use super::Services;
use crate::error::ApiError;
use crate::services::settings::{BasedOn, Current, Writer};
use config::edit;
use domain::AgentId;
use protocol::methods::agents::{
    AgentsCreateParams, AgentsCreateReply, AgentsDeleteParams, AgentsDeleteReply,
    AgentsUpdateParams, AgentsUpdateReply, KeptFile,
};
use serde_json::{Map, Value, json};

/// Longest name, picture and other text, in characters.
const MAX_TEXT: usize = 512;

impl Services {
    /// Adds an agent.
    ///
    /// # Errors
    /// [`ApiError`] when its name makes no id, there is one already, or the settings refuse it.
    pub(crate) async fn agents_create(
        &self,
        writer: Writer,
        params: AgentsCreateParams,
    ) -> Result<AgentsCreateReply, ApiError> {
        let name = text("agents.create", "name", &params.name)?;
        let id = id_of(&name)?;
        let exists = || ApiError::invalid(format!("agent \"{id}\" already exists"));
        if self.agents.roster().find(id.as_str()).is_ok() {
            return Err(exists());
        }
        let mut fields = Map::new();
        fields.insert("name".to_owned(), json!(name));
        for (key, value) in [("workspace", &params.workspace), ("model", &params.model)] {
            if let Some(value) = value {
                fields.insert(key.to_owned(), json!(text("agents.create", key, value)?));
            }
        }
        let mut look = Map::new();
        for (key, value) in [("emoji", &params.emoji), ("avatar", &params.avatar)] {
            if let Some(value) = value {
                look.insert(key.to_owned(), json!(text("agents.create", key, value)?));
            }
        }
        if !look.is_empty() {
            fields.insert("identity".to_owned(), Value::Object(look));
        }
        let first = self.agents.roster().default_agent().id.clone();
        let change = |old: &Current| {
            let places = Places::of(old);
            if places.find(&id).is_some() {
                return Err(exists());
            }
            let text = places.with_first(old, &first)?;
            places.added(&text, old, &id, fields.clone())
        };
        self.settings
            .write("agents.create", &writer, BasedOn::Present, change)
            .await?;
        let roster = self.agents.roster();
        let workspace = match roster.find(id.as_str()) {
            Ok(agent) => agent.workspace.display().to_string(),
            Err(_) => params.workspace.unwrap_or_default(),
        };
        Ok(AgentsCreateReply {
            ok: true,
            agent_id: id.to_string(),
            name,
            workspace,
        })
    }

    /// Changes an agent.
    ///
    /// # Errors
    /// [`ApiError`] when there is no such agent or the settings refuse the change.
    pub(crate) async fn agents_update(
        &self,
        writer: Writer,
        params: AgentsUpdateParams,
    ) -> Result<AgentsUpdateReply, ApiError> {
        let id = self.known(&params.agent_id)?;
        let mut sets: Vec<(&str, String)> = Vec::new();
        for (key, value) in [
            ("name", &params.name),
            ("workspace", &params.workspace),
            ("identity.emoji", &params.emoji),
            ("identity.avatar", &params.avatar),
        ] {
            if let Some(value) = value {
                sets.push((key, text("agents.update", key, value)?));
            }
        }
        let model = match params.model {
            None => None,
            Some(None) => Some(None),
            Some(Some(name)) => Some(Some(text("agents.update", "model", &name)?)),
        };
        let first = self.agents.roster().default_agent().id.clone();
        let change = |old: &Current| {
            let places = Places::of(old);
            let mut text = places.with_first(old, &first)?;
            let path = places
                .find(&id)
                .or_else(|| (id == first).then(|| places.first_path(&first)));
            let Some(path) = path else {
                return Err(elsewhere(&id));
            };
            for (key, value) in &sets {
                text = set(&text, old, &format!("{path}.{key}"), &json!(value))?;
            }
            let stored = edit::value(&text, old.format).unwrap_or_default();
            let model_path = format!("{path}.model");
            let written = edit::get(&stored, &model_path).ok().flatten();
            match (&model, written) {
                (None, _) | (Some(None), None) => {}
                (Some(Some(name)), Some(Value::Object(_))) => {
                    text = set(&text, old, &format!("{model_path}.primary"), &json!(name))?;
                }
                (Some(Some(name)), _) => text = set(&text, old, &model_path, &json!(name))?,
                (Some(None), Some(_)) => {
                    text = edit::unset(&text, old.format, &model_path)
                        .map_err(|problem| refused(&problem))?;
                }
            }
            Ok(text)
        };
        self.settings
            .write("agents.update", &writer, BasedOn::Present, change)
            .await?;
        Ok(AgentsUpdateReply {
            ok: true,
            agent_id: id.to_string(),
        })
    }

    /// Takes an agent out. Its files stay.
    ///
    /// # Errors
    /// [`ApiError`] when there is no such agent, or it is the default one.
    pub(crate) async fn agents_delete(
        &self,
        writer: Writer,
        params: AgentsDeleteParams,
    ) -> Result<AgentsDeleteReply, ApiError> {
        let id = self.known(&params.agent_id)?;
        let roster = self.agents.roster();
        if roster.default_agent().id == id {
            return Err(ApiError::invalid(format!("\"{id}\" cannot be deleted")));
        }
        let workspace = roster
            .find(id.as_str())
            .map(|it| it.workspace.display().to_string());
        let change = |old: &Current| {
            let Some(path) = Places::of(old).find(&id) else {
                return Err(elsewhere(&id));
            };
            edit::unset(&old.text, old.format, &path).map_err(|problem| refused(&problem))
        };
        self.settings
            .write("agents.delete", &writer, BasedOn::Present, change)
            .await?;
        let kept = params.delete_files.unwrap_or(false).then(|| KeptFile {
            path: workspace.unwrap_or_default(),
            reason: "the gateway removes no files; remove the folder by hand".to_owned(),
        });
        Ok(AgentsDeleteReply {
            ok: true,
            agent_id: id.to_string(),
            removed_bindings: 0,
            removed: Vec::new(),
            failed: kept.into_iter().collect(),
        })
    }

    fn known(&self, id: &str) -> Result<AgentId, ApiError> {
        let roster = self.agents.roster();
        let named = roster
            .iter()
            .find(|agent| agent.id.as_str() == id.to_ascii_lowercase());
        let shown: String = id.chars().filter(|c| !c.is_control()).take(64).collect();
        let found = named.map(|agent| agent.id.clone());
        found.ok_or_else(|| ApiError::invalid(format!("agent \"{shown}\" not found")))
    }
}

/// Where agents stand in the settings file.
struct Places {
    /// As a map by id instead of a list.
    mapped: bool,
    /// The ids of the list, by position.
    listed: Vec<String>,
    entries: Vec<String>,
}

impl Places {
    fn of(old: &Current) -> Self {
        let list = old.value.pointer("/agents/list").and_then(Value::as_array);
        let entries = old
            .value
            .pointer("/agents/entries")
            .and_then(Value::as_object);
        let id = |agent: &Value| {
            agent
                .get("id")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let listed: Vec<_> = list.into_iter().flatten().map(id).collect();
        let entries: Vec<_> = entries
            .into_iter()
            .flatten()
            .map(|(id, _)| id.clone())
            .collect();
        Self {
            mapped: listed.is_empty() && !entries.is_empty(),
            listed,
            entries,
        }
    }

    fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.entries.is_empty()
    }

    /// The path of an agent.
    fn find(&self, id: &AgentId) -> Option<String> {
        let same = |other: &String| other.eq_ignore_ascii_case(id.as_str());
        if let Some(at) = self.listed.iter().position(same) {
            return Some(format!("agents.list[{at}]"));
        }
        let name = self.entries.iter().find(|other| same(other))?;
        Some(format!("agents.entries.\"{name}\""))
    }

    /// Where the agent goes that is there without being written down.
    fn first_path(&self, first: &AgentId) -> String {
        if self.mapped {
            format!("agents.entries.\"{first}\"")
        } else {
            "agents.list[0]".to_owned()
        }
    }

    /// The text with the agent that is there without being written down: it would go when another
    /// one is.
    fn with_first(&self, old: &Current, first: &AgentId) -> Result<String, ApiError> {
        if !self.is_empty() {
            return Ok(old.text.clone());
        }
        set(
            &old.text,
            old,
            "agents.list",
            &json!([{ "id": first.as_str() }]),
        )
    }

    /// The text with another agent.
    fn added(
        &self,
        text: &str,
        old: &Current,
        id: &AgentId,
        mut fields: Map<String, Value>,
    ) -> Result<String, ApiError> {
        if self.mapped {
            let path = format!("agents.entries.\"{id}\"");
            return set(text, old, &path, &Value::Object(fields));
        }
        let at = self.listed.len().max(1);
        let mut agent = Map::new();
        agent.insert("id".to_owned(), json!(id.as_str()));
        agent.append(&mut fields);
        set(
            text,
            old,
            &format!("agents.list[{at}]"),
            &Value::Object(agent),
        )
    }
}

fn set(text: &str, old: &Current, path: &str, value: &Value) -> Result<String, ApiError> {
    edit::set(text, old.format, path, value).map_err(|problem| refused(&problem))
}

fn refused(problem: &config::Problem) -> ApiError {
    ApiError::invalid(format!("the settings file cannot be changed: {problem}"))
}

fn elsewhere(id: &AgentId) -> ApiError {
    ApiError::invalid(format!(
        "agent \"{id}\" is not written in the settings file itself but in one it includes; \
         change it there"
    ))
}

/// The id that a name makes: `Lab Agent` is `lab-agent`.
fn id_of(name: &str) -> Result<AgentId, ApiError> {
    let mut id = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c.to_ascii_lowercase());
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    let id: String = id.trim_end_matches('-').chars().take(64).collect();
    let refuse = |why: &str| {
        ApiError::invalid(format!(
            "invalid agents.create params: name makes no id: {why}"
        ))
    };
    if id.is_empty() {
        return Err(refuse("it has neither Latin letters nor digits"));
    }
    if id == "default" {
        return Err(refuse("\"default\" means the default agent"));
    }
    AgentId::parse(&id).map_err(|why| refuse(&why.to_string()))
}

fn text(method: &str, key: &str, value: &str) -> Result<String, ApiError> {
    let value = value.trim();
    let refuse = |why: String| ApiError::invalid(format!("invalid {method} params: {key} {why}"));
    if value.is_empty() {
        return Err(refuse("must not be empty".to_owned()));
    }
    if value.chars().count() > MAX_TEXT || value.chars().any(char::is_control) {
        return Err(refuse(format!(
            "must have at most {MAX_TEXT} characters and no control characters"
        )));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_makes_an_id() {
        assert_eq!(id_of("Lab Agent").unwrap().as_str(), "lab-agent");
        assert_eq!(id_of("  Ünï 2!! ").unwrap().as_str(), "n-2");
        for name in ["", "!!!", "Default", "日本"] {
            assert!(id_of(name).is_err(), "{name}");
        }
    }
}
