//! Options of the commands that ask a running gateway and print what it says.

use super::{AccessArgs, Line};
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::{runtime, screen};
use protocol::Scope;
use protocol::methods::find;
use serde_json::Value;
use std::time::Duration;

/// How the gateway is asked, and how its answer is printed.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RemoteArgs {
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Milliseconds to wait for each answer
    #[arg(long, global = true, value_name = "MS", default_value_t = 10_000)]
    pub(crate) timeout: u64,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
}

impl RemoteArgs {
    /// Calls one method and prints the answer: as it came, or as `text` puts it.
    ///
    /// # Errors
    /// As [`Line::open`] and [`Line::call_named`].
    pub(crate) fn show(
        &self,
        home: &Home,
        method: &str,
        params: &Value,
        text: impl FnOnce(&Value) -> String,
    ) -> Result<Exit, Failure> {
        let answer = self.ask(home, method, params)?;
        self.print(&answer, text)
    }

    /// Prints an answer: as it came, or as `text` puts it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn print(
        &self,
        answer: &Value,
        text: impl FnOnce(&Value) -> String,
    ) -> Result<Exit, Failure> {
        if self.json {
            screen::json(answer)?;
        } else {
            screen::say(text(answer))?;
        }
        Ok(Exit::Ok)
    }

    /// Calls one method on a connection of its own.
    ///
    /// # Errors
    /// As [`Line::open`] and [`Line::call_named`].
    pub(crate) fn ask(&self, home: &Home, method: &str, params: &Value) -> Result<Value, Failure> {
        self.talk(home, &[scope_of(method)], async |line| {
            line.call_named(method, params, true).await
        })
    }

    /// Does `work` on one connection.
    ///
    /// # Errors
    /// As [`Line::open`], and what `work` returns.
    pub(crate) fn talk<T>(
        &self,
        home: &Home,
        scopes: &[Scope],
        work: impl AsyncFnOnce(&Line) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let limit = Duration::from_millis(self.timeout);
        runtime::block_on(async {
            let line = Line::open(home, &self.access, scopes, limit).await?;
            let done = work(&line).await;
            line.close().await;
            done
        })
    }
}

/// What calling a method takes; of a method that this version does not know, everything may be
/// needed.
pub(crate) fn scope_of(method: &str) -> Scope {
    find(method).map_or(Scope::Admin, |method| method.scope)
}

/// The parameters with one more.
pub(crate) fn with(mut params: Value, name: &str, value: impl Into<Value>) -> Value {
    if let Some(members) = params.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
    params
}
