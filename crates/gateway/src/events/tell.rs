//! Events as they are told, before anybody's connection is looked at.

use crate::ws::{Hub, Link, Told};
use protocol::Protocol;
use serde_json::Value;

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    /// Everybody who may hear the event.
    All,
    /// Those of them that speak version 4.
    V4,
    /// Those that asked for what tools do.
    ToolViewers,
    /// Those that did not, and follow this session.
    OtherFollowers(String),
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Saying {
    pub(super) event: &'static str,
    pub(super) payload: Value,
    pub(super) to: To,
    /// Whether a reader that is too slow may miss it.
    pub(super) droppable: bool,
}

/// The word of clients that want to see what tools do. Source: WebSocket protocol, section 3.
const TOOL_EVENTS: &str = "tool-events";

impl To {
    fn has(&self, link: &Link) -> bool {
        match self {
            Self::All => true,
            Self::V4 => link.protocol == Protocol::V4,
            Self::ToolViewers => link.can(TOOL_EVENTS),
            Self::OtherFollowers(session) => !link.can(TOOL_EVENTS) && link.hears(session),
        }
    }
}

/// Tells all of it, in order.
pub(super) fn tell(hub: &Hub, sayings: &[Saying]) {
    for saying in sayings {
        let Some(told) = Told::new(saying.event, &saying.payload) else {
            continue;
        };
        let told = if saying.droppable {
            told.droppable()
        } else {
            told
        };
        hub.spread(&told, |link| saying.to.has(link));
    }
}
