//! `system.info`: the machine and the process.

use super::Services;
use protocol::methods::status::ProcessMemory;
use protocol::methods::system::SystemInfoReply;

impl Services {
    /// The machine and the process. Blocks shortly on the file system.
    pub(crate) fn system_info(&self) -> SystemInfoReply {
        let (hostname, release, system) = names();
        let folder = self.runtime.database_path().parent();
        let disk = folder.and_then(disk);
        let (memory_total_bytes, memory_free_bytes) = memory();
        let addresses = self.runtime.snapshot().addresses;
        let port = addresses.first().and_then(|url| url.rsplit(':').next());
        SystemInfoReply {
            machine_name: hostname.clone(),
            hostname,
            platform: platform().to_owned(),
            os_label: format!("{system} {release}"),
            release,
            arch: arch().to_owned(),
            port: port.and_then(|port| port.parse().ok()),
            node_version: "none".to_owned(),
            pid: std::process::id(),
            uptime_ms: self.health.uptime_ms(),
            cpu_count: std::thread::available_parallelism()
                .map_or(1, |count| u64::try_from(count.get()).unwrap_or(1)),
            cpu_model: proc_value("cpuinfo", "model name"),
            load_average: load(),
            memory_total_bytes,
            memory_free_bytes,
            disk_total_bytes: disk.map(|(total, _)| total),
            disk_available_bytes: disk.map(|(_, free)| free),
            disk_path: folder.map(|folder| folder.display().to_string()),
        }
    }
}

/// What the process holds in main memory, where the system tells.
pub(super) fn process_memory() -> Option<ProcessMemory> {
    let rss_bytes = kilobytes(&proc_value("self/status", "VmRSS")?)?;
    Some(ProcessMemory { rss_bytes })
}

/// The platform in the words of Node.js, which clients know.
fn platform() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    }
}

fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The host, the version of the kernel, its name.
#[cfg(unix)]
fn names() -> (String, String, String) {
    let names = rustix::system::uname();
    let text = |name: &std::ffi::CStr| name.to_string_lossy().into_owned();
    (
        text(names.nodename()),
        text(names.release()),
        text(names.sysname()),
    )
}

#[cfg(not(unix))]
fn names() -> (String, String, String) {
    (
        "localhost".to_owned(),
        "unknown".to_owned(),
        platform().to_owned(),
    )
}

/// Size and free part of the disk with a folder, in bytes.
#[cfg(unix)]
fn disk(folder: &std::path::Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some((bytes(found.f_blocks), bytes(found.f_bavail)))
}

#[cfg(not(unix))]
fn disk(_folder: &std::path::Path) -> Option<(u64, u64)> {
    None
}

/// Main memory and what of it is free, in bytes; zeros where the system does not tell.
fn memory() -> (u64, u64) {
    let value = |name| proc_value("meminfo", name).and_then(|text| kilobytes(&text));
    (
        value("MemTotal").unwrap_or_default(),
        value("MemAvailable").unwrap_or_default(),
    )
}

fn load() -> Option<[f64; 3]> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    let mut numbers = text.split(' ').map_while(|word| word.parse().ok());
    Some([numbers.next()?, numbers.next()?, numbers.next()?])
}

/// The value of the first line of a file of `/proc` that begins with this name.
fn proc_value(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{file}")).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':')
        .map(|(_, value)| value.trim().to_owned())
}

/// `123 kB` in bytes.
fn kilobytes(text: &str) -> Option<u64> {
    let number: u64 = text.strip_suffix(" kB")?.trim().parse().ok()?;
    Some(number * 1024)
}
