//! Where this invocation keeps its things, and the settings found there.

use crate::args::Globals;
use crate::failure::{Failure, Kind};
use config::locate;
use config::{ConfigFile, Decoded, Document, Env, LoadOptions, Mode, decode};
use gateway::settings::{self, Settings};
use std::path::{Path, PathBuf};

/// The port of the development profile. Source: configuration specification, section 1.
const DEV_PORT: &str = "19001";

/// The state directory and the environment of this invocation.
#[derive(Debug)]
pub(crate) struct Home {
    globals: Globals,
    env: Env,
    state_dir: PathBuf,
}

impl Home {
    /// Finds the state directory; it need not exist.
    ///
    /// # Errors
    /// When no home directory is known, or the profile name is not allowed.
    pub(crate) fn find(globals: Globals) -> Result<Self, Failure> {
        let mut env = Env::process();
        let mut profile = globals.profile.as_deref();
        if globals.dev {
            profile = Some("dev");
            env.add_missing("OPENCLAW_GATEWAY_PORT", DEV_PORT);
        }
        // What is wrong here was typed, and no settings can repair it.
        let state_dir = locate::state_dir(&env, profile)
            .map_err(|problem| Failure::new(Kind::Usage, problem).fix("openclaw --help"))?;
        Ok(Self {
            globals,
            env,
            state_dir,
        })
    }

    pub(crate) fn globals(&self) -> &Globals {
        &self.globals
    }

    pub(crate) fn env(&self) -> &Env {
        &self.env
    }

    pub(crate) fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// Whether colours are wanted, as far as the command line and the environment say.
    pub(crate) fn colour(&self) -> bool {
        !self.globals.no_color && self.env.filled("NO_COLOR").is_none()
    }

    /// The settings file, which need not exist.
    ///
    /// # Errors
    /// When two files could be meant.
    pub(crate) fn config_file(&self) -> Result<ConfigFile, Failure> {
        Ok(locate::config_file(&self.env, &self.state_dir)?)
    }

    /// How a command reads the settings: nothing is changed on the way.
    pub(crate) fn load_options(&self) -> LoadOptions {
        LoadOptions {
            state_dir: Some(self.state_dir.clone()),
            tighten: false,
        }
    }

    /// The settings file, read and parsed; an empty document when there is none.
    ///
    /// # Errors
    /// Everything that keeps the file from being read.
    pub(crate) fn document(&self) -> Result<(ConfigFile, Document), Failure> {
        let file = self.config_file()?;
        let document = Document::load(&file, &self.env, &self.load_options())
            .map_err(|problems| Failure::settings(&file.path, &problems))?;
        Ok((file, document))
    }

    /// The settings as a gateway would take them at its start.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(crate) fn settings(&self) -> Result<Decoded<Settings>, Failure> {
        let (file, document) = self.document()?;
        decode(&document, &settings::rules(), Mode::Start)
            .map_err(|problems| Failure::settings(&file.path, &problems))
    }
}
