//! `sessions.*`. Source: gateway RPC methods, "Sessions".

mod change;
mod compact;
mod entry;
mod look;
mod row;
mod stored;

pub(crate) use entry::needs_admin;

use super::Services;
use crate::error::ApiError;
use domain::UnixMillis;
use protocol::methods::sessions::{SessionsListParams, SessionsListReply};
use serde_json::Value;
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
        let filter = self.filter(&params)?;
        let offset = params.offset.unwrap_or_default();
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let page = self.state.sessions.list(&filter, skip, limit).await?;
        let titles = params.include_derived_titles.unwrap_or(false);
        let last = params.include_last_message.unwrap_or(false);
        let mut sessions = Vec::with_capacity(page.rows.len());
        for row in &page.rows {
            let mut entry = self.session_entry(&row.key, Some(row));
            self.add_words(&mut entry, row, titles, last).await?;
            sessions.push(entry);
        }
        let listed = u64::try_from(page.rows.len()).unwrap_or_default();
        let next = u64::from(offset).saturating_add(listed);
        let has_more = next < page.total;
        Ok(SessionsListReply {
            ts: self.clock.now().0,
            path: self.runtime.database_path().display().to_string(),
            count: page.total,
            total_count: page.total,
            limit_applied: u64::try_from(limit).unwrap_or(u64::MAX),
            next_offset: has_more.then_some(next),
            has_more,
            defaults: self.model_defaults(),
            sessions,
        })
    }

    fn filter(&self, params: &SessionsListParams) -> Result<SessionFilter, ApiError> {
        let roster = self.agents.roster();
        let agent = match &params.agent_id {
            Some(id) => Some(
                roster
                    .find(id)
                    .map_err(agent::SubmitError::from)?
                    .id
                    .clone(),
            ),
            None => None,
        };
        let now = self.clock.now().0;
        let since = |minutes: u64| {
            let millis = i64::try_from(minutes.saturating_mul(60_000)).unwrap_or(i64::MAX);
            UnixMillis(now.saturating_sub(millis))
        };
        let spawned_by = match params.spawned_by.as_deref() {
            Some(key) => Some(self.session_key(key, None)?),
            None => None,
        };
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        Ok(SessionFilter {
            agent,
            search: filled(&params.search),
            label: filled(&params.label),
            spawned_by,
            updated_after: params.active_minutes.map(since),
            archived: match &params.archived {
                Some(Value::Bool(archived)) => Some(*archived),
                Some(Value::String(word)) if word == "all" => None,
                Some(_) | None => Some(false),
            },
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
