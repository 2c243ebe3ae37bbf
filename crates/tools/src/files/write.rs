//! `write`: a whole file.

use super::replace::{Replaced, replace};
use super::workspace::Workspace;
use super::{MAX_FILE_BYTES, blocking};
use crate::{Effect, Intent, Protected, ToolCx, ToolError, ToolOutput, TypedTool, WorkspacePath};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::Path;

/// Creates files of the workspace or replaces them whole.
#[derive(Debug)]
pub struct Write {
    protected: Protected,
}

/// Arguments of `write`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WriteArgs {
    /// Path of the file, relative to the workspace. Missing folders are created.
    #[serde(alias = "file_path", alias = "filePath")]
    pub path: String,
    /// The whole new content.
    pub content: String,
}

impl Write {
    /// A tool that keeps away from what is protected.
    pub fn new(protected: Protected) -> Self {
        Self { protected }
    }
}

#[async_trait]
impl TypedTool for Write {
    type Args = WriteArgs;
    const NAME: &'static str = "write";
    const DESCRIPTION: &'static str = "Create a file of the workspace, or replace its whole \
        content. Use edit to change a part of an existing file.";
    const EFFECT: Effect = Effect::Changes;

    fn plan(&self, args: &WriteArgs) -> Intent {
        Intent::nothing(Self::NAME).writing(&args.path)
    }

    async fn perform(&self, args: WriteArgs, cx: &ToolCx) -> Result<ToolOutput, ToolError> {
        let (root, protected) = (cx.workspace.clone(), self.protected.clone());
        blocking(Self::NAME, cx, move || {
            let path = WorkspacePath::parse(Path::new(&args.path), &root)?;
            fits(args.content.len())?;
            let workspace = Workspace::open(&root, &protected)?;
            let size = args.content.len();
            let done = match replace(&workspace, &path, args.content.as_bytes(), None)? {
                Replaced::Existing => "replaced",
                Replaced::Nothing => "created",
            };
            Ok(ToolOutput::from(format!("{done} {path} ({size} bytes)")))
        })
        .await
    }
}

/// Refuses content that is larger than a file may be.
pub(super) fn fits(size: usize) -> Result<(), ToolError> {
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    if size > MAX_FILE_BYTES {
        let what = "the content".to_owned();
        return Err(ToolError::TooLarge {
            what,
            size,
            limit: MAX_FILE_BYTES,
        });
    }
    Ok(())
}
