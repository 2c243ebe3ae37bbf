//! `sessions.usage.timeseries` and `sessions.usage.logs`: one session, answer by answer.

use crate::error::ApiError;
use crate::services::Services;
use crate::services::sessions::bounded;
use crate::services::transcript::{Shown, text_of};
use crate::services::usage::{count, dollars};
use domain::Record;
use domain::record::AssistantMessage;
use protocol::methods::sessions::{
    SessionKeyParams, SessionsUsageLogsParams, SessionsUsageLogsReply, SessionsUsageSeriesReply,
    UsageLogEntry, UsagePoint,
};
use serde_json::Value;
use state::{Recorded, Seq};

/// Messages of a log unless told otherwise, and at most.
const LOGS: (u32, u32) = (200, 1_000);

/// Records read at a time; one may hold a picture.
const PAGE: usize = 200;

impl Services {
    /// What the answers in a session used, one by one.
    ///
    /// # Errors
    /// [`ApiError`] when the key is no key or the store cannot be read.
    pub(crate) async fn sessions_usage_series(
        &self,
        params: SessionKeyParams,
    ) -> Result<SessionsUsageSeriesReply, ApiError> {
        let key = self.session_key(&params.key, params.agent_id.as_deref())?;
        let Some(row) = self.state.sessions.get(&key).await? else {
            return Ok(SessionsUsageSeriesReply::default());
        };
        let mut points: Vec<UsagePoint> = Vec::new();
        let mut after = Seq(row.start.0.saturating_sub(1));
        loop {
            let page = self.state.log.read(&key, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for recorded in &page {
                if let Some(said) = answer(recorded) {
                    let before = points.last().copied().unwrap_or_default();
                    points.push(point(recorded, said, &before));
                }
            }
        }
        Ok(SessionsUsageSeriesReply {
            session_id: Some(row.session_id),
            points,
        })
    }

    /// The newest messages of a session with what they used.
    ///
    /// # Errors
    /// [`ApiError`] when the key is no key or the store cannot be read.
    pub(crate) async fn sessions_usage_logs(
        &self,
        params: SessionsUsageLogsParams,
    ) -> Result<SessionsUsageLogsReply, ApiError> {
        let key = self.session_key(&params.key, params.agent_id.as_deref())?;
        let limit = bounded(params.limit, LOGS, "limit")?;
        let Some(row) = self.state.sessions.get(&key).await? else {
            return Ok(SessionsUsageLogsReply::default());
        };
        let mut logs = Vec::new();
        let mut before = Seq(row.last_seq.0.saturating_add(1));
        while logs.len() < limit && before > row.start {
            let page = self.state.log.read_back(&key, Some(before), PAGE).await?;
            let Some(oldest) = page.last() else { break };
            before = oldest.seq;
            let page = page.iter().filter(|it| it.seq >= row.start);
            logs.extend(page.flat_map(log_entries));
        }
        logs.truncate(limit);
        logs.reverse();
        Ok(SessionsUsageLogsReply { logs })
    }
}

fn answer(recorded: &Recorded) -> Option<&AssistantMessage> {
    match &recorded.record {
        Record::AssistantMessage(said) => Some(said),
        Record::SessionOpened(_)
        | Record::TurnAccepted(_)
        | Record::RunStarted(_)
        | Record::ToolStarted(_)
        | Record::ToolFinished(_)
        | Record::ApprovalDecided(_)
        | Record::CommandAnswered(_)
        | Record::RunFinished(_)
        | Record::SessionReset(_)
        | Record::Trimmed(_)
        | Record::Unknown { .. } => None,
    }
}

fn point(recorded: &Recorded, said: &AssistantMessage, before: &UsagePoint) -> UsagePoint {
    let usage = &said.usage;
    let total = count(usage.total());
    let cost = said.cost.map(dollars).unwrap_or_default();
    UsagePoint {
        timestamp: recorded.at.0,
        input: count(usage.input),
        output: count(usage.output),
        cache_read: count(usage.cache_read),
        cache_write: count(usage.cache_write),
        total_tokens: total,
        cost,
        cumulative_tokens: before.cumulative_tokens.saturating_add(total),
        cumulative_cost: before.cumulative_cost + cost,
    }
}

/// The messages of a record, the newest first.
fn log_entries(recorded: &Recorded) -> Vec<UsageLogEntry> {
    let said = answer(recorded);
    let messages = Shown::default().messages(recorded);
    let entry = |message: &Value| UsageLogEntry {
        timestamp: recorded.at.0,
        role: message
            .get("role")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        content: text_of(message),
        tokens: said.and_then(|said| said.usage.total()).map(|t| t.0),
        cost: said.and_then(|said| said.cost).map(dollars),
    };
    messages.iter().rev().map(entry).collect()
}
