//! An empty home: a state directory of its own, gone when dropped.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};

use crate::FakeModel;
use crate::fake_model::Wire;

/// A temporary place for one gateway.
///
/// ```text
/// <root>/            HOME of the process
///   state/           OPENCLAW_STATE_DIR, with openclaw.json
///   gateway.stdout   what the process wrote
///   gateway.stderr
/// ```
#[derive(Debug)]
pub struct Home {
    root: tempfile::TempDir,
}

impl Home {
    /// Makes an empty home; the state directory does not exist yet.
    ///
    /// # Errors
    /// When the temporary directory cannot be made.
    pub fn empty() -> anyhow::Result<Self> {
        let root = tempfile::Builder::new().prefix("openclaw-").tempdir();
        Ok(Self {
            root: root.context("cannot make a temporary home")?,
        })
    }

    /// Makes an empty home inside this directory, for a test to which the file system matters.
    ///
    /// # Errors
    /// When the temporary directory cannot be made.
    pub fn empty_in(dir: &Path) -> anyhow::Result<Self> {
        let root = tempfile::Builder::new().prefix("openclaw-").tempdir_in(dir);
        let root = root.with_context(|| format!("cannot make a home in {}", dir.display()))?;
        Ok(Self { root })
    }

    /// Makes a home whose settings point the default agent at a model server, as
    /// [`Home::settings`] describes.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn with_model(base_url: &str) -> anyhow::Result<Self> {
        let home = Self::empty()?;
        home.write_config(&Self::settings(base_url))?;
        Ok(home)
    }

    /// The settings most tests want: chat completions on, one provider `fake` with the models
    /// `fake-1` (priced as [`fake_model::FAKE_1`](crate::fake_model::FAKE_1)) and `fake-2` (free),
    /// and the default agent on `fake/fake-1`.
    pub fn settings(base_url: &str) -> Value {
        json!({
            "gateway": {"http": {"endpoints": {"chatCompletions": {"enabled": true}}}},
            "models": {"providers": {"fake": provider(Wire::Chat, base_url)}},
            "agents": {"defaults": {"model": "fake/fake-1"}}
        })
    }

    /// [`Home::settings`] with a provider more for each other wire of this fake:
    /// `fake-responses`, `fake-anthropic`, `fake-gemini` and `fake-ollama`, with the same models
    /// and prices.
    pub fn all_wires(fake: &FakeModel) -> Value {
        let mut settings = Self::settings(&fake.base_url());
        let providers = settings.pointer_mut("/models/providers");
        if let Some(providers) = providers.and_then(Value::as_object_mut) {
            for wire in Wire::ALL {
                let entry = provider(wire, &fake.base_url_of(wire));
                providers.insert(wire.provider().to_owned(), entry);
            }
        }
        settings
    }

    /// The directory that holds everything.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The gateway's state directory.
    pub fn state_dir(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// The settings file.
    pub fn config_path(&self) -> PathBuf {
        self.state_dir().join("openclaw.json")
    }

    /// Where the gateway's standard output goes.
    pub fn stdout_path(&self) -> PathBuf {
        self.root.path().join("gateway.stdout")
    }

    /// Where the gateway's standard error goes.
    pub fn stderr_path(&self) -> PathBuf {
        self.root.path().join("gateway.stderr")
    }

    /// Writes the settings file, replacing what was there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_config(&self, settings: &Value) -> anyhow::Result<()> {
        self.write_config_text(&serde_json::to_string_pretty(settings)?)
    }

    /// Writes the settings file as this very text, for comments and for mistakes.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_config_text(&self, text: &str) -> anyhow::Result<()> {
        let dir = self.state_dir();
        make_private(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let path = self.config_path();
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// A provider of the fake's models.
fn provider(wire: Wire, base_url: &str) -> Value {
    json!({
        "baseUrl": base_url,
        "apiKey": "fake-key",
        "api": wire.api(),
        "models": [
            {"id": "fake-1", "name": "Fake One", "contextWindow": 128_000,
             "maxTokens": 8192, "input": ["text", "image"],
             "cost": {"input": 1, "output": 2, "cacheRead": 0.1, "cacheWrite": 1.25}},
            {"id": "fake-2", "name": "Fake Two", "contextWindow": 32_000,
             "maxTokens": 4096,
             "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}}
        ]
    })
}

/// Makes a directory only its owner can enter, as the gateway itself would.
fn make_private(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir)
}
