//! What an agent may do to the world, and who decides whether it may.
//!
//! What: the [`Tool`] trait and its typed form, the [`Registry`], the policy chain, and the tools
//! that touch the workspace: `read`, `write`, `edit`, `ls`.
//! Who calls it: `agent` runs calls through a [`Toolbox`]; the gateway composes the registry.
//! Never: waits for a human, asks a model, opens a path by its text outside a directory handle.
//! Invariants: no tool runs without a decision of [`policy::decide`]; every call yields exactly one
//! [`domain::ToolResult`]; file tools cannot leave the workspace, whatever changes under them.
//! Start reading at [`Toolbox::run`], then [`policy`], then [`files`]; [`exec`] holds the rules for
//! programs.

mod access;
mod config;
mod cut;
mod dispatch;
mod error;
pub mod exec;
pub mod files;
mod intent;
mod offer;
mod path;
mod pattern;
pub mod policy;
mod protected;
mod registry;
mod schema;
mod search;
mod tool;
mod toolbox;

pub use access::Access;
pub use config::{
    AgentToolsSettings, FsSettings, Profile, SearchMode, SearchSettings, ToolsSettings, WriteMode,
};
pub use error::ToolError;
pub use intent::Intent;
pub use offer::{CALL_TOOL, Offer, SEARCH_TOOL};
pub use path::{PathError, WorkspacePath};
pub use pattern::ToolPattern;
pub use protected::Protected;
pub use registry::{DuplicateTool, Registry};
pub use tool::{Effect, RawArgs, Tool, ToolCx, ToolOutput, TypedTool};
pub use toolbox::{Asked, Toolbox};
