//! `agents.files.*`: the files that shape an agent, by name from a fixed list.

use super::Services;
use crate::error::ApiError;
use agent::Agent;
use agent::workspace::files::{self, EDITABLE_FILES, FileFacts};
use protocol::ErrorCode;
use protocol::methods::agents::{
    AgentFile, AgentsFilesGetParams, AgentsFilesGetReply, AgentsFilesListParams,
    AgentsFilesListReply, AgentsFilesSetParams, AgentsFilesSetReply,
};
use std::io;

impl Services {
    /// The files of an agent, those that are missing included. Blocks shortly on the file system.
    ///
    /// # Errors
    /// [`ApiError`] when there is no such agent or its workspace cannot be read.
    pub(crate) fn agents_files_list(
        &self,
        params: &AgentsFilesListParams,
    ) -> Result<AgentsFilesListReply, ApiError> {
        let agent = self.agent_or_default(Some(&params.agent_id))?;
        let mut listed = Vec::new();
        for name in EDITABLE_FILES {
            // A link or a folder under such a name is not one of the files.
            let facts = files::facts(&agent.workspace, name).unwrap_or_default();
            listed.push(entry(&agent, name, facts, None));
        }
        Ok(AgentsFilesListReply {
            agent_id: agent.id.to_string(),
            workspace: agent.workspace.display().to_string(),
            files: listed,
        })
    }

    /// One file with its text. Blocks shortly on the file system.
    ///
    /// # Errors
    /// [`ApiError`] when there is no such agent, the name is not one of the files, or it cannot be
    /// read.
    pub(crate) fn agents_files_get(
        &self,
        params: &AgentsFilesGetParams,
    ) -> Result<AgentsFilesGetReply, ApiError> {
        let agent = self.agent_or_default(Some(&params.agent_id))?;
        supported(&params.name)?;
        let found = files::text(&agent.workspace, &params.name)
            .map_err(|error| failed("read", &params.name, &error))?;
        let (facts, text) = found.unzip();
        Ok(AgentsFilesGetReply {
            agent_id: agent.id.to_string(),
            workspace: agent.workspace.display().to_string(),
            file: entry(&agent, &params.name, facts, text),
        })
    }

    /// Writes one file. Blocks shortly on the file system.
    ///
    /// # Errors
    /// As [`Self::agents_files_get`], or when the text is too long.
    pub(crate) fn agents_files_set(
        &self,
        params: AgentsFilesSetParams,
    ) -> Result<AgentsFilesSetReply, ApiError> {
        let agent = self.agent_or_default(Some(&params.agent_id))?;
        supported(&params.name)?;
        let facts = files::put(&agent.workspace, &params.name, &params.content)
            .map_err(|error| failed("write", &params.name, &error))?;
        Ok(AgentsFilesSetReply {
            ok: true,
            agent_id: agent.id.to_string(),
            workspace: agent.workspace.display().to_string(),
            file: entry(&agent, &params.name, Some(facts), Some(params.content)),
        })
    }
}

fn entry(agent: &Agent, name: &str, facts: Option<FileFacts>, text: Option<String>) -> AgentFile {
    AgentFile {
        name: name.to_owned(),
        path: agent.workspace.join(name).display().to_string(),
        missing: facts.is_none(),
        size: facts.map(|facts| facts.size),
        updated_at_ms: facts.map(|facts| facts.updated_at_ms),
        content: text,
    }
}

fn supported(name: &str) -> Result<(), ApiError> {
    if EDITABLE_FILES.contains(&name) {
        return Ok(());
    }
    let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    Err(ApiError::invalid(format!("unsupported file \"{shown}\"")))
}

fn failed(what: &str, name: &str, error: &io::Error) -> ApiError {
    let message = format!("cannot {what} {name}: {error}");
    if error.kind() == io::ErrorKind::InvalidInput {
        return ApiError::invalid(message);
    }
    let next = "see that the workspace is there and that the gateway may use it";
    ApiError::new(ErrorCode::Unavailable, format!("{message}; {next}"))
}
