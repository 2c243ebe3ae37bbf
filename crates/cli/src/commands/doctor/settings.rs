//! The settings: every problem with its line, as a gateway would see them at its start.

use super::finding::Finding;
use crate::home::Home;
use config::{Document, Mode, Problem, decode};
use gateway::settings::{Settings, rules};

const SETTINGS: &str = "settings";

/// The settings if they can be used, and what is wrong with them.
pub(super) fn check(home: &Home) -> (Option<(Document, Settings)>, Vec<Finding>) {
    let file = match home.config_file() {
        Ok(file) => file,
        Err(failure) => return (None, vec![Finding::error(SETTINGS, failure.message())]),
    };
    let document = match Document::load(&file, home.env(), &home.load_options()) {
        Ok(document) => document,
        Err(problems) => return (None, problems.0.iter().map(finding).collect()),
    };
    match decode::<Settings>(&document, &rules(), Mode::Start) {
        Err(problems) => (None, problems.0.iter().map(finding).collect()),
        Ok(decoded) => {
            let text = if file.exists {
                format!("{} is valid", file.path.display())
            } else {
                format!("{} does not exist; defaults apply", file.path.display())
            };
            let fine = std::iter::once(Finding::fine(SETTINGS, text));
            let found = fine.chain(decoded.warnings.iter().map(finding)).collect();
            (Some((document, decoded.settings)), found)
        }
    }
}

fn finding(problem: &Problem) -> Finding {
    let finding = if problem.is_error() {
        Finding::error(SETTINGS, problem)
    } else {
        Finding::warning(SETTINGS, problem)
    };
    match (&problem.file, problem.path.is_empty()) {
        (_, false) => finding.fix(format!("openclaw config unset '{}'", problem.path)),
        (Some(file), true) => finding.fix(format!("edit {}", file.display())),
        (None, true) => finding,
    }
}
