//! The gateway token that is made at the first start. Source: decisions DEC-3.

use data_encoding::BASE64URL_NOPAD;
use secrecy::SecretString;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Its file in the state directory, readable by its owner only.
pub const FILE_NAME: &str = "gateway.token";

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// A longer file is not a token.
const MAX_FILE_BYTES: u64 = 4_096;

/// Where the token of `state_dir` is kept.
pub fn path(state_dir: &Path) -> PathBuf {
    state_dir.join(FILE_NAME)
}

/// The token of `state_dir`, if there is one.
///
/// # Errors
/// When the file cannot be read or is not a token.
pub fn load(state_dir: &Path) -> std::io::Result<Option<SecretString>> {
    PrivateFile::new(state_dir, FILE_NAME).load()
}

/// The token of `state_dir`; made if there is none. Says whether it was made.
///
/// # Errors
/// When it cannot be read or written, or the system gives no random bytes.
pub fn ensure(state_dir: &Path) -> std::io::Result<(SecretString, bool)> {
    if let Some(token) = load(state_dir)? {
        return Ok((token, false));
    }
    let token = generate()?;
    store(state_dir, &token)?;
    Ok((token, true))
}

/// A fresh token of 256 random bits.
///
/// # Errors
/// When the system gives no random bytes.
pub fn generate() -> std::io::Result<SecretString> {
    let mut bytes = [0_u8; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(SecretString::from(BASE64URL_NOPAD.encode(&bytes)))
}

/// Writes the token: to a new file first, then in the place of the old one.
///
/// # Errors
/// What the file system said.
pub fn store(state_dir: &Path, token: &SecretString) -> std::io::Result<()> {
    PrivateFile::new(state_dir, FILE_NAME).store(token)
}

/// A small file in the state directory that only its owner reads.
pub(crate) struct PrivateFile {
    target: PathBuf,
    fresh: PathBuf,
}

impl PrivateFile {
    pub(crate) fn new(state_dir: &Path, name: &str) -> Self {
        Self {
            target: state_dir.join(name),
            fresh: state_dir.join(format!("{name}.new")),
        }
    }

    /// Its text, if it is there.
    ///
    /// # Errors
    /// When it cannot be read or is empty.
    pub(crate) fn load(&self) -> std::io::Result<Option<SecretString>> {
        let file = match OpenOptions::new().read(true).open(&self.target) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        tighten(&file)?;
        let mut text = String::new();
        file.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
        match text.trim() {
            "" => Err(std::io::Error::new(
                ErrorKind::InvalidData,
                format!(
                    "{} is empty; delete it and a new one is made",
                    self.target.display()
                ),
            )),
            text => Ok(Some(SecretString::from(text))),
        }
    }

    /// Writes it: to a new file first, then in the place of the old one.
    ///
    /// # Errors
    /// What the file system said.
    pub(crate) fn store(&self, secret: &SecretString) -> std::io::Result<()> {
        use secrecy::ExposeSecret as _;
        match std::fs::remove_file(&self.fresh) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.fresh)?;
        tighten(&file)?;
        file.write_all(secret.expose_secret().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        std::fs::rename(&self.fresh, &self.target)
    }
}

#[cfg(unix)]
fn tighten(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn tighten(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_token_is_made_once_and_private() {
        let home = tempfile::tempdir().unwrap();
        let (first, made) = ensure(home.path()).unwrap();
        assert!(made && first.expose_secret().len() >= 43);
        let (second, made) = ensure(home.path()).unwrap();
        assert!(!made);
        assert_eq!(first.expose_secret(), second.expose_secret());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path(home.path()))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
