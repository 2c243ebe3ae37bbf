//! A node for tests: connects with a device key of its own and answers what it is asked.

use crate::site::{Site, TOKEN};
use crate::ws::client::{Client, Refused, Socket};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use protocol::{ConnectParams, DeviceProof, SignatureVersion, device_payload};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A machine with a key.
pub(super) struct Machine(Ed25519KeyPair);

impl Machine {
    pub(super) fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    /// Its node id.
    pub(super) fn id(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(self.0.public_key().as_ref()))
    }

    /// Connects as a node that offers these commands.
    pub(super) async fn connect(&self, site: &Site, commands: &[&str]) -> Client {
        self.knock(site, commands).await.unwrap()
    }

    /// The same where a person has to let the machine itself in first.
    pub(super) async fn let_in(
        &self,
        site: &Site,
        owner: &mut Client,
        commands: &[&str],
    ) -> Client {
        let refused = self.knock(site, commands).await.err().unwrap();
        let request = json!({ "requestId": refused.error["details"]["requestId"] });
        owner.call("device.pair.approve", request).await.unwrap();
        self.connect(site, commands).await
    }

    async fn knock(&self, site: &Site, commands: &[&str]) -> Result<Client, Refused> {
        let mut socket = Socket::open(site.address).await;
        let nonce = socket.challenge().await;
        let params = json!({
            "minProtocol": 4, "maxProtocol": 4,
            "client": { "id": "node-host", "displayName": "workshop", "version": "test",
                "platform": "linux", "deviceFamily": "Linux", "mode": "node" },
            "role": "node", "scopes": [], "caps": ["system"], "commands": commands,
            "auth": { "token": TOKEN }, "pathEnv": "/usr/bin",
        });
        let mut params: ConnectParams = serde_json::from_value(params).unwrap();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        params.device = Some(DeviceProof {
            id: self.id(),
            public_key: BASE64URL_NOPAD.encode(self.0.public_key().as_ref()),
            signature: String::new(),
            signed_at: i64::try_from(now.as_millis()).unwrap(),
            nonce,
        });
        let text = device_payload(SignatureVersion::V3, &params).unwrap();
        let signature = BASE64URL_NOPAD.encode(self.0.sign(text.as_bytes()).as_ref());
        params.device.as_mut().unwrap().signature = signature;
        let params = serde_json::to_value(&params).unwrap();
        Client::introduce(socket, &params).await
    }
}

/// Waits for the next command and returns its request.
pub(super) async fn asked(node: &mut Client) -> Value {
    let event = node.event("node.invoke.request").await;
    assert_eq!(event.get("seq"), None);
    event["payload"].clone()
}

/// Answers a command.
pub(super) async fn answer(node: &mut Client, request: &Value, payload: &Value) -> Value {
    let params = json!({ "id": request["id"], "nodeId": request["nodeId"], "ok": true,
        "payloadJSON": payload.to_string() });
    node.call("node.invoke.result", params).await.unwrap()
}

/// The parameters of `node.invoke`.
pub(super) fn invoke(machine: &Machine, command: &str, params: &Value, key: &str) -> Value {
    json!({ "nodeId": machine.id(), "command": command, "params": params,
        "timeoutMs": 5_000, "idempotencyKey": key })
}

/// A gateway where a person approves every node.
pub(super) async fn strict() -> Site {
    Site::with(|settings| {
        settings["gateway"]["nodes"]["pairing"]["autoApproveLocal"] = false.into();
    })
    .await
}
