//! `sessions.*`. Source: gateway RPC methods, "Sessions".

mod change;
mod look;
mod row;
mod usage;

pub use change::{
    SessionChangeReply, SessionResolved, SessionsAbortParams, SessionsAbortReply,
    SessionsCompactParams, SessionsCompactReply, SessionsCreateParams, SessionsCreateReply,
    SessionsDeleteParams, SessionsDeleteReply, SessionsPatchParams, SessionsResetParams,
    SessionsSendParams,
};
pub use look::{
    BranchEntry, SessionKeyParams, SessionPreview, SessionPreviewItem, SessionsBranchesReply,
    SessionsCatalogReply, SessionsDescribeParams, SessionsDescribeReply, SessionsGetParams,
    SessionsGetReply, SessionsGroupsReply, SessionsListParams, SessionsListReply,
    SessionsMessagesSubscribeParams, SessionsPreviewParams, SessionsPreviewReply,
    SessionsResolveParams, SessionsResolveReply, SessionsSubscribeParams, SessionsSubscribeReply,
    SessionsViewersParams, SubscribedReply,
};
pub use row::{LevelOption, ModelDefaults, SessionEntry};
pub use usage::{
    AgentUsage, DailyBreakdown, DailyLatency, DailyMessageCounts, DailyModelUsage, DailyUsage,
    DaysOf, LatencyStats, MessageCounts, ModelUsage, ProviderUsage, QuarterMessageCounts,
    QuarterTokenUsage, SessionUsage, SessionUsageEntry, SessionsUsageLogsParams,
    SessionsUsageLogsReply, SessionsUsageParams, SessionsUsageReply, SessionsUsageSeriesReply,
    ToolCount, ToolUsage, UsageAggregates, UsageLogEntry, UsagePoint,
};

use crate::method::methods;
use crate::methods::chat::ChatSendReply;

methods! {
    /// The sessions changed most recently.
    "sessions.list" => SessionsList(SessionsListParams) -> SessionsListReply, Read;
    /// One session.
    "sessions.describe" => SessionsDescribe(SessionsDescribeParams) -> SessionsDescribeReply, Read;
    /// The messages of a session.
    "sessions.get" => SessionsGet(SessionsGetParams) -> SessionsGetReply, Read;
    /// The last words of several sessions.
    "sessions.preview" => SessionsPreview(SessionsPreviewParams) -> SessionsPreviewReply, Read;
    /// Finds a session by key, id or label.
    "sessions.resolve" => SessionsResolve(SessionsResolveParams) -> SessionsResolveReply, Read;
    /// From now on this connection hears of every session.
    "sessions.subscribe" => SessionsSubscribe(SessionsSubscribeParams) -> SessionsSubscribeReply, Read;
    /// It hears no more of every session.
    "sessions.unsubscribe" => SessionsUnsubscribe(SessionsSubscribeParams) -> SessionsSubscribeReply, Read;
    /// From now on this connection hears the messages of one session; with a cursor first those
    /// after it.
    "sessions.messages.subscribe" => SessionsMessagesSubscribe(SessionsMessagesSubscribeParams) -> SubscribedReply, Read;
    /// It hears them no more.
    "sessions.messages.unsubscribe" => SessionsMessagesUnsubscribe(SessionKeyParams) -> SubscribedReply, Read;
    /// Makes a session, or finds the one there is.
    "sessions.create" => SessionsCreate(SessionsCreateParams) -> SessionsCreateReply, Write;
    /// Changes what is set for a session; null sets nothing.
    "sessions.patch" => SessionsPatch(SessionsPatchParams) -> SessionChangeReply, Write;
    /// Begins a session anew under its key; what is set for it stays.
    "sessions.reset" => SessionsReset(SessionsResetParams) -> SessionChangeReply, Admin;
    /// Removes a session; its log is kept aside.
    "sessions.delete" => SessionsDelete(SessionsDeleteParams) -> SessionsDeleteReply, Admin;
    /// Shortens a session: to its newest messages, or to a summary by its model and the last few.
    "sessions.compact" => SessionsCompact(SessionsCompactParams) -> SessionsCompactReply, Admin;
    /// Sends a message, as `chat.send` does.
    "sessions.send" => SessionsSend(SessionsSendParams) -> ChatSendReply, Write;
    /// Stops the runs of a session.
    "sessions.abort" => SessionsAbort(SessionsAbortParams) -> SessionsAbortReply, Write;
    /// What sessions used and cost, and what was said and done in them.
    "sessions.usage" => SessionsUsage(SessionsUsageParams) -> SessionsUsageReply, Read;
    /// What the calls of one session used, one by one.
    "sessions.usage.timeseries" => SessionsUsageTimeseries(SessionKeyParams) -> SessionsUsageSeriesReply, Read;
    /// The messages of one session with what they used.
    "sessions.usage.logs" => SessionsUsageLogs(SessionsUsageLogsParams) -> SessionsUsageLogsReply, Read;
    /// Groups of sessions; sessions are not put into groups, so there are none.
    "sessions.groups.list" => SessionsGroupsList(SessionsSubscribeParams) -> SessionsGroupsReply, Read;
    /// Says which sessions this connection looks at.
    "sessions.viewers.set" => SessionsViewersSet(SessionsViewersParams) -> SessionsViewersParams, Read;
    /// The branches of a session; a log does not branch, so there is one.
    "sessions.branches.list" => SessionsBranchesList(SessionsBranchesParams) -> SessionsBranchesReply, Read;
    /// Sessions of other programs; none are known.
    "sessions.catalog.list" => SessionsCatalogList(SessionsSubscribeParams) -> SessionsCatalogReply, Read;
}

pub use look::SessionsBranchesParams;
