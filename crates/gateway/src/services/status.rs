//! `health`, `status`, `login.link`.

use super::Services;
use crate::error::ApiError;
use domain::UnixMillis;
use protocol::ErrorCode;
use protocol::methods::login::LoginLinkReply;
use protocol::methods::status::{
    AgentEntry, HealthParams, HealthReply, SessionsSummary, StatusReply, UsageSummary,
};

const DAY_MS: i64 = 24 * 3600 * 1000;

impl Services {
    /// Whether everything works; with `probe` a write is tried now.
    pub async fn health(&self, params: HealthParams) -> HealthReply {
        if params.probe.unwrap_or(false) {
            self.health.probe().await;
        }
        self.health.report()
    }

    /// What the gateway is doing. Calls no model.
    ///
    /// # Errors
    /// [`ApiError`] when the store cannot be read.
    pub async fn status(&self) -> Result<StatusReply, ApiError> {
        let roster = self.agents.roster();
        let default = &roster.default_agent().id;
        let agents = roster
            .iter()
            .map(|agent| AgentEntry {
                agent_id: agent.id.to_string(),
                name: agent.name.clone(),
                model: agent.models.first().cloned().unwrap_or_default(),
                workspace: agent.workspace.display().to_string(),
                is_default: agent.id == *default,
            })
            .collect();
        // What was settled a moment ago counts.
        self.ledger.flush().await;
        let now = self.clock.now();
        let today = UnixMillis(now.0 - now.0.rem_euclid(DAY_MS));
        let totals = self
            .state
            .metering
            .totals(today, UnixMillis(today.0 + DAY_MS))
            .await?;
        let seen = self.runtime.snapshot();
        Ok(StatusReply {
            runtime_version: seen.version.to_owned(),
            uptime_ms: self.health.uptime_ms(),
            pid: std::process::id(),
            addresses: seen.addresses,
            auth_mode: seen.auth_mode,
            agents,
            sessions: SessionsSummary {
                path: self.runtime.database_path().display().to_string(),
                count: self.state.sessions.count().await?,
            },
            active_runs: u64::try_from(self.agents.active_runs()).unwrap_or(u64::MAX),
            today: UsageSummary {
                calls: totals.calls,
                total_tokens: totals.usage.total().unwrap_or_default().0,
                cost_usd: totals.cost.to_string(),
                unpriced_calls: totals.unpriced,
                estimated_calls: totals.estimated,
            },
            budgets: self.budgets(),
            endpoints: seen.endpoints,
            health: self.health.report(),
            warnings: seen.warnings,
        })
    }

    /// Makes a one-time login link.
    ///
    /// # Errors
    /// [`ApiError`] when the system gives no random bytes or nothing listens yet.
    pub fn login_link(&self) -> Result<LoginLinkReply, ApiError> {
        let addresses = self.runtime.snapshot().addresses;
        let Some(base) = addresses.into_iter().next() else {
            return Err(ApiError::new(
                ErrorCode::Unavailable,
                "the gateway is not listening yet",
            ));
        };
        let (code, until) = self.logins.issue(self.clock.now()).map_err(|error| {
            ApiError::new(ErrorCode::Internal, format!("no random bytes: {error}"))
        })?;
        Ok(LoginLinkReply {
            url: format!("{base}/#code={code}"),
            expires_at: until.0,
        })
    }
}
