//! Secrets kept in a file.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

use secrecy::SecretString;
use serde_json::Value;

use super::resolve::Failure;
use super::settings::FileMode;

/// Reads the secret `id` from `path`. Blocks.
pub(super) fn fetch(
    path: &Path,
    mode: FileMode,
    id: &str,
    limit: u32,
) -> Result<SecretString, Failure> {
    let shown = path.display();
    let mut options = OpenOptions::new();
    options.read(true);
    // A pipe in the place of the file must not block the open; what it is, is checked below.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default(),
    );
    let file = options.open(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            return Failure::Missing(format!("there is no file {shown}"));
        }
        Failure::Unavailable(format!("cannot open {shown}: {error}"))
    })?;
    check(&file, path)?;
    let mut text = String::new();
    let read = file.take(u64::from(limit) + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::Unavailable(format!("cannot read {shown}: {error}")))?;
    if text.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        return Err(Failure::Refused(format!(
            "{shown} is larger than {limit} bytes"
        )));
    }
    match (mode, id) {
        (FileMode::SingleValue, "value") => {
            let line = text.strip_suffix('\n').unwrap_or(&text);
            Ok(SecretString::from(line.strip_suffix('\r').unwrap_or(line)))
        }
        (FileMode::SingleValue, _) => Err(Failure::Refused(
            "a file of mode \"singleValue\" has the one id \"value\"".into(),
        )),
        (FileMode::Json, "value") => Err(Failure::Refused(
            "a file of mode \"json\" needs a JSON pointer as id".into(),
        )),
        (FileMode::Json, pointer) => {
            // The parser's message has a position and no content.
            let document: Value = serde_json::from_str(&text).map_err(|error| {
                Failure::Unavailable(format!("{shown} is not valid JSON: {error}"))
            })?;
            match document.pointer(pointer) {
                Some(Value::String(secret)) => Ok(SecretString::from(secret.as_str())),
                Some(_) => Err(Failure::Missing(format!(
                    "{pointer} in {shown} is not a string"
                ))),
                None => Err(Failure::Missing(format!(
                    "{shown} has nothing at {pointer}"
                ))),
            }
        }
    }
}

/// The file must be a regular one that only its owner, us or the system, can read.
#[cfg(unix)]
fn check(file: &File, path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;

    let shown = path.display();
    let found = file.metadata();
    let found =
        found.map_err(|error| Failure::Unavailable(format!("cannot look at {shown}: {error}")))?;
    if !found.is_file() {
        return Err(Failure::Refused(format!("{shown} is not a regular file")));
    }
    let others = found.mode() & 0o077;
    if others != 0 {
        return Err(Failure::Refused(format!(
            "{shown} can be used by others (mode {:04o}); run: chmod 600 {shown}",
            found.mode() & 0o7777
        )));
    }
    let us = rustix::process::geteuid().as_raw();
    if found.uid() != us && found.uid() != 0 {
        return Err(Failure::Refused(format!("{shown} belongs to another user")));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check(file: &File, path: &Path) -> Result<(), Failure> {
    match file.metadata() {
        Ok(found) if found.is_file() => Ok(()),
        _ => Err(Failure::Refused(format!(
            "{} is not a regular file",
            path.display()
        ))),
    }
}
