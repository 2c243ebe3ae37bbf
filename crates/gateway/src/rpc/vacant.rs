//! Families whose subsystem is not here yet: lists are empty, changes are refused with the reason.

use super::{Registry, missing_scope};
use crate::net::Scope;
use crate::services::Services;
use protocol::methods::extras::{PluginsListReply, TaskSuggestionsListReply, TasksListReply};
use protocol::methods::voice::TtsProvidersReply;
use protocol::methods::{
    ChannelsLogout, ChannelsStart, ChannelsStatus, CronAdd, CronList, CronRemove, CronRun,
    CronRuns, CronStatus, CronUpdate, HooksStatus, MessageAction, PluginsControlUiList,
    PluginsList, Poll, Send, SkillsInstall, SkillsStatus, SkillsUpdate, TalkCatalog, TalkConfig,
    TalkMode, TaskSuggestionsList, TasksList, TtsConvert, TtsDisable, TtsEnable, TtsProviders,
    TtsSetProvider, TtsStatus, VoicewakeGet, VoicewakeSet, WebLoginStart, WebLoginWait,
    WizardCancel, WizardNext, WizardStart, WizardStatus,
};

const NO_CHANNELS: &str = "this version has no chat channels; use chat.send or agent to talk to it";
const NO_SKILLS: &str =
    "this version has no skills; write what an agent should know into its workspace";
const NO_CRON: &str = "this version has no schedules; call agent from a timer of the system";
const NO_WIZARD: &str = "the setup runs in a terminal: openclaw onboard";
const NO_SPEECH: &str = "this version does not speak; read the text of the answer aloud yourself";
const NO_TALK: &str = "this version holds no spoken conversations; send text with chat.send";

pub(super) fn register(table: &mut Registry) {
    extras(table);
    channels(table);
    cron(table);
    voice(table);
    table.absent(WizardStart, NO_WIZARD);
    table.absent(WizardNext, NO_WIZARD);
    table.absent(WizardStatus, NO_WIZARD);
    table.absent(WizardCancel, NO_WIZARD);
}

fn extras(table: &mut Registry) {
    table.on(SkillsStatus, |call, params| async move {
        call.services.skills_status(&params)
    });
    table.absent(SkillsInstall, NO_SKILLS);
    table.absent(SkillsUpdate, NO_SKILLS);
    table.on(HooksStatus, |call, params| async move {
        call.services.hooks_status(&params)
    });
    table.on(PluginsList, |_, _| async move {
        Ok(PluginsListReply::default())
    });
    table.on(PluginsControlUiList, |_, _| async move {
        Ok(Services::plugins_control_ui())
    });
    table.on(
        TasksList,
        |_, _| async move { Ok(TasksListReply::default()) },
    );
    table.on(TaskSuggestionsList, |_, _| async move {
        Ok(TaskSuggestionsListReply::default())
    });
}

fn channels(table: &mut Registry) {
    table.on(ChannelsStatus, |call, _| async move {
        Ok(call.services.channels_status())
    });
    table.absent(ChannelsLogout, NO_CHANNELS);
    table.absent(ChannelsStart, NO_CHANNELS);
    table.absent(WebLoginStart, NO_CHANNELS);
    table.absent(WebLoginWait, NO_CHANNELS);
    table.absent(Send, NO_CHANNELS);
    table.absent(Poll, NO_CHANNELS);
    table.absent(MessageAction, NO_CHANNELS);
}

fn cron(table: &mut Registry) {
    table.on(CronStatus, |call, _| async move {
        Ok(call.services.cron_status())
    });
    table.on(
        CronList,
        |_, params| async move { Services::cron_list(&params) },
    );
    table.on(
        CronRuns,
        |_, params| async move { Services::cron_runs(&params) },
    );
    table.absent(CronAdd, NO_CRON);
    table.absent(CronUpdate, NO_CRON);
    table.absent(CronRemove, NO_CRON);
    table.absent(CronRun, NO_CRON);
}

fn voice(table: &mut Registry) {
    table.on(TtsStatus, |call, _| async move {
        Ok(call.services.tts_status())
    });
    table.on(TtsProviders, |_, _| async move {
        Ok(TtsProvidersReply::default())
    });
    table.absent(TtsEnable, NO_SPEECH);
    table.absent(TtsDisable, NO_SPEECH);
    table.absent(TtsSetProvider, NO_SPEECH);
    table.absent(TtsConvert, NO_SPEECH);
    table.on(TalkConfig, |call, params| async move {
        if params.include_secrets.unwrap_or(false) && !call.caller.scopes.allow(Scope::TalkSecrets)
        {
            return Err(missing_scope(Scope::TalkSecrets));
        }
        Ok(Services::talk_config())
    });
    table.absent(TalkMode, NO_TALK);
    table.absent(TalkCatalog, NO_TALK);
    table.on(VoicewakeGet, |call, _| async move {
        call.services.voicewake_get().await
    });
    table.on(VoicewakeSet, |call, params| async move {
        call.services.voicewake_set(params).await
    });
}
