//! The log, the machine, updates, diagnostics.

use super::Registry;
use crate::services::{Services, rfc3339};
use protocol::methods::system::DiagnosticsStabilityReply;
use protocol::methods::{
    DiagnosticsStability, DoctorMemoryStatus, LastHeartbeat, LogsTail, SetHeartbeats, SystemInfo,
    UpdateRun, UpdateStatus, Wake,
};

pub(super) fn register(table: &mut Registry) {
    table.on(LogsTail, |call, params| async move {
        call.services.logs_tail(&params)
    });
    table.on(SystemInfo, |call, _| async move {
        Ok(call.services.system_info())
    });
    table.on(LastHeartbeat, |_, _| async move { Ok(None) });
    table.absent(
        SetHeartbeats,
        "this version has no heartbeats, so there is nothing to switch",
    );
    table.absent(
        Wake,
        "this version has no heartbeats; send the text with chat.send or agent",
    );
    table.on(
        UpdateStatus,
        |_, _| async move { Ok(Services::update_status()) },
    );
    table.absent(
        UpdateRun,
        "the gateway does not update itself; install the new version and restart it",
    );
    table.on(DoctorMemoryStatus, |call, _| async move {
        Ok(call.services.doctor_memory_status())
    });
    // Nothing is kept here that is not in the log.
    table.on(DiagnosticsStability, |call, _| async move {
        Ok(DiagnosticsStabilityReply {
            generated_at: rfc3339(call.services.clock.now()),
            ..DiagnosticsStabilityReply::default()
        })
    });
}
