//! CPU time and memory of processes, from `/proc`, and the fake model as a process of its own.
//! Source: Linux, proc(5).

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::stats::number;

/// How long a process rests before its idle memory is read.
const REST: Duration = Duration::from_secs(1);

/// User and system time of a process and its children so far.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let per_second = rustix::param::clock_ticks_per_second();
    let mut ticks = 0;
    for pid in family(pid)? {
        ticks += ticks_of(pid)?;
    }
    Ok(Duration::from_secs_f64(number(ticks) / number(per_second)))
}

/// Resident memory of one process in bytes.
pub(crate) fn memory(pid: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line
        .and_then(|line| line.trim().strip_suffix("kB"))
        .map(str::trim);
    let kib: u64 = kib
        .with_context(|| format!("no VmRSS in {path}"))?
        .parse()?;
    Ok(kib * 1024)
}

/// Resident memory of a process and its children. Pages they share are counted more than once.
pub(crate) fn memory_of_family(pid: u32) -> anyhow::Result<u64> {
    family(pid)?.into_iter().map(memory).sum()
}

/// Resident memory after a short rest.
pub(crate) async fn idle_memory(pid: u32) -> anyhow::Result<u64> {
    tokio::time::sleep(REST).await;
    memory(pid)
}

/// A process and its children.
fn family(pid: u32) -> anyhow::Result<Vec<u32>> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let mut pids = vec![pid];
    for child in children.split_whitespace() {
        pids.push(child.parse()?);
    }
    Ok(pids)
}

fn ticks_of(pid: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    // The name in brackets may hold spaces; the fields are counted after it.
    let (_, fields) = stat
        .rsplit_once(')')
        .with_context(|| format!("bad {path}"))?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next().context("no user time")?.parse()?;
    let system: u64 = fields.next().context("no system time")?.parse()?;
    Ok(user + system)
}

/// The fake model in a process of its own, so that its CPU time is not the generator's.
pub(crate) struct Fake {
    child: Child,
    address: SocketAddr,
}

impl Fake {
    pub(crate) async fn start(program: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().context("cannot start the fake model")?;
        let output = child.stdout.take().context("no output of the fake model")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let line = line.context("the fake model ended at once")?;
        let address = line
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix("/v1"));
        let Some(address) = address else {
            bail!("the fake model said {line:?}")
        };
        Ok(Self {
            child,
            address: address.parse()?,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the fake model has ended")
    }

    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.child
            .kill()
            .await
            .context("cannot stop the fake model")
    }
}
