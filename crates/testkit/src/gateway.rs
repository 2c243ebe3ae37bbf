//! A real gateway process on a temporary home.

mod launch;

pub use launch::Launch;

use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::time::{sleep, timeout};

use crate::{Caller, Home};

/// How long a start may take until the gateway says it is ready.
const START_DEADLINE: Duration = Duration::from_secs(10);
/// How long a graceful stop may take; longer than the gateway's own drain deadline.
const STOP_DEADLINE: Duration = Duration::from_secs(40);
/// How often readiness is asked for. Short, because the cold start is measured with it.
const POLL: Duration = Duration::from_millis(1);

/// A running gateway. It is killed when dropped.
#[derive(Debug)]
pub struct GatewayProcess {
    launch: Launch,
    child: Child,
    ready_in: Duration,
}

impl GatewayProcess {
    /// Starts the binary on this home with a free port and a random-looking token, and waits
    /// until it is ready. Use [`Launch`] to choose more.
    ///
    /// # Errors
    /// When there is no binary, or it ends or is not ready in time; the message has its stderr.
    pub async fn start(home: &Home) -> anyhow::Result<Self> {
        Launch::new(home)?.start().await
    }

    async fn spawn(launch: Launch) -> anyhow::Result<Self> {
        let started = Instant::now();
        let child = launch.command()?.spawn();
        let child = child.with_context(|| format!("cannot run {}", launch.binary().display()))?;
        let mut process = Self {
            launch,
            child,
            ready_in: Duration::ZERO,
        };
        if timeout(START_DEADLINE, process.until_ready())
            .await
            .is_err()
        {
            bail!(
                "not ready after {START_DEADLINE:?}; stderr:\n{}",
                process.stderr()
            );
        }
        if let Some(status) = process.child.try_wait()? {
            bail!(
                "the gateway ended at once with {status}; stderr:\n{}",
                process.stderr()
            );
        }
        process.ready_in = started.elapsed();
        Ok(process)
    }

    /// Returns when `/readyz` says 200 or the process has ended.
    async fn until_ready(&mut self) {
        let caller = Caller::new(self.address());
        loop {
            if caller
                .get("/readyz")
                .await
                .is_ok_and(|answer| answer.status == 200)
            {
                return;
            }
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(POLL).await;
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.launch.address()
    }

    /// Its address as a client writes it, `http://127.0.0.1:<port>`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The gateway token.
    pub fn token(&self) -> &str {
        self.launch.token()
    }

    /// A client that presents the token.
    ///
    /// # Errors
    /// When the token is not allowed in a header.
    pub fn caller(&self) -> anyhow::Result<Caller> {
        Caller::new(self.address()).bearer(self.token())
    }

    /// A client without credentials.
    pub fn stranger(&self) -> Caller {
        Caller::new(self.address())
    }

    /// From the start of the process to the first `/readyz` that said yes.
    pub fn ready_in(&self) -> Duration {
        self.ready_in
    }

    /// The process id; `None` once it has ended.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// What the process wrote to standard output, over all its starts.
    pub fn stdout(&self) -> String {
        std::fs::read_to_string(self.launch.stdout_path()).unwrap_or_default()
    }

    /// What the process wrote to standard error, over all its starts.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.launch.stderr_path()).unwrap_or_default()
    }

    /// Ends the process without warning, as a power cut would, and waits until it is gone.
    ///
    /// # Errors
    /// When the process cannot be signalled or waited for.
    pub async fn kill9(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("cannot kill the gateway")
    }

    /// Starts again on the same home and port, after [`Self::kill9`] or [`Self::stop`]; kills
    /// first when it still runs.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        if self.pid().is_some() {
            self.kill9().await?;
        }
        *self = Self::spawn(self.launch.clone()).await?;
        Ok(())
    }

    /// Asks for a graceful stop and waits for the exit status.
    ///
    /// # Errors
    /// When it does not end within 40 s.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.wait().await
    }

    /// Sends a signal; a process that has ended is an error.
    ///
    /// # Errors
    /// When the process has ended or may not be signalled.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = self.pid().context("the gateway has ended")?;
        let pid = Pid::from_raw(i32::try_from(pid)?).context("no process id")?;
        kill_process(pid, signal).context("cannot signal the gateway")
    }

    /// Waits until the process ends by itself.
    ///
    /// # Errors
    /// When it does not end within 40 s.
    pub async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let status = timeout(STOP_DEADLINE, self.child.wait()).await;
        let status =
            status.with_context(|| format!("still running {STOP_DEADLINE:?} after the signal"))?;
        status.context("cannot wait for the gateway")
    }
}
