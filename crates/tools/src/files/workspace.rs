//! The workspace as a directory handle.

use crate::{Protected, ToolError, WorkspacePath};
use cap_fs_ext::{DirExt, FollowSymlinks, MetadataExt, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, FileType, Metadata, OpenOptions};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// What a file system calls a file or folder, whatever its name.
type Identity = (u64, u64);

/// A workspace that is open.
pub(super) struct Workspace {
    root: Dir,
    /// Protected things that are there.
    guarded: Vec<Identity>,
    /// Protected names in their folders, so that missing ones cannot be created either.
    guarded_names: Vec<(Identity, OsString)>,
}

/// What to do about folders that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Fail.
    Fail,
    /// Create them.
    Create,
}

/// A folder below the workspace, opened, and the name to use in it.
pub(super) struct Place<'a> {
    pub(super) dir: Dir,
    pub(super) name: &'a OsStr,
}

impl Workspace {
    /// Opens the workspace and takes the identity of what is protected.
    pub(super) fn open(root: &Path, protected: &Protected) -> Result<Self, ToolError> {
        let failed = |source| ToolError::Io {
            action: "open",
            path: "the workspace".into(),
            source,
        };
        let dir = Dir::open_ambient_dir(root, ambient_authority()).map_err(failed)?;
        let mut workspace = Self {
            root: dir,
            guarded: Vec::new(),
            guarded_names: Vec::new(),
        };
        for path in protected.paths() {
            workspace.guard(path).map_err(failed)?;
        }
        let own = workspace.root.dir_metadata().map_err(failed)?;
        workspace.refuse_guarded(&own, &WorkspacePath::root())?;
        Ok(workspace)
    }

    fn guard(&mut self, path: &Path) -> io::Result<()> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(());
        };
        match Dir::open_ambient_dir(parent, ambient_authority()) {
            Ok(dir) => {
                self.guarded_names
                    .push((identity(&dir.dir_metadata()?), name.to_owned()));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
        // The protected path itself may be a link: what it leads to is what must stay closed.
        let real = match std::fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if let (Some(parent), Some(name)) = (real.parent(), real.file_name()) {
            let dir = Dir::open_ambient_dir(parent, ambient_authority())?;
            self.guarded.push(identity(&dir.symlink_metadata(name)?));
        }
        Ok(())
    }

    /// Opens the folder that holds `path`.
    pub(super) fn place<'a>(
        &self,
        path: &'a WorkspacePath,
        missing: Missing,
    ) -> Result<Place<'a>, ToolError> {
        let Some((folder, name)) = path.split() else {
            return Err(wrong(path, "the workspace itself", "a regular file"));
        };
        let dir = self.walk(folder, path, missing)?;
        let here = identity(&dir.dir_metadata().map_err(io_error("open", path))?);
        if self
            .guarded_names
            .iter()
            .any(|(parent, closed)| *parent == here && closed == name)
        {
            return Err(ToolError::Protected {
                path: path.to_string(),
            });
        }
        Ok(Place { dir, name })
    }

    /// Opens the folder `path` itself.
    pub(super) fn folder(&self, path: &WorkspacePath) -> Result<Dir, ToolError> {
        self.walk(path.names(), path, Missing::Fail)
    }

    fn walk(
        &self,
        names: &[OsString],
        path: &WorkspacePath,
        missing: Missing,
    ) -> Result<Dir, ToolError> {
        let mut dir = self.root.try_clone().map_err(io_error("open", path))?;
        for (at, name) in names.iter().enumerate() {
            dir = match dir.open_dir_nofollow(name) {
                Ok(next) => next,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if missing == Missing::Fail {
                        return Err(ToolError::NotFound {
                            path: path.to_string(),
                        });
                    }
                    create_folder(&dir, name).map_err(io_error("create the folder of", path))?
                }
                Err(error) => return Err(not_a_folder(&dir, names.get(..=at), path, error)),
            };
            let entered = dir.dir_metadata().map_err(io_error("open", path))?;
            self.refuse_guarded(&entered, path)?;
        }
        Ok(dir)
    }

    /// Opens a regular file for reading. Its link count is 1.
    pub(super) fn file(&self, path: &WorkspacePath) -> Result<(File, Metadata), ToolError> {
        let Place { dir, name } = self.place(path, Missing::Fail)?;
        // Opening a device can do things, so its kind is looked at first, and again when open.
        let before = dir.symlink_metadata(name).map_err(io_error("read", path))?;
        self.refuse_unless_plain(&before, path)?;
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let file = dir
            .open_with(name, &options)
            .map_err(io_error("read", path))?;
        let meta = file.metadata().map_err(io_error("read", path))?;
        self.refuse_unless_plain(&meta, path)?;
        if meta.nlink() != 1 {
            return Err(ToolError::Linked {
                path: path.to_string(),
            });
        }
        Ok((file, meta))
    }

    /// Refuses everything but regular files that are not protected.
    pub(super) fn refuse_unless_plain(
        &self,
        meta: &Metadata,
        path: &WorkspacePath,
    ) -> Result<(), ToolError> {
        if meta.is_file() {
            return self.refuse_guarded(meta, path);
        }
        Err(wrong(path, kind(meta.file_type()), "a regular file"))
    }

    fn refuse_guarded(&self, meta: &Metadata, path: &WorkspacePath) -> Result<(), ToolError> {
        if self.guarded.contains(&identity(meta)) {
            return Err(ToolError::Protected {
                path: path.to_string(),
            });
        }
        Ok(())
    }
}

/// Turns a system error into one that names the path below the workspace.
pub(super) fn io_error(
    action: &'static str,
    path: &WorkspacePath,
) -> impl FnOnce(io::Error) -> ToolError {
    let path = path.to_string();
    move |source| {
        if source.kind() == io::ErrorKind::NotFound {
            ToolError::NotFound { path }
        } else {
            ToolError::Io {
                action,
                path,
                source,
            }
        }
    }
}

/// What a directory entry is, in words.
pub(super) fn kind(of: FileType) -> &'static str {
    if of.is_symlink() {
        "a link"
    } else if of.is_dir() {
        "a folder"
    } else if of.is_file() {
        "a regular file"
    } else {
        "a device, pipe or socket"
    }
}

fn identity(meta: &Metadata) -> Identity {
    (meta.dev(), meta.ino())
}

fn create_folder(dir: &Dir, name: &OsStr) -> io::Result<Dir> {
    match dir.create_dir(name) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => dir.open_dir_nofollow(name),
    }
}

/// Why the last of `names` could not be entered.
fn not_a_folder(
    dir: &Dir,
    names: Option<&[OsString]>,
    path: &WorkspacePath,
    error: io::Error,
) -> ToolError {
    let names = names.unwrap_or_default();
    let found = names
        .last()
        .and_then(|name| dir.symlink_metadata(name).ok());
    match found {
        Some(meta) if !meta.is_dir() => {
            let shown: PathBuf = names.iter().collect();
            ToolError::WrongKind {
                path: shown.display().to_string(),
                found: kind(meta.file_type()),
                wanted: "a folder",
            }
        }
        Some(_) | None => io_error("open", path)(error),
    }
}

fn wrong(path: &WorkspacePath, found: &'static str, wanted: &'static str) -> ToolError {
    ToolError::WrongKind {
        path: path.to_string(),
        found,
        wanted,
    }
}
