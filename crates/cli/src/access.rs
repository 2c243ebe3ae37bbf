//! How commands reach a running gateway: its address and the secret that opens it.
//!
//! The secret of this machine's gateway goes to this machine's gateway only: an address given on
//! the command line or in the environment needs a secret given there too.

mod known;
mod line;
mod remote;

pub(crate) use known::Known;
pub(crate) use line::{Line, ask, options, program};
pub(crate) use remote::{RemoteArgs, scope_of, with};

use crate::failure::{Failure, Kind};
use crate::home::Home;
use client::{Client, Credential, Endpoint};
use secrecy::SecretString;
use std::time::Duration;

/// Source: configuration specification, section 2.
pub(crate) const DEFAULT_PORT: u16 = 18789;

/// Options of the commands that talk to a running gateway.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Which gateway")]
pub(crate) struct AccessArgs {
    /// Address of another gateway, e.g. wss://gateway.example.com; needs --token or --password
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Its token [default: the settings, $OPENCLAW_GATEWAY_TOKEN, the token file]
    #[arg(long, value_name = "TOKEN", conflicts_with = "password")]
    pub(crate) token: Option<SecretString>,
    /// Its password [default: the settings, $OPENCLAW_GATEWAY_PASSWORD]
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) password: Option<SecretString>,
}

/// The gateway that is meant: the one that is named, the one elsewhere that the settings name, or
/// the one of this home.
///
/// # Errors
/// When another gateway is named without a secret, or a secret cannot be read.
pub(crate) async fn endpoint(home: &Home, args: &AccessArgs) -> Result<Endpoint, Failure> {
    let given = given(args);
    let from_env = home.env().filled("OPENCLAW_GATEWAY_URL");
    if let Some(url) = args.url.as_deref().or(from_env) {
        let near = || match args.url {
            None => environment_secret(home),
            Some(_) => None,
        };
        let Some(secret) = given.or_else(near) else {
            return Err(
                Failure::new(Kind::Usage, "an address was given without a secret for it")
                    .fix("add --token <TOKEN> or --password <PASSWORD>"),
            );
        };
        return Ok(Endpoint::parse(url, Some(secret))?);
    }
    let known = Known::of(home);
    if let Some((url, configured)) = known.remote(home).await? {
        return Ok(Endpoint::parse(&url, given.or(configured))?);
    }
    let secret = match given {
        Some(secret) => Some(secret),
        None => known.secret(home).await?,
    };
    // The WebSocket is where everything is served, also what takes two answers.
    let socket = address(home, &known)?.replacen("http", "ws", 1);
    Ok(Endpoint::parse(&socket, secret)?)
}

/// A client of the HTTP interface of the gateway that is meant, with `limit` for each call.
///
/// # Errors
/// As [`endpoint`].
pub(crate) async fn client(
    home: &Home,
    args: &AccessArgs,
    limit: Duration,
) -> Result<Client, Failure> {
    Ok(Client::new(endpoint(home, args).await?, limit))
}

/// Where this home's gateway is: where the running one says, else where the settings put it.
///
/// # Errors
/// When the lock file cannot be looked at.
pub(crate) fn address(home: &Home, known: &Known) -> Result<String, Failure> {
    let holder = state::lock::holder(home.state_dir())?;
    let told = holder.and_then(|holder| holder.addresses.into_iter().next());
    Ok(match told {
        Some(address) => base_of(&address),
        None => format!("http://127.0.0.1:{}", known.port().number),
    })
}

/// `host:port` or `http://host:port` as an address to call; an address for "everywhere" becomes
/// this machine.
fn base_of(address: &str) -> String {
    let address = address.trim_start_matches("http://").trim_end_matches('/');
    match address.parse::<std::net::SocketAddr>() {
        Ok(socket) if socket.ip().is_unspecified() => format!("http://127.0.0.1:{}", socket.port()),
        Ok(_) | Err(_) => format!("http://{address}"),
    }
}

fn given(args: &AccessArgs) -> Option<Credential> {
    let token = args.token.clone().map(Credential::Token);
    token.or_else(|| args.password.clone().map(Credential::Password))
}

fn environment_secret(home: &Home) -> Option<Credential> {
    let filled = |name: &str| home.env().filled(name).map(SecretString::from);
    let token = filled("OPENCLAW_GATEWAY_TOKEN").map(Credential::Token);
    token.or_else(|| filled("OPENCLAW_GATEWAY_PASSWORD").map(Credential::Password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_the_lock_file_can_be_called() {
        for (told, base) in [
            ("127.0.0.1:18789", "http://127.0.0.1:18789"),
            ("http://[::1]:19001", "http://[::1]:19001"),
            ("0.0.0.0:1", "http://127.0.0.1:1"),
            ("[::]:1", "http://127.0.0.1:1"),
        ] {
            assert_eq!(base_of(told), base);
        }
    }
}
