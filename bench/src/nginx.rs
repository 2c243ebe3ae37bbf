//! nginx as a plain reverse proxy in front of the fake model, set up to do well.
//! Source: nginx, modules `http_proxy` and `http_upstream`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use testkit::{Caller, ports};
use tokio::process::{Child, Command};
use tokio::time::sleep;

/// How often, with 10 ms between, nginx is asked whether it serves.
const PATIENCE: u32 = 500;

/// A running nginx; stopped when dropped.
pub(crate) struct Nginx {
    child: Child,
    address: SocketAddr,
    pub(crate) version: String,
}

impl Nginx {
    /// Writes a configuration into `place` and serves from the foreground.
    pub(crate) async fn start(upstream: SocketAddr, place: &Path) -> anyhow::Result<Self> {
        let program = find()?;
        let port = ports::free_port()?;
        let file = place.join("nginx.conf");
        std::fs::write(&file, configuration(upstream, port, place))?;
        let mut command = Command::new(&program);
        command
            .arg("-p")
            .arg(place)
            .arg("-c")
            .arg(&file)
            .args(["-e", "stderr"]);
        command.stdin(Stdio::null());
        let child = command
            .spawn()
            .with_context(|| format!("cannot run {program}"))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut nginx = Self {
            child,
            address,
            version: version(&program).await?,
        };
        nginx.until_ready().await?;
        Ok(nginx)
    }

    async fn until_ready(&mut self) -> anyhow::Result<()> {
        for _ in 0..PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                bail!("nginx ended with {status}");
            }
            let answer = Caller::new(self.address).get("/v1/models").await;
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            sleep(Duration::from_millis(10)).await;
        }
        bail!("nginx does not answer on {}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("nginx has ended")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, not SIGKILL: a killed master leaves its workers behind.
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM).ok();
        }
    }
}

/// No logs, all cores, connections kept open on both sides, and no buffering, so that a stream
/// passes through as it comes.
fn configuration(upstream: SocketAddr, port: u16, place: &Path) -> String {
    let place = place.display();
    format!(
        "daemon off;
worker_processes auto;
pid {place}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {place}/nginx-body;
    proxy_temp_path {place}/nginx-proxy;
    fastcgi_temp_path {place}/nginx-fastcgi;
    uwsgi_temp_path {place}/nginx-uwsgi;
    scgi_temp_path {place}/nginx-scgi;
    keepalive_requests 1000000000;
    upstream fake {{
        server {upstream};
        keepalive 128;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://fake;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_buffering off;
        }}
    }}
}}
"
    )
}

/// Debian keeps it where a plain user's `PATH` does not look.
fn find() -> anyhow::Result<String> {
    let places = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"];
    let found = places.into_iter().find(|place| Path::new(place).is_file());
    Ok(found
        .context("no nginx; run `make bench`, which installs it")?
        .to_owned())
}

async fn version(program: &str) -> anyhow::Result<String> {
    let output = Command::new(program).arg("-v").output().await?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let version = text.trim().rsplit('/').next().unwrap_or_default();
    Ok(version.to_owned())
}
