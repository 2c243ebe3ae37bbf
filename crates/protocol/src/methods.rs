//! The method table.

pub mod agent;
pub mod chat;
pub mod login;
pub mod sessions;
pub mod status;
pub mod usage;

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
    /// Tokens and costs by day.
    "usage.cost" => UsageCost(usage::UsageCostParams) -> usage::UsageCostReply, Read;
    /// Every budget, and how much of it is spent.
    "usage.status" => UsageStatus(usage::UsageStatusParams) -> usage::UsageStatusReply, Read;
    /// Usage added up by model, provider, agent, session, key or day.
    "usage.report" => UsageReport(usage::UsageReportParams) -> usage::UsageReportReply, Read;
    /// Every model call, page by page.
    "usage.calls" => UsageCalls(usage::UsageCallsParams) -> usage::UsageCallsReply, Read;
    /// The receipt of a run: every call, why this model, what it cost.
    "usage.explain" => UsageExplain(usage::UsageExplainParams) -> usage::UsageExplainReply, Read;
    /// What a run would cost. Calls no model.
    "usage.quote" => UsageQuote(usage::UsageQuoteParams) -> usage::UsageQuoteReply, Read;
    /// Makes a one-time login link for the Control UI.
    "login.link" => LoginLink(login::LoginLinkParams) -> login::LoginLinkReply, Admin;
}
