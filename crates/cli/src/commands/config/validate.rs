//! `openclaw config validate`

use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::screen;

use config::{Document, Mode, Problem, Problems, decode};
use gateway::settings::{self, Settings};
use serde_json::{Value, json};

/// Arguments of `config validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct ValidateArgs {
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Says everything that is wrong, unknown keys included; exit code 1 if there is anything.
pub(crate) fn run(home: &Home, args: &ValidateArgs) -> Result<Exit, Failure> {
    let file = home.config_file()?;
    let found = match Document::load(&file, home.env(), &home.load_options()) {
        Ok(document) => problems(&document),
        Err(problems) => problems,
    };
    if args.json {
        screen::json(&json!({
            "valid": !found.has_errors(),
            "path": file.path.display().to_string(),
            "exists": file.exists,
            "problems": found.0.iter().map(as_json).collect::<Vec<_>>(),
        }))?;
        return Ok(if found.has_errors() {
            Exit::Failed
        } else {
            Exit::Ok
        });
    }
    if found.has_errors() {
        return Err(Failure::settings(&file.path, &found).fix(format!(
            "edit {}, or openclaw config set <key> <value>",
            file.path.display()
        )));
    }
    for problem in &found.0 {
        screen::note(format_args!("warning: {problem}"));
    }
    let note = if file.exists {
        ""
    } else {
        " (it does not exist, so defaults apply)"
    };
    screen::say(format_args!("Config valid: {}{note}", file.path.display()))?;
    Ok(Exit::Ok)
}

/// Every finding about a document that can be read, warnings included.
pub(crate) fn problems(document: &Document) -> Problems {
    match decode::<Settings>(document, &settings::rules(), Mode::Strict) {
        Ok(decoded) => Problems(decoded.warnings),
        Err(problems) => problems,
    }
}

/// A finding for programs.
pub(crate) fn as_json(problem: &Problem) -> Value {
    json!({
        "severity": if problem.is_error() { "error" } else { "warning" },
        "path": problem.path,
        "message": problem.message,
        "file": problem.file.as_ref().map(|file| file.display().to_string()),
        "line": problem.line,
        "suggestion": problem.suggestion,
    })
}
