//! Events, and who may hear them. Source: WebSocket protocol, sections 17 and 18.

use crate::Scope;

/// Who hears an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Every operator.
    Operators,
    /// Operators with this scope.
    Needs(Scope),
    /// Only the connections it is addressed to; carries no `seq`.
    Addressed,
}

/// A line of the event table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRow {
    /// Its name.
    pub name: &'static str,
    /// Who hears it.
    pub guard: Guard,
    /// Whether a reader that is too slow may miss it.
    pub droppable: bool,
}

const fn event(name: &'static str, guard: Guard, droppable: bool) -> EventRow {
    EventRow {
        name,
        guard,
        droppable,
    }
}

/// Every event. One that is not listed is never sent.
pub const EVENTS: &[EventRow] = &[
    event("connect.challenge", Guard::Addressed, false),
    event("tick", Guard::Operators, true),
    event("health", Guard::Operators, true),
    event("shutdown", Guard::Operators, false),
    event("presence", Guard::Needs(Scope::Read), true),
    event("agent", Guard::Needs(Scope::Read), false),
    event("chat", Guard::Needs(Scope::Read), false),
    event("session.message", Guard::Needs(Scope::Read), false),
    event("session.tool", Guard::Needs(Scope::Read), false),
    event("sessions.changed", Guard::Needs(Scope::Read), false),
    event("config.changed", Guard::Needs(Scope::Read), false),
    event("voicewake.changed", Guard::Needs(Scope::Read), false),
    event(
        "exec.approval.requested",
        Guard::Needs(Scope::Approvals),
        false,
    ),
    event(
        "exec.approval.resolved",
        Guard::Needs(Scope::Approvals),
        false,
    ),
    event("device.pair.requested", Guard::Needs(Scope::Pairing), true),
    event("device.pair.resolved", Guard::Needs(Scope::Pairing), true),
    event("device.pair.changed", Guard::Needs(Scope::Pairing), true),
    event("node.pair.requested", Guard::Needs(Scope::Pairing), false),
    event("node.pair.resolved", Guard::Needs(Scope::Pairing), false),
    event("node.invoke.request", Guard::Addressed, false),
    event("node.invoke.cancel", Guard::Addressed, false),
    event("node.invoke.progress", Guard::Addressed, true),
    event(
        "node.runnerInventory.changed",
        Guard::Needs(Scope::Read),
        true,
    ),
];

/// The line of an event.
pub fn event_info(name: &str) -> Option<&'static EventRow> {
    EVENTS.iter().find(|event| event.name == name)
}
