//! `health`, `status`, `login.link`.

mod seen;

use super::{Services, system};
use crate::error::ApiError;
use agent::Agent;
use domain::UnixMillis;
use protocol::ErrorCode;
use protocol::methods::login::LoginLinkReply;
use protocol::methods::status::{
    AgentEntry, AgentHealth, AgentHeartbeat, ConfigReload, HealthParams, HealthReply,
    HeartbeatHealth, HeartbeatSummary, ModelRuntime, SessionDefaults, StatusReply, UsageSummary,
};
pub(crate) use seen::SeenSessions;
use std::sync::Arc;
use std::time::Instant;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// How an agent without a heartbeat is shown.
const NO_HEARTBEAT: &str = "disabled";

impl Services {
    /// Whether everything works; with `probe` a write is tried now. Which sessions there are is told
    /// only where `shows_sessions` says that the caller may read.
    pub async fn health(&self, params: HealthParams, shows_sessions: bool) -> HealthReply {
        let started = Instant::now();
        let probe = params.probe.unwrap_or(false);
        if probe {
            self.health.probe().await;
        }
        let sessions = self.seen_sessions(probe).await;
        let roster = self.agents.roster();
        let default = &roster.default_agent().id;
        let path = self.runtime.database_path().display().to_string();
        let now = self.clock.now();
        let agents = roster.iter().map(|agent| AgentHealth {
            agent_id: agent.id.to_string(),
            is_default: agent.id == *default,
            heartbeat: HeartbeatHealth {
                enabled: false,
                every: NO_HEARTBEAT.to_owned(),
                every_ms: None,
                prompt: String::new(),
                target: "none".to_owned(),
                ack_max_chars: 0,
            },
            sessions: sessions.of(Some(&agent.id), &path, now, shows_sessions),
        });
        let found = self.health.report();
        HealthReply {
            ok: found.ok,
            ts: found.ts,
            uptime_ms: found.uptime_ms,
            failing: found.failing,
            reasons: found.reasons,
            duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            default_agent_id: default.to_string(),
            agents: agents.collect(),
            sessions: sessions.of(None, &path, now, shows_sessions),
            config_reload: ConfigReload {
                hot_reload_status: self.settings.reload_status().to_owned(),
            },
            model_runtime: self.model_runtime(),
            ..HealthReply::default()
        }
    }

    /// What the gateway is doing. Calls no model.
    ///
    /// # Errors
    /// [`ApiError`] when the store cannot be read.
    pub async fn status(&self) -> Result<StatusReply, ApiError> {
        let roster = self.agents.roster();
        let default = &roster.default_agent().id;
        let heartbeats = roster.iter().map(|agent| AgentHeartbeat {
            agent_id: agent.id.to_string(),
            enabled: false,
            every: NO_HEARTBEAT.to_owned(),
            every_ms: None,
        });
        let seen = self.runtime.snapshot();
        Ok(StatusReply {
            runtime_version: seen.version.to_owned(),
            uptime_ms: self.health.uptime_ms(),
            pid: std::process::id(),
            addresses: seen.addresses,
            auth_mode: seen.auth_mode,
            agents: roster.iter().map(|it| entry(it, default)).collect(),
            sessions: self.sessions_summary().await?,
            active_runs: u64::try_from(self.agents.active_runs()).unwrap_or(u64::MAX),
            today: self.used_today().await?,
            budgets: self.budgets(),
            endpoints: seen.endpoints,
            health: self.health.report(),
            warnings: seen.warnings,
            heartbeat: HeartbeatSummary {
                default_agent_id: default.to_string(),
                agents: heartbeats.collect(),
            },
            model_runtime: self.model_runtime(),
            process_memory: system::process_memory(),
            ..StatusReply::default()
        })
    }

    async fn used_today(&self) -> Result<UsageSummary, ApiError> {
        // What was settled a moment ago counts.
        self.ledger.flush().await;
        let now = self.clock.now();
        let today = UnixMillis(now.0 - now.0.rem_euclid(DAY_MS));
        let totals = self
            .state
            .metering
            .totals(today, UnixMillis(today.0 + DAY_MS))
            .await?;
        Ok(UsageSummary {
            calls: totals.calls,
            total_tokens: totals.usage.total().unwrap_or_default().0,
            cost_usd: totals.cost.to_string(),
            unpriced_calls: totals.unpriced,
            estimated_calls: totals.estimated,
        })
    }

    /// Agents none of whose models exist.
    fn model_runtime(&self) -> ModelRuntime {
        let catalog = self.models.catalog();
        let auto = self.models.auto_names();
        let exists = |name: &String| auto.contains(name) || catalog.resolve(name).is_ok();
        let roster = self.agents.roster();
        let pending: Vec<_> = roster
            .iter()
            .filter(|agent| !agent.models.iter().any(exists))
            .map(|agent| agent.id.to_string())
            .collect();
        ModelRuntime {
            degraded: !pending.is_empty(),
            pending_agents: pending,
        }
    }

    /// What sessions of an agent use unless they say otherwise.
    fn session_defaults(&self, agent: &Agent) -> SessionDefaults {
        let catalog = self.models.catalog();
        let found = agent.models.first().map(|name| catalog.resolve(name));
        let info = found.and_then(Result::ok).map(|target| target.info);
        SessionDefaults {
            model: info.as_ref().map(|info| info.model.to_string()),
            context_tokens: info.and_then(|info| info.context_window),
        }
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

fn entry(agent: &Arc<Agent>, default: &domain::AgentId) -> AgentEntry {
    AgentEntry {
        agent_id: agent.id.to_string(),
        name: agent.name.clone(),
        model: agent.models.first().cloned().unwrap_or_default(),
        workspace: agent.workspace.display().to_string(),
        is_default: agent.id == *default,
    }
}
