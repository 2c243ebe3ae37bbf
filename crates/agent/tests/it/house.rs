//! A store, the built-in model, and a tool that counts what it did.

use agent::{Agents, AgentsSettings, Deps, Roster, RosterDefaults};
use async_trait::async_trait;
use domain::{
    AgentId, Message, OnDisconnect, Origin, Sampling, SessionKey, SystemClock, ToolChoice, Turn,
};
use schemars::JsonSchema;
use serde::Deserialize;
use state::State;
use state::lock::{GatewayLock, LockInfo};
use state::sqlite::{self, SqliteConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tools::{
    Effect, Intent, Protected, Registry, ToolCx, ToolError, ToolOutput, Toolbox, ToolsSettings,
    TypedTool,
};

/// Counts its calls.
pub(crate) struct Count(Arc<AtomicU32>);

#[derive(Deserialize, JsonSchema)]
pub(crate) struct NoArgs {}

#[async_trait]
impl TypedTool for Count {
    type Args = NoArgs;
    const NAME: &'static str = "count";
    const DESCRIPTION: &'static str = "counts";
    const EFFECT: Effect = Effect::Changes;

    fn plan(&self, _: &NoArgs) -> Intent {
        Intent::nothing(Self::NAME)
    }

    async fn perform(&self, _: NoArgs, _: &ToolCx) -> Result<ToolOutput, ToolError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(ToolOutput::from("counted".to_owned()))
    }
}

pub(crate) struct House {
    pub(crate) agents: Agents,
    pub(crate) state: State,
    counted: Arc<AtomicU32>,
    _lock: GatewayLock,
    _home: tempfile::TempDir,
}

impl House {
    pub(crate) async fn open() -> Self {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("state");
        std::fs::create_dir(&dir).unwrap();
        let lock = GatewayLock::acquire(&dir, &LockInfo::default()).unwrap();
        let state = sqlite::open(SqliteConfig::new(&dir), &lock).await.unwrap();
        let counted = Arc::new(AtomicU32::new(0));
        let mut registry = Registry::new(Protected::default());
        registry.add(Count(Arc::clone(&counted))).unwrap();
        let settings = AgentsSettings::default();
        let defaults = RosterDefaults {
            state_dir: dir,
            home: None,
            model: "offline/demo".to_owned(),
        };
        let (roster, _) = Roster::new(&settings, &defaults);
        let deps = Deps {
            state: state.clone(),
            models: Arc::new(llm::Router::offline()),
            toolbox: Toolbox::new(registry, ToolsSettings::default()),
            clock: Arc::new(SystemClock),
        };
        Self {
            agents: Agents::new(deps, roster),
            state,
            counted,
            _lock: lock,
            _home: home,
        }
    }

    pub(crate) fn counted(&self) -> u32 {
        self.counted.load(Ordering::SeqCst)
    }
}

/// A turn that goes on after a restart.
pub(crate) fn turn(text: &str) -> Turn {
    Turn {
        agent: AgentId::new("main"),
        session: SessionKey::new("agent:main:main"),
        origin: Origin::Rpc,
        input: vec![Message::user(text)],
        context: vec![],
        instructions: vec![],
        client_tools: vec![],
        tool_choice: ToolChoice::Auto,
        sampling: Sampling::default(),
        model: None,
        on_disconnect: OnDisconnect::Continue,
        timeout_ms: None,
    }
}
