//! What a tool is.

use crate::{Access, Intent, ToolError, schema};
use async_trait::async_trait;
use domain::{AgentId, RunId, SessionKey, ToolSpec};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// Whether repeating a call could do something twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It only looks. Repeating it is harmless.
    Reads,
    /// It changes something. A call whose outcome is unknown must not be repeated.
    Changes,
}

/// What surrounds a call.
#[derive(Debug, Clone)]
pub struct ToolCx {
    /// The agent's workspace, an absolute path. File tools stay below it.
    pub workspace: PathBuf,
    /// The agent that calls.
    pub agent: AgentId,
    /// The conversation it calls from.
    pub session: SessionKey,
    /// The run the call belongs to.
    pub run: RunId,
    /// What narrows the settings for this run.
    pub access: Access,
    /// Cancelled when the run is. A call that has begun to change something ends by itself.
    pub cancel: CancellationToken,
}

/// What a call gave, as text for the model. Longer than the output limit is cut in the middle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutput {
    /// The text.
    pub text: String,
}

/// The arguments of a call as the model wrote them: JSON text, possibly broken.
#[derive(Debug, Clone, Copy)]
pub struct RawArgs<'a>(pub &'a str);

/// A tool behind a pointer, with arguments still to be read. Most tools implement [`TypedTool`].
#[async_trait]
pub trait Tool: Send + Sync + 'static {
    /// Name, description and argument schema. Read once, when the tool is registered.
    fn spec(&self) -> ToolSpec;

    /// Whether calls change anything.
    fn effect(&self) -> Effect;

    /// What this call would do, before it is done. Does no I/O.
    ///
    /// # Errors
    /// [`ToolError::Arguments`] when the arguments cannot be read.
    fn intent(&self, args: RawArgs<'_>) -> Result<Intent, ToolError>;

    /// Does it. Called only after policy allowed what [`Tool::intent`] told.
    ///
    /// # Errors
    /// [`ToolError`], whose text is given to the model.
    async fn call(&self, args: RawArgs<'_>, cx: &ToolCx) -> Result<ToolOutput, ToolError>;
}

/// A tool whose arguments are a Rust type; schema and decoding follow from it.
#[async_trait]
pub trait TypedTool: Send + Sync + 'static {
    /// The arguments object. Doc comments of its fields are read by the model.
    type Args: DeserializeOwned + JsonSchema + Send + Sync;

    /// The name the model calls.
    const NAME: &'static str;
    /// What it does, for the model.
    const DESCRIPTION: &'static str;
    /// Whether calls change anything.
    const EFFECT: Effect;

    /// What this call would do, before it is done. Does no I/O.
    fn plan(&self, args: &Self::Args) -> Intent;

    /// Does it.
    ///
    /// # Errors
    /// [`ToolError`], whose text is given to the model.
    async fn perform(&self, args: Self::Args, cx: &ToolCx) -> Result<ToolOutput, ToolError>;
}

#[async_trait]
impl<T: TypedTool> Tool for T {
    fn spec(&self) -> ToolSpec {
        schema::spec::<T::Args>(T::NAME, T::DESCRIPTION)
    }

    fn effect(&self) -> Effect {
        T::EFFECT
    }

    fn intent(&self, args: RawArgs<'_>) -> Result<Intent, ToolError> {
        Ok(self.plan(&args.read()?))
    }

    async fn call(&self, args: RawArgs<'_>, cx: &ToolCx) -> Result<ToolOutput, ToolError> {
        self.perform(args.read()?, cx).await
    }
}

impl RawArgs<'_> {
    /// Reads the arguments as `T`. An empty text counts as an empty object: some models write
    /// nothing when a tool takes nothing.
    ///
    /// # Errors
    /// [`ToolError::Arguments`] with the place and the fields that are expected.
    pub fn read<T: DeserializeOwned + JsonSchema>(self) -> Result<T, ToolError> {
        let text = if self.0.trim().is_empty() {
            "{}"
        } else {
            self.0
        };
        let mut reader = serde_json::Deserializer::from_str(text);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let detail = match error.path().to_string().as_str() {
                "." => error.inner().to_string(),
                path => format!("{path}: {}", error.inner()),
            };
            ToolError::Arguments {
                detail,
                expected: schema::fields::<T>(),
            }
        })?;
        reader.end().map_err(|error| ToolError::Arguments {
            detail: error.to_string(),
            expected: schema::fields::<T>(),
        })?;
        Ok(value)
    }
}

impl From<String> for ToolOutput {
    fn from(text: String) -> Self {
        Self { text }
    }
}
