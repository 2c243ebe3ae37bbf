//! Places, in total and per client.

use super::address::ClientKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Hands out places up to a total and a share per client.
///
/// The table has an entry only for clients that hold a place, so it is bounded by the total.
#[derive(Debug)]
pub(super) struct Permits {
    held: Mutex<Held>,
    total: u32,
    per_client: u32,
}

#[derive(Debug, Default)]
struct Held {
    total: u32,
    clients: HashMap<ClientKey, u32>,
}

/// A place; dropping it gives the place back.
#[derive(Debug)]
pub(super) struct Permit {
    permits: Arc<Permits>,
    client: Option<ClientKey>,
}

impl Permits {
    pub(super) fn new(total: u32, per_client: u32) -> Arc<Self> {
        Arc::new(Self {
            held: Mutex::default(),
            total,
            per_client,
        })
    }

    /// A place for this client; without a client only the total counts. `None` when full.
    pub(super) fn take(self: &Arc<Self>, client: Option<ClientKey>) -> Option<Permit> {
        // A std lock: a few instructions, never held across an await.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.total >= self.total {
            return None;
        }
        if let Some(key) = client {
            let share = held.clients.get(&key).copied().unwrap_or(0);
            if share >= self.per_client {
                return None;
            }
            held.clients.insert(key, share + 1);
        }
        held.total += 1;
        Some(Permit {
            permits: Arc::clone(self),
            client,
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut held = self
            .permits
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        held.total = held.total.saturating_sub(1);
        let Some(key) = self.client else { return };
        match held.clients.get(&key).copied() {
            Some(share) if share > 1 => {
                held.clients.insert(key, share - 1);
            }
            Some(_) | None => {
                held.clients.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_given_back() {
        let permits = Permits::new(3, 2);
        let a = Some(ClientKey::of("192.0.2.1".parse().unwrap()));
        let b = Some(ClientKey::of("192.0.2.2".parse().unwrap()));
        let first = permits.take(a).unwrap();
        let _second = permits.take(a).unwrap();
        assert!(
            permits.take(a).is_none(),
            "the share of one client was exceeded"
        );
        let _third = permits.take(b).unwrap();
        assert!(permits.take(None).is_none(), "the total was exceeded");
        drop(first);
        assert!(permits.take(a).is_some());
        assert_eq!(permits.held.lock().unwrap().clients.len(), 2);
    }
}
