//! `cargo xtask <chore>`: house rules and release chores.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for terminals"
)]

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use xtask::{generated, tidy};

const USAGE: &str = "\
usage: cargo xtask <chore>

  tidy    proves the house rules; prints every breach as file:line: rule
  gen     writes the reference pages and schemas that follow from the code;
          with --check, says which of them are out of date instead
  check   everything a change must pass: format, lint, tidy, generated files, tests
  ui      builds the Control UI in web/, to be embedded by the next cargo build
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let outcome = match (args.next().as_deref(), args.next().as_deref()) {
        (Some("tidy"), None) => run_tidy(),
        (Some("gen"), None) => generate(),
        (Some("gen"), Some("--check")) => check_generated(),
        (Some("check"), None) => check(),
        (Some("ui"), None) => ui(),
        (None | Some("help" | "--help" | "-h"), None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        (Some(_), _) | (None, Some(_)) => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_tidy() -> Result<()> {
    let problems = tidy::problems(&root()?)?;
    for problem in &problems {
        println!("{problem}");
    }
    match problems.len() {
        0 => {
            println!("tidy: no breach of the house rules");
            Ok(())
        }
        1 => bail!("1 breach of the house rules"),
        count => bail!("{count} breaches of the house rules"),
    }
}

fn generate() -> Result<()> {
    for path in generated::write(&root()?)? {
        println!("wrote {}", path.display());
    }
    Ok(())
}

fn check_generated() -> Result<()> {
    let stale = generated::stale(&root()?)?;
    for path in &stale {
        println!("{}: differs from the code", path.display());
    }
    if !stale.is_empty() {
        bail!("generated files are out of date; run cargo xtask gen");
    }
    println!("gen: every generated file follows the code");
    Ok(())
}

fn check() -> Result<()> {
    let root = root()?;
    cargo(&root, &["fmt", "--all", "--check"])?;
    cargo(
        &root,
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    )?;
    run_tidy()?;
    check_generated()?;
    cargo(&root, &["test", "--workspace"])
}

fn ui() -> Result<()> {
    let web = root()?.join("web");
    if !web.join("package.json").try_exists()? {
        bail!("there is no web/package.json in this source tree, so there is nothing to build");
    }
    run(Command::new("npm").arg("ci").current_dir(&web))?;
    run(Command::new("npm").args(["run", "build"]).current_dir(&web))
}

/// The workspace: the folder above this crate.
fn root() -> Result<PathBuf> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    Ok(here
        .parent()
        .context("this crate lies in no folder")?
        .to_owned())
}

fn cargo(root: &Path, args: &[&str]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    println!("$ cargo {}", args.join(" "));
    run(Command::new(cargo).args(args).current_dir(root))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
