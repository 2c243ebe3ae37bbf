//! The life of the process: listen, serve, shut down in phases.
//!
//! 1. close the door: readiness turns false, nothing new is accepted;
//! 2. stop the inflow and drain: runs may finish within [`DRAIN`];
//! 3. flush: usage, then the store;
//! 4. exit.

use crate::compose::{Gateway, lock_info};
use crate::http::{Site, UiFolder};
use crate::identity::Doorkeeper;
use crate::net::{self, Threads};
use crate::rpc::Registry;
use crate::ws::{self, Sockets};
use crate::{StartError, reload};
use config::Env;
use protocol::methods::usage::BudgetEntry;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// How long runs may take to finish when the gateway stops.
pub const DRAIN: Duration = Duration::from_secs(30);

/// How long the last writes may take.
const FLUSH: Duration = Duration::from_secs(10);

/// How long open connections may take to end after their runs have.
const CLOSE: Duration = Duration::from_secs(2);

/// How a gateway is told to stop.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Cancelled: stop, but let runs finish.
    pub graceful: CancellationToken,
    /// Cancelled: stop them now.
    pub at_once: CancellationToken,
}

/// What to tell the person who started it.
#[derive(Debug, Clone)]
pub struct Greeting {
    /// Where it listens, as `http://host:port`; the first is the one to show.
    pub addresses: Vec<String>,
    /// A link that signs one browser in, once, within ten minutes; absent when the Control UI is
    /// switched off.
    pub login_url: Option<String>,
    /// The model of the default agent, as `provider/model`.
    pub model: String,
    /// Why that one.
    pub model_reason: String,
    /// Every budget that is set, and what is left of it.
    pub budgets: Vec<BudgetEntry>,
    /// Whether `/v1/chat/completions` is served.
    pub chat_completions: bool,
    /// Whether the gateway token was made just now, at the first start.
    pub token_made: bool,
    /// What was ignored or should be looked at.
    pub warnings: Vec<String>,
}

/// How it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExitReport {
    /// The phases that took longer than they may.
    pub overran: Vec<&'static str>,
    /// Runs that had to be stopped.
    pub stopped_runs: usize,
}

impl Gateway {
    /// Binds the ports.
    ///
    /// # Errors
    /// [`StartError::Listen`] names the port and the way out.
    pub async fn listen(&mut self) -> Result<(), StartError> {
        let listeners = net::bind(&self.plan, None).await?;
        let addresses = urls(listeners.addresses());
        self.services.runtime.set_addresses(addresses.clone());
        self.lock
            .publish(&lock_info(self.boot.version, addresses))?;
        self.listeners = Some(listeners);
        self.threads = Some(Arc::new(Threads::start().map_err(StartError::Threads)?));
        Ok(())
    }

    /// What to tell the person who started it.
    pub fn greeting(&self) -> Greeting {
        let seen = self.services.runtime.snapshot();
        let serves_ui = self.loaded.settings.gateway.control_ui.enabled;
        let link = serves_ui.then(|| self.services.login_link().ok()).flatten();
        let roster = self.services.agents.roster();
        Greeting {
            addresses: seen.addresses,
            login_url: link.map(|link| link.url),
            model: roster
                .default_agent()
                .models
                .first()
                .cloned()
                .unwrap_or_default(),
            model_reason: self.loaded.model_reason.clone(),
            budgets: self.services.budgets(),
            chat_completions: seen.endpoints.chat_completions,
            token_made: self.loaded.token_made,
            warnings: seen.warnings,
        }
    }

    /// Serves until told to stop, then shuts down in phases.
    #[expect(
        clippy::too_many_lines,
        reason = "the phases of an end, in their order"
    )]
    pub async fn run(mut self, shutdown: Shutdown) -> ExitReport {
        let mut report = ExitReport::default();
        let door = CancellationToken::new();
        let closing = CancellationToken::new();
        let connections = TaskTracker::new();
        // Whoever came before this moment waits in the system's queue and is not turned away.
        self.services.health.set_ready();
        if let Some(listeners) = self.listeners.take() {
            let site = self.site(&connections, &closing);
            self.tasks
                .spawn(ws::pulse(Arc::clone(&site.sockets), closing.clone()));
            let plan = Arc::clone(&self.plan);
            let (door, connections) = (door.clone(), connections.clone());
            let threads = self.threads.clone();
            self.tasks.spawn(net::serve(
                listeners,
                plan,
                site,
                door,
                connections,
                threads,
            ));
        }
        let reloader = reload::Reloader {
            boot: self.boot,
            services: Arc::clone(&self.services),
            router: self.router,
            authority: self.authority,
        };
        self.tasks
            .spawn(reloader.watch(self.loaded, self.stopping.clone()));
        shutdown.graceful.cancelled().await;

        info!("shutting down");
        self.stopping.cancel();
        door.cancel();
        let hub = Arc::clone(&self.services.hub);
        hub.announce_shutdown();
        let agents = self.services.agents.clone();
        let patience = async {
            tokio::select! {
                () = tokio::time::sleep(DRAIN) => {}
                () = shutdown.at_once.cancelled() => {}
            }
        };
        report.stopped_runs = agents.stop(patience).await;
        if report.stopped_runs > 0 {
            warn!(
                runs = report.stopped_runs,
                "runs were stopped; those that may go on will"
            );
        }
        self.services.events.close().await;
        hub.close(&ws::service_restart(), |_| true);
        closing.cancel();
        self.services.approvals.close();
        connections.close();
        if tokio::time::timeout(CLOSE, connections.wait())
            .await
            .is_err()
        {
            report.overran.push("close connections");
        }
        let health = Arc::clone(&self.services.state.health);
        let ledger = Arc::clone(&self.services.ledger);
        drop(agents);
        drop(self.services);
        self.tasks.close();
        if tokio::time::timeout(FLUSH, self.tasks.wait())
            .await
            .is_err()
        {
            report.overran.push("end tasks");
        }
        if tokio::time::timeout(FLUSH, ledger.close()).await.is_err() {
            report.overran.push("flush usage");
        }
        match tokio::time::timeout(FLUSH, health.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                warn!(%error, "the store did not close cleanly");
                report.overran.push("close the store");
            }
            Err(_) => report.overran.push("close the store"),
        }
        if let Some(threads) = self.threads.and_then(Arc::into_inner) {
            threads.end().await;
        }
        drop(self.lock);
        report
    }

    /// Everything behind the door.
    pub(crate) fn site(&self, tasks: &TaskTracker, closing: &CancellationToken) -> Arc<Site> {
        let registry = Arc::new(Registry::standard());
        let sockets = Arc::new(Sockets {
            services: Arc::clone(&self.services),
            registry: Arc::clone(&registry),
            door: Arc::new(Doorkeeper {
                authority: Arc::clone(&self.authority),
                devices: Arc::clone(&self.services.devices),
                clock: Arc::clone(&self.services.clock),
            }),
            authority: Arc::clone(&self.authority),
            config_path: self.boot.config_file.path.clone(),
            state_dir: self.boot.state_dir.clone(),
            handshake: handshake_time(&self.boot.env),
            patience: self.plan.limits.write_stall,
            rhythm: self.boot.rhythm,
            tasks: tasks.clone(),
            closing: closing.clone(),
        });
        Arc::new(Site {
            services: Arc::clone(&self.services),
            registry,
            sockets,
            authority: Arc::clone(&self.authority),
            plan: Arc::clone(&self.plan),
            assets: Arc::clone(&self.boot.assets),
            folder: self.ui_folder(),
            ui: self.loaded.settings.gateway.control_ui.clone(),
        })
    }

    /// The owner's own Control UI; a folder that cannot be used is said, and the built-in one served.
    fn ui_folder(&self) -> Option<UiFolder> {
        let settings = &self.loaded.settings.gateway.control_ui;
        let root = settings.root.as_deref()?;
        let opened = config::locate::user_path(&self.boot.env, root)
            .map_err(|problem| problem.to_string())
            .and_then(|path| {
                UiFolder::open(&path, &settings.base_path).map_err(|error| error.to_string())
            });
        opened
            .map_err(|why| warn!("gateway.controlUi.root {root:?} cannot be used, the built-in Control UI is served: {why}"))
            .ok()
    }

    /// Ends a gateway that was built and never ran: flushes and closes the store.
    pub async fn close(self) -> ExitReport {
        let stopped = Shutdown::default();
        stopped.graceful.cancel();
        self.run(stopped).await
    }
}

/// How long a WebSocket client may take to be let in.
fn handshake_time(env: &Env) -> Duration {
    let millis = env.filled("OPENCLAW_HANDSHAKE_TIMEOUT_MS");
    let millis = millis.and_then(|text| text.parse().ok());
    millis.map_or(ws::HANDSHAKE, |millis: u64| {
        Duration::from_millis(millis.clamp(100, 60_000))
    })
}

/// The addresses as people and programs on this machine open them, each once.
fn urls(bound: &[SocketAddr]) -> Vec<String> {
    let mut urls = Vec::new();
    for address in bound {
        let port = address.port();
        // An IPv6 socket on every address usually takes IPv4 too.
        let shown: Vec<IpAddr> = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => vec![Ipv4Addr::LOCALHOST.into()],
            IpAddr::V6(ip) if ip.is_unspecified() => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => vec![ip],
        };
        for ip in shown {
            let url = format!("http://{}", SocketAddr::new(ip, port));
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_shown_once_and_can_be_opened() {
        let bound = ["[::]:1", "0.0.0.0:1", "127.0.0.1:2", "[::1]:2"].map(|a| a.parse().unwrap());
        let shown = urls(&bound);
        assert_eq!(
            shown,
            [
                "http://127.0.0.1:1",
                "http://[::1]:1",
                "http://127.0.0.1:2",
                "http://[::1]:2"
            ]
        );
    }
}
