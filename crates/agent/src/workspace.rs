//! An agent's folder and the files that shape it.
//!
//! The files are data: they are read into the prompt and nothing in them is executed. They are read
//! through a folder handle, so a link cannot lead outside.

pub mod files;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// The files that go into the prompt, in this order. Source: configuration specification, section 5.
pub const BOOTSTRAP_FILES: [&str; 6] = [
    "AGENTS.md",
    "SOUL.md",
    "TOOLS.md",
    "IDENTITY.md",
    "USER.md",
    "BOOTSTRAP.md",
];

/// What a new workspace starts with: file name and text.
const STARTER: [(&str, &str); 6] = [
    ("AGENTS.md", include_str!("workspace/AGENTS.md")),
    ("SOUL.md", include_str!("workspace/SOUL.md")),
    ("TOOLS.md", include_str!("workspace/TOOLS.md")),
    ("IDENTITY.md", include_str!("workspace/IDENTITY.md")),
    ("USER.md", include_str!("workspace/USER.md")),
    ("HEARTBEAT.md", include_str!("workspace/HEARTBEAT.md")),
];

/// A larger file is not read at all.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// How long a look at the files counts as fresh.
const FRESH: Duration = Duration::from_secs(1);

/// Creates the folder (mode 0700) and the starter files that are missing; never overwrites.
/// Returns the names of the files it wrote.
///
/// # Errors
/// What the file system said.
pub fn create(folder: &Path) -> std::io::Result<Vec<&'static str>> {
    let existed = folder.try_exists()?;
    std::fs::create_dir_all(folder)?;
    #[cfg(unix)]
    if !existed {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    let mut written = Vec::new();
    if existed && std::fs::read_dir(folder)?.next().is_some() {
        return Ok(written);
    }
    for (name, text) in STARTER {
        match std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(folder.join(name))
        {
            Ok(mut file) => {
                std::io::Write::write_all(&mut file, text.as_bytes())?;
                written.push(name);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

/// The text of a workspace's bootstrap files, kept until a file changes.
#[derive(Debug, Default)]
pub(crate) struct Bootstrap {
    text: Arc<str>,
    stamps: Vec<Option<(SystemTime, u64)>>,
    looked: Option<Instant>,
    /// Whether the last look read the files.
    new: bool,
}

impl Bootstrap {
    /// The present text if a look within the last second found no change.
    pub(crate) fn fresh(&self) -> Option<Arc<str>> {
        let looked = self.looked?;
        (looked.elapsed() < FRESH).then(|| Arc::clone(&self.text))
    }

    /// Whether the last look found a change.
    pub(crate) fn is_new(&self) -> bool {
        self.new
    }

    /// Looks at the files again and reads them if one changed. Blocks on the file system.
    pub(crate) fn refreshed(mut self, folder: &Path, max_chars: usize) -> Self {
        let stamps = stamps(folder);
        self.new = self.looked.is_none() || stamps != self.stamps;
        if self.new {
            self.text = read(folder, max_chars).into();
            self.stamps = stamps;
        }
        self.looked = Some(Instant::now());
        self
    }
}

fn stamps(folder: &Path) -> Vec<Option<(SystemTime, u64)>> {
    let stamp = |name: &str| {
        let metadata = std::fs::symlink_metadata(folder.join(name)).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    BOOTSTRAP_FILES.iter().map(|name| stamp(name)).collect()
}

fn read(folder: &Path, max_chars: usize) -> String {
    let mut all = String::new();
    let Ok(dir) = Dir::open_ambient_dir(folder, ambient_authority()) else {
        return all;
    };
    for name in BOOTSTRAP_FILES {
        let Some(text) = read_file(&dir, name) else {
            continue;
        };
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        all.push_str("\n\n## ");
        all.push_str(name);
        all.push('\n');
        match text.char_indices().nth(max_chars) {
            None => all.push_str(text),
            Some((cut, _)) => {
                all.push_str(text.get(..cut).unwrap_or_default());
                all.push_str("\n[cut: the file is longer than agents.defaults.bootstrapMaxChars]");
            }
        }
    }
    all
}

fn read_file(dir: &Dir, name: &str) -> Option<String> {
    let metadata = dir.symlink_metadata(name).ok()?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return None;
    }
    let mut bytes = Vec::new();
    dir.open(name)
        .ok()?
        .take(MAX_FILE_BYTES)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starter_files_are_written_once_and_never_over() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("workspace");
        assert_eq!(create(&folder).unwrap().len(), STARTER.len());
        std::fs::write(folder.join("SOUL.md"), "mine").unwrap();
        std::fs::remove_file(folder.join("USER.md")).unwrap();
        assert!(create(&folder).unwrap().is_empty());
        assert_eq!(
            std::fs::read_to_string(folder.join("SOUL.md")).unwrap(),
            "mine"
        );
    }

    #[test]
    fn changes_are_seen_and_links_are_not_followed() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("secret"), "SECRET").unwrap();
        let folder = home.path().join("w");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("SOUL.md"), "calm ".repeat(10)).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("../secret", folder.join("USER.md")).unwrap();
        let first = Bootstrap::default().refreshed(&folder, 9);
        assert!(
            first.text.contains("## SOUL.md\ncalm calm\n[cut"),
            "{}",
            first.text
        );
        assert!(!first.text.contains("SECRET"));
        std::fs::write(folder.join("SOUL.md"), "loud").unwrap();
        let second = first.refreshed(&folder, 9);
        assert!(second.text.contains("loud"));
    }
}
