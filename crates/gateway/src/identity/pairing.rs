//! Which devices are let in without anybody, which wait, and what their owner decides.
//! Source: WebSocket protocol, section 10; decisions DEC-8.

use super::ask::Ask;
use super::devices::{Credential, Devices, gone};
use super::pending::{Asked, Pending};
use super::record::{Device, covers, scopes_of};
use super::refusal::{Reason, Refusal, Unpaired};
use crate::error::ApiError;
use crate::net::Scopes;
use crate::rpc::{Call, missing_scope};
use protocol::methods::devices::{
    DevicePairApproveReply, DevicePairListReply, DevicePairRejectReply, DevicePairRemoveReply,
    DevicePairRenameReply, DevicePairResolved, PendingDevice,
};
use protocol::{DeviceProof, Role};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Longest name of a device, in characters.
const MAX_LABEL: usize = 64;

/// How a device proved that it may come in.
pub(super) enum How {
    /// By the gateway's secret, or because none is asked for.
    Secret,
    /// By the word of a trusted proxy about this user.
    User(String),
    /// By what it was given before.
    Own(Credential),
}

impl Devices {
    /// The record of a device that may come in as it asks.
    pub(super) async fn settle(
        self: &Arc<Self>,
        ask: &Ask<'_>,
        proof: &DeviceProof,
        key: &str,
        how: &How,
    ) -> Result<Arc<Device>, Refusal> {
        let known = self.find(&proof.id);
        let reason = need(known.as_deref(), ask);
        let via = match (how, reason) {
            (How::Own(Credential::Setup(grant)), _) => {
                let approved = self.requested(ask, proof, key, how);
                let (roles, scopes) = (grant.roles(), grant.scope_names());
                return self
                    .approve_with(approved, roles, scopes, "setup-code")
                    .await;
            }
            (_, None) => return known.ok_or(Refusal::DeviceRequired),
            (how, Some(reason)) => self.silently(ask, how, reason),
        };
        let pending = self.requested(ask, proof, key, how);
        if let Some(via) = via {
            let (roles, scopes) = (pending.shown.roles.clone(), pending.shown.scopes.clone());
            return self.approve_with(pending, roles, scopes, via).await;
        }
        let reason = reason.unwrap_or(Reason::NotPaired);
        Err(self.wait(ask, pending, known.as_deref(), reason))
    }

    /// Who approves it when nobody does.
    fn silently(&self, ask: &Ask<'_>, how: &How, reason: Reason) -> Option<&'static str> {
        if !matches!(how, How::Secret) {
            return None;
        }
        let rules = self.rules();
        let is_node = ask.role == Role::Node;
        let is_local = ask.peer.is_direct_loopback()
            && (!ask.peer.has_origin() || ask.is_page)
            && (rules.approve_local_nodes || !is_node);
        let is_change = reason == Reason::MetadataUpgrade;
        if is_local && !(is_change && ask.peer.has_origin()) {
            return Some("silent");
        }
        let is_fresh_node = is_node && reason == Reason::NotPaired;
        let listed = || {
            let client = ask.peer.client();
            rules
                .networks
                .iter()
                .any(|network| network.contains(client))
        };
        (is_fresh_node && listed()).then_some("cidr")
    }

    /// What a device asks for, as it is shown to its owner.
    fn requested(&self, ask: &Ask<'_>, proof: &DeviceProof, key: &str, how: &How) -> Pending {
        let client = &ask.params.client;
        let role = ask.role.name().to_owned();
        Pending {
            shown: PendingDevice {
                request_id: Uuid::new_v4().to_string(),
                device_id: proof.id.clone(),
                public_key: key.to_owned(),
                display_name: client.display_name.clone(),
                platform: client.platform.clone(),
                device_family: client.device_family.clone(),
                client_id: client.id.clone(),
                client_mode: client.mode.clone(),
                roles: vec![role.clone()],
                role,
                scopes: ask.names.clone(),
                remote_ip: Some(ask.peer.client().to_string()),
                silent: false,
                is_repair: self.find(&proof.id).is_some(),
                ts: self.now().0,
            },
            user: match how {
                How::User(name) => Some(name.clone()),
                How::Secret | How::Own(_) => None,
            },
        }
    }

    async fn approve_with(
        self: &Arc<Self>,
        pending: Pending,
        roles: Vec<String>,
        scopes: Vec<String>,
        via: &'static str,
    ) -> Result<Arc<Device>, Refusal> {
        let approved = self.remember(pending, roles, scopes, via).await;
        approved.map(Arc::new).map_err(Refusal::Store)
    }

    /// Writes down that a device was approved.
    async fn remember(
        self: &Arc<Self>,
        pending: Pending,
        roles: Vec<String>,
        scopes: Vec<String>,
        via: &'static str,
    ) -> Result<Device, ApiError> {
        let now = self.now().0;
        let id = pending.shown.device_id.clone();
        self.change(&id, move |known| {
            let shown = pending.shown;
            let mut device = known.cloned().unwrap_or_else(|| Device {
                created_at_ms: now,
                user: pending.user,
                ..Device::default()
            });
            device.device_id = shown.device_id;
            device.public_key = shown.public_key;
            device.display_name = shown.display_name.or(device.display_name);
            device.platform = shown.platform;
            device.device_family = shown.device_family.or(device.device_family);
            device.client_id = shown.client_id;
            device.client_mode = shown.client_mode;
            device.remote_ip = shown.remote_ip;
            via.clone_into(&mut device.approved_via);
            device.grant(&roles, &scopes, now);
            Ok((Some(device.clone()), device))
        })
        .await
    }

    /// Lets a device wait for its owner.
    fn wait(
        &self,
        ask: &Ask<'_>,
        pending: Pending,
        known: Option<&Device>,
        reason: Reason,
    ) -> Refusal {
        let device = pending.shown.device_id.clone();
        let asked = self.waiting().ask(pending);
        let request = match asked {
            Asked::Full => None,
            Asked::Again(id) => Some(id),
            Asked::New { request, replaced } => {
                if let Some(old) = replaced {
                    self.resolved(&old.request_id, &old.device_id, "rejected");
                }
                self.hub.publish("device.pair.requested", &request);
                Some(request.request_id)
            }
        };
        Refusal::Unpaired(Box::new(Unpaired {
            reason,
            request,
            device,
            role: ask.role.name(),
            scopes: ask.names.clone(),
            approved: known.map(|device| (device.roles.clone(), device.scopes.clone())),
            waits: ask.is_page && ask.role == Role::Operator,
        }))
    }

    fn resolved(&self, request: &str, device: &str, decision: &str) {
        let payload = DevicePairResolved {
            request_id: request.to_owned(),
            device_id: device.to_owned(),
            decision: decision.to_owned(),
            ts: self.now().0,
        };
        self.hub.publish("device.pair.resolved", &payload);
    }

    pub(super) fn changed(&self) {
        self.hub.publish("device.pair.changed", &json!({}));
    }

    /// `device.pair.list`
    pub(crate) fn list(&self) -> DevicePairListReply {
        let now = self.now().0;
        DevicePairListReply {
            pending: self.waiting().list(now),
            paired: self.paired(),
        }
    }

    /// `device.pair.approve`
    pub(crate) async fn approve(
        self: &Arc<Self>,
        call: &Call,
        request: &str,
    ) -> Result<DevicePairApproveReply, ApiError> {
        let now = self.now().0;
        let pending = self
            .waiting()
            .find(request, now)
            .ok_or_else(unknown_request)?;
        held(call, scopes_of(&pending.shown.scopes))?;
        // Taken out first, so that it is approved once.
        let pending = self
            .waiting()
            .take(request, now)
            .ok_or_else(unknown_request)?;
        let (roles, scopes) = (pending.shown.roles.clone(), pending.shown.scopes.clone());
        let device = match self.remember(pending.clone(), roles, scopes, "owner").await {
            Ok(device) => device,
            Err(error) => {
                self.waiting().put_back(pending);
                return Err(error);
            }
        };
        self.resolved(request, &device.device_id, "approved");
        Ok(DevicePairApproveReply {
            request_id: request.to_owned(),
            device: device.shown(None),
        })
    }

    /// `device.pair.reject`
    pub(crate) fn reject(&self, request: &str) -> Result<DevicePairRejectReply, ApiError> {
        let now = self.now().0;
        let pending = self
            .waiting()
            .take(request, now)
            .ok_or_else(unknown_request)?;
        let device_id = pending.shown.device_id;
        self.resolved(request, &device_id, "rejected");
        Ok(DevicePairRejectReply {
            request_id: request.to_owned(),
            device_id,
        })
    }

    /// `device.pair.remove`
    pub(crate) async fn remove(
        self: &Arc<Self>,
        call: &Call,
        device: &str,
    ) -> Result<DevicePairRemoveReply, ApiError> {
        let known = self.find(device).ok_or_else(gone)?;
        Self::may_change(call, &known)?;
        self.change(device, |known| known.map(|_| (None, ())).ok_or_else(gone))
            .await?;
        let mut minted = self.minted_mut();
        for role in [Role::Operator, Role::Node] {
            minted.remove(&(device.to_owned(), role));
        }
        drop(minted);
        let waiting = self.waiting().take_of(device);
        if let Some(pending) = waiting {
            self.resolved(&pending.shown.request_id, device, "rejected");
        }
        self.withdraw(device, None, call.link.as_ref());
        self.changed();
        Ok(DevicePairRemoveReply {
            device_id: device.to_owned(),
        })
    }

    /// `device.pair.rename`
    pub(crate) async fn rename(
        self: &Arc<Self>,
        device: &str,
        label: &str,
    ) -> Result<DevicePairRenameReply, ApiError> {
        let label = label.trim().to_owned();
        let length = label.chars().count();
        if length == 0 || length > MAX_LABEL || label.chars().any(char::is_control) {
            return Err(ApiError::invalid(
                "invalid device.pair.rename params: at /label: must be 1 to 64 printable characters",
            )
            .with_param("label"));
        }
        let reply = DevicePairRenameReply {
            device_id: device.to_owned(),
            label: label.clone(),
        };
        self.change(device, |known| {
            let mut device = known.cloned().ok_or_else(gone)?;
            device.label = Some(label);
            Ok((Some(device), ()))
        })
        .await?;
        self.changed();
        Ok(reply)
    }

    /// Whether a caller may take something from a device: its own, or one that may do no more than
    /// the caller.
    pub(super) fn may_change(call: &Call, device: &Device) -> Result<(), ApiError> {
        let own = call.link.as_ref().and_then(|link| link.device.as_deref());
        if own == Some(device.device_id.as_str()) {
            return Ok(());
        }
        held(call, scopes_of(&device.scopes))
    }
}

/// Whether the caller holds all of these scopes; nobody gives what they do not have.
pub(super) fn held(call: &Call, scopes: Scopes) -> Result<(), ApiError> {
    match scopes
        .iter()
        .find(|scope| !call.caller.scopes.allow(*scope))
    {
        Some(scope) => Err(missing_scope(scope)),
        None => Ok(()),
    }
}

fn unknown_request() -> ApiError {
    ApiError::invalid("unknown requestId")
}

/// Why a device cannot come in as it asks; `None` when it can.
fn need(known: Option<&Device>, ask: &Ask<'_>) -> Option<Reason> {
    let Some(device) = known else {
        return Some(Reason::NotPaired);
    };
    if device.token(ask.role.name()).is_none() {
        return Some(Reason::RoleUpgrade);
    }
    if !covers(&device.scopes, ask.scopes) {
        return Some(Reason::ScopeUpgrade);
    }
    let client = &ask.params.client;
    let plain = |text: &str| text.trim().to_ascii_lowercase();
    let known_family = device.device_family.as_deref().unwrap_or_default();
    let family = client.device_family.as_deref().map(plain);
    let is_moved = plain(&device.platform) != plain(&client.platform);
    // What a node may run depends on its family; what an operator may do does not.
    let counts = ask.role == Role::Node || !known_family.is_empty();
    let is_other = counts && family.is_some_and(|family| family != plain(known_family));
    (is_moved || is_other).then_some(Reason::MetadataUpgrade)
}
