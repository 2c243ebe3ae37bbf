//! Devices that wait for approval; kept in memory, because they ask again.

use super::record::{covers, scopes_of, union};
use protocol::methods::devices::PendingDevice;

/// Most requests of a gateway. Source: security specification, R11.
const MAX_WAITING: usize = 32;

/// How long a request waits after its device asked last, in milliseconds.
const PATIENCE_MS: i64 = 5 * 60 * 1_000;

/// A device that waits.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) shown: PendingDevice,
    /// The user of a trusted proxy who brought it.
    pub(super) user: Option<String>,
}

/// Every device that waits, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting(Vec<Pending>);

/// What became of a request.
#[derive(Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "made once for a request and taken apart at once"
)]
pub(super) enum Asked {
    /// It waits already, under this id.
    Again(String),
    /// It waits from now on, in place of another, narrower one if there was one.
    New {
        request: PendingDevice,
        replaced: Option<PendingDevice>,
    },
    /// There are too many.
    Full,
}

impl Waiting {
    /// Takes a request. A device has one at most: one that asks for no more than its earlier one is
    /// that one, one that asks for more replaces it.
    pub(super) fn ask(&mut self, mut pending: Pending) -> Asked {
        let now = pending.shown.ts;
        self.forget_old(now);
        let device = &pending.shown.device_id;
        let known = self.0.iter().position(|it| it.shown.device_id == *device);
        let earlier = known.map(|at| self.0.remove(at));
        if let Some(mut earlier) = earlier {
            let has_role = earlier.shown.roles.contains(&pending.shown.role);
            let is_same = earlier.shown.public_key == pending.shown.public_key;
            if is_same
                && has_role
                && covers(&earlier.shown.scopes, scopes_of(&pending.shown.scopes))
            {
                earlier.shown.ts = now;
                // What is approved is what is there now.
                earlier.shown.platform = pending.shown.platform;
                earlier.shown.device_family = pending.shown.device_family;
                earlier.shown.remote_ip = pending.shown.remote_ip;
                let id = earlier.shown.request_id.clone();
                self.0.push(earlier);
                return Asked::Again(id);
            }
            pending.shown.roles = union(&earlier.shown.roles, &pending.shown.roles);
            pending.shown.scopes = union(&earlier.shown.scopes, &pending.shown.scopes);
            let request = pending.shown.clone();
            self.0.push(pending);
            return Asked::New {
                request,
                replaced: Some(earlier.shown),
            };
        }
        if self.0.len() >= MAX_WAITING {
            return Asked::Full;
        }
        let request = pending.shown.clone();
        self.0.push(pending);
        Asked::New {
            request,
            replaced: None,
        }
    }

    /// One by its id, still waiting.
    pub(super) fn find(&mut self, request: &str, now: i64) -> Option<Pending> {
        self.forget_old(now);
        let mut all = self.0.iter();
        all.find(|it| it.shown.request_id == request).cloned()
    }

    /// Takes one out, once.
    pub(super) fn take(&mut self, request: &str, now: i64) -> Option<Pending> {
        self.forget_old(now);
        let at = self
            .0
            .iter()
            .position(|it| it.shown.request_id == request)?;
        Some(self.0.remove(at))
    }

    /// Puts one back whose approval could not be stored.
    pub(super) fn put_back(&mut self, pending: Pending) {
        self.0.push(pending);
    }

    /// Takes out that of a device.
    pub(super) fn take_of(&mut self, device: &str) -> Option<Pending> {
        let at = self.0.iter().position(|it| it.shown.device_id == device)?;
        Some(self.0.remove(at))
    }

    /// All, the newest first.
    pub(super) fn list(&mut self, now: i64) -> Vec<PendingDevice> {
        self.forget_old(now);
        self.0.iter().rev().map(|it| it.shown.clone()).collect()
    }

    fn forget_old(&mut self, now: i64) {
        self.0
            .retain(|it| now.saturating_sub(it.shown.ts) < PATIENCE_MS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(device: &str, role: &str, scopes: &[&str], ts: i64) -> Pending {
        Pending {
            shown: PendingDevice {
                request_id: format!("{device}-{role}-{}", scopes.len()),
                device_id: device.into(),
                role: role.into(),
                roles: vec![role.into()],
                scopes: scopes.iter().map(|name| (*name).to_owned()).collect(),
                ts,
                ..PendingDevice::default()
            },
            user: None,
        }
    }

    #[test]
    fn a_wider_request_replaces_a_narrower_one() {
        let mut waiting = Waiting::default();
        let read = asking("a", "operator", &["operator.read"], 0);
        assert!(matches!(
            waiting.ask(read.clone()),
            Asked::New { replaced: None, .. }
        ));
        assert_eq!(waiting.ask(read), Asked::Again("a-operator-1".into()));
        let node = asking("a", "node", &[], 1);
        let Asked::New { request, replaced } = waiting.ask(node) else {
            panic!("not a new request");
        };
        assert_eq!(request.roles, ["operator", "node"]);
        assert_eq!(request.scopes, ["operator.read"]);
        assert_eq!(replaced.unwrap().request_id, "a-operator-1");
        assert_eq!(waiting.list(1).len(), 1);
    }

    #[test]
    fn requests_are_few_and_do_not_wait_for_ever() {
        let mut waiting = Waiting::default();
        for number in 0..MAX_WAITING {
            let device = number.to_string();
            assert!(matches!(
                waiting.ask(asking(&device, "node", &[], 0)),
                Asked::New { .. }
            ));
        }
        assert_eq!(waiting.ask(asking("more", "node", &[], 1)), Asked::Full);
        assert!(waiting.find("0-node-0", PATIENCE_MS - 1).is_some());
        assert!(waiting.take("0-node-0", PATIENCE_MS - 1).is_some());
        assert!(waiting.take("0-node-0", PATIENCE_MS - 1).is_none());
        assert_eq!(waiting.list(PATIENCE_MS), []);
    }
}
