//! `config.*` and `secrets.reload`.

use super::Registry;
use crate::services::Services;
use crate::services::settings::Writer;
use protocol::methods::{
    ConfigApply, ConfigGet, ConfigPatch, ConfigSchema, ConfigSchemaLookup, ConfigSet, SecretsReload,
};

pub(super) fn register(table: &mut Registry) {
    table.on(ConfigGet, |call, _| async move {
        call.services.config_get(call.protocol)
    });
    table.on(ConfigSet, |call, params| async move {
        let writer = Writer::of(&call);
        call.services.config_set(writer, params).await
    });
    table.on(ConfigPatch, |call, params| async move {
        let writer = Writer::of(&call);
        call.services.config_patch(writer, params).await
    });
    table.on(ConfigApply, |call, params| async move {
        let writer = Writer::of(&call);
        call.services.config_apply(writer, params).await
    });
    table.on(ConfigSchema, |call, _| async move {
        Ok(call.services.config_schema())
    });
    table.on(ConfigSchemaLookup, |_, params| async move {
        Services::config_schema_lookup(&params)
    });
    table.on(SecretsReload, |call, _| async move {
        call.services.secrets_reload().await
    });
}
