//! The method table: one file per family, joined here.

pub mod agent;
pub mod approvals;
pub mod chat;
pub mod devices;
pub mod login;
pub mod nodes;
pub mod presence;
pub mod sessions;
pub mod status;
pub mod usage;

pub use agent::{Agent, AgentIdentityGet, AgentWait};
pub use approvals::{
    ExecApprovalGet, ExecApprovalList, ExecApprovalRequest, ExecApprovalResolve,
    ExecApprovalWaitDecision, ExecApprovalsGet, ExecApprovalsNodeGet, ExecApprovalsNodeSet,
    ExecApprovalsSet, OpenclawApprovalList, PluginApprovalList, QuestionList,
};
pub use chat::{
    ChatAbort, ChatHistory, ChatInject, ChatMessageGet, ChatMetadata, ChatSend, ChatStartup,
    ChatToolTitles,
};
pub use devices::{
    DevicePairApprove, DevicePairList, DevicePairReject, DevicePairRemove, DevicePairRename,
    DevicePairSetupCode, DeviceTokenRevoke, DeviceTokenRotate, GatewayIdentityGet,
};
pub use login::LoginLink;
pub use nodes::{
    NodeDescribe, NodeEvent, NodeInvoke, NodeInvokeProgress, NodeInvokeResult, NodeList,
    NodePairApprove, NodePairList, NodePairReject, NodePairRemove, NodePairRequest, NodePairVerify,
    NodePendingAck, NodePendingDrain, NodePendingEnqueue, NodePendingPull,
    NodePluginSurfaceRefresh, NodePluginToolsUpdate, NodeRename, NodeRunnerInventoryUpdate,
    NodeSkillsUpdate, SkillsBins,
};
pub use presence::{SystemEvent, SystemPresence};
pub use sessions::{
    SessionsAbort, SessionsBranchesList, SessionsCatalogList, SessionsCompact, SessionsCreate,
    SessionsDelete, SessionsDescribe, SessionsGet, SessionsGroupsList, SessionsList,
    SessionsMessagesSubscribe, SessionsMessagesUnsubscribe, SessionsPatch, SessionsPreview,
    SessionsReset, SessionsResolve, SessionsSend, SessionsSubscribe, SessionsUnsubscribe,
    SessionsUsage, SessionsUsageLogs, SessionsUsageTimeseries, SessionsViewersSet,
};
pub use status::{Health, Status};
pub use usage::{UsageCalls, UsageCost, UsageExplain, UsageQuote, UsageReport, UsageStatus};

use crate::{MethodInfo, MethodSchema};

/// A family's table with the shapes behind it.
type Family = (&'static [MethodInfo], fn() -> Vec<MethodSchema>);

const FAMILIES: &[Family] = &[
    (status::TABLE, status::schemas),
    (agent::TABLE, agent::schemas),
    (chat::TABLE, chat::schemas),
    (sessions::TABLE, sessions::schemas),
    (usage::TABLE, usage::schemas),
    (login::TABLE, login::schemas),
    (nodes::TABLE, nodes::schemas),
    (approvals::TABLE, approvals::schemas),
    (presence::TABLE, presence::schemas),
    (devices::TABLE, devices::schemas),
];

/// Every method this contract has.
pub fn all() -> impl Iterator<Item = &'static MethodInfo> {
    FAMILIES.iter().flat_map(|(table, _)| table.iter())
}

/// The line of a method.
pub fn find(name: &str) -> Option<&'static MethodInfo> {
    all().find(|method| method.name == name)
}

/// The shapes of every method, in the order of [`all`].
pub fn schemas() -> Vec<MethodSchema> {
    FAMILIES.iter().flat_map(|(_, schemas)| schemas()).collect()
}
