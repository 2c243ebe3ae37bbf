//! `sessions.usage*`: what sessions used. Source: gateway RPC methods, "Sessions".

use super::days::{self, Days};
use super::split::Split;
use super::{Services, USUAL_DAYS, cost_totals, count, dollars};
use crate::error::ApiError;
use crate::services::sessions::bounded;
use crate::services::transcript::{Shown, text_of};
use domain::record::AssistantMessage;
use domain::{AgentId, Record};
use protocol::methods::sessions::{
    SessionKeyParams, SessionUsageEntry, SessionsUsageLogsParams, SessionsUsageLogsReply,
    SessionsUsageParams, SessionsUsageReply, SessionsUsageSeriesReply, UsageLogEntry, UsagePoint,
};
use protocol::methods::usage::CostTotals;
use serde_json::{Map, Value, json};
use state::{CallRow, Recorded, Seq, SessionFilter, SessionRow, UsageTotals};
use std::collections::BTreeMap;

/// Sessions of a report unless told otherwise, and at most.
const SESSIONS: (u32, u32) = (50, 1_000);

/// Messages of a log unless told otherwise, and at most.
const LOGS: (u32, u32) = (200, 1_000);

/// Days of a range of all.
const ALL_DAYS: u32 = 3_650;

/// Rows and records read at a time.
const PAGE: usize = 5_000;

/// Calls added up.
#[derive(Default)]
struct Tally {
    totals: UsageTotals,
    split: Split,
}

impl Tally {
    fn add(&mut self, row: &CallRow) {
        let all = &mut self.totals;
        all.calls = all.calls.saturating_add(1);
        all.unpriced += u64::from(row.cost.is_none());
        all.estimated += u64::from(row.estimated);
        all.usage = all.usage.plus(row.usage);
        all.cost += row.cost.unwrap_or_default();
        self.split = self.split.plus(Split::of(row));
    }

    fn told(&self) -> CostTotals {
        cost_totals(&self.totals, &self.split)
    }
}

/// Calls added up in every way a report shows.
#[derive(Default)]
struct Report {
    all: Tally,
    sessions: BTreeMap<String, Tally>,
    models: BTreeMap<(String, String), Tally>,
    providers: BTreeMap<String, Tally>,
    agents: BTreeMap<String, Tally>,
    days: BTreeMap<String, Tally>,
}

impl Report {
    fn add(&mut self, row: &CallRow) {
        let Some(session) = &row.session else { return };
        let (provider, model) = (row.provider.to_string(), row.model.to_string());
        self.all.add(row);
        self.sessions
            .entry(session.to_string())
            .or_default()
            .add(row);
        self.providers.entry(provider.clone()).or_default().add(row);
        self.models.entry((provider, model)).or_default().add(row);
        self.days.entry(days::of(row.at)).or_default().add(row);
        if let Some(agent) = &row.agent {
            self.agents.entry(agent.to_string()).or_default().add(row);
        }
    }

    fn aggregates(&self) -> Map<String, Value> {
        let models = self.models.iter().map(|((provider, model), it)| {
            json!({
                "provider": provider, "model": model, "count": it.totals.calls,
                "totals": it.told(),
            })
        });
        let providers = self.providers.iter().map(
            |(provider, it)| json!({ "provider": provider, "count": it.totals.calls, "totals": it.told() }),
        );
        let agents = self.agents.iter();
        let agents = agents.map(|(agent, it)| json!({ "agentId": agent, "totals": it.told() }));
        let daily = self.days.iter().map(|(date, it)| {
            let told = it.told();
            json!({
                "date": date, "tokens": told.total_tokens, "cost": told.total_cost,
                "calls": it.totals.calls,
            })
        });
        let parts = json!({
            "sessionCount": self.sessions.len(),
            "byModel": models.collect::<Vec<_>>(),
            "byProvider": providers.collect::<Vec<_>>(),
            "byAgent": agents.collect::<Vec<_>>(),
            "byChannel": [],
            "daily": daily.collect::<Vec<_>>(),
        });
        match parts {
            Value::Object(parts) => parts,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        }
    }
}

impl Services {
    /// What sessions used within some days.
    ///
    /// # Errors
    /// [`ApiError`]: a day, a range or a limit that is none, or a store that cannot be read.
    pub(crate) async fn sessions_usage(
        &self,
        params: SessionsUsageParams,
    ) -> Result<SessionsUsageReply, ApiError> {
        let limit = bounded(params.limit, SESSIONS, "limit")?;
        let now = self.clock.now();
        let back = match params.range.as_deref() {
            None => USUAL_DAYS,
            Some("7d") => 7,
            Some("30d") => 30,
            Some("90d") => 90,
            Some("1y") => 365,
            Some("all") => ALL_DAYS,
            Some(_) => return Err(ApiError::invalid("range must be 7d, 30d, 90d, 1y or all")),
        };
        let (since, until) = (params.start_date.as_deref(), params.end_date.as_deref());
        let days = Days::read(since, until, back, now)?;
        let agent = params.agent_id.as_deref().map(AgentId::new);
        let rows = if let Some(key) = params.key.as_deref() {
            let key = self.session_key(key, params.agent_id.as_deref())?;
            self.state.sessions.get(&key).await?.into_iter().collect()
        } else {
            let filter = SessionFilter {
                agent: agent.clone(),
                updated_after: Some(days.begin()),
                ..SessionFilter::default()
            };
            self.state.sessions.list(&filter, 0, limit).await?.rows
        };
        let only = params.key.is_some().then(|| rows.first()).flatten();
        let report = self.added_up(&days, agent.as_ref(), only).await?;
        let entries = rows.iter().map(|row| self.usage_entry(row, &report));
        Ok(SessionsUsageReply {
            updated_at: now.0,
            start_date: days.first(),
            end_date: days.last(),
            sessions: entries.collect(),
            totals: report.all.told(),
            aggregates: report.aggregates(),
        })
    }

    async fn added_up(
        &self,
        days: &Days,
        agent: Option<&AgentId>,
        only: Option<&SessionRow>,
    ) -> Result<Report, ApiError> {
        // What was settled a moment ago counts.
        self.ledger.flush().await;
        let mut report = Report::default();
        let mut after = None;
        loop {
            let metering = &self.state.metering;
            let page = metering.page(days.begin(), days.end(), after, PAGE).await?;
            let Some((last, _)) = page.last() else {
                return Ok(report);
            };
            after = Some(*last);
            for (_, row) in &page {
                let of_agent = agent.is_none() || row.agent.as_ref() == agent;
                let of_session = only.is_none_or(|only| row.session.as_ref() == Some(&only.key));
                if of_agent && of_session {
                    report.add(row);
                }
            }
        }
    }

    fn usage_entry(&self, row: &SessionRow, report: &Report) -> SessionUsageEntry {
        let model = self.model_of(row.agent.as_str(), row.entry.model.as_deref());
        SessionUsageEntry {
            key: row.key.to_string(),
            label: row.entry.label.clone(),
            session_id: row.session_id.clone(),
            updated_at: row.updated_at.0,
            agent_id: row.agent.to_string(),
            chat_type: "direct".to_owned(),
            model_provider: model.provider,
            model: model.model,
            usage: report.sessions.get(row.key.as_str()).map(Tally::told),
        }
    }

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
        let end = Some(Seq(row.last_seq.0.saturating_add(1)));
        // A message is one record of about five.
        let records = self
            .state
            .log
            .read_back(&key, end, limit.saturating_mul(6))
            .await?;
        let records = records.iter().filter(|it| it.seq >= row.start);
        let mut logs: Vec<_> = records.flat_map(log_entries).take(limit).collect();
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
