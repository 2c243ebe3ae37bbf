//! A workspace with a secret place beside it.

use domain::{AgentId, RunId, SessionKey, ToolCall, ToolCallId, ToolName, ToolResult};
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;
use tools::{Access, Protected, Registry, ToolCx, Toolbox, ToolsSettings};

/// A temporary folder with `ws` (the workspace), `ws-evil` and `secret` in it.
pub(crate) struct Place {
    /// Removed with the value.
    _all: tempfile::TempDir,
    pub(crate) ws: PathBuf,
    pub(crate) evil: PathBuf,
    pub(crate) secret: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let all = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(all.path()).unwrap();
        let [ws, evil, secret] = ["ws", "ws-evil", "secret"].map(|name| root.join(name));
        for folder in [&ws, &evil, &secret] {
            std::fs::create_dir(folder).unwrap();
        }
        std::fs::write(evil.join("x"), "evil").unwrap();
        Self {
            _all: all,
            ws,
            evil,
            secret,
        }
    }

    pub(crate) fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.ws.join(path), content).unwrap();
    }

    pub(crate) fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.ws.join(path)).unwrap()
    }

    pub(crate) fn cx(&self) -> ToolCx {
        ToolCx {
            workspace: self.ws.clone(),
            agent: AgentId::new("main"),
            session: SessionKey::new("agent:main:main"),
            run: RunId::new("run-1"),
            access: Access::default(),
            cancel: CancellationToken::new(),
        }
    }

    /// Runs a call under default settings with the secret folder protected.
    pub(crate) async fn run(&self, tool: &str, arguments: &str) -> ToolResult {
        let protected = Protected::new([self.secret.clone()]);
        let toolbox = Toolbox::new(Registry::standard(protected), ToolsSettings::default());
        toolbox.run(&call(tool, arguments), &self.cx()).await
    }

    /// The text of a call that must work.
    pub(crate) async fn ok(&self, tool: &str, arguments: &str) -> String {
        let result = self.run(tool, arguments).await;
        assert!(
            !result.is_error,
            "{tool} {arguments} failed: {}",
            result.content
        );
        result.content
    }

    /// The text of a call that must fail.
    pub(crate) async fn err(&self, tool: &str, arguments: &str) -> String {
        let result = self.run(tool, arguments).await;
        assert!(
            result.is_error,
            "{tool} {arguments} worked: {}",
            result.content
        );
        result.content
    }
}

pub(crate) fn call(tool: &str, arguments: &str) -> ToolCall {
    ToolCall {
        id: ToolCallId::new("call-1"),
        name: ToolName::new(tool),
        arguments: arguments.to_owned(),
    }
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
