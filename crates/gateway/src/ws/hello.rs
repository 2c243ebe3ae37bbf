//! What a client is told when it was let in. Source: WebSocket protocol, section 13.

use super::link::{Link, Told};
use super::outbox::MAX_BUFFERED;
use super::sockets::Sockets;
use crate::identity::Admitted;
use crate::net::{Caller, Identity, Scope, Scopes};
use crate::rpc::Call;
use protocol::{
    AttachmentPolicy, EVENTS, Features, HelloOk, MAX_FRAME, Policy, Protocol, Role, ServerIdentity,
    SessionDefaults, Snapshot,
};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Limits of attachments, decoded. Source: WebSocket protocol, section 13.
const ATTACHMENTS: AttachmentPolicy = AttachmentPolicy {
    max_bytes: 19_464_192,
    max_image_bytes: 6_291_456,
};

/// The hello of a connection.
pub(super) async fn hello(sockets: &Arc<Sockets>, link: &Link, admitted: &Admitted) -> HelloOk {
    let services = &sockets.services;
    let seen = services.runtime.snapshot();
    let is_admin = link.allows(Scope::Admin);
    let admins_only = |path: &Path| is_admin.then(|| path.display().to_string());
    let mut methods = vec!["connect".to_owned()];
    methods.extend(sockets.registry.served(link.role).map(str::to_owned));
    HelloOk {
        protocol: link.protocol.number(),
        server: ServerIdentity {
            version: seen.version.to_owned(),
            conn_id: link.id.clone(),
        },
        features: Features {
            methods,
            events: EVENTS.iter().map(|event| event.name.to_owned()).collect(),
            capabilities: capabilities(link.protocol),
        },
        snapshot: Snapshot {
            presence: presence(sockets, link),
            health: health(sockets, link.scopes).await,
            state_version: services.hub.version(),
            uptime_ms: services.health.uptime_ms(),
            config_path: admins_only(&sockets.config_path),
            state_dir: admins_only(&sockets.state_dir),
            session_defaults: Some(session_defaults(sockets)),
            auth_mode: Some(seen.auth_mode),
        },
        auth: admitted.auth(),
        policy: Policy {
            max_payload: number(MAX_FRAME),
            max_buffered_bytes: number(MAX_BUFFERED),
            tick_interval_ms: u64::try_from(sockets.rhythm.tick.as_millis()).unwrap_or(u64::MAX),
            attachments: (link.protocol == Protocol::V4).then_some(ATTACHMENTS),
        },
    }
}

/// Who is here, for those who may know.
fn presence(sockets: &Sockets, link: &Link) -> Vec<Value> {
    if link.role == Role::Operator && !link.allows(Scope::Read) {
        return Vec::new();
    }
    let services = &sockets.services;
    services
        .hub
        .roll
        .list(services.runtime.snapshot().version, services.clock.as_ref())
}

/// What `health` says beyond what the published hello has room for.
const OWN_HEALTH: [&str; 3] = ["failing", "reasons", "uptimeMs"];

/// What `health` answers to somebody with these scopes; `{}` when it cannot.
pub(super) async fn health(sockets: &Arc<Sockets>, scopes: Scopes) -> Value {
    let call = Call {
        services: Arc::clone(&sockets.services),
        caller: Caller {
            identity: Identity::Owner,
            scopes,
            client: std::net::Ipv4Addr::LOCALHOST.into(),
        },
        role: Role::Operator,
        protocol: Protocol::V4,
        link: None,
        early: None,
    };
    let answer = sockets.registry.call("health", call, b"").await;
    let mut value = answer
        .ok()
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_else(|| json!({}));
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !OWN_HEALTH.contains(&name.as_str()));
    }
    value
}

fn session_defaults(sockets: &Sockets) -> SessionDefaults {
    let roster = sockets.services.agents.roster();
    let agent = roster.default_agent().id.to_string();
    SessionDefaults {
        main_session_key: format!("agent:{agent}:main"),
        default_agent_id: agent,
        main_key: "main".to_owned(),
        scope: "per-sender".to_owned(),
    }
}

/// The events that follow a hello: what it said already, as clients expect it.
pub(super) fn welcome(link: &Link, snapshot: &Snapshot) {
    let presence = Told::new("presence", &json!({ "presence": snapshot.presence }));
    let health = Told::new("health", &snapshot.health);
    for told in [presence, health].into_iter().flatten() {
        if link.may_hear(told.event) {
            link.tell(&told.with_version(snapshot.state_version));
        }
    }
}

/// Without the first, the command line of the reference does not ask for `models.list`.
fn capabilities(protocol: Protocol) -> Vec<String> {
    match protocol {
        Protocol::V3 => Vec::new(),
        Protocol::V4 => vec!["published-model-catalog".to_owned()],
    }
}

fn number(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// Tells a node which words wake it. Source: WebSocket protocol, section 13.
pub(super) async fn tell_words(sockets: &Sockets, link: &Link) {
    match sockets.services.voicewake_get().await {
        Ok(words) => {
            if let Some(told) = Told::new("voicewake.changed", &words) {
                link.address(&told);
            }
        }
        Err(error) => tracing::warn!(error = %error.message, "the words that wake cannot be read"),
    }
}
