//! Secrets that a program is asked for, protocol version 1.
//!
//! Source: `config.md` section 1, Exec protocol.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdout, Command};
use tokio::time::{Instant, timeout, timeout_at};

use super::resolve::{DEFAULT_MAX_BYTES, Failure, milliseconds};
use super::settings::ExecProvider;
use crate::Env;

const PROTOCOL_VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    protocol_version: u32,
    provider: &'a str,
    ids: [&'a str; 1],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    protocol_version: u32,
    #[serde(default)]
    values: BTreeMap<String, String>,
    #[serde(default)]
    errors: BTreeMap<String, Reason>,
}

#[derive(Deserialize)]
struct Reason {
    code: Option<String>,
}

/// Asks the program for one id.
pub(super) async fn fetch(
    provider: &ExecProvider,
    name: &str,
    id: &str,
    env: &Env,
) -> Result<SecretString, Failure> {
    let program = program(provider, env)?;
    let question = Question {
        protocol_version: PROTOCOL_VERSION,
        provider: name,
        ids: [id],
    };
    let question = serde_json::to_vec(&question)
        .map_err(|error| Failure::Unavailable(format!("cannot ask the program: {error}")))?;
    let output = run(provider, &program, &question, env).await?;
    read_answer(provider, &output, id)
}

/// The program behind `command`, once it is known that only we or the system could have put it there.
fn program(provider: &ExecProvider, env: &Env) -> Result<PathBuf, Failure> {
    let command = Path::new(&provider.command);
    let shown = command.display();
    if !command.is_absolute() {
        return Err(Failure::Refused(format!(
            "command {shown} must be an absolute path"
        )));
    }
    let unavailable = |error| Failure::Unavailable(format!("cannot look at {shown}: {error}"));
    let is_link = std::fs::symlink_metadata(command)
        .map_err(unavailable)?
        .is_symlink();
    if is_link && !provider.allow_symlink_command {
        return Err(Failure::Refused(format!(
            "command {shown} is a symbolic link; name its target or set allowSymlinkCommand"
        )));
    }
    let real = command.canonicalize().map_err(unavailable)?;
    let found = std::fs::metadata(&real).map_err(unavailable)?;
    if !found.is_file() {
        return Err(Failure::Refused(format!(
            "command {shown} is not a regular file"
        )));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let owners = [0, rustix::process::geteuid().as_raw()];
        if found.mode() & 0o022 != 0 || !owners.contains(&found.uid()) {
            return Err(Failure::Refused(format!(
                "command {shown} can be changed by other users; run: chmod go-w {}",
                real.display()
            )));
        }
    }
    if let Some(dirs) = &provider.trusted_dirs {
        let inside = |dir: &String| {
            let dir = crate::locate::user_path(env, dir).ok();
            let dir = dir.and_then(|dir| dir.canonicalize().ok());
            dir.is_some_and(|dir| real.starts_with(dir))
        };
        if !dirs.iter().any(inside) {
            return Err(Failure::Refused(format!(
                "command {} is not in one of trustedDirs",
                real.display()
            )));
        }
    }
    Ok(real)
}

async fn run(
    provider: &ExecProvider,
    program: &Path,
    question: &[u8],
    env: &Env,
) -> Result<Vec<u8>, Failure> {
    let shown = program.display();
    let deadline = Instant::now() + milliseconds(provider.timeout_ms);
    let mut command = Command::new(program);
    command.args(&provider.args).env_clear();
    command.envs(
        provider
            .pass_env
            .iter()
            .filter_map(|name| Some((name, env.get(name)?))),
    );
    command.envs(
        provider
            .env
            .iter()
            .map(|(name, value)| (name, value.expose())),
    );
    command.current_dir(program.parent().unwrap_or(Path::new("/")));
    // What it says on standard error may contain secrets, so nobody reads it.
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command
        .spawn()
        .map_err(|error| Failure::Unavailable(format!("cannot start {shown}: {error}")))?;
    // Declared after the child, so a dropped future ends the group while its number is still ours.
    let mut group = Group::of(&child);
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let talk = async {
        let ask = async {
            if let Some(mut stdin) = stdin {
                // A program that does not read its question may still answer.
                stdin.write_all(question).await.ok();
                stdin.shutdown().await.ok();
            }
        };
        let ((), output) = tokio::join!(ask, listen(provider, stdout));
        output
    };
    let took_too_long =
        || Failure::Unavailable(format!("{shown} did not answer in time and was ended"));
    // On every early return the group is dropped, which ends it.
    let output = timeout_at(deadline, talk)
        .await
        .map_err(|_| took_too_long())??;
    let status = timeout_at(deadline, child.wait())
        .await
        .map_err(|_| took_too_long())?;
    group.release();
    match status {
        Ok(status) if status.success() => Ok(output),
        Ok(status) => Err(Failure::Unavailable(format!("{shown} failed: {status}"))),
        Err(error) => Err(Failure::Unavailable(format!(
            "cannot wait for {shown}: {error}"
        ))),
    }
}

async fn listen(provider: &ExecProvider, stdout: Option<ChildStdout>) -> Result<Vec<u8>, Failure> {
    // Without a limit of its own only the whole answer has one.
    let silence = milliseconds(provider.no_output_timeout_ms.or(Some(u32::MAX)));
    let limit = provider.max_output_bytes.unwrap_or(DEFAULT_MAX_BYTES);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut output = Vec::new();
    let Some(mut stdout) = stdout else {
        return Ok(output);
    };
    loop {
        let read = timeout(silence, stdout.read_buf(&mut output)).await;
        let read = read.map_err(|_| Failure::Unavailable("the program fell silent".into()))?;
        match read {
            Ok(0) => return Ok(output),
            Ok(_) if output.len() > limit => {
                return Err(Failure::Refused(format!(
                    "the answer is longer than {limit} bytes"
                )));
            }
            Ok(_) => {}
            Err(error) => {
                return Err(Failure::Unavailable(format!(
                    "cannot read the answer: {error}"
                )));
            }
        }
    }
}

fn read_answer(provider: &ExecProvider, output: &[u8], id: &str) -> Result<SecretString, Failure> {
    let answer: Answer = match serde_json::from_slice(output) {
        Ok(answer) => answer,
        Err(_) if !provider.json_only => {
            let text = std::str::from_utf8(output)
                .map_err(|_| Failure::Unavailable("the answer is not UTF-8".into()))?;
            return Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])));
        }
        // The parser's message could quote the answer, so only the place is told.
        Err(error) => {
            return Err(Failure::Unavailable(format!(
                "the answer is not the JSON that was asked for (line {}, column {})",
                error.line(),
                error.column()
            )));
        }
    };
    if answer.protocol_version != PROTOCOL_VERSION {
        return Err(Failure::Unavailable(format!(
            "the program speaks protocol version {}, not {PROTOCOL_VERSION}",
            answer.protocol_version
        )));
    }
    if let Some(value) = answer.values.get(id) {
        return Ok(SecretString::from(value.as_str()));
    }
    let code = answer
        .errors
        .get(id)
        .and_then(|reason| reason.code.as_deref());
    let harmless = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    match code.filter(|code| code.len() <= 40 && code.chars().all(harmless)) {
        Some(code) => Err(Failure::Missing(format!("the program says {code}"))),
        None => Err(Failure::Missing("the program has no such secret".into())),
    }
}

/// Ends the program and everything it started, unless it has ended by itself.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &tokio::process::Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            leader: id.and_then(rustix::process::Pid::from_raw),
        }
    }

    #[cfg(not(unix))]
    fn of(_child: &tokio::process::Child) -> Self {
        Self {}
    }

    fn release(&mut self) {
        #[cfg(unix)]
        {
            self.leader = None;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self.leader {
            // It may have ended a moment ago; then there is nothing left to end.
            rustix::process::kill_process_group(leader, rustix::process::Signal::KILL).ok();
        }
    }
}
