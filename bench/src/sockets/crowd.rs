//! What an idle connection holds.

use anyhow::ensure;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::client::{Client, Door};
use crate::process;
use crate::stats::number;

/// How many connections and what each takes of the gateway's memory, in bytes.
///
/// # Errors
/// When they cannot be opened.
pub(super) async fn measure(door: &Door, pid: u32, wanted: usize) -> anyhow::Result<(u64, f64)> {
    let limits = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limits.maximum,
        maximum: limits.maximum,
    };
    setrlimit(Resource::Nofile, raised)?;
    // What the first ones make the gateway keep for good is not counted.
    let first = open(door, 50).await?;
    let before = process::idle_memory(pid).await?;
    let crowd = open(door, wanted).await?;
    let after = process::idle_memory(pid).await?;
    let count = u64::try_from(crowd.len())?;
    ensure!(count > 0, "no connection was opened");
    drop((first, crowd));
    Ok((
        count,
        number_of(after.saturating_sub(before)) / number(count),
    ))
}

async fn open(door: &Door, count: usize) -> anyhow::Result<Vec<Client>> {
    let connecting = stream::iter(0..count).map(|_| Client::connect(door));
    connecting.buffer_unordered(32).try_collect().await
}

/// Bytes as a number; more than `number` is exact for.
fn number_of(bytes: u64) -> f64 {
    number(bytes / 1024) * 1024.0
}
