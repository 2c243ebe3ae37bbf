//! Who is here. Source: WebSocket protocol, section 13; gateway RPC methods, "Status and system".

use super::link::Link;
use domain::{Clock, UnixMillis};
use protocol::Role;
use protocol::methods::presence::{PresenceEntry, SystemEventParams};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// How long who has left stays on the list.
const STAY: Duration = Duration::from_mins(5);

/// Most entries besides the gateway's own; the oldest go first.
const MOST: usize = 200;

/// The list of who is here and who has just left.
#[derive(Debug, Default)]
pub(crate) struct Roll {
    entries: Mutex<HashMap<String, Entry>>,
    own: OnceLock<PresenceEntry>,
}

#[derive(Debug)]
struct Entry {
    shown: PresenceEntry,
    /// The connection it is about; absent for one that has left, or was only reported.
    link: Option<String>,
}

impl Roll {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a connection. Whether that changed the list.
    pub(super) fn join(&self, link: &Link, scopes: &[String]) -> bool {
        if !is_listed(link) {
            return false;
        }
        let client = &link.client;
        let host = client
            .display_name
            .clone()
            .unwrap_or_else(|| client.id.clone());
        let mut shown = PresenceEntry {
            text: Some(format!("Node: {host} · mode {}", client.mode)),
            host: Some(host),
            client_id: Some(client.id.clone()),
            version: Some(client.version.clone()),
            platform: Some(client.platform.clone()),
            device_family: client.device_family.clone(),
            model_identifier: client.model_identifier.clone(),
            mode: Some(client.mode.clone()),
            device_id: link.device.clone(),
            instance_id: client.instance_id.clone().or_else(|| link.device.clone()),
            roles: Some(vec![link.role.name().to_owned()]),
            reason: Some("connect".to_owned()),
            online_since: Some(link.since.0),
            ts: link.since.0,
            ..PresenceEntry::default()
        };
        if link.role == Role::Operator {
            shown.scopes = Some(scopes.to_vec());
        }
        if !link.address.is_loopback() {
            shown.ip = Some(link.address.to_string());
        }
        let entry = Entry {
            shown,
            link: Some(link.id.clone()),
        };
        let mut entries = self.lock();
        entries.insert(key(link), entry);
        crowd_out(&mut entries);
        true
    }

    /// Notes that a connection has ended. Whether that changed the list.
    pub(super) fn leave(&self, link: &Link, now: UnixMillis) -> bool {
        let mut entries = self.lock();
        // Another connection of the same device may have taken its place.
        let entry = entries.get_mut(&key(link));
        let Some(entry) = entry.filter(|entry| entry.link.as_deref() == Some(&*link.id)) else {
            return false;
        };
        entry.link = None;
        entry.shown.reason = Some("disconnect".to_owned());
        entry.shown.ts = now.0;
        true
    }

    /// Notes what a client reports about itself or another.
    pub(crate) fn report(&self, told: SystemEventParams, now: UnixMillis) {
        let names = [&told.device_id, &told.instance_id, &told.host];
        let name = names.into_iter().find_map(Clone::clone);
        let name = name.unwrap_or_else(|| told.text.clone());
        let mut entries = self.lock();
        let entry = entries.entry(name).or_insert_with(|| Entry {
            shown: PresenceEntry::default(),
            link: None,
        });
        entry.shown.take(told);
        entry.shown.ts = now.0;
        crowd_out(&mut entries);
    }

    /// Takes those off the list that left long ago. Whether there were any.
    pub(super) fn expire(&self, now: UnixMillis) -> bool {
        let oldest = now.0 - i64::try_from(STAY.as_millis()).unwrap_or(i64::MAX);
        let mut entries = self.lock();
        let before = entries.len();
        entries.retain(|_, entry| entry.link.is_some() || entry.shown.ts >= oldest);
        entries.len() != before
    }

    /// The list: the gateway first, then the newest first.
    pub(crate) fn entries(&self, version: &str, clock: &dyn Clock) -> Vec<PresenceEntry> {
        let mut own = self.own.get_or_init(|| own_entry(version)).clone();
        own.ts = clock.now().0;
        let mut others: Vec<_> = self
            .lock()
            .values()
            .map(|entry| entry.shown.clone())
            .collect();
        others.sort_by(|a, b| b.ts.cmp(&a.ts).then_with(|| a.host.cmp(&b.host)));
        others.insert(0, own);
        others
    }

    /// The same as JSON.
    pub(super) fn list(&self, version: &str, clock: &dyn Clock) -> Vec<Value> {
        let entries = self.entries(version, clock);
        entries
            .iter()
            .filter_map(|entry| serde_json::to_value(entry).ok())
            .collect()
    }
}

/// Command lines and probes come and go; programs without a device of their own say nothing about
/// who is here.
fn is_listed(link: &Link) -> bool {
    match link.client.mode.as_str() {
        "cli" | "probe" => false,
        "backend" | "test" => link.device.is_some(),
        _ => true,
    }
}

fn key(link: &Link) -> String {
    let client = link.client.instance_id.as_ref();
    link.device.as_ref().or(client).unwrap_or(&link.id).clone()
}

fn crowd_out(entries: &mut HashMap<String, Entry>) {
    while entries.len() > MOST {
        let first = entries
            .iter()
            .min_by_key(|(_, entry)| (entry.link.is_some(), entry.shown.ts))
            .map(|(key, _)| key.clone());
        let Some(first) = first else { return };
        entries.remove(&first);
    }
}

fn own_entry(version: &str) -> PresenceEntry {
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy().into_owned();
    let (name, release) = (
        system.sysname().to_string_lossy(),
        system.release().to_string_lossy(),
    );
    PresenceEntry {
        text: Some(format!(
            "Gateway: {host} · app {version} · mode gateway · reason self"
        )),
        host: Some(host),
        version: Some(version.to_owned()),
        platform: Some(format!("{} {release}", std::env::consts::OS)),
        device_family: Some(name.into_owned()),
        mode: Some("gateway".to_owned()),
        reason: Some("self".to_owned()),
        instance_id: Some(uuid::Uuid::new_v4().to_string()),
        ..PresenceEntry::default()
    }
}
