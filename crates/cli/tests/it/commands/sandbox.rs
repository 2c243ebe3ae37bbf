//! A home of its own for each test, and the program run in it.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// An empty home directory and a port nobody uses.
pub(crate) struct Sandbox {
    home: TempDir,
    pub(crate) port: u16,
    env: Vec<(String, String)>,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The result as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Self {
            home: TempDir::new().unwrap(),
            port,
            env: Vec::new(),
        }
    }

    /// The same with one more environment variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a settings file.
    pub(crate) fn with_settings(self, name: &str, text: &str) -> Self {
        std::fs::create_dir_all(self.state("")).unwrap();
        std::fs::set_permissions(self.state(""), PermissionsExt::from_mode(0o700)).unwrap();
        std::fs::write(self.state(name), text).unwrap();
        std::fs::set_permissions(self.state(name), PermissionsExt::from_mode(0o600)).unwrap();
        self
    }

    /// A path in the state directory.
    pub(crate) fn state(&self, name: &str) -> PathBuf {
        self.home.path().join(".openclaw").join(name)
    }

    /// A file of the state directory.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.state(name)).unwrap()
    }

    /// The rights of a file of the state directory.
    pub(crate) fn mode(&self, name: &str) -> u32 {
        std::fs::metadata(self.state(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    }

    /// The program with an environment that holds nothing of the machine's.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_openclaw"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("OPENCLAW_GATEWAY_PORT", self.port.to_string())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts the program and does not wait for it.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        let child = self
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running(Some(child))
    }
}

/// A started program; killed when dropped.
pub(crate) struct Running(Option<Child>);

impl Running {
    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.0.as_ref().unwrap()), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
