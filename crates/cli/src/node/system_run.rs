//! `system.run.prepare` and `system.run`: what would run, whether it may, and its end.

use super::commands::Refused;
use super::execute::{self, Work};
use super::fingerprint::Fingerprint;
use super::host::Host;
use ::tools::exec::{Allowed, Judgement, MAX_COMMAND_BYTES, Program, command_text};
use protocol::methods::approvals::SystemRunPlan;
use protocol::methods::nodes::{SystemRun, SystemRunPrepare, SystemRunPrepared, SystemRunResult};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a program may run unless the caller says otherwise.
const USUAL: Duration = Duration::from_mins(10);

/// The longest it may.
const LONGEST: Duration = Duration::from_hours(1);

/// The agent whose rules count when none is named.
const DEFAULT_AGENT: &str = "main";

/// A command that can be judged.
struct Command {
    program: Program,
    /// The program by its path, and its arguments.
    argv: Vec<String>,
    cwd: PathBuf,
}

/// Says what would run, and remembers it until it is approved.
pub(super) fn prepare(host: &Host, asked: &SystemRunPrepare) -> Result<SystemRunPrepared, Refused> {
    let cwd = asked.cwd.as_deref();
    let command = command(host, &asked.command, asked.raw_command.as_deref(), cwd)?;
    check_environment(asked.env.as_ref())?;
    let plan = SystemRunPlan {
        command_text: command_text(&command.argv),
        command_preview: None,
        cwd: asked.cwd.clone(),
        agent_id: asked.agent_id.clone(),
        session_key: asked.session_key.clone(),
        argv: command.argv.clone(),
    };
    let print =
        Fingerprint::of(&command.program, &command.argv, &command.cwd).map_err(|error| {
            Refused::new(
                "UNAVAILABLE",
                format!("the program cannot be read: {error}"),
            )
        })?;
    host.plans.keep(
        key(
            &plan.argv,
            asked.cwd.as_ref(),
            asked.agent_id.as_ref(),
            asked.session_key.as_ref(),
        ),
        print,
    );
    Ok(SystemRunPrepared { plan })
}

/// Runs a command if the rules of this machine, or a person, allow it.
pub(super) async fn run(
    host: &Host,
    asked: SystemRun,
    limit_ms: Option<u64>,
    cancel: &CancellationToken,
) -> Result<SystemRunResult, Refused> {
    let command = command(
        host,
        &asked.command,
        asked.raw_command.as_deref(),
        asked.cwd.as_deref(),
    )?;
    check_environment(asked.env.as_ref())?;
    let agent = asked.agent_id.as_deref().unwrap_or(DEFAULT_AGENT);
    let args = command.argv.get(1..).unwrap_or_default();
    let held = host.rules.read()?;
    match held
        .rules
        .judge(agent, &command.program, args, &command.cwd)
    {
        Judgement::Allow => {}
        Judgement::Deny(why) => return Err(Refused::new("SYSTEM_RUN_DENIED", why)),
        Judgement::Ask => approved(host, &asked, &command, agent)?,
    }
    let own = asked.timeout_ms.map_or(USUAL, Duration::from_millis);
    let waits = limit_ms.map_or(LONGEST, Duration::from_millis);
    let work = Work {
        program: command.program.path,
        args: args.to_vec(),
        cwd: command.cwd,
        environment: host.environment.clone(),
        more: asked.env.unwrap_or_default(),
        limit: own.min(waits).min(LONGEST),
    };
    execute::run(work, cancel).await
}

/// Whether a person allowed exactly this, and nothing it consists of has changed since.
fn approved(host: &Host, asked: &SystemRun, command: &Command, agent: &str) -> Result<(), Refused> {
    if asked.approved != Some(true) {
        return Err(Refused::new(
            "SYSTEM_RUN_DENIED",
            "approval required: ask with exec.approval.request for what system.run.prepare answers, \
             or add it to the list with `openclaw approvals allowlist add --node <NAME>`",
        ));
    }
    let mismatch = |why: &str| {
        Refused::new(
            "APPROVAL_MISMATCH",
            format!("{why}; prepare it and ask again"),
        )
    };
    let key = key(
        &command.argv,
        asked.cwd.as_ref(),
        asked.agent_id.as_ref(),
        asked.session_key.as_ref(),
    );
    let Some(then) = host.plans.take(&key) else {
        return Err(mismatch("this node does not remember what was approved"));
    };
    let now = Fingerprint::of(&command.program, &command.argv, &command.cwd);
    if now.ok() != Some(then) {
        return Err(mismatch(
            "the program, its folder or a file it names has changed since it was approved",
        ));
    }
    if asked.approval_decision.as_deref() == Some("allow-always") {
        host.rules.allow(agent, &line(command))?;
    }
    Ok(())
}

/// What "always" writes down: exactly this program with exactly these arguments in this folder.
fn line(command: &Command) -> Allowed {
    Allowed {
        pattern: command.argv.first().cloned().unwrap_or_default(),
        args: Some(command.argv.iter().skip(1).cloned().collect()),
        cwd: command.cwd.to_str().map(str::to_owned),
        ..Allowed::default()
    }
}

fn command(
    host: &Host,
    words: &[String],
    raw: Option<&str>,
    cwd: Option<&str>,
) -> Result<Command, Refused> {
    let bytes: usize = words.iter().map(|word| word.len() + 1).sum();
    if bytes > MAX_COMMAND_BYTES || words.iter().any(|word| word.contains('\0')) {
        return Err(Refused::invalid(format!(
            "a command may have {MAX_COMMAND_BYTES} bytes at most and no zero byte"
        )));
    }
    let Some((first, args)) = words.split_first() else {
        return Err(Refused::invalid(
            "command must hold the program and its arguments",
        ));
    };
    let program = Program::find(first).map_err(|why| Refused::invalid(why.to_string()))?;
    let Some(path) = program.path.to_str() else {
        return Err(Refused::invalid("the program's path is not text"));
    };
    let mut argv = vec![path.to_owned()];
    argv.extend_from_slice(args);
    let says_the_same = |raw: &str| {
        let same = |words: &[String]| raw == command_text(words) || raw == words.join(" ");
        same(words) || same(&argv)
    };
    if raw.is_some_and(|raw| !says_the_same(raw)) {
        return Err(Refused::invalid(
            "rawCommand says something else than command; leave it out",
        ));
    }
    let cwd = match cwd {
        None => host.home.clone(),
        Some(cwd) => PathBuf::from(cwd),
    };
    // Whether it is missing, no folder or not ours to enter: the same words.
    let no_folder = || Refused::invalid("cwd must be the whole path of a folder");
    if !cwd.is_absolute() {
        return Err(no_folder());
    }
    let cwd = cwd.canonicalize().ok().filter(|it| it.is_dir());
    Ok(Command {
        program,
        argv,
        cwd: cwd.ok_or_else(no_folder)?,
    })
}

/// Variables change what programs do; only those that change how they speak may be given.
fn check_environment(asked: Option<&BTreeMap<String, String>>) -> Result<(), Refused> {
    let mut names = asked.into_iter().flatten().map(|(name, _)| name.as_str());
    match names.find(|name| !execute::may_be_given(name)) {
        Some(name) => {
            let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            Err(Refused::invalid(format!(
                "env {name:?} may not be given to programs on this node"
            )))
        }
        None => Ok(()),
    }
}

fn key(
    argv: &[String],
    cwd: Option<&String>,
    agent: Option<&String>,
    session: Option<&String>,
) -> String {
    serde_json::json!([argv, cwd, agent, session]).to_string()
}
