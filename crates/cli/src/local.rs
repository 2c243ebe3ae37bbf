//! A gateway in this process that serves nobody: for one message, and for onboarding's test.

use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::web;
use domain::Origin;
use gateway::{ApiError, Boot, Gateway, Greeting, Inside, Overrides, Rhythm, StartError};
use protocol::ClientProgram;
use protocol::methods::agent::{AgentParams, AgentReply};
use protocol::methods::usage::{UsageQuoteParams, UsageQuoteReply};
use std::path::PathBuf;

/// A gateway that is wired but does not listen. It holds the state directory.
pub(crate) struct LocalGateway {
    gateway: Gateway,
}

impl LocalGateway {
    /// Opens the home as `openclaw gateway` does.
    ///
    /// # Errors
    /// As the start of a gateway; in particular when one runs already.
    pub(crate) async fn open(home: &Home) -> Result<Self, Failure> {
        let boot = boot(home, Overrides::default())?;
        let gateway = Gateway::build(boot)
            .await
            .map_err(|error| refused(home, error))?;
        Ok(Self { gateway })
    }

    /// The same for a command that can also ask a running gateway.
    ///
    /// # Errors
    /// As [`LocalGateway::open`].
    pub(crate) async fn unshared(home: &Home) -> Result<Self, Failure> {
        Self::open(home).await.map_err(|failure| {
            if failure.has_code("LOCKED") {
                failure.fix("leave --local out: the running gateway does it")
            } else {
                failure
            }
        })
    }

    /// Lets a client of this process in. `caps` as in `connect`.
    pub(crate) fn inside(&self, client: ClientProgram, caps: &[&str]) -> Inside {
        self.gateway.inside(client, caps)
    }

    /// What a start tells.
    pub(crate) fn greeting(&self) -> Greeting {
        self.gateway.greeting()
    }

    /// Folder with the default agent's files.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.gateway
            .services()
            .agents
            .roster()
            .default_agent()
            .workspace
            .clone()
    }

    /// Runs an agent on a message.
    ///
    /// # Errors
    /// What was wrong with the parameters, or why the run did not succeed.
    pub(crate) async fn agent(&self, params: AgentParams) -> Result<AgentReply, Failure> {
        self.gateway
            .services()
            .agent(params, Origin::Cli, None)
            .await
            .map_err(|error| said_no(&error))
    }

    /// What a message would cost. Calls no model.
    ///
    /// # Errors
    /// What was wrong with the parameters.
    async fn quote(&self, params: UsageQuoteParams) -> Result<UsageQuoteReply, Failure> {
        let quote = self.gateway.services().usage_quote(params).await;
        quote.map_err(|error| said_no(&error))
    }

    /// Writes what is waiting and lets the state directory go.
    pub(crate) async fn close(self) {
        self.gateway.close().await;
    }
}

/// Runs one message without a gateway.
///
/// # Errors
/// As [`LocalGateway::open`] and [`LocalGateway::agent`].
pub(crate) async fn agent(home: &Home, params: AgentParams) -> Result<AgentReply, Failure> {
    let gateway = LocalGateway::unshared(home).await?;
    let reply = gateway.agent(params).await;
    gateway.close().await;
    reply
}

/// Says what one message would cost, without a gateway.
///
/// # Errors
/// As [`LocalGateway::open`], and what was wrong with the parameters.
pub(crate) async fn quote(
    home: &Home,
    params: UsageQuoteParams,
) -> Result<UsageQuoteReply, Failure> {
    let gateway = LocalGateway::unshared(home).await?;
    let reply = gateway.quote(params).await;
    gateway.close().await;
    reply
}

fn said_no(error: &ApiError) -> Failure {
    Failure::new(Kind::Request, &error.message)
        .code(error.code.upper())
        .fix("openclaw doctor")
        .fix_from(error.details.as_ref())
}

/// What a gateway of this home starts with.
///
/// # Errors
/// When two settings files could be meant.
pub(crate) fn boot(home: &Home, overrides: Overrides) -> Result<Boot, Failure> {
    Ok(Boot {
        state_dir: home.state_dir().to_owned(),
        config_file: home.config_file()?,
        env: home.env().clone(),
        overrides,
        assets: web::assets(),
        version: env!("CARGO_PKG_VERSION"),
        rhythm: Rhythm::default(),
    })
}

/// Why a gateway did not start, with the exit code that belongs to it.
pub(crate) fn refused(home: &Home, error: StartError) -> Failure {
    match error {
        StartError::Settings(problems) => match home.config_file() {
            Ok(file) => Failure::settings(&file.path, &problems),
            Err(failure) => failure,
        },
        StartError::Insecure(reasons) => {
            Failure::new(Kind::Config, format!("refusing to start: {}", reasons.join("; ")))
                .code("INSECURE")
                .exiting(Exit::Refused)
                .fix("openclaw config set gateway.bind loopback, or leave gateway.auth out to get a strong token")
        }
        StartError::Store(error) => Failure::from(error),
        StartError::Listen(error) => Failure::new(Kind::State, error)
            .code("PORT")
            .fix("openclaw gateway status, or choose another with --port <PORT>"),
        error @ (StartError::Secret { .. } | StartError::StateDir { .. } | StartError::Threads(_) | _) => {
            Failure::new(Kind::State, error).fix("openclaw doctor")
        }
    }
}

/// A key that makes a call distinct from every other.
pub(crate) fn fresh_key() -> String {
    uuid::Uuid::new_v4().to_string()
}
