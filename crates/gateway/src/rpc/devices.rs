//! `device.*` and `gateway.identity.get`.

use super::Registry;
use protocol::methods::{
    DevicePairApprove, DevicePairList, DevicePairReject, DevicePairRemove, DevicePairRename,
    DevicePairSetupCode, DeviceTokenRevoke, DeviceTokenRotate, GatewayIdentityGet,
};

pub(super) fn register(table: &mut Registry) {
    table.on(DevicePairList, |call, _| async move {
        Ok(call.services.devices.list())
    });
    table.on(DevicePairApprove, |call, params| async move {
        call.services
            .devices
            .approve(&call, &params.request_id)
            .await
    });
    table.on(DevicePairReject, |call, params| async move {
        call.services.devices.reject(&params.request_id)
    });
    table.on(DevicePairRemove, |call, params| async move {
        call.services.devices.remove(&call, &params.device_id).await
    });
    table.on(DevicePairRename, |call, params| async move {
        let devices = &call.services.devices;
        devices.rename(&params.device_id, &params.label).await
    });
    table.on(DevicePairSetupCode, |call, params| async move {
        call.services.devices.setup_code(&call, params)
    });
    table.on(DeviceTokenRotate, |call, params| async move {
        call.services.devices.rotate(&call, params).await
    });
    table.on(DeviceTokenRevoke, |call, params| async move {
        call.services.devices.revoke(&call, &params).await
    });
    table.on(GatewayIdentityGet, |call, _| async move {
        Ok(call.services.devices.identity())
    });
}
