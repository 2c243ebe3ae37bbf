//! The method table.

pub mod agent;
pub mod chat;
pub mod login;
pub mod sessions;
pub mod status;

use crate::method::methods;

methods! {
    /// Whether the gateway works, in one answer.
    "health" => Health(status::HealthParams) -> status::HealthReply, Read;
    /// What the gateway is doing.
    "status" => Status(status::StatusParams) -> status::StatusReply, Read;
    /// Runs an agent on a message. Answers when the run has ended, or at once with `wait: false`.
    "agent" => Agent(agent::AgentParams) -> agent::AgentReply, Write;
    /// Waits for the end of a run.
    "agent.wait" => AgentWait(agent::AgentWaitParams) -> agent::AgentWaitReply, Write;
    /// The messages of a session.
    "chat.history" => ChatHistory(chat::ChatHistoryParams) -> chat::ChatHistoryReply, Read;
    /// Stops the runs of a session.
    "chat.abort" => ChatAbort(chat::ChatAbortParams) -> chat::ChatAbortReply, Write;
    /// The sessions changed most recently.
    "sessions.list" => SessionsList(sessions::SessionsListParams) -> sessions::SessionsListReply, Read;
    /// Makes a one-time login link for the Control UI.
    "login.link" => LoginLink(login::LoginLinkParams) -> login::LoginLinkReply, Admin;
}
