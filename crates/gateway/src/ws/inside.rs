//! A client within this process: the same methods and events as over a socket, without one.
//!
//! For a screen that runs its own gateway. It is the owner, and it is never told more or less than
//! an owner's socket would be.

use super::answer;
use super::link::{Heard, Link};
use super::outbox::{Next, Outbox};
use crate::compose::Gateway;
use crate::error::ApiError;
use crate::net::{Caller, Identity, Scopes};
use crate::rpc::{Call, Registry};
use crate::services::Services;
use protocol::{ClientProgram, Event, Protocol, Role};
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// A client within this process. The gateway forgets it when it is dropped.
pub struct Inside {
    services: Arc<Services>,
    registry: Registry,
    link: Arc<Link>,
}

impl Gateway {
    /// Lets a client of this process in, as the owner. `caps` as in `connect`.
    pub fn inside(&self, client: ClientProgram, caps: &[&str]) -> Inside {
        let services = Arc::clone(self.services());
        let hub = &services.hub;
        let link = Arc::new(Link {
            id: Uuid::new_v4().to_string(),
            protocol: Protocol::V4,
            role: Role::Operator,
            identity: Identity::Owner,
            scopes: Scopes::all(),
            client,
            caps: caps.iter().map(|cap| (*cap).to_owned()).collect(),
            device: None,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            since: services.clock.now(),
            generation: 0,
            heard: Mutex::new(Heard::default()),
            slot: hub.slot(),
            outbox: Outbox::new(hub.reservoir.clone()),
            silence: AtomicU32::new(0),
        });
        hub.add(Arc::clone(&link));
        Inside {
            services,
            registry: Registry::standard(),
            link,
        }
    }
}

impl Inside {
    /// The methods that work.
    pub fn methods(&self) -> Vec<String> {
        let served = self.registry.served(Role::Operator);
        served.map(str::to_owned).collect()
    }

    /// Calls a method. Of a call that is answered twice this is the last answer.
    ///
    /// # Errors
    /// What a socket would be told.
    pub async fn call(&self, method: &str, params: &Value) -> Result<Value, ApiError> {
        let call = Call {
            services: Arc::clone(&self.services),
            caller: Caller {
                identity: self.link.identity.clone(),
                scopes: self.link.scopes,
                client: self.link.address,
            },
            role: self.link.role,
            protocol: self.link.protocol,
            link: Some(Arc::clone(&self.link)),
            early: None,
        };
        let body = params.to_string();
        let called = self.registry.call(method, call.clone(), body.as_bytes());
        let answer = called
            .await
            .map_err(|error| answer::of_call(error, method, &call))?;
        serde_json::from_str(answer.get()).map_err(|error| {
            tracing::error!(%error, method, "an answer is no JSON");
            ApiError::new(protocol::ErrorCode::Internal, "internal error")
        })
    }

    /// The next event; `None` when the gateway has said good-bye.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&self) -> Option<Event> {
        loop {
            match self.link.outbox.next().await {
                Next::Send(text) => {
                    // What is no event was an answer, and there are none without requests.
                    if let Ok(event) = serde_json::from_str(&text) {
                        return Some(event);
                    }
                }
                // Whoever asks for the next event lives.
                Next::Ping => self.link.silence.store(0, Ordering::Relaxed),
                Next::Close(_) | Next::GiveUp => return None,
            }
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.services.hub.remove(&self.link.id);
    }
}

impl std::fmt::Debug for Inside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inside").finish_non_exhaustive()
    }
}
