//! Families whose subsystem is not here yet: what can honestly be said of them.
//!
//! An empty list is true, and stops clients from asking again and again. Whoever wants to change
//! something is told why it does not work: see [`crate::rpc`].

use super::Services;
use crate::error::ApiError;
use protocol::methods::channels::ChannelsStatusReply;
use protocol::methods::cron::{CronListParams, CronListReply, CronRunsReply, CronStatusReply};
use protocol::methods::extras::{
    HooksStatusReply, PluginsControlUiListReply, SkillsStatusParams, SkillsStatusReply,
};
use protocol::methods::system::{
    DoctorMemoryStatusReply, MemoryEmbedding, UpdateInstall, UpdateSchedule, UpdateStatusReply,
};
use protocol::methods::voice::{TalkConfigReply, TalkSession, TalkSettings, TtsStatusReply};

/// Jobs of a page unless told otherwise, and at most.
const PAGE: (u32, u32) = (50, 200);

impl Services {
    pub(crate) fn channels_status(&self) -> ChannelsStatusReply {
        ChannelsStatusReply {
            ts: self.clock.now().0,
            ..ChannelsStatusReply::default()
        }
    }

    pub(crate) fn skills_status(
        &self,
        params: &SkillsStatusParams,
    ) -> Result<SkillsStatusReply, ApiError> {
        let agent = self.agent_or_default(params.agent_id.as_deref())?;
        Ok(SkillsStatusReply {
            workspace_dir: agent.workspace.display().to_string(),
            managed_skills_dir: self.in_state_dir("skills"),
            agent_id: agent.id.to_string(),
            skills: Vec::new(),
        })
    }

    pub(crate) fn hooks_status(
        &self,
        params: &SkillsStatusParams,
    ) -> Result<HooksStatusReply, ApiError> {
        let agent = self.agent_or_default(params.agent_id.as_deref())?;
        Ok(HooksStatusReply {
            workspace_dir: agent.workspace.display().to_string(),
            managed_hooks_dir: self.in_state_dir("hooks"),
            hooks: Vec::new(),
        })
    }

    pub(crate) fn plugins_control_ui() -> PluginsControlUiListReply {
        PluginsControlUiListReply {
            revision: config::edit::hash(""),
            ..PluginsControlUiListReply::default()
        }
    }

    pub(crate) fn cron_status(&self) -> CronStatusReply {
        CronStatusReply {
            store_path: self.runtime.database_path().display().to_string(),
            ..CronStatusReply::default()
        }
    }

    pub(crate) fn cron_list(params: &CronListParams) -> Result<CronListReply, ApiError> {
        let (offset, limit) = page(params)?;
        Ok(CronListReply {
            // There are no jobs, so nothing ever changes them.
            snapshot_revision: "0".to_owned(),
            offset,
            limit,
            ..CronListReply::default()
        })
    }

    pub(crate) fn cron_runs(params: &CronListParams) -> Result<CronRunsReply, ApiError> {
        let (offset, limit) = page(params)?;
        Ok(CronRunsReply {
            offset,
            limit,
            ..CronRunsReply::default()
        })
    }

    pub(crate) fn tts_status(&self) -> TtsStatusReply {
        TtsStatusReply {
            auto: "off".to_owned(),
            prefs_path: self.in_state_dir("settings/tts.json"),
            ..TtsStatusReply::default()
        }
    }

    pub(crate) fn talk_config() -> TalkConfigReply {
        TalkConfigReply {
            config: TalkSettings {
                session: TalkSession {
                    main_key: super::agents::MAIN_KEY.to_owned(),
                },
            },
        }
    }

    pub(crate) fn update_status() -> UpdateStatusReply {
        let channel = "stable".to_owned();
        UpdateStatusReply {
            sentinel: None,
            update_available: None,
            effective_channel: channel.clone(),
            schedule: UpdateSchedule {
                channel,
                auto_enabled: false,
                install: UpdateInstall {
                    kind: "unknown".to_owned(),
                },
            },
        }
    }

    pub(crate) fn doctor_memory_status(&self) -> DoctorMemoryStatusReply {
        DoctorMemoryStatusReply {
            agent_id: self.agents.roster().default_agent().id.to_string(),
            provider: "none".to_owned(),
            embedding: MemoryEmbedding {
                ok: false,
                checked: false,
                error: Some("this version has no memory search".to_owned()),
            },
        }
    }

    fn in_state_dir(&self, name: &str) -> String {
        let database = self.runtime.database_path();
        database.with_file_name(name).display().to_string()
    }
}

fn page(params: &CronListParams) -> Result<(u32, u32), ApiError> {
    let (usual, most) = PAGE;
    let limit = params.limit.unwrap_or(usual);
    if !(1..=most).contains(&limit) {
        return Err(ApiError::invalid(format!(
            "limit must be between 1 and {most}"
        )));
    }
    Ok((params.offset.unwrap_or_default(), limit))
}
