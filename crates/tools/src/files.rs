//! The tools that touch files of the workspace.
//!
//! Every path is walked name by name from a handle of the workspace, links are never followed, and
//! only regular files with a single name are opened. What changes under a call's feet can make it
//! fail; it cannot make it leave the workspace.
//! Source: security specification, rule R18.

mod edit;
mod ls;
mod read;
mod replace;
mod workspace;
mod write;

use crate::{Protected, Tool, ToolCx, ToolError};

pub use edit::{Edit, EditArgs};
pub use ls::{Ls, LsArgs};
pub use read::{Read, ReadArgs};
pub use write::{Write, WriteArgs};

/// Largest file the tools read or write, in bytes.
pub const MAX_FILE_BYTES: u64 = 10 * 1024 * 1024;

/// All of them.
pub(crate) fn all(protected: &Protected) -> Vec<Box<dyn Tool>> {
    vec![
        Box::new(Read::new(protected.clone())),
        Box::new(Write::new(protected.clone())),
        Box::new(Edit::new(protected.clone())),
        Box::new(Ls::new(protected.clone())),
    ]
}

/// Runs file work on a thread where it may block, unless the run is already cancelled.
async fn blocking<T: Send + 'static>(
    tool: &'static str,
    cx: &ToolCx,
    work: impl FnOnce() -> Result<T, ToolError> + Send + 'static,
) -> Result<T, ToolError> {
    let cancel = cx.cancel.clone();
    let job = tokio::task::spawn_blocking(move || {
        // The thread may have been waited for; a cancelled run must not begin to write.
        if cancel.is_cancelled() {
            return Err(ToolError::Cancelled {
                tool: tool.to_owned(),
            });
        }
        work()
    });
    job.await.unwrap_or_else(|_| {
        Err(ToolError::Faulty {
            tool: tool.to_owned(),
        })
    })
}
