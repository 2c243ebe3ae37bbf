//! `openclaw config set` and `openclaw config unset`

use super::validate;
use crate::failure::{Exit, Failure, Kind};
use crate::home::Home;
use crate::screen;
use crate::settings_file::SettingsFile;
use config::KeyPath;
use config::edit;
use serde_json::{Value, json};

/// Arguments of `config set`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  openclaw config set gateway.port 3000
  openclaw config set gateway.http.endpoints.chatCompletions.enabled true
  openclaw config set agents.defaults.model '{primary: \"openai/gpt-5.4\", fallbacks: []}'")]
pub(crate) struct SetArgs {
    /// Dotted path, e.g. gateway.port
    path: String,
    /// The value: JSON5 if it can be read so, else a text
    #[arg(allow_hyphen_values = true)]
    value: String,
    /// Refuse a value that is not JSON5 instead of taking it for a text
    #[arg(long)]
    strict_json: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `config unset`.
#[derive(Debug, clap::Args)]
pub(crate) struct UnsetArgs {
    /// Dotted path, e.g. gateway.port
    path: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Sets one value. Keys we do not know and values that do not fit are refused.
pub(crate) fn set(home: &Home, args: &SetArgs) -> Result<Exit, Failure> {
    check(&args.path)?;
    let value = match json5::from_str(&args.value) {
        Ok(value) => value,
        Err(error) if args.strict_json => {
            return Err(
                Failure::new(Kind::Usage, format!("the value is not JSON5: {error}"))
                    .fix("leave --strict-json out to set a text"),
            );
        }
        Err(_) => Value::String(args.value.clone()),
    };
    let mut file = SettingsFile::open(home)?;
    file.set(&args.path, &value)?;
    finish(home, file, &args.path, args.json)
}

/// Removes one value.
pub(crate) fn unset(home: &Home, args: &UnsetArgs) -> Result<Exit, Failure> {
    let path = args.path.as_str();
    check(path)?;
    let mut file = SettingsFile::open(home)?;
    if edit::get(file.document().raw(), path)?.is_none() {
        return Err(Failure::new(
            Kind::Config,
            format!("{path} is not set in {}", file.path().display()),
        )
        .code("NOT_FOUND")
        .fix("openclaw config get"));
    }
    file.unset(path)?;
    finish(home, file, path, args.json)
}

fn check(path: &str) -> Result<(), Failure> {
    if KeyPath::parse(path)?.0.is_empty() {
        return Err(
            Failure::new(Kind::Usage, "the path is empty").fix("name a setting, e.g. gateway.port")
        );
    }
    Ok(())
}

fn finish(home: &Home, file: SettingsFile<'_>, path: &str, json: bool) -> Result<Exit, Failure> {
    let written = file.path().to_owned();
    let warnings = file.save()?;
    let running = state::lock::holder(home.state_dir())?.is_some();
    let live = !gateway::settings::needs_restart(path);
    if json {
        screen::json(&json!({
            "ok": true,
            "path": written.display().to_string(),
            "key": path,
            "gatewayRunning": running,
            "restartNeeded": running && !live,
            "warnings": warnings.iter().map(validate::as_json).collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Ok);
    }
    for warning in warnings {
        screen::note(format_args!("warning: {warning}"));
    }
    let next = match (running, live) {
        (false, _) => "",
        (true, true) => " The running gateway takes it over by itself.",
        (true, false) => " Restart the gateway to apply.",
    };
    screen::say(format_args!("Updated {}.{next}", written.display()))?;
    Ok(Exit::Ok)
}
