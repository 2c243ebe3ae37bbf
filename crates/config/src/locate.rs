//! Where the settings file and the state directory are.

use std::path::{Path, PathBuf};

use crate::{Env, Problem};

/// The syntax of a settings file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON with comments, trailing commas, unquoted keys and single quotes; also plain JSON.
    Json5,
    /// YAML 1.2, one document.
    Yaml,
}

impl Format {
    /// The syntax that belongs to a file name; anything but `.yaml` and `.yml` is JSON5.
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(extension)
                if extension.eq_ignore_ascii_case("yaml")
                    || extension.eq_ignore_ascii_case("yml") =>
            {
                Self::Yaml
            }
            _ => Self::Json5,
        }
    }
}

/// A settings file that may not have been written yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// Absolute path.
    pub path: PathBuf,
    /// Its syntax, from the extension.
    pub format: Format,
    /// Whether it was there when it was looked for; a missing file means defaults.
    pub exists: bool,
}

impl ConfigFile {
    /// Describes the file at `path`, whatever its folder.
    ///
    /// # Errors
    /// When the path cannot be looked at, e.g. for lack of permission.
    pub fn at(path: &Path) -> Result<Self, Problem> {
        let path = std::path::absolute(path).map_err(|error| cannot_look(path, &error))?;
        let exists = path
            .try_exists()
            .map_err(|error| cannot_look(&path, &error))?;
        Ok(Self {
            format: Format::of(&path),
            path,
            exists,
        })
    }
}

/// The directory everything of ours lives under.
///
/// `$OPENCLAW_STATE_DIR`; else `.openclaw`, or `.openclaw-<profile>` for a profile (from the
/// argument or `$OPENCLAW_PROFILE`), below `$OPENCLAW_HOME` or `$HOME`.
/// The result is absolute; the directory need not exist.
///
/// # Errors
/// When no home is known, or the profile name is not `[A-Za-z0-9_-]{1,64}`.
pub fn state_dir(env: &Env, profile: Option<&str>) -> Result<PathBuf, Problem> {
    let profile = profile.or_else(|| env.filled("OPENCLAW_PROFILE"));
    if let Some(name) = profile {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(legal) {
            return Err(Problem::error(
                "",
                format!(
                    "profile name \"{name}\" is not allowed: use 1 to 64 letters, digits, \"_\" or \"-\""
                ),
            ));
        }
    }
    if let Some(dir) = env.filled("OPENCLAW_STATE_DIR") {
        return user_path(env, dir);
    }
    let folder = match profile {
        None | Some("default") => ".openclaw".to_owned(),
        Some(name) => format!(".openclaw-{name}"),
    };
    Ok(home(env)?.join(folder))
}

/// The settings file: `$OPENCLAW_CONFIG_PATH`, else `openclaw.{json,json5,yaml,yml}` in `state_dir`.
///
/// When none exists the answer is `openclaw.json` with `exists: false`.
///
/// # Errors
/// When two of the four exist (both are named), or a path cannot be looked at.
pub fn config_file(env: &Env, state_dir: &Path) -> Result<ConfigFile, Problem> {
    if let Some(path) = env.filled("OPENCLAW_CONFIG_PATH") {
        return ConfigFile::at(&user_path(env, path)?);
    }
    let mut found: Option<ConfigFile> = None;
    for extension in ["json", "json5", "yaml", "yml"] {
        let candidate = ConfigFile::at(&state_dir.join(format!("openclaw.{extension}")))?;
        if !candidate.exists {
            continue;
        }
        if let Some(first) = &found {
            return Err(Problem::error(
                "",
                format!(
                    "two settings files: {} and {}; keep one, or name one in OPENCLAW_CONFIG_PATH",
                    first.path.display(),
                    candidate.path.display()
                ),
            ));
        }
        found = Some(candidate);
    }
    match found {
        Some(file) => Ok(file),
        None => ConfigFile::at(&state_dir.join("openclaw.json")),
    }
}

/// Expands a leading `~/` to the home directory and makes the path absolute.
///
/// # Errors
/// When the path begins with `~` and no home is known.
pub fn user_path(env: &Env, path: &str) -> Result<PathBuf, Problem> {
    let path = match path.strip_prefix('~') {
        Some("") => home(env)?,
        Some(rest) if rest.starts_with('/') => home(env)?.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    };
    std::path::absolute(&path).map_err(|error| cannot_look(&path, &error))
}

fn home(env: &Env) -> Result<PathBuf, Problem> {
    let home = env
        .filled("OPENCLAW_HOME")
        .or_else(|| env.filled("HOME"))
        .or_else(|| env.filled("USERPROFILE"))
        .ok_or_else(|| {
            Problem::error(
                "",
                "no home directory: set OPENCLAW_STATE_DIR, OPENCLAW_HOME or HOME",
            )
        })?;
    let home = match (home.strip_prefix("~/"), env.filled("HOME")) {
        (Some(rest), Some(real)) => Path::new(real).join(rest),
        _ => PathBuf::from(home),
    };
    std::path::absolute(&home).map_err(|error| cannot_look(&home, &error))
}

fn cannot_look(path: &Path, error: &std::io::Error) -> Problem {
    Problem::error("", format!("cannot look at {}: {error}", path.display()))
}
