//! `openclaw gateway token`

use crate::access::Known;
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::{runtime, screen};
use client::Credential;
use secrecy::ExposeSecret;

/// Arguments of `gateway token`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: curl -H \"Authorization: Bearer $(openclaw gateway token)\" …")]
pub(crate) struct TokenArgs {}

/// Prints the token in force and nothing else.
pub(crate) fn run(home: &Home, _: &TokenArgs) -> Result<Exit, Failure> {
    let path = gateway::token::path(home.state_dir());
    let known = Known::of(home);
    let mode = known.auth_mode();
    if mode != "token" {
        let text = format!("the login mode is {mode}, so there is no token");
        return Err(Failure::new(Kind::Config, text).fix("openclaw config get gateway.auth.mode"));
    }
    let Some(token) = runtime::block_on(known.secret(home))? else {
        return Err(Failure::new(
            Kind::State,
            format!(
                "{} does not exist: no token was generated yet",
                path.display()
            ),
        )
        .fix("openclaw gateway run, or openclaw onboard"));
    };
    let (Credential::Token(text) | Credential::Password(text) | Credential::SetupCode(text)) =
        token;
    screen::say(text.expose_secret())?;
    Ok(Exit::Ok)
}
