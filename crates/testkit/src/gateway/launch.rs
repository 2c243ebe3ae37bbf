//! How a gateway is started.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use tokio::process::Command;

use super::GatewayProcess;
use crate::{Home, ports};

/// The token given to every gateway of the tests: as long as a real one, and not secret.
const TOKEN: &str = "b7c41d0f5e9a4386a1d2c3f4e5968778695a4b3c2d1e0f102132435465768798";

/// Everything a start needs, to be changed before [`Launch::start`].
#[derive(Debug, Clone)]
pub struct Launch {
    binary: PathBuf,
    root: PathBuf,
    state_dir: PathBuf,
    stdout: PathBuf,
    stderr: PathBuf,
    port: u16,
    token: Option<String>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

impl Launch {
    /// The binary named by `OPENCLAW_BIN`, else the one this test was built beside, on a free port.
    ///
    /// # Errors
    /// When there is neither, or no port is free.
    pub fn new(home: &Home) -> anyhow::Result<Self> {
        Self::with_binary(home, find_binary()?)
    }

    /// This very binary, on a free port.
    ///
    /// # Errors
    /// When no port is free.
    pub fn with_binary(home: &Home, binary: impl Into<PathBuf>) -> anyhow::Result<Self> {
        Ok(Self {
            binary: binary.into(),
            root: home.root().to_owned(),
            state_dir: home.state_dir(),
            stdout: home.stdout_path(),
            stderr: home.stderr_path(),
            port: ports::free_port()?,
            token: Some(TOKEN.to_owned()),
            arguments: Vec::new(),
            environment: Vec::new(),
        })
    }

    /// Another port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Another token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// No token from us: the gateway must find or make its own secret.
    #[must_use]
    pub fn without_token(mut self) -> Self {
        self.token = None;
        self
    }

    /// One more argument after `gateway run --port <port>`.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// One more environment variable. The process inherits none but `PATH`.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Starts and waits until the gateway is ready.
    ///
    /// # Errors
    /// As [`GatewayProcess::start`].
    pub async fn start(self) -> anyhow::Result<GatewayProcess> {
        GatewayProcess::spawn(self).await
    }

    /// The binary.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// Where the gateway will listen.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    pub(super) fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    pub(super) fn stdout_path(&self) -> &Path {
        &self.stdout
    }

    pub(super) fn stderr_path(&self) -> &Path {
        &self.stderr
    }

    /// The command, ready to spawn; it dies with its handle.
    pub(super) fn command(&self) -> anyhow::Result<Command> {
        // Files, not pipes: a gateway that logs much must not wait for a test that reads late.
        let (stdout, stderr) = (append_to(&self.stdout)?, append_to(&self.stderr)?);
        let mut command = Command::new(&self.binary);
        command
            .args(["gateway", "run", "--port", &self.port.to_string()])
            .args(&self.arguments);
        // Provider keys of the person who runs the tests must not reach the gateway.
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("HOME", &self.root)
            .env("OPENCLAW_STATE_DIR", &self.state_dir);
        if let Some(token) = &self.token {
            command.env("OPENCLAW_GATEWAY_TOKEN", token);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .kill_on_drop(true);
        Ok(command)
    }
}

fn append_to(path: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.with_context(|| format!("cannot open {}", path.display()))
}

/// Finds the binary: `OPENCLAW_BIN`, else `openclaw` in the directory of the running program or
/// the one above it, which is where cargo puts it.
fn find_binary() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("OPENCLAW_BIN") {
        return Ok(PathBuf::from(named));
    }
    let program = std::env::current_exe().context("cannot find the running program")?;
    let name = format!("openclaw{}", std::env::consts::EXE_SUFFIX);
    for dir in program.ancestors().skip(1).take(2) {
        let candidate = dir.join(&name);
        if candidate.is_file() {
            return Ok(candidate);
        }
    }
    bail!(
        "no openclaw binary beside {}; run `cargo build --bin openclaw` or set OPENCLAW_BIN",
        program.display()
    )
}
