//! `models.*`, `tools.*`, `commands.list`.

use super::Registry;
use crate::services::Services;
use crate::services::catalog::invoke;
use protocol::methods::{
    CommandsList, ModelsAuthStatus, ModelsList, ToolsCatalog, ToolsEffective, ToolsInvoke,
};

pub(super) fn register(table: &mut Registry) {
    table.on(ModelsList, |call, params| async move {
        call.services.models_list(&params)
    });
    table.on(ModelsAuthStatus, |call, _| async move {
        Ok(call.services.models_auth_status())
    });
    table.on(CommandsList, |_, params| async move {
        Ok(Services::commands_list(&params))
    });
    table.on(ToolsCatalog, |call, params| async move {
        call.services.tools_catalog(&params)
    });
    table.on(ToolsEffective, |call, params| async move {
        call.services.tools_effective(&params)
    });
    table.on(ToolsInvoke, |call, params| async move {
        let invoked = invoke::invoke(&call, params).await?;
        Ok(invoked.into())
    });
}
