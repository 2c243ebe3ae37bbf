//! The questions of `openclaw onboard`. Nothing is written before the last one is answered.

mod models;

use super::plan::{AuthPlan, Plan};
use super::{OnboardArgs, apply, plan};
use crate::access::Known;
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use secrecy::SecretString;

/// Asks, then does.
///
/// # Errors
/// When the questions are broken off, and everything [`apply::apply`] says.
pub(crate) fn run(home: &Home, args: OnboardArgs) -> Result<Exit, Failure> {
    let plan = ask(home, args).map_err(|stop| match stop {
        Stop::Broken(error) if error.kind() == std::io::ErrorKind::Interrupted => Failure::new(
            Kind::Other,
            "onboarding was broken off; nothing was written",
        )
        .fix("openclaw onboard"),
        Stop::Broken(error) => Failure::new(Kind::Other, format!("cannot ask: {error}"))
            .fix("openclaw onboard --non-interactive"),
        Stop::Failed(failure) => failure,
    })?;
    let report = apply::apply(home, &plan)?;
    let title = if report.exit() == Exit::Ok {
        "Ready"
    } else {
        "Set up, but the test failed"
    };
    cliclack::note(title, report.to_text())?;
    cliclack::outro(format!("Next: {}", report.next()))?;
    Ok(report.exit())
}

/// Why there is no plan.
enum Stop {
    /// The terminal, or the person at it.
    Broken(std::io::Error),
    /// Something we looked at.
    Failed(Failure),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn ask(home: &Home, args: OnboardArgs) -> Result<Plan, Stop> {
    if !home.colour() {
        console::set_colors_enabled(false);
        console::set_colors_enabled_stderr(false);
    }
    cliclack::intro("OpenClaw")?;
    if !args.accept_risk {
        cliclack::note(
            "Before you start",
            "An agent reads and writes files in its workspace and spends money at the model's\n\
             provider. Only people you trust should be able to reach this gateway.",
        )?;
        if !cliclack::confirm("Go on?").initial_value(true).interact()? {
            return Err(std::io::Error::from(std::io::ErrorKind::Interrupted).into());
        }
    }
    let known = Known::of(home);
    let given = plan::Given::of(&args);
    let mut plan = plan::from_args(home, args)?;
    if !given.model {
        (plan.model, plan.choice) = models::ask(home)?;
    }
    if plan.workspace.is_none() && is_open(home, "agents.defaults.workspace") {
        let usual = home.state_dir().join("workspace").display().to_string();
        let typed: String = cliclack::input("Where should the agent's files be?")
            .default_input(&usual)
            .interact()?;
        plan.workspace = Some(typed).filter(|typed| *typed != usual);
    }
    if plan.port.is_none() && is_open(home, "gateway.port") {
        let usual = known.port().number;
        let typed: u16 = cliclack::input("Which port should the gateway use?")
            .default_input(&usual.to_string())
            .validate_on_enter(|text: &String| match text.trim().parse::<u16>() {
                Ok(1..) => Ok(()),
                Ok(0) | Err(_) => Err("a number from 1 to 65535"),
            })
            .interact()?;
        plan.port = Some(typed).filter(|typed| *typed != usual);
    }
    if plan.auth.is_none() && is_open(home, "gateway.auth") {
        plan.auth = Some(login()?);
    }
    if !plan.chat_completions && is_open(home, "gateway.http.endpoints.chatCompletions") {
        plan.chat_completions =
            cliclack::confirm("Switch on /v1/chat/completions, so that OpenAI clients can use it?")
                .initial_value(false)
                .interact()?;
    }
    if plan.trial {
        plan.trial = cliclack::confirm("Send a short test message to the model?")
            .initial_value(true)
            .interact()?;
    }
    Ok(plan)
}

fn login() -> Result<AuthPlan, Stop> {
    let token = cliclack::select("How should callers prove who they are?")
        .item(
            true,
            "Token",
            "generated, 256 bits; browsers use one-time links",
        )
        .item(false, "Password", "something you can remember")
        .interact()?;
    if token {
        return Ok(AuthPlan::Token(None));
    }
    let typed = cliclack::password("Password (12 characters or more)")
        .mask('*')
        .validate(|text: &String| {
            if text.chars().count() < plan::GOOD_PASSWORD {
                Err("at least 12 characters")
            } else {
                Ok(())
            }
        })
        .interact()?;
    Ok(AuthPlan::Password(SecretString::from(typed)))
}

/// Whether the settings leave `path` open, so that it is worth asking.
fn is_open(home: &Home, path: &str) -> bool {
    let Ok((_, document)) = home.document() else {
        return false;
    };
    matches!(config::edit::get(document.raw(), path), Ok(None))
}
