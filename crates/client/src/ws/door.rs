//! The handshake: upgrade, challenge, `connect`, hello. Source: WebSocket protocol, sections 2 to 9.

use super::Options;
use crate::stream::{Duplex, connect};
use crate::{ClientError, Credential};
use futures_util::{SinkExt, StreamExt};
use protocol::{ConnectAuth, ConnectParams, FrameError, HelloOk, Protocol};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// The largest message that is read, in bytes: more than a gateway may send.
const LARGEST: usize = 64 * 1024 * 1024;
/// The id of the `connect` request; calls count from 1.
const CONNECT_ID: &str = "connect";

pub(super) type Socket = WebSocketStream<Box<dyn Duplex>>;

/// A frame from the gateway, of any kind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Frame {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: Option<String>,
    pub(super) ok: Option<bool>,
    pub(super) payload: Option<Box<RawValue>>,
    pub(super) error: Option<FrameError>,
    pub(super) event: Option<String>,
    pub(super) seq: Option<u64>,
    pub(super) state_version: Option<protocol::StateVersion>,
}

impl Frame {
    /// Reads a message; `None` for what is no frame of this protocol.
    pub(super) fn read(message: &Message) -> Option<Self> {
        match message {
            Message::Text(text) => serde_json::from_str(text.as_str()).ok(),
            Message::Binary(bytes) => serde_json::from_slice(bytes).ok(),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => None,
        }
    }

    /// What a response says.
    pub(super) fn outcome(self) -> Result<Box<RawValue>, FrameError> {
        if self.ok == Some(true) {
            return Ok(self.payload.unwrap_or_else(|| RawValue::NULL.to_owned()));
        }
        Err(self.error.unwrap_or_else(|| FrameError {
            message: "the gateway gave no reason".to_owned(),
            ..FrameError::default()
        }))
    }
}

/// Connects within the time limit of the options.
pub(super) async fn enter(options: &Options) -> Result<(Socket, HelloOk), ClientError> {
    let limit = options.connect_limit;
    tokio::time::timeout(limit, attempt(options))
        .await
        .unwrap_or_else(|_| {
            Err(ClientError::TimedOut {
                address: options.endpoint.socket_address(),
                limit,
            })
        })
}

/// Shows the configured secret; where that one is wrong and this device has a token, the token.
async fn attempt(options: &Options) -> Result<(Socket, HelloOk), ClientError> {
    let address = options.endpoint.socket_address();
    let role = options.role.name();
    let kept = match &options.device {
        Some(device) => device.token(&address, role)?,
        None => None,
    };
    let configured = options.endpoint.credential().map(shown);
    let is_configured = configured.is_some();
    let by_token = kept.map(|token| ConnectAuth {
        device_token: Some(token),
        ..ConnectAuth::default()
    });
    let first = configured.or_else(|| by_token.clone());
    let mut outcome = knock(options, first).await;
    let refused = match &outcome {
        Err(ClientError::Unauthorized { code, .. }) => code.clone(),
        Ok(_) | Err(_) => String::new(),
    };
    match (refused.as_str(), by_token, &options.device) {
        ("AUTH_TOKEN_MISMATCH", Some(token), _) if is_configured => {
            let second = knock(options, Some(token)).await;
            if second.is_ok() {
                outcome = second;
            }
        }
        ("AUTH_DEVICE_TOKEN_MISMATCH", Some(_), Some(device)) => {
            device.forget_token(&address, role)?;
        }
        _ => {}
    }
    let (socket, hello) = outcome?;
    if let (Some(device), Some(auth)) = (&options.device, &hello.auth)
        && let Some(token) = &auth.device_token
    {
        device.keep_token(&address, role, token, &auth.scopes)?;
    }
    Ok((socket, hello))
}

fn shown(credential: &Credential) -> ConnectAuth {
    let mut auth = ConnectAuth::default();
    match credential {
        Credential::Token(token) => auth.token = Some(token.expose_secret().to_owned()),
        Credential::Password(word) => auth.password = Some(word.expose_secret().to_owned()),
        Credential::SetupCode(code) => auth.bootstrap_token = Some(code.expose_secret().to_owned()),
    }
    auth
}

/// One attempt on a connection of its own.
async fn knock(
    options: &Options,
    auth: Option<ConnectAuth>,
) -> Result<(Socket, HelloOk), ClientError> {
    let mut socket = upgrade(options).await?;
    let (nonce, ts) = challenge(options, &mut socket).await?;
    let params = introduce(options, auth, &nonce, ts);
    let request = serde_json::json!({
        "type": "req", "id": CONNECT_ID, "method": "connect", "params": params,
    });
    socket
        .send(Message::text(request.to_string()))
        .await
        .map_err(|error| broken(options, &error))?;
    loop {
        let frame = next(options, &mut socket).await?;
        if frame.id.as_deref() != Some(CONNECT_ID) {
            continue;
        }
        let address = options.endpoint.socket_address();
        let payload = frame.outcome().map_err(|error| refusal(&address, error))?;
        let hello: HelloOk = serde_json::from_str(payload.get())
            .map_err(|error| odd(options, &format!("its hello: {error}")))?;
        if Protocol::negotiate(hello.protocol, hello.protocol).is_none() {
            return Err(odd(
                options,
                &format!("it chose protocol {}", hello.protocol),
            ));
        }
        return Ok((socket, hello));
    }
}

async fn upgrade(options: &Options) -> Result<Socket, ClientError> {
    let stream = connect(&options.endpoint).await?;
    let address = options.endpoint.socket_address();
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0)
        .max_message_size(Some(LARGEST))
        .max_frame_size(Some(LARGEST));
    let (socket, _) = client_async_with_config(format!("{address}/"), stream, Some(config))
        .await
        .map_err(|error| broken(options, &error))?;
    Ok(socket)
}

async fn challenge(options: &Options, socket: &mut Socket) -> Result<(String, i64), ClientError> {
    #[derive(Deserialize)]
    struct Challenge {
        nonce: String,
        ts: Option<i64>,
    }
    loop {
        let frame = next(options, socket).await?;
        if frame.event.as_deref() != Some("connect.challenge") {
            continue;
        }
        let payload = frame.payload.as_deref().map_or("null", RawValue::get);
        let challenge: Challenge = serde_json::from_str(payload)
            .map_err(|error| odd(options, &format!("its challenge: {error}")))?;
        let ts = challenge.ts.filter(|ts| *ts >= 0).unwrap_or_else(now);
        return Ok((challenge.nonce, ts));
    }
}

fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or_default()
}

fn introduce(options: &Options, auth: Option<ConnectAuth>, nonce: &str, ts: i64) -> ConnectParams {
    let scopes = options.scopes.iter().filter_map(|scope| scope.name());
    let mut params = ConnectParams {
        min_protocol: Protocol::V3.number(),
        max_protocol: Protocol::V4.number(),
        client: options.client.clone(),
        role: Some(options.role.name().to_owned()),
        scopes: Some(scopes.map(str::to_owned).collect()),
        caps: options.caps.clone(),
        commands: options.commands.clone(),
        permissions: options.permissions.clone(),
        path_env: options.path_env.clone(),
        auth,
        ..ConnectParams::default()
    };
    if let Some(device) = &options.device {
        device.sign(&mut params, nonce, ts);
    }
    params
}

async fn next(options: &Options, socket: &mut Socket) -> Result<Frame, ClientError> {
    loop {
        let message = match socket.next().await {
            Some(Ok(Message::Close(frame))) => {
                return Err(closed(&options.endpoint.socket_address(), frame.as_ref()));
            }
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(broken(options, &error)),
            None => return Err(closed(&options.endpoint.socket_address(), None)),
        };
        if let Some(frame) = Frame::read(&message) {
            return Ok(frame);
        }
    }
}

/// A close frame of the gateway as an error.
fn closed(address: &str, frame: Option<&CloseFrame>) -> ClientError {
    ClientError::Closed {
        address: address.to_owned(),
        code: frame.map(|frame| frame.code.into()),
        reason: frame.map_or_else(String::new, |frame| frame.reason.to_string()),
    }
}

fn odd(options: &Options, reason: &str) -> ClientError {
    ClientError::Protocol {
        address: options.endpoint.socket_address(),
        reason: reason.to_owned(),
    }
}

/// What the socket says when it does not work. A gateway that refuses the upgrade says why in the
/// body.
fn broken(options: &Options, error: &Error) -> ClientError {
    #[derive(Deserialize)]
    struct Told {
        error: Message,
    }
    #[derive(Deserialize)]
    struct Message {
        message: String,
        #[serde(default)]
        code: String,
    }
    if let Error::Http(answer) = error {
        let body = answer.body().as_deref().unwrap_or_default();
        if let Ok(Told { error }) = serde_json::from_slice(body) {
            return ClientError::Refused {
                status: Some(answer.status().as_u16()),
                code: error.code,
                message: error.message,
                details: None,
            };
        }
        let status = answer.status().as_u16();
        return odd(options, &format!("status {status} instead of a WebSocket"));
    }
    odd(options, &error.to_string())
}

/// An error frame by what the caller can do.
pub(super) fn refusal(address: &str, error: FrameError) -> ClientError {
    let text = |key: &str| -> Option<String> {
        let value = error.details.as_ref()?.get(key)?.as_str()?;
        Some(value.to_owned())
    };
    let address = address.to_owned();
    let finer = text("code").unwrap_or_default();
    match finer.as_str() {
        "PAIRING_REQUIRED" => ClientError::PairingRequired {
            address,
            request_id: text("requestId"),
            reason: text("reason").unwrap_or_default(),
            wait: text("recommendedNextStep").as_deref() == Some("wait_then_retry"),
            message: error.message,
        },
        "AUTH_RATE_LIMITED" => ClientError::RateLimited {
            retry_after: error.retry_after_ms.map(Duration::from_millis),
            message: error.message,
        },
        code if code.starts_with("AUTH_") || code == "DEVICE_IDENTITY_REQUIRED" => {
            ClientError::Unauthorized {
                address,
                code: finer,
                message: error.message,
            }
        }
        "PROTOCOL_MISMATCH" => ClientError::Protocol {
            address,
            reason: error.message,
        },
        _ => ClientError::Refused {
            status: None,
            code: error.code,
            message: error.message,
            details: error.details,
        },
    }
}
