//! Runs one program: no shell, few variables, bounded output, nothing left behind.

use super::commands::Refused;
use config::Env;
use protocol::methods::nodes::SystemRunResult;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// Most bytes of each stream that are kept; the rest is read and dropped.
const MAX_KEPT: usize = 1024 * 1024;

/// How long output is waited for after the program has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Variables of this process that programs get too. Source: security specification, 6.3.
const INHERITED: &[&str] = &["USER", "LOGNAME", "LANG", "TZ", "TERM", "TMPDIR"];

/// Variables a caller may give.
const GIVEN: &[&str] = &["LANG", "TZ", "TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR"];

/// Whether a caller may give this variable.
pub(super) fn may_be_given(name: &str) -> bool {
    GIVEN.contains(&name) || is_locale(name)
}

fn is_locale(name: &str) -> bool {
    name.strip_prefix("LC_")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// The variables every program gets.
pub(super) fn environment(env: &Env, home: &Path) -> Vec<(String, String)> {
    let own = env
        .iter()
        .filter(|(name, _)| INHERITED.contains(name) || is_locale(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let fixed = [
        ("PATH", tools::exec::SEARCH_PATH.join(":")),
        ("HOME", home.to_string_lossy().into_owned()),
        ("OPENCLAW_SHELL", "exec".to_owned()),
    ];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value));
    own.chain(fixed).collect()
}

/// A program to run.
pub(super) struct Work {
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) cwd: PathBuf,
    pub(super) environment: Vec<(String, String)>,
    pub(super) more: BTreeMap<String, String>,
    pub(super) limit: Duration,
}

/// How it ended.
enum End {
    ByItself(std::io::Result<ExitStatus>),
    TooLate,
    Cancelled,
}

/// Runs it to its end, its limit or its cancellation. Whatever it started in its process group is
/// killed then.
pub(super) async fn run(
    work: Work,
    cancel: &CancellationToken,
) -> Result<SystemRunResult, Refused> {
    let mut child = Command::new(&work.program)
        .args(&work.args)
        .current_dir(&work.cwd)
        .env_clear()
        .envs(work.environment)
        .envs(work.more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            Refused::new("UNAVAILABLE", format!("the program did not start: {error}"))
        })?;
    let mut group = Group::of(&child);
    let mut out = Kept::default();
    let mut err = Kept::default();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let end = {
        let mut reading = std::pin::pin!(async {
            tokio::join!(out.read(stdout), err.read(stderr));
        });
        let mut all_read = false;
        let end = {
            let waiting = ended(&mut child, work.limit, cancel);
            let mut waiting = std::pin::pin!(waiting);
            loop {
                tokio::select! {
                    end = &mut waiting => break end,
                    () = &mut reading, if !all_read => all_read = true,
                }
            }
        };
        group.kill();
        if !all_read {
            // Somebody who left the group may hold the streams open for ever.
            drop(tokio::time::timeout(LAST_WORDS, reading).await);
        }
        end
    };
    drop(child.wait().await);
    Ok(result(&end, out, err))
}

async fn ended(child: &mut Child, limit: Duration, cancel: &CancellationToken) -> End {
    tokio::select! {
        status = child.wait() => End::ByItself(status),
        () = tokio::time::sleep(limit) => End::TooLate,
        () = cancel.cancelled() => End::Cancelled,
    }
}

fn result(end: &End, out: Kept, err: Kept) -> SystemRunResult {
    let (exit_code, error) = match end {
        End::ByItself(Ok(status)) => match status.code() {
            Some(code) => (Some(code), None),
            None => (None, Some("killed by a signal".to_owned())),
        },
        End::ByItself(Err(error)) => (None, Some(error.to_string())),
        End::TooLate => (None, Some("killed: it took longer than it may".to_owned())),
        End::Cancelled => (
            None,
            Some("killed: nobody waits for it any more".to_owned()),
        ),
    };
    SystemRunResult {
        exit_code,
        timed_out: matches!(end, End::TooLate),
        success: exit_code == Some(0),
        truncated: out.dropped + err.dropped > 0,
        stdout: out.text(),
        stderr: err.text(),
        error,
    }
}

/// The processes a program started, as long as they stayed in its group.
struct Group(Option<rustix::process::Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(rustix::process::Pid::from_raw))
    }

    fn kill(&mut self) {
        if let Some(group) = self.0.take() {
            // Nobody may be left in it.
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The beginning of what a stream brought.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    dropped: usize,
}

impl Kept {
    async fn read(&mut self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut chunk = vec![0; 16 * 1024];
        while let Ok(read) = stream.read(&mut chunk).await {
            if read == 0 {
                return;
            }
            let room = MAX_KEPT.saturating_sub(self.bytes.len()).min(read);
            self.bytes
                .extend_from_slice(chunk.get(..room).unwrap_or_default());
            self.dropped += read - room;
        }
    }

    fn text(self) -> String {
        let mut text = String::from_utf8_lossy(&self.bytes).into_owned();
        if self.dropped > 0 {
            let more = self.dropped.to_string();
            text.extend(["\n… ", &more, " more bytes were not kept"]);
        }
        text
    }
}
