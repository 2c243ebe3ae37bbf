//! A store, the built-in model, and a tool that counts what it did.

use agent::{Agents, AgentsSettings, Approver, Deps, Roster, RosterDefaults, RunReport, Tap};
use async_trait::async_trait;
use domain::{
    AgentId, Message, OnDisconnect, Origin, Sampling, SessionKey, SystemClock, ToolChoice, Turn,
};
use llm::Models;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use state::State;
use state::lock::{GatewayLock, LockInfo};
use state::sqlite::{self, SqliteConfig};
use std::path::{Path, PathBuf};
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
    plan: Plan,
    home: tempfile::TempDir,
    _lock: GatewayLock,
}

fn agents(plan: &Plan, state: &State, counted: &Arc<AtomicU32>, home: &Path) -> Agents {
    let deps = Deps {
        state: state.clone(),
        models: Arc::clone(&plan.models),
        toolbox: toolbox(plan, counted),
        clock: Arc::new(SystemClock),
        tap: Arc::clone(&plan.tap),
        approver: Arc::clone(&plan.approver),
    };
    Agents::new(deps, roster(plan, home))
}

fn roster(plan: &Plan, home: &Path) -> Roster {
    let settings: AgentsSettings = serde_json::from_value(plan.agents.clone()).unwrap();
    let defaults = RosterDefaults {
        state_dir: home.join("state"),
        home: None,
        model: "offline/demo".to_owned(),
    };
    Roster::new(&settings, &defaults).0
}

fn toolbox(plan: &Plan, counted: &Arc<AtomicU32>) -> Toolbox {
    let mut registry = Registry::new(Protected::default());
    registry.add(Count(Arc::clone(counted))).unwrap();
    for add in &plan.more {
        add(&mut registry);
    }
    let settings: ToolsSettings = serde_json::from_value(plan.tools.clone()).unwrap();
    Toolbox::new(registry, settings)
}

/// What a house is made of.
pub(crate) struct Plan {
    pub(crate) models: Arc<dyn Models>,
    /// The `agents` section of the settings.
    pub(crate) agents: Value,
    /// The `tools` section of the settings.
    pub(crate) tools: Value,
    /// Tools beside the one that counts.
    pub(crate) more: Vec<fn(&mut Registry)>,
    /// Who hears of every run.
    pub(crate) tap: Arc<dyn Tap>,
    /// Who is asked for approval.
    pub(crate) approver: Arc<dyn Approver>,
}

impl Plan {
    pub(crate) fn with(models: Arc<dyn Models>) -> Self {
        Self {
            models,
            agents: json!({}),
            tools: json!({}),
            more: Vec::new(),
            tap: Arc::new(agent::Deaf),
            approver: Arc::new(agent::Nobody),
        }
    }
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::build(Plan::with(Arc::new(llm::Router::offline()))).await
    }

    pub(crate) async fn build(plan: Plan) -> Self {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("state");
        std::fs::create_dir(&dir).unwrap();
        let lock = GatewayLock::acquire(&dir, &LockInfo::default()).unwrap();
        let state = sqlite::open(SqliteConfig::new(&dir), &lock).await.unwrap();
        let counted = Arc::new(AtomicU32::new(0));
        let agents = agents(&plan, &state, &counted, home.path());
        Self {
            agents,
            state,
            counted,
            plan,
            home,
            _lock: lock,
        }
    }

    /// The same house with what only lived in memory gone, as after a restart.
    pub(crate) fn restart(&mut self) {
        self.agents = agents(&self.plan, &self.state, &self.counted, self.home.path());
    }

    /// The file of this name in the agent's workspace.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        let folder = self.home.path().join("state/workspace");
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    /// Uses other settings from the next run on.
    pub(crate) fn reconfigure(&mut self, agents: Value, tools: Value) {
        self.plan.agents = agents;
        self.plan.tools = tools;
        let roster = roster(&self.plan, self.home.path());
        let toolbox = toolbox(&self.plan, &self.counted);
        self.agents.reconfigure(roster, toolbox);
    }

    /// Submits a turn and waits for its end.
    pub(crate) async fn ask(&self, turn: Turn) -> Arc<RunReport> {
        let submitted = self.agents.submit(turn.into()).await.unwrap();
        submitted.feed.unwrap().finished().await.unwrap()
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
        at: None,
        payer_key: None,
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
