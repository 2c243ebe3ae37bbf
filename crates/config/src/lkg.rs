//! The last settings that worked, kept for a start after a bad edit.
//!
//! Source: DEC-23.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::edit::{self, WriteError};
use crate::locate::{ConfigFile, Format};

/// Name of the copy in the state directory.
pub const FILE_NAME: &str = "openclaw.last-good.json";

/// Keeps `raw` ([`Document::raw`]: includes merged, `${NAME}` and references as written).
///
/// Does nothing when the copy is already the same. The file is readable by its owner only.
///
/// [`Document::raw`]: crate::Document::raw
///
/// # Errors
/// When the copy cannot be written.
pub fn save(state_dir: &Path, raw: &Value) -> Result<(), WriteError> {
    let path = state_dir.join(FILE_NAME);
    let text = format!("{raw:#}\n");
    if std::fs::read(&path).is_ok_and(|kept| kept == text.as_bytes()) {
        return Ok(());
    }
    edit::replace(&path, &text)
}

/// The copy as a file for [`Document::load`], or nothing if there is none.
///
/// [`Document::load`]: crate::Document::load
pub fn load(state_dir: &Path) -> Option<ConfigFile> {
    let path: PathBuf = state_dir.join(FILE_NAME);
    let exists = path.try_exists().unwrap_or(false);
    exists.then_some(ConfigFile {
        path,
        format: Format::Json5,
        exists,
    })
}
