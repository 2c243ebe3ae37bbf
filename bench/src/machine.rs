//! What the numbers were measured on, without naming the machine.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::nginx::Nginx;
use crate::stats::{ms, percentile};

/// The lines that say where and what.
pub(crate) struct Machine {
    pub(crate) commit: String,
    pub(crate) hardware: String,
    pub(crate) software: String,
    pub(crate) disk: String,
}

pub(crate) fn describe(nginx: &Nginx, place: &Path) -> anyhow::Result<Machine> {
    let cores = std::thread::available_parallelism()?;
    let memory = field("/proc/meminfo", "MemTotal:").unwrap_or_default();
    let kib: u64 = memory
        .trim_end_matches("kB")
        .trim()
        .parse()
        .unwrap_or_default();
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown CPU".to_owned());
    let system = rustix::system::uname();
    let synced = ms(sync_time(place)?);
    Ok(Machine {
        commit: commit(),
        hardware: format!(
            "{cores} cores of {model}, {} GiB, shared by the load generator, the fake model and \
             the process under test",
            kib.div_ceil(1024 * 1024)
        ),
        software: format!(
            "{} {} on {}, nginx {}",
            system.sysname().to_string_lossy(),
            system.release().to_string_lossy(),
            system.machine().to_string_lossy(),
            nginx.version
        ),
        disk: format!("appending 4 KiB and syncing it takes {synced:.2} ms (median of 100)"),
    })
}

/// The commit, with a mark when the tree differs from it.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return "not a git checkout".to_owned();
    };
    let changed = git(&["status", "--porcelain", "--", ":!docs/benchmarks.md"]);
    let clean = changed.is_some_and(|changed| changed.is_empty());
    if clean {
        commit
    } else {
        format!("{commit} with changes")
    }
}

/// The value of a `name : value` line in a file of the kernel's.
fn field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([' ', '\t', ':']).trim().to_owned())
}

/// What the disk asks for keeping a promise: the floor under every durable turn.
fn sync_time(place: &Path) -> anyhow::Result<Duration> {
    let path = place.join("sync");
    let mut file = File::create(&path).context("cannot write where the state will be")?;
    let mut times = Vec::new();
    for _ in 0..100 {
        let begin = Instant::now();
        file.write_all(&[0x2a; 4096])?;
        file.sync_data()?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    Ok(percentile(&times, 50))
}
