//! A gateway on another machine, over TLS: whom the commands trust, how a device is let in and shut
//! out (clients, section 1; security specification, R1).

use super::Sandbox;
use super::gateway::started;
use super::proxy::{CALLER, PROXY, TlsProxy};
use super::sandbox::{Ran, Running};
use serde_json::{Value, json};

struct World {
    gateway: Sandbox,
    proxy: TlsProxy,
    _serving: Running,
}

impl World {
    fn new() -> Self {
        let gateway = Sandbox::new();
        let proxy = TlsProxy::before(gateway.port);
        let host = format!("127.0.0.1:{}", proxy.port);
        let settings = json!({ "gateway": { "trustedProxies": [PROXY], "hosts": [host] } });
        let gateway = gateway.with_settings("openclaw.json", &settings.to_string());
        let serving = started(&gateway, &["gateway", "run"]);
        Self {
            gateway,
            proxy,
            _serving: serving,
        }
    }

    fn url(&self) -> String {
        format!("wss://127.0.0.1:{}", self.proxy.port)
    }

    /// A machine elsewhere whose settings lead to the gateway, with its token or without.
    fn laptop(&self, knows_the_token: bool) -> Sandbox {
        let mut remote = json!({ "url": self.url() });
        if knows_the_token {
            remote["token"] = self.gateway.read("gateway.token").trim().into();
        }
        let settings = json!({ "gateway": { "mode": "remote", "remote": remote } });
        Sandbox::new().with_settings("openclaw.json", &settings.to_string())
    }

    fn devices(&self) -> Value {
        self.gateway.run(&["devices", "list", "--json"]).json()
    }
}

fn text(ran: &Ran) -> String {
    format!("{}{}", ran.out, ran.err)
}

#[test]
fn only_a_trusted_certificate_gets_the_secret() {
    let world = World::new();
    let ran = world.laptop(true).run(&["health"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("UnknownIssuer")
            && ran.err.contains("fix: ")
            && ran.err.contains("SSL_CERT_FILE"),
        "{ran:?}"
    );
    let error = world.laptop(true).run(&["sessions", "--json"]).json()["error"].clone();
    assert_eq!(
        (&error["type"], &error["code"]),
        (&"gateway_transport_error".into(), &"UNTRUSTED".into())
    );
    let trusting = world
        .laptop(true)
        .with("SSL_CERT_FILE", &TlsProxy::issuer());
    let ran = trusting.run(&["health"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let plain = format!("wss://127.0.0.1:{}", world.gateway.port);
    let ran = trusting.run(&[
        "health",
        "--url",
        &plain,
        "--token",
        "x",
        "--timeout",
        "2000",
    ]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("fix: ") && ran.err.contains("ws://"),
        "{ran:?}"
    );
}

#[test]
fn a_device_elsewhere_is_let_in_used_and_shut_out() {
    let world = World::new();
    let laptop = world
        .laptop(true)
        .with("SSL_CERT_FILE", &TlsProxy::issuer());
    let ran = laptop.run(&["sessions"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let asked = world.devices()["pending"][0].clone();
    let request = asked["requestId"].as_str().unwrap();
    assert_eq!(asked["remoteIp"], CALLER);
    assert!(
        ran.err
            .contains(&format!("openclaw devices approve {request}")),
        "{ran:?}"
    );
    let listed = world.gateway.run(&["devices", "list"]);
    assert!(
        listed.out.contains(request) && listed.out.contains(CALLER),
        "{listed:?}"
    );

    let refused = world.gateway.run(&["devices", "reject", request]);
    assert_eq!(refused.code, 0, "{refused:?}");
    assert_eq!(world.devices()["pending"], json!([]));
    assert_eq!(laptop.run(&["sessions"]).code, 1);
    let approved = world.gateway.run(&["devices", "approve"]);
    assert!(
        approved.code == 0 && approved.out.contains("may come in"),
        "{approved:?}"
    );
    let ran = laptop.run(&["sessions"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let device = world.devices()["paired"][0]["deviceId"]
        .as_str()
        .unwrap()
        .to_owned();
    let id = &device[..10];

    // The token of the gateway is not needed any more: the device has one of its own.
    let kept = laptop.read("openclaw.json");
    let own: Value = serde_json::from_str(&kept).unwrap();
    let mut own = own;
    own["gateway"]["remote"]
        .as_object_mut()
        .unwrap()
        .remove("token");
    let laptop = laptop.with_settings("openclaw.json", &own.to_string());
    let ran = laptop.run(&["sessions"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));

    let renamed = world.gateway.run(&["devices", "rename", id, "my laptop"]);
    assert_eq!(renamed.code, 0, "{renamed:?}");
    assert!(world.gateway.run(&["devices"]).out.contains("my laptop"));

    let rotated = world.gateway.run(&["devices", "rotate", id, "--json"]);
    assert_eq!(
        (rotated.code, rotated.json()["deviceId"].as_str()),
        (0, Some(device.as_str()))
    );
    let ran = laptop.run(&["sessions"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        text(&ran).contains("device token mismatch") && ran.err.contains("fix: "),
        "{ran:?}"
    );

    let revoked = world.gateway.run(&["devices", "revoke", id]);
    assert!(
        revoked.code == 0 && revoked.out.contains("no operator token"),
        "{revoked:?}"
    );
    let removed = world.gateway.run(&["devices", "remove", id]);
    assert!(
        removed.code == 0 && removed.out.contains("is forgotten"),
        "{removed:?}"
    );
    assert_eq!(world.devices()["paired"], json!([]));
    let again = world.gateway.run(&["devices", "remove", id]);
    assert!(
        again.code == 1 && again.err.starts_with("error: "),
        "{again:?}"
    );
    assert_eq!(laptop.run(&["sessions"]).code, 1);
}
