//! The composition root: every crate below, wired into one [`Gateway`].

use crate::approvals::Desk;
use crate::events::Events;
use crate::identity::{Devices, DevicesDeps};
use crate::load::{self, Loaded};
use crate::net::{Authority, NetPlan};
use crate::nodes::Nodes;
use crate::repeat::Repeats;
use crate::services::catalog::invoke::InvokeRules;
use crate::services::{
    HealthMonitor, Logins, ResponseBook, ResponseCache, Services, SettingsDesk, chat, cooldowns,
    status,
};
use crate::ws::Hub;
use crate::{Rhythm, Runtime, StartError};
use agent::{Agents, Deps, Roster, RosterDefaults};
use config::{ConfigFile, Env};
use domain::{Clock, SystemClock};
use llm::router::RouterConfig;
use llm::{Models, Router};
use secrecy::SecretString;
use state::Ledger;
use state::lock::{GatewayLock, LockInfo};
use state::sqlite::{self, SqliteConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tools::{Protected, Registry, Toolbox};

/// A file of the Control UI.
#[derive(Debug, Clone)]
pub struct AssetView {
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: bytes::Bytes,
    /// Its entity tag, in quotes.
    pub etag: &'static str,
    /// Whether its name holds the hash of its content.
    pub immutable: bool,
}

/// The files of the Control UI, handed in so that this crate and the UI do not know each other.
pub trait Assets: Send + Sync {
    /// The file with this relative path, e.g. `index.html`.
    fn find(&self, path: &str) -> Option<AssetView>;
}

/// What was said on the command line; wins over the settings.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--port`
    pub port: Option<u16>,
    /// `--bind`
    pub bind: Option<String>,
    /// `--auth`
    pub auth: Option<String>,
    /// `--token`
    pub token: Option<SecretString>,
    /// `--password`
    pub password: Option<SecretString>,
}

/// What a gateway starts from.
#[derive(Clone)]
pub struct Boot {
    /// The state directory; made if it is not there.
    pub state_dir: PathBuf,
    /// The settings file; need not be there.
    pub config_file: ConfigFile,
    /// The process environment.
    pub env: Env,
    /// What was said on the command line.
    pub overrides: Overrides,
    /// The Control UI.
    pub assets: Arc<dyn Assets>,
    /// The program's version.
    pub version: &'static str,
    /// How often connections are told the time, and asked for a sign of life.
    pub rhythm: Rhythm,
}

/// A gateway, wired; it listens after [`Gateway::listen`].
pub struct Gateway {
    pub(crate) boot: Boot,
    pub(crate) services: Arc<Services>,
    pub(crate) router: Arc<Router>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) plan: Arc<NetPlan>,
    pub(crate) loaded: Loaded,
    pub(crate) lock: GatewayLock,
    pub(crate) listeners: Option<crate::net::Listeners>,
    pub(crate) threads: Option<Arc<crate::net::Threads>>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
}

impl Gateway {
    /// Reads the settings, takes the state directory, opens the store, closes or takes up what the
    /// last process left, and wires everything. Listens nowhere yet.
    ///
    /// # Errors
    /// [`StartError`]; its text says what to do.
    #[expect(
        clippy::too_many_lines,
        reason = "the wiring of the whole, line by line"
    )]
    pub async fn build(boot: Boot) -> Result<Self, StartError> {
        make_state_dir(&boot.state_dir)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        // The lock comes first: nothing of another gateway's directory is touched.
        let lock = GatewayLock::acquire(&boot.state_dir, &lock_info(boot.version, Vec::new()))?;
        let loaded = load::at_start(&boot).await?;
        let store = sqlite::open(SqliteConfig::new(&boot.state_dir), &lock).await?;
        let budgets = loaded.settings.budgets.clone();
        let ledger = Ledger::open(&store, &boot.state_dir, Arc::clone(&clock), budgets).await?;
        let ledger = Arc::new(ledger);
        let tasks = TaskTracker::new();
        let stopping = CancellationToken::new();
        let (router, mut warnings) =
            Router::with(router_config(&loaded), ledger.clone(), Arc::clone(&clock));
        let router = Arc::new(router);
        let resting = Arc::clone(&store.cooldowns);
        cooldowns::keep(Arc::clone(&router), resting, &tasks, stopping.clone()).await;
        let models: Arc<dyn Models> = router.clone();
        warnings.extend(loaded.warnings.iter().cloned());
        let (roster, problems) = roster(&boot, &loaded);
        warnings.extend(problems);
        prepare_workspaces(&roster, &mut warnings);
        let hub = Arc::<Hub>::default();
        let events = Arc::new(Events::new(Arc::clone(&hub), Arc::clone(&clock)));
        let desk = Desk::new(&boot.state_dir, &hub, &clock);
        let deps = Deps {
            state: store.clone(),
            models: Arc::clone(&models),
            toolbox: toolbox(&boot, &loaded),
            clock: Arc::clone(&clock),
            tap: events.clone(),
            approver: desk.clone(),
        };
        let agents = Agents::new(deps, roster);
        agents.recover().await?;
        let documents = Arc::clone(&store.documents);
        let nodes = Nodes::open(documents, &desk, &loaded.settings.gateway.nodes).await?;
        let runtime = Runtime::new(boot.state_dir.join("state.db"), boot.version);
        let known = DevicesDeps {
            store: Arc::clone(&store.documents),
            hub: Arc::clone(&hub),
            clock: Arc::clone(&clock),
            tasks: tasks.clone(),
        };
        let devices = Devices::open(known, &boot.state_dir).await?;
        warnings.extend(devices.configure(&loaded.settings.gateway.nodes.pairing));
        let logins = Logins::default();
        logins.set_grant(loaded.grant.clone());
        let services = Arc::new(Services {
            agents,
            models,
            ledger,
            health: HealthMonitor::start(
                Arc::clone(&store.health),
                Arc::clone(&clock),
                &tasks,
                stopping.clone(),
            ),
            response_cache: ResponseCache::new(loaded.settings.gateway.http.response_cache.clone()),
            responses: ResponseBook::start(&store, &clock, &tasks, &stopping),
            state: store,
            clock,
            logins,
            commands: chat::Commands::default(),
            invocations: Repeats::default(),
            invoke_rules: InvokeRules::new(loaded.settings.gateway.tools.clone()),
            session_changes: tokio::sync::Mutex::default(),
            events,
            approvals: desk,
            nodes,
            devices,
            hub,
            settings: SettingsDesk::new(boot.clone(), &loaded),
            seen: status::SeenSessions::default(),
            runtime,
        });
        Events::start(&services, &tasks);
        let plan = Arc::new(loaded.plan.clone());
        let authority = Arc::new(Authority::new(
            &plan.access,
            plan.allow_query_key,
            plan.attempts,
        ));
        warnings.extend(load::keep_good(&boot.state_dir, &loaded.document));
        let endpoints = loaded.settings.gateway.http.endpoints.served();
        services
            .runtime
            .set_settings(endpoints, plan.access.mode(), warnings);
        Ok(Self {
            boot,
            services,
            router,
            authority,
            plan,
            loaded,
            lock,
            listeners: None,
            threads: None,
            tasks,
            stopping,
        })
    }

    /// The services, for those who need no port.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }
}

/// What others learn of the holder of the state directory.
pub(crate) fn lock_info(version: &str, addresses: Vec<String>) -> LockInfo {
    LockInfo {
        pid: std::process::id(),
        version: version.to_owned(),
        addresses,
    }
}

/// What the router is made of.
pub(crate) fn router_config(loaded: &Loaded) -> RouterConfig {
    RouterConfig {
        providers: loaded.providers.clone(),
        aliases: loaded.aliases.clone(),
        routing: loaded.settings.models.routing.clone(),
        default_model: Some(loaded.default_model.clone()),
    }
}

/// The agents of the settings.
pub(crate) fn roster(boot: &Boot, loaded: &Loaded) -> (Roster, Vec<String>) {
    let home = boot
        .env
        .filled("OPENCLAW_HOME")
        .or_else(|| boot.env.filled("HOME"));
    let defaults = RosterDefaults {
        state_dir: boot.state_dir.clone(),
        home: home.map(PathBuf::from),
        model: loaded.default_model.clone(),
    };
    Roster::new(&loaded.settings.agents, &defaults)
}

/// The tools under the settings.
pub(crate) fn toolbox(boot: &Boot, loaded: &Loaded) -> Toolbox {
    let protected = Protected::new([boot.state_dir.clone(), boot.config_file.path.clone()]);
    Toolbox::new(Registry::standard(protected), loaded.settings.tools.clone())
}

/// Makes the workspaces that are missing; one that cannot be made is a warning.
pub(crate) fn prepare_workspaces(roster: &Roster, warnings: &mut Vec<String>) {
    for agent in roster.iter() {
        if let Err(error) = agent::workspace::create(&agent.workspace) {
            let folder = agent.workspace.display();
            warnings.push(format!(
                "the workspace {folder} of agent {} cannot be made: {error}",
                agent.id
            ));
        }
    }
}

fn make_state_dir(dir: &Path) -> Result<(), StartError> {
    let failed = |source| StartError::StateDir {
        path: dir.to_owned(),
        source,
    };
    let existed = dir.try_exists().map_err(failed)?;
    std::fs::create_dir_all(dir).map_err(failed)?;
    #[cfg(unix)]
    if !existed {
        use std::os::unix::fs::PermissionsExt;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(dir, private).map_err(failed)?;
    }
    #[cfg(not(unix))]
    drop(existed);
    Ok(())
}
