//! How busy this machine is.

use protocol::methods::nodes::{NodeEventParams, NodeHostStats};
use std::path::Path;

/// The event for the gateway.
pub(super) fn event(home: &Path) -> NodeEventParams {
    NodeEventParams {
        event: "node.host.stats".to_owned(),
        payload: None,
        payload_json: serde_json::to_string(&read(home)).ok(),
    }
}

/// What the system says; what it does not say is left out.
fn read(home: &Path) -> NodeHostStats {
    let cpus = std::thread::available_parallelism().ok();
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = |name: &str| {
        let line = memory.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        kilobytes.checked_mul(1024)
    };
    let disk = rustix::fs::statvfs(home).ok();
    NodeHostStats {
        cpu_count: cpus.and_then(|it| u64::try_from(it.get()).ok()),
        load_average: loads(),
        memory_total_bytes: memory("MemTotal:"),
        memory_free_bytes: memory("MemAvailable:"),
        disk_total_bytes: disk
            .as_ref()
            .and_then(|it| it.f_blocks.checked_mul(it.f_frsize)),
        disk_available_bytes: disk
            .as_ref()
            .and_then(|it| it.f_bavail.checked_mul(it.f_frsize)),
        updated_at_ms: None,
    }
}

fn loads() -> Option<Vec<f64>> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    let loads = text.split_whitespace().take(3).map(str::parse);
    loads.collect::<Result<_, _>>().ok()
}
