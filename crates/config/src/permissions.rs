//! Files that hold secrets are for their owner only.

use std::path::Path;

use crate::Problem;

/// Takes the rights of others off `path` and reports it. A missing path is fine.
#[cfg(unix)]
pub(crate) fn tighten(path: &Path) -> Option<Problem> {
    use std::os::unix::fs::PermissionsExt;

    let found = std::fs::metadata(path).ok()?;
    let mode = found.permissions().mode() & 0o7777;
    let others = mode & 0o077;
    if others == 0 {
        return None;
    }
    let wanted = if found.is_dir() { 0o700 } else { 0o600 };
    let message = match std::fs::set_permissions(path, PermissionsExt::from_mode(wanted)) {
        Ok(()) => format!(
            "{} was open to other users (mode {mode:04o}); it is now {wanted:04o}",
            path.display()
        ),
        Err(error) => format!(
            "{} is open to other users (mode {mode:04o}) and cannot be closed: {error}; run: chmod {wanted:o} {}",
            path.display(),
            path.display()
        ),
    };
    Some(Problem::warning("", message).at(path, None))
}

/// Other systems keep rights in lists that follow the user's folder; nothing to do.
#[cfg(not(unix))]
pub(crate) fn tighten(_path: &Path) -> Option<Problem> {
    None
}
