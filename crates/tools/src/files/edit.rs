//! `edit`: one passage of a file.

use super::blocking;
use super::read::load;
use super::replace::replace;
use super::workspace::Workspace;
use super::write::fits;
use crate::{Effect, Intent, Protected, ToolCx, ToolError, ToolOutput, TypedTool, WorkspacePath};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::Path;

/// Replaces one passage of a text file.
#[derive(Debug)]
pub struct Edit {
    protected: Protected,
}

/// Arguments of `edit`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditArgs {
    /// Path of the file, relative to the workspace.
    #[serde(alias = "file_path", alias = "filePath")]
    pub path: String,
    /// The passage as it stands in the file, exactly, spaces included. It must occur once.
    #[serde(alias = "old_text", alias = "old_string")]
    pub old_text: String,
    /// What to put in its place.
    #[serde(alias = "new_text", alias = "new_string")]
    pub new_text: String,
}

impl Edit {
    /// A tool that keeps away from what is protected.
    pub fn new(protected: Protected) -> Self {
        Self { protected }
    }
}

#[async_trait]
impl TypedTool for Edit {
    type Args = EditArgs;
    const NAME: &'static str = "edit";
    const DESCRIPTION: &'static str = "Replace one passage of a text file of the workspace. \
        oldText must match the file exactly and occur once.";
    const EFFECT: Effect = Effect::Changes;

    fn plan(&self, args: &EditArgs) -> Intent {
        Intent::nothing(Self::NAME)
            .reading(&args.path)
            .writing(&args.path)
    }

    async fn perform(&self, args: EditArgs, cx: &ToolCx) -> Result<ToolOutput, ToolError> {
        let (root, protected) = (cx.workspace.clone(), self.protected.clone());
        blocking(Self::NAME, cx, move || {
            let path = WorkspacePath::parse(Path::new(&args.path), &root)?;
            let workspace = Workspace::open(&root, &protected)?;
            let (text, seen) = load(&workspace, &path)?;
            let (line, edited) = apply(&text, &args).map_err(|why| ToolError::NoEdit {
                path: path.to_string(),
                why,
            })?;
            fits(edited.len())?;
            replace(&workspace, &path, edited.as_bytes(), Some(&seen))?;
            Ok(ToolOutput::from(format!("edited {path} at line {line}")))
        })
        .await
    }
}

/// The line where the passage begins and the text with it replaced, or why not.
fn apply(text: &str, args: &EditArgs) -> Result<(usize, String), String> {
    if args.old_text.is_empty() {
        return Err("oldText is empty; give the passage to replace".to_owned());
    }
    if args.old_text == args.new_text {
        return Err("oldText and newText are the same; nothing would change".to_owned());
    }
    // Models write plain line ends; a file with Windows line ends keeps its own.
    let windows = text.contains("\r\n") && !args.old_text.contains('\r');
    let ends = |passage: &str| {
        if windows {
            passage.replace("\r\n", "\n").replace('\n', "\r\n")
        } else {
            passage.to_owned()
        }
    };
    let (old, new) = (ends(&args.old_text), ends(&args.new_text));
    let Some((before, after)) = text.split_once(&old) else {
        return Err(
            "oldText does not occur; read the file and copy the passage exactly".to_owned(),
        );
    };
    // Searching from the next character on also finds a passage that overlaps itself.
    let overlap = text
        .char_indices()
        .nth(before.chars().count() + 1)
        .map(|(at, _)| at);
    if overlap
        .and_then(|at| text.get(at..))
        .is_some_and(|rest| rest.contains(&old))
    {
        let why = "oldText occurs more than once; add lines around it until it is unique";
        return Err(why.to_owned());
    }
    let line = before.matches('\n').count() + 1;
    Ok((line, format!("{before}{new}{after}")))
}
