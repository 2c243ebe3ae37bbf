//! The method table: one file per family, joined here.

pub mod agent;
pub mod agents;
pub mod approvals;
pub mod catalog;
pub mod channels;
pub mod chat;
pub mod cron;
pub mod devices;
pub mod extras;
pub mod login;
pub mod nodes;
pub mod presence;
pub mod sessions;
pub mod settings;
pub mod status;
pub mod system;
pub mod usage;
pub mod voice;
pub mod wizard;

pub use agent::{Agent, AgentIdentityGet, AgentWait};
pub use agents::{
    AgentsCreate, AgentsDelete, AgentsFilesGet, AgentsFilesList, AgentsFilesSet, AgentsList,
    AgentsUpdate,
};
pub use approvals::{
    ExecApprovalGet, ExecApprovalList, ExecApprovalRequest, ExecApprovalResolve,
    ExecApprovalWaitDecision, ExecApprovalsGet, ExecApprovalsNodeGet, ExecApprovalsNodeSet,
    ExecApprovalsSet, OpenclawApprovalList, PluginApprovalList, QuestionList,
};
pub use catalog::{
    CommandsList, ModelsAuthStatus, ModelsList, ToolsCatalog, ToolsEffective, ToolsInvoke,
};
pub use channels::{
    ChannelsLogout, ChannelsStart, ChannelsStatus, MessageAction, Poll, Send, WebLoginStart,
    WebLoginWait,
};
pub use chat::{
    ChatAbort, ChatHistory, ChatInject, ChatMessageGet, ChatMetadata, ChatSend, ChatStartup,
    ChatToolTitles,
};
pub use cron::{CronAdd, CronList, CronRemove, CronRun, CronRuns, CronStatus, CronUpdate};
pub use devices::{
    DevicePairApprove, DevicePairList, DevicePairReject, DevicePairRemove, DevicePairRename,
    DevicePairSetupCode, DeviceTokenRevoke, DeviceTokenRotate, GatewayIdentityGet,
};
pub use extras::{
    HooksStatus, PluginsControlUiList, PluginsList, SkillsInstall, SkillsStatus, SkillsUpdate,
    TaskSuggestionsList, TasksList,
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
pub use settings::{
    ConfigApply, ConfigGet, ConfigPatch, ConfigSchema, ConfigSchemaLookup, ConfigSet, SecretsReload,
};
pub use status::{Health, Status};
pub use system::{
    DiagnosticsStability, DoctorMemoryStatus, LastHeartbeat, LogsTail, SetHeartbeats, SystemInfo,
    UpdateRun, UpdateStatus, Wake,
};
pub use usage::{UsageCalls, UsageCost, UsageExplain, UsageQuote, UsageReport, UsageStatus};
pub use voice::{
    TalkCatalog, TalkConfig, TalkMode, TtsConvert, TtsDisable, TtsEnable, TtsProviders,
    TtsSetProvider, TtsStatus, VoicewakeGet, VoicewakeSet,
};
pub use wizard::{WizardCancel, WizardNext, WizardStart, WizardStatus};

use crate::{MethodInfo, MethodSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

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
    (agents::TABLE, agents::schemas),
    (catalog::TABLE, catalog::schemas),
    (extras::TABLE, extras::schemas),
    (settings::TABLE, settings::schemas),
    (system::TABLE, system::schemas),
    (channels::TABLE, channels::schemas),
    (cron::TABLE, cron::schemas),
    (wizard::TABLE, wizard::schemas),
    (voice::TABLE, voice::schemas),
];

/// Parameters of a method that takes none, or that is not served yet. Whatever is sent is ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoParams {}

/// Tells a null that was sent from a field that was not.
pub(crate) fn said<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

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
