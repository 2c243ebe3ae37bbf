//! Where things of a settings file are, for those who look without starting a gateway.

use crate::Settings;
use agent::{Roster, RosterDefaults};
use config::Env;
use std::path::{Path, PathBuf};

/// The workspace of the default agent.
pub fn workspace(settings: &Settings, env: &Env, state_dir: &Path) -> PathBuf {
    let (roster, _) = Roster::new(
        &settings.agents,
        &roster_defaults(env, state_dir, String::new()),
    );
    roster.default_agent().workspace.clone()
}

/// What a roster needs beside the settings.
pub(crate) fn roster_defaults(env: &Env, state_dir: &Path, model: String) -> RosterDefaults {
    let home = env.filled("OPENCLAW_HOME").or_else(|| env.filled("HOME"));
    RosterDefaults {
        state_dir: state_dir.to_owned(),
        home: home.map(PathBuf::from),
        model,
    }
}
