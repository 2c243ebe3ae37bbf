//! `openclaw config get [path]`

use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::screen;
use config::{edit, redact};
use gateway::settings;
use serde_json::Value;

/// Arguments of `config get`.
#[derive(Debug, clap::Args)]
pub(crate) struct GetArgs {
    /// Dotted path, e.g. gateway.port or agents.list[0].id [default: everything]
    path: Option<String>,
    /// Print texts as JSON too
    #[arg(long)]
    pub(crate) json: bool,
}

/// Prints the setting as written, with includes merged and secrets hidden.
pub(crate) fn run(home: &Home, args: &GetArgs) -> Result<Exit, Failure> {
    let (file, document) = home.document()?;
    let shown = redact(document.raw(), &settings::rules());
    let path = args.path.as_deref().unwrap_or_default();
    let Some(value) = edit::get(&shown, path)? else {
        return Err(Failure::new(
            Kind::Config,
            format!("{path} is not set in {}", file.path.display()),
        )
        .code("NOT_FOUND")
        .fix("openclaw config get lists what is set; everything else has its default"));
    };
    if let (Value::String(text), false) = (value, args.json) {
        screen::say(text)?;
    } else {
        screen::json(value)?;
    }
    Ok(Exit::Ok)
}
