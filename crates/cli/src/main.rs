//! The `openclaw` binary: commands, onboarding, doctor.
//!
//! What: reads the command line, does what it asks through `gateway` (in this process) or
//! `client` (against a running one), prints the result.
//! Who calls it: a person in a terminal, a service manager, a script.
//! Never: holds logic a second surface would need; prints a secret unless asked for exactly that.
//! Invariants: nothing but [`screen`] writes to the terminal, and [`tui`] while it has it; every error says what to do next;
//! exit codes are those of [`failure::Exit`]; files are made for their owner only.
//! Start reading at [`args`], then one file per command under `commands/`.

#![expect(
    clippy::doc_markdown,
    reason = "doc comments of arguments are the help text, where backticks would show"
)]

mod access;
mod args;
mod commands;
mod door;
mod failure;
mod guidance;
mod home;
mod listing;
mod local;
mod log_file;
mod logging;
mod node;
mod private_file;
mod runtime;
mod screen;
mod settings_file;
mod table;
mod tui;
mod web;

use args::Args;
use clap::Parser;
use failure::{Exit, Failure};
use std::process::ExitCode;

/// A tenth less processor time per request than the system's allocator; huge pages stay off, because
/// they would cost ten megabytes at rest.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Whatever the caller's umask: nothing we make is for other users.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are "errors" of the parser that go to stdout with exit code 0.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Ok
            };
            drop(error.print());
            if let Some(instead) = guidance::instead(&error) {
                let head = if instead.starts_with("openclaw") {
                    "fix"
                } else {
                    "note"
                };
                screen::note(format_args!("{head}: {instead}"));
            }
            return exit.into();
        }
    };
    let json = args.command.json();
    match commands::run(args) {
        Ok(exit) => exit.into(),
        Err(failure) => report(&failure, json).into(),
    }
}

fn report(failure: &Failure, json: bool) -> Exit {
    if failure.is_quiet() {
        return failure.exit();
    }
    if json {
        drop(screen::json(&failure.to_json()));
    } else {
        screen::complain(failure);
    }
    failure.exit()
}
