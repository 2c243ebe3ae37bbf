//! The state directory: whose it is, who can look inside, whether there is room.
//!
//! Source: security specification, P26 and D-17.

use super::Repair;
use super::finding::Finding;
use crate::home::Home;
use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

const DIRECTORY: &str = "state directory";
const FILES: &str = "files";
const DISK: &str = "disk";
/// Rights of people other than the owner.
const OTHERS: u32 = 0o077;
/// Everybody may write, and everybody may replace what belongs to others.
const WORLD_WRITABLE: u32 = 0o002;
const STICKY: u32 = 0o1000;
/// Less room than this and the next busy day may fill the disk.
const LITTLE_ROOM: u64 = 200 * 1024 * 1024;
/// Less room than this and nothing can be relied on.
const NO_ROOM: u64 = 10 * 1024 * 1024;

/// Files that hold secrets or conversations.
const PRIVATE: [&str; 7] = [
    "gateway.token",
    "gateway.lock",
    "secrets.json",
    "state.db",
    "state.db-wal",
    "state.db-shm",
    ".env",
];

/// Looks at the directory and at the private files in it.
pub(super) fn check(home: &Home, repair: Repair) -> Vec<Finding> {
    let dir = home.state_dir();
    let metadata = match std::fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => {
            return vec![
                Finding::error(
                    DIRECTORY,
                    format_args!("{} is not a directory", dir.display()),
                )
                .fix("set OPENCLAW_STATE_DIR to a directory"),
            ];
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let text = format!(
                "{} does not exist yet; the first start makes it",
                dir.display()
            );
            return vec![Finding::warning(DIRECTORY, text).fix("openclaw onboard")];
        }
        Err(error) => {
            return vec![Finding::error(
                DIRECTORY,
                format_args!("{}: {error}", dir.display()),
            )];
        }
    };
    let mut found = vec![owner(dir, metadata.uid())];
    found.extend(private(DIRECTORY, dir, 0o700, repair));
    found.extend(parent(dir));
    let config = home.config_file().ok().map(|file| file.path);
    let names = PRIVATE.iter().map(|name| dir.join(name));
    let open: Vec<Finding> = names
        .chain(config)
        .filter_map(|path| private(FILES, &path, 0o600, repair))
        .collect();
    if open.is_empty() {
        found.push(Finding::fine(FILES, "only their owner can read them"));
    }
    found.extend(open);
    found.push(room(dir));
    found
}

fn owner(dir: &Path, owner: u32) -> Finding {
    let us = rustix::process::geteuid().as_raw();
    let probe = dir.join(format!(".doctor.{}", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&probe);
    match written {
        Ok(_) => {
            drop(std::fs::remove_file(&probe));
            Finding::fine(DIRECTORY, format_args!("{} can be written", dir.display()))
        }
        Err(error) => {
            let text = format!(
                "{} cannot be written by user id {us} (it belongs to {owner}): {error}",
                dir.display()
            );
            Finding::error(DIRECTORY, text).fix(format!("sudo chown -R {us} {}", dir.display()))
        }
    }
}

/// A finding if others have rights on `path`; nothing if they have none or it is not there.
fn private(check: &'static str, path: &Path, wanted: u32, repair: Repair) -> Option<Finding> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    if mode & OTHERS == 0 {
        return None;
    }
    let text = format!(
        "{} is open to other users (mode {mode:04o})",
        path.display()
    );
    let command = format!("chmod {wanted:o} {}", path.display());
    Some(match repair {
        Repair::No => Finding::warning(check, text).fix(command),
        Repair::Yes => match std::fs::set_permissions(path, Permissions::from_mode(wanted)) {
            Ok(()) => Finding::fine(check, format_args!("{text}; it is now {wanted:04o}")),
            Err(error) => Finding::error(check, format_args!("{text}: {error}")).fix(command),
        },
    })
}

fn parent(dir: &Path) -> Option<Finding> {
    let parent = dir.canonicalize().ok()?.parent()?.to_owned();
    let mode = std::fs::metadata(&parent).ok()?.permissions().mode();
    if mode & WORLD_WRITABLE == 0 || mode & STICKY != 0 {
        return None;
    }
    let text = format!("every user may replace {}", dir.display());
    Some(Finding::error(DIRECTORY, text).fix(format!("chmod o-w {}", parent.display())))
}

fn room(dir: &Path) -> Finding {
    let free = match rustix::fs::statvfs(dir) {
        Ok(stat) => stat.f_bavail.saturating_mul(stat.f_frsize),
        Err(error) => return Finding::warning(DISK, format_args!("cannot ask for room: {error}")),
    };
    let text = format!("{} MiB free", free / (1024 * 1024));
    let fix = "free some space, or move the state directory and set OPENCLAW_STATE_DIR";
    match free {
        ..NO_ROOM => Finding::error(DISK, text).fix(fix),
        NO_ROOM..LITTLE_ROOM => Finding::warning(DISK, text).fix(fix),
        LITTLE_ROOM.. => Finding::fine(DISK, text),
    }
}
