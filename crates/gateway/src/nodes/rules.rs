//! Which commands a node may offer, before anybody is asked.

use super::config::NodesSettings;
use crate::net::Network;
use protocol::ClientProgram;
use std::collections::BTreeSet;
use std::net::IpAddr;
use tracing::warn;

/// Commands of a computer.
const COMPUTER: &[&str] = &[
    "browser.proxy",
    "browser.proxy.upload.v1",
    "desktop.stream",
    "fs.listDir",
    "mcp.tools.call.v1",
    "ollama.chat",
    "ollama.models",
    "system.execApprovals.get",
    "system.execApprovals.set",
    "system.notify",
    "system.run",
    "system.run.prepare",
    "system.which",
    "terminal.upload",
];

/// Commands of a device that shows and tells; those that record, send or change need a setting.
const HANDHELD: &[&str] = &[
    "calendar.events",
    "camera.list",
    "canvas.a2ui.push",
    "canvas.a2ui.pushJSONL",
    "canvas.a2ui.reset",
    "canvas.eval",
    "canvas.hide",
    "canvas.navigate",
    "canvas.present",
    "canvas.snapshot",
    "contacts.search",
    "device.health",
    "device.info",
    "device.permissions",
    "device.status",
    "location.get",
    "motion.activity",
    "motion.pedometer",
    "notifications.list",
    "photos.latest",
    "reminders.list",
    "system.notify",
];

/// The settings as questions.
#[derive(Debug)]
pub(super) struct CommandRules {
    allow: BTreeSet<String>,
    deny: BTreeSet<String>,
    local: bool,
    networks: Vec<Network>,
}

impl CommandRules {
    /// A network that cannot be read approves nobody and is named in the log.
    pub(super) fn new(settings: &NodesSettings) -> Self {
        let both = |a: &[String], b: &[String]| {
            let all = a.iter().chain(b).map(|name| name.trim().to_owned());
            all.filter(|name| !name.is_empty()).collect()
        };
        let commands = &settings.commands;
        let mut networks = Vec::new();
        for text in &settings.pairing.auto_approve_cidrs {
            match Network::parse(text) {
                Ok(network) => networks.push(network),
                Err(why) => warn!("gateway.nodes.pairing.autoApproveCidrs: {why}"),
            }
        }
        Self {
            allow: both(&commands.allow, &settings.allow_commands),
            deny: both(&commands.deny, &settings.deny_commands),
            local: settings.pairing.auto_approve_local,
            networks,
        }
    }

    /// Whether a node of this kind may offer a command at all.
    pub(super) fn allow(&self, client: &ClientProgram, command: &str) -> bool {
        let usual = if is_handheld(client) {
            HANDHELD
        } else {
            COMPUTER
        };
        !self.deny.contains(command) && (self.allow.contains(command) || usual.contains(&command))
    }

    /// Whether a node at this address needs nobody's approval.
    pub(super) fn approves(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        (self.local && address.is_loopback())
            || self
                .networks
                .iter()
                .any(|network| network.contains(address))
    }
}

fn is_handheld(client: &ClientProgram) -> bool {
    let platform = client.platform.to_ascii_lowercase();
    ["ios", "ipados", "watchos", "android"]
        .iter()
        .any(|it| platform.starts_with(it))
}
