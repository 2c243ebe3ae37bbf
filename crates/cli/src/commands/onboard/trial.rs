//! The test message: it really runs through the agent, and is told with what it cost.

use crate::access::{self, AccessArgs};
use crate::failure::Failure;
use crate::home::Home;
use crate::local::{self, LocalGateway};
use protocol::methods::agent::{AgentParams, AgentReply};
use protocol::methods::{Agent, Status, status::StatusParams};
use std::path::PathBuf;
use std::time::Duration;

/// The message; short, so that the answer costs next to nothing.
const MESSAGE: &str = "Hello! Please answer in one short sentence.";
/// Its own session, so that real conversations start empty.
const SESSION: &str = "onboarding";
/// Seconds the run may take.
const LIMIT: u64 = 120;

/// What starting the agent told.
pub(crate) struct Found {
    /// Folder with the default agent's files.
    pub(crate) workspace: PathBuf,
    /// Whether OpenAI clients are served.
    pub(crate) chat_completions: bool,
    /// The default agent's model.
    pub(crate) model: String,
    /// Why that one, when nobody chose it.
    pub(crate) reason: Option<String>,
    /// What should be looked at.
    pub(crate) warnings: Vec<String>,
    /// How the message went, if it was sent.
    pub(crate) trial: Option<Result<AgentReply, String>>,
}

/// Opens the home as a gateway does, which makes the database and the token, and sends the
/// message if `send`. When a gateway already runs here, it is asked instead.
///
/// # Errors
/// When the home cannot be opened.
pub(crate) async fn run(home: &Home, send: bool) -> Result<Found, Failure> {
    if state::lock::holder(home.state_dir())?.is_some() {
        return through_running(home, send).await;
    }
    let gateway = LocalGateway::open(home).await?;
    let greeting = gateway.greeting();
    let trial = if send {
        Some(
            gateway
                .agent(message())
                .await
                .map_err(|failure| failure.message().to_owned()),
        )
    } else {
        None
    };
    let workspace = gateway.workspace();
    gateway.close().await;
    Ok(Found {
        workspace,
        chat_completions: greeting.chat_completions,
        model: greeting.model,
        reason: Some(greeting.model_reason),
        warnings: greeting.warnings,
        trial,
    })
}

async fn through_running(home: &Home, send: bool) -> Result<Found, Failure> {
    let limit = Duration::from_secs(LIMIT + 30);
    let client = access::client(home, &AccessArgs::default(), limit).await?;
    let status = client.call::<Status>(&StatusParams::default()).await?;
    let default = status
        .agents
        .into_iter()
        .find(|agent| agent.is_default)
        .unwrap_or_default();
    let trial = if send {
        let answer = client.call::<Agent>(&message()).await;
        Some(answer.map_err(|error| error.to_string()))
    } else {
        None
    };
    Ok(Found {
        workspace: PathBuf::from(default.workspace),
        chat_completions: status.endpoints.chat_completions,
        model: default.model,
        reason: None,
        warnings: status.warnings,
        trial,
    })
}

fn message() -> AgentParams {
    AgentParams {
        message: MESSAGE.to_owned(),
        session_key: Some(SESSION.to_owned()),
        timeout: Some(LIMIT),
        idempotency_key: local::fresh_key(),
        ..AgentParams::default()
    }
}
