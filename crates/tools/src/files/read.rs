//! `read`: the text of a file, whole or by lines.

use super::workspace::{Workspace, io_error};
use super::{MAX_FILE_BYTES, blocking};
use crate::{
    Effect, Intent, Protected, ToolCx, ToolError, ToolOutput, TypedTool, WorkspacePath, cut,
};
use async_trait::async_trait;
use cap_std::fs::Metadata;
use schemars::JsonSchema;
use serde::Deserialize;
use std::io::Read as _;
use std::path::Path;

/// Room kept for the line that tells where to continue.
const NOTE_BYTES: usize = 256;

/// Reads text files of the workspace.
#[derive(Debug)]
pub struct Read {
    protected: Protected,
}

/// Arguments of `read`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadArgs {
    /// Path of the file, relative to the workspace.
    #[serde(alias = "file_path", alias = "filePath")]
    pub path: String,
    /// First line to show, counted from 1. Default: 1.
    #[serde(default)]
    pub offset: Option<usize>,
    /// How many lines to show at most. Default: as many as fit.
    #[serde(default)]
    pub limit: Option<usize>,
}

impl Read {
    /// A tool that keeps away from what is protected.
    pub fn new(protected: Protected) -> Self {
        Self { protected }
    }
}

#[async_trait]
impl TypedTool for Read {
    type Args = ReadArgs;
    const NAME: &'static str = "read";
    const DESCRIPTION: &'static str = "Read a text file of the workspace. Long files are shown in \
        pieces; the last line says with which offset to continue.";
    const EFFECT: Effect = Effect::Reads;

    fn plan(&self, args: &ReadArgs) -> Intent {
        Intent::nothing(Self::NAME).reading(&args.path)
    }

    async fn perform(&self, args: ReadArgs, cx: &ToolCx) -> Result<ToolOutput, ToolError> {
        let (root, protected) = (cx.workspace.clone(), self.protected.clone());
        blocking(Self::NAME, cx, move || {
            let path = WorkspacePath::parse(Path::new(&args.path), &root)?;
            let workspace = Workspace::open(&root, &protected)?;
            let (text, _) = load(&workspace, &path)?;
            page(&text, &path, args.offset, args.limit).map(ToolOutput::from)
        })
        .await
    }
}

/// The whole text of a file with what the system knows about it.
pub(super) fn load(
    workspace: &Workspace,
    path: &WorkspacePath,
) -> Result<(String, Metadata), ToolError> {
    let (file, meta) = workspace.file(path)?;
    let too_large = |size| ToolError::TooLarge {
        what: path.to_string(),
        size,
        limit: MAX_FILE_BYTES,
    };
    if meta.len() > MAX_FILE_BYTES {
        return Err(too_large(meta.len()));
    }
    let mut bytes = Vec::new();
    // The file may grow while it is read.
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(io_error("read", path))?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > MAX_FILE_BYTES {
        return Err(too_large(size));
    }
    let not_text = || ToolError::NotText {
        path: path.to_string(),
        size,
    };
    if bytes.contains(&0) {
        return Err(not_text());
    }
    let text = String::from_utf8(bytes).map_err(|_| not_text())?;
    Ok((text, meta))
}

/// The lines from `offset` on that were asked for and fit, and how to get the rest.
fn page(
    text: &str,
    path: &WorkspacePath,
    offset: Option<usize>,
    limit: Option<usize>,
) -> Result<String, ToolError> {
    if text.is_empty() {
        return Ok(format!("[{path} is empty]"));
    }
    let lines = text.split_inclusive('\n').count();
    // Some models count lines from 0; nothing is lost by showing them the first.
    let first = offset.unwrap_or(1).max(1);
    if first > lines {
        return Err(ToolError::BeyondEnd {
            path: path.to_string(),
            lines,
            offset: first,
        });
    }
    let room = cut::MAX_OUTPUT_BYTES - NOTE_BYTES;
    let mut shown = String::new();
    let mut count = 0;
    for line in text
        .split_inclusive('\n')
        .skip(first - 1)
        .take(limit.unwrap_or(usize::MAX))
    {
        if shown.len() + line.len() > room {
            if count == 0 {
                // One line alone does not fit: show its ends rather than nothing.
                shown = cut::middle(line.to_owned(), room);
                count = 1;
            }
            break;
        }
        shown.push_str(line);
        count += 1;
    }
    let last = first - 1 + count;
    if last < lines {
        let next = last + 1;
        if !shown.is_empty() && !shown.ends_with('\n') {
            shown.push('\n');
        }
        let note = format!("[lines {first} to {last} of {lines}; continue with offset {next}]");
        shown.push_str(&note);
    }
    Ok(shown)
}
