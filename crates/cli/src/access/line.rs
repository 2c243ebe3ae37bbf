//! One conversation with a gateway, over the wire its address asks for.
//!
//! Addresses that begin with `http` are called over HTTP, all others over the WebSocket. Away from
//! this machine, and where the gateway asks for it, a WebSocket shows the key of this device.

use super::{AccessArgs, endpoint};
use crate::failure::Failure;
use crate::home::Home;
use client::ws::{Connection, Options};
use client::{Client, ClientError, DeviceIdentity};
use protocol::{ClientProgram, HelloOk, Method, Scope};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// An open conversation; ends with [`Line::close`].
#[derive(Debug)]
pub(crate) struct Line {
    way: Way,
    limit: Duration,
}

#[derive(Debug)]
enum Way {
    Http(Client),
    Socket(Connection),
}

impl Line {
    /// Reaches the gateway that is meant; `scopes` are all that the calls need, `limit` is for
    /// each of them.
    ///
    /// # Errors
    /// As [`endpoint`], and every reason not to be let in.
    pub(crate) async fn open(
        home: &Home,
        args: &AccessArgs,
        scopes: &[Scope],
        limit: Duration,
    ) -> Result<Self, Failure> {
        let mut options = options(home, args, program("cli", "cli")).await?;
        if !options.endpoint.is_socket() {
            let way = Way::Http(Client::new(options.endpoint, limit));
            return Ok(Self { way, limit });
        }
        for scope in scopes {
            if !options.scopes.contains(scope) {
                options.scopes.push(*scope);
            }
        }
        // A long call is no reason to wait long for the connection.
        options.connect_limit = options.connect_limit.min(limit);
        let (connection, _) = match Connection::open(options.clone()).await {
            Err(ClientError::Unauthorized { code, .. }) if code == "DEVICE_IDENTITY_REQUIRED" => {
                options.device = Some(device(home)?);
                Connection::open(options).await?
            }
            Ok((connection, _)) if is_short(&options, &connection.hello()) => {
                // Somebody stands between: seen from the gateway this is not its own machine.
                connection.close().await;
                options.device = Some(device(home)?);
                Connection::open(options).await?
            }
            opened @ (Ok(_) | Err(_)) => opened?,
        };
        let way = Way::Socket(connection);
        Ok(Self { way, limit })
    }

    /// Calls a method.
    ///
    /// # Errors
    /// What the gateway or the way there says.
    pub(crate) async fn call<M: Method>(&self, params: &M::Params) -> Result<M::Reply, Failure> {
        let odd = |error: serde_json::Error| ClientError::Protocol {
            address: self.address(),
            reason: error.to_string(),
        };
        let params = serde_json::to_value(params).map_err(odd)?;
        let answer = self.call_named(M::NAME, &params, true).await?;
        Ok(serde_json::from_value(answer).map_err(odd)?)
    }

    /// Calls a method by its name. With `expect_final` a first answer `accepted` is passed over;
    /// over HTTP there is only the last one.
    ///
    /// # Errors
    /// As [`Line::call`].
    pub(crate) async fn call_named(
        &self,
        method: &str,
        params: &Value,
        expect_final: bool,
    ) -> Result<Value, Failure> {
        let answer = match &self.way {
            Way::Http(client) => client.call_named(method, params).await,
            Way::Socket(connection) => {
                connection
                    .call_within(method, params, expect_final, self.limit)
                    .await
            }
        };
        Ok(answer?)
    }

    /// The address, for people.
    pub(crate) fn address(&self) -> String {
        match &self.way {
            Way::Http(client) => client.address(),
            Way::Socket(connection) => connection.address(),
        }
    }

    /// Ends the conversation.
    pub(crate) async fn close(self) {
        match self.way {
            Way::Http(_) => {}
            Way::Socket(connection) => connection.close().await,
        }
    }
}

/// One call of a method, on a connection of its own, with no more scope than it needs.
///
/// # Errors
/// As [`Line::open`] and [`Line::call`].
pub(crate) async fn ask<M: Method>(
    home: &Home,
    args: &AccessArgs,
    limit: Duration,
    params: &M::Params,
) -> Result<M::Reply, Failure> {
    let line = Line::open(home, args, &[M::SCOPE], limit).await?;
    let answer = line.call::<M>(params).await;
    line.close().await;
    answer
}

/// How to connect to the gateway that is meant: no scopes yet; with the key of this device when
/// the gateway is elsewhere.
///
/// # Errors
/// As [`endpoint`]; when the key cannot be read.
pub(crate) async fn options(
    home: &Home,
    args: &AccessArgs,
    client: ClientProgram,
) -> Result<Options, Failure> {
    let endpoint = endpoint(home, args).await?;
    let is_elsewhere = !endpoint.is_loopback();
    let mut options = Options::new(endpoint, client);
    if is_elsewhere && options.endpoint.is_socket() {
        options.device = Some(device(home)?);
    }
    Ok(options)
}

/// Whether less was granted than was asked for because no device was shown.
fn is_short(options: &Options, hello: &HelloOk) -> bool {
    let Some(auth) = &hello.auth else {
        return false;
    };
    let is_missing = |scope: &Scope| {
        let name = scope.name();
        name.is_some_and(|name| !auth.scopes.iter().any(|granted| granted == name))
    };
    options.device.is_none() && options.scopes.iter().any(is_missing)
}

fn device(home: &Home) -> Result<Arc<DeviceIdentity>, Failure> {
    Ok(Arc::new(DeviceIdentity::load_or_create(home.state_dir())?))
}

/// What this program says it is: a client id and mode of the protocol.
pub(crate) fn program(id: &str, mode: &str) -> ClientProgram {
    let (platform, family) = match std::env::consts::OS {
        "macos" => ("darwin", "Mac"),
        "windows" => ("win32", "Windows"),
        "linux" => ("linux", "Linux"),
        other => (other, other),
    };
    ClientProgram {
        id: id.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: platform.to_owned(),
        device_family: Some(family.to_owned()),
        mode: mode.to_owned(),
        ..ClientProgram::default()
    }
}
