//! Who is let in, tried from outside: pairing, device tokens, setup codes, scopes.

mod attacks;
mod pairing;
mod scopes;
mod withdrawal;

use crate::site::{Site, TOKEN};
use crate::ws::client::{Client, Refused, Socket};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use protocol::{ConnectParams, SignatureVersion, device_payload};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// Where remote clients say they are.
pub(crate) const FAR: &str = "203.0.113.9";

/// A gateway with a proxy on another loopback address, so that a test can be local and remote.
async fn site() -> Site {
    Site::with(|settings| settings["gateway"]["trustedProxies"] = json!(["127.0.0.2"])).await
}

/// A socket that comes through the proxy, with these headers.
async fn through_proxy(address: SocketAddr, headers: &[(&'static str, &str)]) -> Socket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let stream = socket.connect(address).await.unwrap();
    let mut request = format!("ws://{address}/").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let (stream, _) = tokio_tungstenite::client_async(request, stream)
        .await
        .unwrap();
    Socket { stream }
}

async fn far(address: SocketAddr) -> Socket {
    through_proxy(address, &[("x-forwarded-for", FAR)]).await
}

/// A device with a key of its own.
pub(crate) struct Phone(Ed25519KeyPair);

impl Phone {
    pub(crate) fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn id(&self) -> String {
        gateway::identity::device_id(self.0.public_key().as_ref())
    }

    /// The parameters with the proof of this device.
    fn sign(&self, params: &Value, nonce: &str) -> Value {
        self.sign_off(params, nonce, 0)
    }

    /// The same by a clock that is so many milliseconds off.
    fn sign_off(&self, params: &Value, nonce: &str, off: i64) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_millis()).unwrap();
        let mut params = params.clone();
        params["device"] = json!({
            "id": self.id(),
            "publicKey": BASE64URL_NOPAD.encode(self.0.public_key().as_ref()),
            "signature": "", "signedAt": now + off, "nonce": nonce,
        });
        let typed: ConnectParams = serde_json::from_value(params.clone()).unwrap();
        let text = device_payload(SignatureVersion::V3, &typed).unwrap();
        let signature = self.0.sign(text.as_bytes());
        params["device"]["signature"] = BASE64URL_NOPAD.encode(signature.as_ref()).into();
        params
    }

    /// Connects over this socket.
    pub(crate) async fn connect(
        &self,
        mut socket: Socket,
        params: &Value,
    ) -> Result<Client, Refused> {
        let nonce = socket.challenge().await;
        Client::introduce(socket, &self.sign(params, &nonce)).await
    }

    async fn near(&self, site: &Site, params: &Value) -> Result<Client, Refused> {
        self.connect(Socket::open(site.address).await, params).await
    }

    async fn far(&self, site: &Site, params: &Value) -> Result<Client, Refused> {
        self.connect(far(site.address).await, params).await
    }
}

/// What an operator's client asks for.
fn asking(scopes: &[&str], auth: &Value) -> Value {
    json!({
        "minProtocol": 4, "maxProtocol": 4,
        "client": { "id": "cli", "displayName": "remote cli", "version": "test",
            "platform": "linux", "deviceFamily": "Linux", "mode": "cli" },
        "role": "operator", "scopes": scopes, "auth": auth,
    })
}

fn secret() -> Value {
    json!({ "token": TOKEN })
}

/// `details.code` of one that must be refused.
fn fine(answer: Result<Client, Refused>) -> String {
    let Err(refused) = answer else {
        return "let in".to_owned();
    };
    let code = refused.error["details"]["code"].as_str();
    code.unwrap_or_default().to_owned()
}

/// How long revocation may take.
const AT_ONCE: Duration = Duration::from_secs(1);
