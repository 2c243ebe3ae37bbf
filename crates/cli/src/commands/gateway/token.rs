//! `openclaw gateway token`

use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::screen;
use secrecy::ExposeSecret;

/// Arguments of `gateway token`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: curl -H \"Authorization: Bearer $(openclaw gateway token)\" …")]
pub(crate) struct TokenArgs {}

/// Prints the generated token and nothing else.
pub(crate) fn run(home: &Home, _: &TokenArgs) -> Result<Exit, Failure> {
    let path = gateway::token::path(home.state_dir());
    let found = gateway::token::load(home.state_dir())
        .map_err(|error| Failure::file("read", &path, &error).fix("openclaw doctor"))?;
    let Some(token) = found else {
        return Err(Failure::new(
            Kind::State,
            format!(
                "{} does not exist: no token was generated yet",
                path.display()
            ),
        )
        .fix("openclaw gateway run, or openclaw onboard"));
    };
    screen::say(token.expose_secret())?;
    Ok(Exit::Ok)
}
