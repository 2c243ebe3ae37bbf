//! Runs one test of this binary again in a process of its own, to be killed or locked in.
//!
//! Such a test asks [`workplace`] whether it is the child; if not, it does a shorter piece of the
//! same work in place.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const WORKPLACE: &str = "STATE_TEST_WORKPLACE";

/// The directory the parent gave, when this process is the child.
pub(crate) fn workplace() -> Option<PathBuf> {
    std::env::var_os(WORKPLACE).map(PathBuf::from)
}

/// A process that runs `test` alone with `dir` as its workplace.
pub(crate) fn command(test: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    arguments(&mut command, test, dir);
    command
}

/// The same, started by a shell after `setup`, which finds the workplace as `$1`.
pub(crate) fn after(setup: &str, test: &str, dir: &Path) -> Command {
    let mut command = Command::new("sh");
    shell(&mut command, setup, test, dir);
    command
}

/// The same with a file system of `size` bytes in memory mounted on the workplace, seen by the
/// child only; `None` where the system does not let us.
pub(crate) fn in_memory_disk(size: u64, test: &str, dir: &Path) -> Option<Command> {
    let mount = format!("mount -t tmpfs -o size={size},mode=0700 none \"$1\"");
    for rights in ["-m", "-rm"] {
        let mut attempt = Command::new("unshare");
        attempt.args([rights, "sh", "-c", &mount, "sh"]).arg(dir);
        let permitted = attempt.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if permitted.is_ok_and(|status| status.success()) {
            let mut command = Command::new("unshare");
            command.args([rights, "sh"]);
            shell(&mut command, &mount, test, dir);
            return Some(command);
        }
    }
    None
}

/// Waits for a child whose test must have run and passed.
pub(crate) fn passes(command: &mut Command) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    let passed = status.success() && stdout.contains("test result: ok. 1 passed");
    assert!(passed, "the child failed: {status}\n{stdout}\n{stderr}");
}

fn shell(command: &mut Command, setup: &str, test: &str, dir: &Path) {
    command
        .arg("-c")
        .arg(format!("{setup} && shift && exec \"$@\""))
        .arg("sh")
        .arg(dir);
    command.arg(std::env::current_exe().unwrap());
    arguments(command, test, dir);
}

fn arguments(command: &mut Command, test: &str, dir: &Path) {
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(WORKPLACE, dir);
}
