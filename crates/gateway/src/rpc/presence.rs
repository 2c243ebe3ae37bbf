//! `system-presence`, `system-event`.

use super::Registry;
use protocol::methods::presence::SystemEventReply;
use protocol::methods::{SystemEvent, SystemPresence};

pub(super) fn register(table: &mut Registry) {
    table.on(SystemPresence, |call, _| async move {
        let services = call.services;
        let version = services.runtime.snapshot().version;
        Ok(services.hub.roll.entries(version, services.clock.as_ref()))
    });
    table.on(SystemEvent, |call, params| async move {
        let hub = &call.services.hub;
        hub.roll.report(params, call.services.clock.now());
        hub.presence_changed();
        Ok(SystemEventReply { ok: true })
    });
}
