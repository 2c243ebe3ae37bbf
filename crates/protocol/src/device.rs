//! What a device signs when it connects. Source: WebSocket protocol, section 8.

use crate::ConnectParams;

/// Versions of the signed text that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureVersion {
    /// Without platform and device family.
    V2,
    /// With them.
    V3,
}

impl SignatureVersion {
    /// In the order a verifier tries them.
    pub const TRIED: [Self; 2] = [Self::V3, Self::V2];
}

/// The text that the key of `params.device` signs; `None` without a device.
///
/// The secret in it is the token, else the device token, else the setup code; never the password.
pub fn device_payload(version: SignatureVersion, params: &ConnectParams) -> Option<String> {
    let device = params.device.as_ref()?;
    let client = &params.client;
    let auth = params.auth.as_ref();
    let filled = |secret: Option<&String>| secret.filter(|text| !text.is_empty()).cloned();
    let secret = auth
        .and_then(|auth| filled(auth.token.as_ref()))
        .or_else(|| auth.and_then(|auth| filled(auth.device_token.as_ref())))
        .or_else(|| auth.and_then(|auth| filled(auth.bootstrap_token.as_ref())))
        .unwrap_or_default();
    let mut fields = vec![
        match version {
            SignatureVersion::V2 => "v2".to_owned(),
            SignatureVersion::V3 => "v3".to_owned(),
        },
        device.id.clone(),
        client.id.clone(),
        client.mode.clone(),
        params.role.clone().unwrap_or_else(|| "operator".to_owned()),
        params.scopes.as_deref().unwrap_or_default().join(","),
        device.signed_at.to_string(),
        secret,
        device.nonce.clone(),
    ];
    match version {
        SignatureVersion::V2 => {}
        SignatureVersion::V3 => {
            fields.push(plain(&client.platform));
            fields.push(plain(client.device_family.as_deref().unwrap_or_default()));
        }
    }
    Some(fields.join("|"))
}

fn plain(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClientProgram, ConnectAuth, DeviceProof};

    #[test]
    fn both_versions_join_their_fields_in_order() {
        let params = ConnectParams {
            client: ClientProgram {
                id: "cli".to_owned(),
                mode: "cli".to_owned(),
                platform: " Linux".to_owned(),
                device_family: Some("LINUX".to_owned()),
                ..ClientProgram::default()
            },
            scopes: Some(vec![
                "operator.read".to_owned(),
                "operator.admin".to_owned(),
            ]),
            auth: Some(ConnectAuth {
                token: Some(String::new()),
                password: Some("never".to_owned()),
                device_token: Some("dt".to_owned()),
                ..ConnectAuth::default()
            }),
            device: Some(DeviceProof {
                id: "d".to_owned(),
                signed_at: 5,
                nonce: "n".to_owned(),
                ..DeviceProof::default()
            }),
            ..ConnectParams::default()
        };
        let texts = SignatureVersion::TRIED.map(|version| device_payload(version, &params));
        let common = "d|cli|cli|operator|operator.read,operator.admin|5|dt|n";
        assert_eq!(
            texts,
            [
                Some(format!("v3|{common}|linux|linux")),
                Some(format!("v2|{common}"))
            ]
        );
        let none = ConnectParams::default();
        assert_eq!(device_payload(SignatureVersion::V3, &none), None);
    }
}
