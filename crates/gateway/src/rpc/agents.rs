//! `agents.*`.

use super::Registry;
use crate::services::settings::Writer;
use protocol::methods::{
    AgentsCreate, AgentsDelete, AgentsFilesGet, AgentsFilesList, AgentsFilesSet, AgentsList,
    AgentsUpdate,
};

pub(super) fn register(table: &mut Registry) {
    table.on(AgentsList, |call, _| async move {
        Ok(call.services.agents_list())
    });
    table.on(AgentsCreate, |call, params| async move {
        let writer = Writer::of(&call);
        call.services.agents_create(writer, params).await
    });
    table.on(AgentsUpdate, |call, params| async move {
        let writer = Writer::of(&call);
        call.services.agents_update(writer, params).await
    });
    table.on(AgentsDelete, |call, params| async move {
        let writer = Writer::of(&call);
        call.services.agents_delete(writer, params).await
    });
    table.on(AgentsFilesList, |call, params| async move {
        call.services.agents_files_list(&params)
    });
    table.on(AgentsFilesGet, |call, params| async move {
        call.services.agents_files_get(&params)
    });
    table.on(AgentsFilesSet, |call, params| async move {
        call.services.agents_files_set(params)
    });
}
