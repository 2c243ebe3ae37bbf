//! Device tokens, replaced and taken away. Source: WebSocket protocol, section 9.

use super::devices::Devices;
use super::pairing::held;
use super::record::{Device, covers, scopes_of, sorted};
use crate::error::ApiError;
use crate::net::Scopes;
use crate::rpc::Call;
use protocol::methods::devices::{
    DeviceTokenRevokeParams, DeviceTokenRevokeReply, DeviceTokenRotateParams,
    DeviceTokenRotateReply,
};
use protocol::{ErrorCode, Protocol, Role};
use secrecy::ExposeSecret;
use std::sync::Arc;

impl Devices {
    /// `device.token.rotate`
    pub(crate) async fn rotate(
        self: &Arc<Self>,
        call: &Call,
        params: DeviceTokenRotateParams,
    ) -> Result<DeviceTokenRotateReply, ApiError> {
        let denied = || denied(call, "device token rotation denied");
        let (device, role) = self
            .target(&params.device_id, &params.role)
            .ok_or_else(denied)?;
        let scopes = match (params.scopes, device.token(role.name())) {
            (_, None) => return Err(denied()),
            (Some(asked), Some(_)) => {
                let wanted = Scopes::from_names(&asked)
                    .map_err(|error| ApiError::invalid(error.to_string()).with_param("scopes"))?;
                if !covers(&device.scopes, wanted) || role == Role::Node {
                    return Err(denied());
                }
                sorted(&asked)
            }
            (None, Some(token)) => token.scopes.clone(),
        };
        Self::may_change(call, &device)?;
        held(call, scopes_of(&scopes))?;
        let own = call.link.as_ref().and_then(|link| link.device.as_deref());
        let is_own = own == Some(device.device_id.as_str());
        let shows = is_own || call.protocol == Protocol::V3;
        let secret = crate::token::generate().map_err(|error| {
            tracing::error!(%error, "the system gives no random bytes");
            ApiError::new(ErrorCode::Internal, "internal error")
        })?;
        let now = self.now().0;
        let (kept, granted) = (secret.clone(), scopes.clone());
        self.change(&device.device_id, move |known| {
            let mut device = known.cloned().ok_or_else(super::devices::gone)?;
            let token = device
                .token_mut(role.name())
                .ok_or_else(super::devices::gone)?;
            token.clear();
            token.add(kept.expose_secret());
            token.scopes = granted;
            token.rotated_at_ms = Some(now);
            Ok((Some(device), ()))
        })
        .await?;
        let id = device.device_id.clone();
        self.minted_mut().insert((id.clone(), role), secret.clone());
        self.withdraw(&id, Some(role), call.link.as_ref());
        self.changed();
        let delivery = if is_own {
            "in-band"
        } else {
            "withheld-cross-device"
        };
        Ok(DeviceTokenRotateReply {
            device_id: id,
            role: role.name().to_owned(),
            scopes,
            token: shows.then(|| secret.expose_secret().to_owned()),
            rotated_at_ms: now,
            token_delivery: (call.protocol == Protocol::V4).then(|| delivery.to_owned()),
        })
    }

    /// `device.token.revoke`
    pub(crate) async fn revoke(
        self: &Arc<Self>,
        call: &Call,
        params: &DeviceTokenRevokeParams,
    ) -> Result<DeviceTokenRevokeReply, ApiError> {
        let denied = || denied(call, "device token revocation denied");
        let (device, role) = self
            .target(&params.device_id, &params.role)
            .ok_or_else(denied)?;
        if device.token(role.name()).is_none() {
            return Err(denied());
        }
        Self::may_change(call, &device)?;
        let now = self.now().0;
        self.change(&device.device_id, move |known| {
            let mut device = known.cloned().ok_or_else(super::devices::gone)?;
            if let Some(token) = device.token_mut(role.name()) {
                token.clear();
                token.revoked_at_ms = Some(now);
            }
            Ok((Some(device), ()))
        })
        .await?;
        self.minted_mut().remove(&(device.device_id.clone(), role));
        self.withdraw(&device.device_id, Some(role), call.link.as_ref());
        self.changed();
        Ok(DeviceTokenRevokeReply {
            device_id: device.device_id.clone(),
            role: role.name().to_owned(),
            revoked_at_ms: now,
        })
    }

    fn target(&self, device: &str, role: &str) -> Option<(Arc<Device>, Role)> {
        let role = [Role::Operator, Role::Node]
            .into_iter()
            .find(|known| known.name() == role)?;
        Some((self.find(device)?, role))
    }
}

/// A device or role that is not there, in the words of the version.
fn denied(call: &Call, message: &str) -> ApiError {
    match call.protocol {
        Protocol::V3 => ApiError::invalid("unknown deviceId/role"),
        Protocol::V4 => ApiError::invalid(message),
    }
}
