//! The devices that may connect: what is known of them, what they show, and how it is changed.
//!
//! Memory answers, the store remembers: a change is written before it counts.

use super::ask::{Ask, Field};
use super::key;
use super::one_time::OneTime;
use super::pending::Waiting;
use super::record::{Device, KIND, covers};
use super::setup::Grant;
use crate::StartError;
use crate::error::ApiError;
use crate::net::{Network, Second};
use crate::nodes::NodePairingSettings;
use crate::ws::{Close, Hub, Link};
use domain::{Clock, UnixMillis};
use protocol::methods::devices::{GatewayIdentityGetReply, PairedDevice};
use protocol::{ErrorCode, GivenToken, Role};
use secrecy::{ExposeSecret, SecretString};
use state::Documents;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio_util::task::TaskTracker;
use tracing::warn;

/// How long a caller who closed its own connection has to read the answer.
const FAREWELL: Duration = Duration::from_millis(200);

/// How stale the stored moment of a device's last visit may be, in milliseconds.
const SEEN_MS: i64 = 60 * 60 * 1_000;

/// Which nodes need nobody's approval.
#[derive(Debug, Clone)]
pub(super) struct PairingRules {
    /// A node on this machine that shows the gateway's secret.
    pub(super) approve_local_nodes: bool,
    /// A node from these networks that shows the gateway's secret.
    pub(super) networks: Vec<Network>,
}

impl Default for PairingRules {
    fn default() -> Self {
        Self {
            approve_local_nodes: true,
            networks: Vec::new(),
        }
    }
}

/// The devices. Shared behind an `Arc`.
pub struct Devices {
    pub(super) hub: Arc<Hub>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) waiting: Mutex<Waiting>,
    pub(super) codes: OneTime<Grant>,
    /// Tokens made since the start, by device and role, so that a device that does not show its
    /// own is given the same again. Never stored.
    pub(super) minted: Mutex<HashMap<(String, Role), SecretString>>,
    store: Arc<dyn Documents>,
    tasks: TaskTracker,
    known: RwLock<HashMap<String, Arc<Device>>>,
    changing: tokio::sync::Mutex<()>,
    withdrawals: AtomicU64,
    rules: RwLock<PairingRules>,
    identity: GatewayIdentityGetReply,
}

/// What a device shows beside, or instead of, the gateway's secret.
pub(super) enum Credential {
    /// Its token.
    Token(SecretString),
    /// Its token, which does not allow what it asks for.
    NarrowToken,
    /// A setup code.
    Setup(Grant),
}

/// What the devices stand on.
pub(crate) struct DevicesDeps {
    pub(crate) store: Arc<dyn Documents>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tasks: TaskTracker,
}

impl Devices {
    /// Reads what is known, and the gateway's own key.
    ///
    /// # Errors
    /// When the store or the state directory cannot be read.
    pub(crate) async fn open(deps: DevicesDeps, state_dir: &Path) -> Result<Arc<Self>, StartError> {
        let identity = key::ensure(state_dir).map_err(|source| StartError::StateDir {
            path: state_dir.to_owned(),
            source,
        })?;
        let mut known = HashMap::new();
        for document in deps.store.documents(KIND).await? {
            match serde_json::from_str::<Device>(&document.text) {
                Ok(device) => {
                    known.insert(document.id, Arc::new(device));
                }
                Err(error) => warn!(id = document.id, %error, "a device record cannot be read"),
            }
        }
        Ok(Arc::new(Self {
            hub: deps.hub,
            clock: deps.clock,
            waiting: Mutex::default(),
            codes: OneTime::default(),
            minted: Mutex::default(),
            store: deps.store,
            tasks: deps.tasks,
            known: RwLock::new(known),
            changing: tokio::sync::Mutex::default(),
            withdrawals: AtomicU64::new(0),
            rules: RwLock::default(),
            identity,
        }))
    }

    /// Takes up settings. Returns what is wrong with them; a network that cannot be read lets nobody
    /// in.
    pub(crate) fn configure(&self, settings: &NodePairingSettings) -> Vec<String> {
        let mut problems = Vec::new();
        let mut networks = Vec::new();
        for text in &settings.auto_approve_cidrs {
            match Network::parse(text) {
                Ok(network) => networks.push(network),
                Err(why) => problems.push(format!("gateway.nodes.pairing.autoApproveCidrs: {why}")),
            }
        }
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = PairingRules {
            approve_local_nodes: settings.auto_approve_local,
            networks,
        };
        problems
    }

    pub(super) fn rules(&self) -> PairingRules {
        let rules = self.rules.read();
        rules.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The gateway's own device key.
    pub(crate) fn identity(&self) -> GatewayIdentityGetReply {
        self.identity.clone()
    }

    /// Counts what was taken away from devices. A connection decided about under another number may
    /// be one that should not be.
    pub(super) fn withdrawals(&self) -> u64 {
        self.withdrawals.load(Ordering::Acquire)
    }

    pub(super) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    pub(super) fn find(&self, device: &str) -> Option<Arc<Device>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(device).cloned()
    }

    /// Those that may connect, the newest first.
    pub(super) fn paired(&self) -> Vec<PairedDevice> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut devices: Vec<_> = known.values().cloned().collect();
        drop(known);
        devices.sort_by_key(|device| {
            std::cmp::Reverse((device.created_at_ms, device.device_id.clone()))
        });
        let here = |device: &Device| {
            let id = Some(device.device_id.as_str());
            self.hub.has_listener(|link| link.device.as_deref() == id)
        };
        devices
            .iter()
            .map(|device| device.shown(Some(here(device))))
            .collect()
    }

    /// Looks at what a device shows in place of the gateway's secret. A setup code is used up by it.
    pub(super) fn judge(&self, ask: &Ask<'_>, device: &str) -> Second<Credential> {
        let shown = ask.secret(Field::DeviceToken).or(ask.secret(Field::Token));
        let known = self.find(device).filter(|device| device.user.is_none());
        let role = ask.role.name();
        let token = known.as_ref().and_then(|device| device.token(role));
        if let (Some(text), Some(token)) = (shown, token)
            && token.opens(text)
        {
            return Second::Right(if covers(&token.scopes, ask.scopes) {
                Credential::Token(SecretString::from(text))
            } else {
                Credential::NarrowToken
            });
        }
        match ask.secret(Field::SetupCode) {
            Some(code) => match self.codes.redeem(code, self.now()) {
                Some(grant) if grant.covers(ask) => Second::Right(Credential::Setup(grant)),
                Some(_) | None => Second::Wrong,
            },
            None if shown.is_some() => Second::Wrong,
            None => Second::Absent,
        }
    }

    /// Changes what is known of a device, written before it counts. Goes on when its caller leaves.
    pub(super) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        device: &str,
        edit: impl FnOnce(Option<&Device>) -> Result<(Option<Device>, T), ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (devices, id) = (Arc::clone(self), device.to_owned());
        let change = self.tasks.spawn(async move {
            let _one_at_a_time = devices.changing.lock().await;
            let (changed, outcome) = edit(devices.find(&id).as_deref())?;
            match changed {
                Some(device) => {
                    let text = serde_json::to_string(&device).map_err(|error| {
                        tracing::error!(%error, "a device cannot be written as JSON");
                        internal()
                    })?;
                    devices.store.put(KIND, &id, text).await?;
                    devices.write().insert(id, Arc::new(device));
                }
                None => {
                    devices.store.remove(KIND, &id).await?;
                    devices.write().remove(&id);
                }
            }
            Ok(outcome)
        });
        change.await.unwrap_or_else(|_| Err(internal()))
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<String, Arc<Device>>> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token a device in a role may show next time: the one it showed, the one it was given
    /// before, or a new one.
    pub(super) async fn token_for(
        self: &Arc<Self>,
        device: &Device,
        role: Role,
        shown: Option<SecretString>,
    ) -> Result<Option<GivenToken>, ApiError> {
        let now = self.now().0;
        let (Some(token), None) = (device.token(role.name()), &device.user) else {
            return Ok(None);
        };
        let given = |secret: &SecretString| GivenToken {
            device_token: secret.expose_secret().to_owned(),
            role: role.name().to_owned(),
            scopes: token.scopes.clone(),
            issued_at_ms: token.made_at_ms(),
        };
        if let Some(secret) = shown.or_else(|| self.minted(device, role)) {
            let is_stale = |seen| now.saturating_sub(seen) > SEEN_MS;
            if device.last_seen_at_ms.is_none_or(is_stale) {
                self.visited(device, role, None).await?;
            }
            return Ok(Some(given(&secret)));
        }
        let secret = crate::token::generate().map_err(|error| {
            tracing::error!(%error, "the system gives no random bytes");
            internal()
        })?;
        if !self.visited(device, role, Some(secret.clone())).await? {
            return Ok(None);
        }
        let token = given(&secret);
        self.minted_mut()
            .insert((device.device_id.clone(), role), secret);
        Ok(Some(token))
    }

    /// Notes a visit and a new token. `false` when the role was taken away meanwhile.
    async fn visited(
        self: &Arc<Self>,
        device: &Device,
        role: Role,
        secret: Option<SecretString>,
    ) -> Result<bool, ApiError> {
        let now = self.now().0;
        self.change(&device.device_id, move |known| {
            let mut device = known.cloned().ok_or_else(gone)?;
            device.last_seen_at_ms = Some(now);
            let token = device.token_mut(role.name());
            let has_role = token.is_some();
            if let Some(token) = token {
                token.last_used_at_ms = Some(now);
                if let Some(secret) = secret {
                    token.add(secret.expose_secret());
                }
            }
            Ok((Some(device), has_role))
        })
        .await
    }

    fn minted(&self, device: &Device, role: Role) -> Option<SecretString> {
        let minted = self.minted_mut();
        let secret = minted.get(&(device.device_id.clone(), role))?;
        // One that newer ones have displaced, or that was taken away, is not given again.
        let token = device.token(role.name())?;
        token.opens(secret.expose_secret()).then(|| secret.clone())
    }

    pub(super) fn minted_mut(
        &self,
    ) -> std::sync::MutexGuard<'_, HashMap<(String, Role), SecretString>> {
        self.minted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connections of a device, in one role or in all, and lets none in that is on its
    /// way. The caller's own is closed when the answer has gone out.
    pub(super) fn withdraw(
        self: &Arc<Self>,
        device: &str,
        role: Option<Role>,
        caller: Option<&Arc<Link>>,
    ) {
        self.withdrawals.fetch_add(1, Ordering::AcqRel);
        let close = Close::new(4001, "device removed");
        let own = caller.map(|link| link.id.as_str());
        let is_meant = |link: &Link| {
            link.device.as_deref() == Some(device) && role.is_none_or(|role| link.role == role)
        };
        self.hub.close(&close, |link| {
            is_meant(link) && Some(link.id.as_str()) != own
        });
        if let Some(link) = caller.filter(|link| is_meant(link)) {
            let link = Arc::clone(link);
            self.tasks.spawn(async move {
                tokio::time::sleep(FAREWELL).await;
                link.close(close);
            });
        }
    }
}

/// A device that was removed while something was done with it.
pub(super) fn gone() -> ApiError {
    ApiError::invalid("unknown deviceId")
}

fn internal() -> ApiError {
    ApiError::new(ErrorCode::Internal, "internal error")
}
