//! `config.get`: nothing of it is a secret, whoever asks.

use super::SettingsDesk;
use crate::error::ApiError;
use crate::services::Services;
use crate::settings;
use config::{Document, LoadOptions, Mode, Problem, check, edit, redact};
use protocol::methods::settings::{ConfigGetReply, ConfigIssue};
use protocol::{ErrorCode, Protocol};
use serde_json::{Value, json};
use std::io;
use std::path::Path;

impl Services {
    /// The settings file and what it came to.
    ///
    /// # Errors
    /// [`ApiError`] when the file is there and cannot be read.
    pub(crate) fn config_get(&self, protocol: Protocol) -> Result<ConfigGetReply, ApiError> {
        self.settings.get(protocol)
    }
}

impl SettingsDesk {
    fn get(&self, protocol: Protocol) -> Result<ConfigGetReply, ApiError> {
        let file = &self.boot.config_file;
        let rules = settings::rules();
        let text = text_of(&file.path)?;
        let digest = text.as_deref().map(edit::hash);
        let held = self.in_force();
        let running = redact(held.document.raw(), &rules);
        let mut reply = ConfigGetReply {
            path: file.path.display().to_string(),
            exists: text.is_some(),
            hash: self.name(digest.as_deref(), protocol),
            applied_config_hash: self.name(held.document.hash(), protocol),
            runtime_config: running,
            parsed: json!({}),
            source_config: json!({}),
            resolved: json!({}),
            config: json!({}),
            ..ConfigGetReply::default()
        };
        let text = text.unwrap_or_default();
        if let Ok(parsed) = edit::value(&text, file.format) {
            reply.parsed = redact(&parsed, &rules);
            let raw = edit::redacted(&text, file.format, &rules);
            // A file in an odd form is shown rewritten: no secret may hang on its form.
            reply.raw = Some(raw.unwrap_or_else(|_| format!("{:#}\n", reply.parsed)));
        }
        match self.document(&text) {
            Ok(document) => {
                let shown = redact(document.raw(), &rules);
                let (errors, warnings) = check(&document, &rules, Mode::Start)
                    .0
                    .into_iter()
                    .partition::<Vec<_>, _>(Problem::is_error);
                reply.included_paths = included(&document, &file.path);
                reply.valid = errors.is_empty();
                reply.issues = errors.into_iter().map(issue).collect();
                reply.warnings = warnings.into_iter().map(issue).collect();
                reply.source_config = shown.clone();
                reply.resolved = shown.clone();
                if reply.valid {
                    reply.config = shown;
                }
            }
            Err(problems) => reply.issues = problems.into_iter().map(issue).collect(),
        }
        Ok(reply)
    }

    /// A text as the gateway would read it.
    pub(super) fn document(&self, text: &str) -> Result<Document, Vec<Problem>> {
        let file = &self.boot.config_file;
        let options = LoadOptions {
            state_dir: Some(self.boot.state_dir.clone()),
            tighten: false,
        };
        Document::from_text(&file.path, text, file.format, &self.boot.env, &options)
            .map_err(|problems| problems.0)
    }
}

/// The files that were read beside the settings file.
fn included(document: &Document, top: &Path) -> Vec<String> {
    let others = document.sources().iter().filter(|path| *path != top);
    others
        .filter(|path| path.file_name().is_none_or(|name| name != ".env"))
        .map(|path| path.display().to_string())
        .collect()
}

/// The text of the file; `None` when there is none.
pub(super) fn text_of(path: &Path) -> Result<Option<String>, ApiError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ApiError::new(
            ErrorCode::Unavailable,
            format!(
                "cannot read {}: {error}; see that the gateway may read it",
                path.display()
            ),
        )),
    }
}

/// A finding as clients read it.
pub(super) fn issue(problem: Problem) -> ConfigIssue {
    let path = problem.path.clone();
    let bare = Problem {
        path: String::new(),
        file: None,
        ..problem
    };
    ConfigIssue {
        path,
        message: bare.to_string(),
    }
}

/// The same as JSON, for the details of an error.
pub(super) fn issues(problems: Vec<Problem>) -> Value {
    json!({ "issues": problems.into_iter().map(issue).collect::<Vec<_>>() })
}
