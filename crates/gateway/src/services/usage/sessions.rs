//! `sessions.usage*`: what sessions used and did. Source: gateway RPC methods, "Sessions".
//!
//! Money and durations come from the ledger, messages and tools from the session logs. Both are read
//! page by page, so that a report over everything needs memory for its rows only, and others are
//! served in between.

mod activity;
mod latency;
mod listed;
mod messages;
mod report;
mod series;

use super::days::Days;
use super::zone::Zone;
use super::{Services, USUAL_DAYS};
use crate::error::ApiError;
use crate::services::sessions::bounded;
use domain::{AgentId, SessionKey};
use protocol::methods::sessions::{SessionUsageEntry, SessionsUsageParams, SessionsUsageReply};
use report::Report;
use state::{SessionFilter, SessionRow};
use std::collections::HashSet;

/// Sessions of a report unless told otherwise, and at most.
const SESSIONS: (u32, u32) = (50, 1_000);

/// Days of a range of all.
const ALL_DAYS: u32 = 3_650;

/// Calls read at a time.
const CALLS: usize = 5_000;

/// Sessions read at a time.
const ROWS: usize = 200;

/// Records read at a time; one may carry a picture.
const RECORDS: usize = 100;

/// Whose calls and messages are asked for.
enum Asked {
    /// Those of every session.
    Everything,
    /// Those of an agent.
    Agent(AgentId),
    /// Those of a session.
    Session(SessionKey),
}

impl Asked {
    fn agent(&self) -> Option<&AgentId> {
        match self {
            Self::Agent(agent) => Some(agent),
            Self::Everything | Self::Session(_) => None,
        }
    }

    fn covers(&self, call: &state::CallRow) -> bool {
        match self {
            Self::Everything => true,
            Self::Agent(agent) => call.agent.as_ref() == Some(agent),
            Self::Session(key) => call.session.as_ref() == Some(key),
        }
    }
}

impl Services {
    /// What sessions used and did within some days.
    ///
    /// # Errors
    /// [`ApiError`]: a day, a zone, a range or a limit that is none, or a store that cannot be read.
    pub(crate) async fn sessions_usage(
        &self,
        params: SessionsUsageParams,
    ) -> Result<SessionsUsageReply, ApiError> {
        let limit = bounded(params.limit, SESSIONS, "limit")?;
        let days = self.days(&params)?;
        let asked = match (&params.key, &params.agent_id) {
            (Some(key), agent) => Asked::Session(self.session_key(key, agent.as_deref())?),
            (None, Some(agent)) => Asked::Agent(AgentId::new(agent.as_str())),
            (None, None) => Asked::Everything,
        };
        let rows = match &asked {
            Asked::Session(key) => self.state.sessions.get(key).await?.into_iter().collect(),
            Asked::Everything | Asked::Agent(_) => self.touched(&asked, &days, 0, limit).await?,
        };
        let mut report = Report::new(days, &rows);
        self.add_calls(&mut report, &asked, &days).await?;
        match &asked {
            Asked::Session(key) => self.add_log(&mut report, key, &days).await?,
            Asked::Everything | Asked::Agent(_) => {
                self.add_logs(&mut report, &asked, &days).await?;
            }
        }
        let entries = rows.iter().map(|row| self.usage_entry(row, &report));
        Ok(SessionsUsageReply {
            updated_at: self.clock.now().0,
            start_date: days.first(),
            end_date: days.last(),
            mode: days.zone().mode(),
            utc_offset: days.zone().offset(days.end()),
            sessions: entries.collect(),
            totals: report.totals(),
            aggregates: report.aggregates(),
        })
    }

    fn days(&self, params: &SessionsUsageParams) -> Result<Days, ApiError> {
        let back = match params.range.as_deref() {
            None => USUAL_DAYS,
            Some("7d") => 7,
            Some("30d") => 30,
            Some("90d") => 90,
            Some("1y") => 365,
            Some("all") => ALL_DAYS,
            Some(_) => return Err(ApiError::invalid("range must be 7d, 30d, 90d, 1y or all")),
        };
        let (offset, name) = (params.utc_offset.as_deref(), params.time_zone.as_deref());
        let zone = Zone::read(params.mode, offset, name)?;
        let (since, until) = (params.start_date.as_deref(), params.end_date.as_deref());
        Days::read_in(zone, since, until, back, self.clock.now())
    }

    /// Sessions that changed since the first day, the newest first.
    async fn touched(
        &self,
        asked: &Asked,
        days: &Days,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<SessionRow>, ApiError> {
        let filter = SessionFilter {
            agent: asked.agent().cloned(),
            updated_after: Some(days.begin()),
            ..SessionFilter::default()
        };
        Ok(self.state.sessions.list(&filter, skip, limit).await?.rows)
    }

    async fn add_calls(
        &self,
        report: &mut Report,
        asked: &Asked,
        days: &Days,
    ) -> Result<(), ApiError> {
        // What was settled a moment ago counts.
        self.ledger.flush().await;
        let metering = &self.state.metering;
        let mut after = None;
        loop {
            let page = metering
                .page(days.begin(), days.end(), after, CALLS)
                .await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(*last);
            let rows = page.iter().map(|(_, row)| row);
            rows.filter(|row| asked.covers(row))
                .for_each(|row| report.call(row));
        }
    }

    async fn add_logs(
        &self,
        report: &mut Report,
        asked: &Asked,
        days: &Days,
    ) -> Result<(), ApiError> {
        // One that changes meanwhile moves to the front, and the others come again.
        let mut read = HashSet::new();
        let mut skip = 0;
        loop {
            let rows = self.touched(asked, days, skip, ROWS).await?;
            if rows.is_empty() {
                return Ok(());
            }
            skip += rows.len();
            for row in rows {
                if !read.contains(&row.key) {
                    self.add_log(report, &row.key, days).await?;
                    read.insert(row.key);
                }
            }
        }
    }

    /// Reads a log from its end to the first day.
    async fn add_log(
        &self,
        report: &mut Report,
        key: &SessionKey,
        days: &Days,
    ) -> Result<(), ApiError> {
        let (begin, end) = (days.begin(), days.end());
        let mut before = None;
        loop {
            let page = self.state.log.read_back(key, before, RECORDS).await?;
            let Some(oldest) = page.last() else {
                return Ok(());
            };
            before = Some(oldest.seq);
            let within = page.iter().filter(|it| (begin..end).contains(&it.at));
            within.for_each(|recorded| report.hear(key, recorded));
            if oldest.at < begin {
                return Ok(());
            }
        }
    }

    fn usage_entry(&self, row: &SessionRow, report: &Report) -> SessionUsageEntry {
        let set = row.entry.model.as_deref();
        let model = self.model_of(row.agent.as_str(), set);
        SessionUsageEntry {
            key: row.key.to_string(),
            label: row.entry.label.clone(),
            session_id: row.session_id.clone(),
            updated_at: row.updated_at.0,
            agent_id: row.agent.to_string(),
            chat_type: "direct".to_owned(),
            provider_override: set.map(|_| model.provider.clone()),
            model_override: set.map(|_| model.model.clone()),
            model_provider: model.provider,
            model: model.model,
            usage: report.session(row),
        }
    }
}
