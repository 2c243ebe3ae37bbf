//! What a start costs: cold start to ready, `--help`, and the size on disk.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::bail;
use testkit::{Home, Launch};
use tokio::process::Command;

use crate::{side, stats};

/// What starting showed.
pub(crate) struct Starts {
    /// From the start of the process on a new home to the first `/readyz` that said yes; median.
    pub(crate) ready: Duration,
    /// From the start of `--help` to its end; median.
    pub(crate) help: Duration,
    /// Size of the program file in bytes.
    pub(crate) size: u64,
    /// How many starts the medians are of.
    pub(crate) count: usize,
}

pub(crate) async fn measure(
    binary: &Path,
    base_url: &str,
    place: &Path,
    quick: bool,
) -> anyhow::Result<Starts> {
    let count = if quick { 3 } else { 20 };
    let mut ready = Vec::new();
    for _ in 0..count {
        let home = Home::empty_in(place)?;
        home.write_config(&side::settings(base_url))?;
        let mut gateway = Launch::with_binary(&home, binary)?.start().await?;
        ready.push(gateway.ready_in());
        gateway.kill9().await?;
    }
    let mut help = Vec::new();
    for _ in 0..count {
        let begin = Instant::now();
        let mut command = Command::new(binary);
        command
            .arg("--help")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = command.status().await?;
        help.push(begin.elapsed());
        if !status.success() {
            bail!("--help ended with {status}");
        }
    }
    let size = std::fs::metadata(binary)?.len();
    Ok(Starts {
        ready: middle(ready),
        help: middle(help),
        size,
        count,
    })
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    stats::percentile(&times, 50)
}
