//! `ls`: what is in a folder.

use super::blocking;
use super::workspace::{Workspace, io_error};
use crate::{Effect, Intent, Protected, ToolCx, ToolError, ToolOutput, TypedTool, WorkspacePath};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::Path;

/// Most entries shown of one folder.
const MAX_ENTRIES: usize = 1000;
/// Most entries looked at before the rest is only told to exist.
const MAX_SCANNED: usize = 100_000;

/// Lists folders of the workspace.
#[derive(Debug)]
pub struct Ls {
    protected: Protected,
}

/// Arguments of `ls`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LsArgs {
    /// Path of the folder, relative to the workspace. Default: the workspace.
    #[serde(default)]
    pub path: Option<String>,
}

impl LsArgs {
    fn asked(&self) -> &str {
        match self.path.as_deref() {
            None | Some("") => ".",
            Some(path) => path,
        }
    }
}

impl Ls {
    /// A tool that keeps away from what is protected.
    pub fn new(protected: Protected) -> Self {
        Self { protected }
    }
}

#[async_trait]
impl TypedTool for Ls {
    type Args = LsArgs;
    const NAME: &'static str = "ls";
    const DESCRIPTION: &'static str = "List a folder of the workspace, one entry a line. Folders \
        end with /, links with @.";
    const EFFECT: Effect = Effect::Reads;

    fn plan(&self, args: &LsArgs) -> Intent {
        Intent::nothing(Self::NAME).reading(args.asked())
    }

    async fn perform(&self, args: LsArgs, cx: &ToolCx) -> Result<ToolOutput, ToolError> {
        let (root, protected) = (cx.workspace.clone(), self.protected.clone());
        blocking(Self::NAME, cx, move || {
            let path = WorkspacePath::parse(Path::new(args.asked()), &root)?;
            let workspace = Workspace::open(&root, &protected)?;
            list(&workspace, &path).map(ToolOutput::from)
        })
        .await
    }
}

fn list(workspace: &Workspace, path: &WorkspacePath) -> Result<String, ToolError> {
    let dir = workspace.folder(path)?;
    let mut entries = Vec::new();
    let mut all = dir.entries().map_err(io_error("list", path))?;
    for entry in all.by_ref().take(MAX_SCANNED) {
        let entry = entry.map_err(io_error("list", path))?;
        let kind = entry.file_type().map_err(io_error("list", path))?;
        let mark = if kind.is_symlink() {
            "@"
        } else if kind.is_dir() {
            "/"
        } else {
            ""
        };
        entries.push(format!("{}{mark}", entry.file_name().to_string_lossy()));
    }
    if entries.is_empty() {
        return Ok(format!("[{path} is empty]"));
    }
    entries.sort_unstable();
    let more = entries.len().saturating_sub(MAX_ENTRIES);
    let unseen = all.next().is_some();
    entries.truncate(MAX_ENTRIES);
    if unseen {
        entries.push(format!("[… at least {} more …]", more + 1));
    } else if more > 0 {
        entries.push(format!("[… {more} more …]"));
    }
    Ok(entries.join("\n"))
}
