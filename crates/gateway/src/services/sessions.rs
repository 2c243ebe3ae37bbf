//! `sessions.*`. Source: gateway RPC methods, "Sessions".

mod row;

use super::Services;
use crate::error::ApiError;
use protocol::methods::sessions::{SessionsListParams, SessionsListReply};
use state::SessionFilter;

/// Sessions of a list unless told otherwise, and at most.
const SESSIONS: (u32, u32) = (100, 1_000);

impl Services {
    /// The sessions changed most recently.
    ///
    /// # Errors
    /// [`ApiError`] when the agent is unknown or the store cannot be read.
    pub async fn sessions_list(
        &self,
        params: SessionsListParams,
    ) -> Result<SessionsListReply, ApiError> {
        let limit = bounded(params.limit, SESSIONS, "limit")?;
        let roster = self.agents.roster();
        let agent = match &params.agent_id {
            Some(id) => Some(roster.find(id).map_err(agent::SubmitError::from)?),
            None => None,
        };
        let filter = SessionFilter {
            agent: agent.map(|agent| agent.id.clone()),
            ..SessionFilter::default()
        };
        let page = self.state.sessions.list(&filter, 0, limit).await?;
        Ok(SessionsListReply {
            ts: self.clock.now().0,
            path: self.runtime.database_path().display().to_string(),
            count: page.total,
            total_count: page.total,
            limit_applied: u64::try_from(limit).unwrap_or(u64::MAX),
            next_offset: None,
            has_more: false,
            defaults: self.model_defaults(),
            sessions: page
                .rows
                .iter()
                .map(|row| self.session_entry(&row.key, Some(row)))
                .collect(),
        })
    }
}

/// A number within its bounds.
pub(super) fn bounded(
    asked: Option<u32>,
    (usual, most): (u32, u32),
    name: &'static str,
) -> Result<usize, ApiError> {
    let asked = asked.unwrap_or(usual);
    if !(1..=most).contains(&asked) {
        return Err(ApiError::invalid(format!(
            "{name} must be between 1 and {most}"
        )));
    }
    Ok(usize::try_from(asked).unwrap_or(usize::MAX))
}
