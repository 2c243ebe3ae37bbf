//! The log: to stderr, for people on a terminal, as JSON lines where a program reads.

use crate::args::{Globals, LogLevel};
use crate::failure::{Failure, Kind};
use crate::home::Home;
use crate::log_file::FileLayer;
use crate::{private_file, screen};
use gateway::logs::LogFile;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Starts the log of a process that runs a gateway; with `keeps` it is also kept as JSON lines in the
/// state directory, where `openclaw logs` and other clients read it.
///
/// The level comes from `--log-level`, else `OPENCLAW_LOG_LEVEL` (a level, or a filter such as
/// `info,gateway=debug`), else `usual`.
///
/// # Errors
/// When the filter cannot be read.
pub(crate) fn start(home: &Home, form: Form, usual: LogLevel, keeps: bool) -> Result<(), Failure> {
    let Globals { log_level, .. } = home.globals();
    let filter = match (log_level, home.env().filled("OPENCLAW_LOG_LEVEL")) {
        (Some(level), _) => name(*level).to_owned(),
        (None, Some(text)) => text.to_owned(),
        (None, None) => name(usual).to_owned(),
    };
    let filter = EnvFilter::builder().parse(&filter).map_err(|error| {
        Failure::new(
            Kind::Usage,
            format!("cannot read the log level {filter:?}: {error}"),
        )
        .fix("use off, error, warn, info, debug or trace")
    })?;
    let file = if keeps { Some(file(home)?) } else { None };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A log nobody reads any more must not take the gateway down.
        .log_internal_errors(false);
    let started = match form {
        Form::Json => {
            let lines = builder.json().flatten_event(true).finish();
            lines.with(file).try_init()
        }
        Form::Text => {
            let colour = screen::stderr_is_terminal() && home.colour();
            let lines = builder.with_ansi(colour).with_target(false).finish();
            lines.with(file).try_init()
        }
    };
    started.map_err(|error| Failure::new(Kind::Other, format!("cannot start the log: {error}")))
}

fn file(home: &Home) -> Result<FileLayer, Failure> {
    private_file::folder(home.state_dir())?;
    let path = gateway::logs::path(home.state_dir());
    LogFile::open(home.state_dir())
        .map(FileLayer)
        .map_err(|error| Failure::file("open", &path, &error))
}

fn name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Off => "off",
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    }
}
