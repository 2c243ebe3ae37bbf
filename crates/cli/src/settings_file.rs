//! The settings file while it is being changed: in its own form, checked before it is written.

use crate::commands::config::validate;
use crate::failure::{Failure, Kind};
use crate::home::Home;
use crate::private_file;
use config::edit;
use config::{ConfigFile, Document, Problem, Problems};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// The text of the settings file with changes that are not written yet.
pub(crate) struct SettingsFile<'h> {
    home: &'h Home,
    file: ConfigFile,
    text: String,
    before: Document,
    document: Document,
}

impl<'h> SettingsFile<'h> {
    /// Reads the file; a missing one is empty.
    ///
    /// # Errors
    /// When it cannot be read or parsed: it must be repaired by hand first.
    pub(crate) fn open(home: &'h Home) -> Result<Self, Failure> {
        let (file, before) = home.document()?;
        let text = if file.exists {
            std::fs::read_to_string(&file.path)
                .map_err(|error| Failure::file("read", &file.path, &error))?
        } else {
            String::new()
        };
        Ok(Self {
            home,
            file,
            text,
            document: before.clone(),
            before,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.file.path
    }

    /// The settings with the changes so far.
    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    /// Sets one value.
    ///
    /// # Errors
    /// When the file's form does not allow the change.
    pub(crate) fn set(&mut self, path: &str, value: &Value) -> Result<(), Failure> {
        let text = edit::set(&self.text, self.file.format, path, value)?;
        self.replace(text)
    }

    /// Removes one value.
    ///
    /// # Errors
    /// As [`SettingsFile::set`].
    pub(crate) fn unset(&mut self, path: &str) -> Result<(), Failure> {
        let text = edit::unset(&self.text, self.file.format, path)?;
        self.replace(text)
    }

    fn replace(&mut self, text: String) -> Result<(), Failure> {
        let home = self.home;
        self.document = Document::from_text(
            &self.file.path,
            &text,
            self.file.format,
            home.env(),
            &home.load_options(),
        )
        .map_err(|problems| Failure::settings(&self.file.path, &problems))?;
        self.text = text;
        Ok(())
    }

    /// Writes the file, unless a change brought in a problem. Problems that were there before do
    /// not stand in the way of repairing them one by one. Returns the warnings that remain.
    ///
    /// # Errors
    /// All new problems at once; when somebody else changed the file meanwhile; when it cannot be
    /// written.
    pub(crate) fn save(self) -> Result<Vec<Problem>, Failure> {
        let known: BTreeSet<(String, String)> = validate::problems(&self.before)
            .0
            .into_iter()
            .map(name)
            .collect();
        let after = validate::problems(&self.document);
        let fresh: Vec<Problem> = after
            .0
            .iter()
            .filter(|problem| problem.is_error() && !known.contains(&name((*problem).clone())))
            .cloned()
            .collect();
        if !fresh.is_empty() {
            return Err(Failure::settings(&self.file.path, &Problems(fresh))
                .because("nothing was written: with the change")
                .fix("openclaw config schema"));
        }
        if let Some(folder) = self.file.path.parent() {
            private_file::folder(folder)?;
        }
        edit::write(&self.file.path, &self.text, self.before.hash())
            .map_err(|error| Failure::new(Kind::Config, error).fix("openclaw doctor"))?;
        Ok(after.0)
    }
}

fn name(problem: Problem) -> (String, String) {
    (problem.path, problem.message)
}
