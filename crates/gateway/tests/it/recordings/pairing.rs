//! How a device was paired, used its token and was removed.

use super::doors::{PROXY, Story, called, closed, knock, outcome, socket, told};
use super::file::Reference;
use super::replay::Shared;
use crate::identity::{FAR, Phone};
use crate::site::Site;
use crate::ws::client::{Client, Refused, Socket};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{FakeModel, Home};

/// The password of the gateway.
const PASSWORD: &str = "correct horse battery staple 42";

/// A gateway with a password, and the device of the story.
struct Scene {
    site: Site,
    owner: Client,
    phone: Phone,
}

/// A gateway with these settings for `gateway.auth`, and a trusted proxy.
pub(crate) async fn gateway(auth: Value) -> Site {
    gateway_behind("127.0.0.2", auth).await
}

/// The same behind a proxy on this address.
pub(crate) async fn gateway_behind(proxy: &str, auth: Value) -> Site {
    let model = FakeModel::start().await.unwrap();
    let mut settings = Home::settings(&model.base_url());
    settings["gateway"]["auth"] = auth;
    settings["gateway"]["trustedProxies"] = json!([proxy]);
    let home = Home::empty().unwrap();
    home.write_config(&settings).unwrap();
    Site::with_own_token(model, home).await
}

/// What a client of the story asks for.
pub(crate) fn asking(version: u32, scopes: &[&str], auth: &Value) -> Value {
    json!({
        "minProtocol": version, "maxProtocol": version,
        "client": { "id": "cli", "displayName": "remote cli", "version": "test",
            "platform": "linux", "deviceFamily": "Linux", "mode": "cli" },
        "role": "operator", "scopes": scopes, "auth": auth,
    })
}

pub(crate) const ALL: [&str; 5] = [
    "operator.admin",
    "operator.read",
    "operator.write",
    "operator.approvals",
    "operator.pairing",
];
const READ: [&str; 1] = ["operator.read"];
const READ_WRITE: [&str; 2] = ["operator.read", "operator.write"];

impl Scene {
    async fn far(&self) -> Socket {
        let headers = [("x-forwarded-for", FAR)];
        socket(self.site.address, PROXY, &headers).await.unwrap()
    }

    /// The device knocks from far away.
    async fn comes(&self, scopes: &[&str], auth: &Value) -> Result<Client, Refused> {
        let params = asking(4, scopes, auth);
        knock(self.far().await, Some(&self.phone), &params).await
    }

    async fn comes_with(&self, params: &Value) -> Result<Client, Refused> {
        knock(self.far().await, Some(&self.phone), params).await
    }
}

/// The story of version 4.
pub(crate) async fn pairing(table: Shared) {
    let site = gateway(json!({ "mode": "password", "password": PASSWORD })).await;
    let mut story = Story::new(Reference::V4, "pairing", &table);
    passwords(&mut story, &site).await;
    let params = asking(4, &ALL, &json!({ "password": PASSWORD }));
    let admin = knock(Socket::open(site.address).await, None, &params).await;
    story.step("admin", outcome(&admin));
    let mut scene = Scene {
        site,
        owner: admin.unwrap(),
        phone: Phone::new(),
    };
    let token = paired(&mut story, &mut scene).await;
    upgrades(&mut story, &mut scene, &token).await;
    let token = rotated(&mut story, &mut scene, &token).await;
    removed(&mut story, &mut scene, &token).await;
    approvals(&mut story, &mut scene).await;
    scene.site.stop().await;
    limits(&mut story).await;
    story.end();
}

async fn passwords(story: &mut Story, site: &Site) {
    let phone = Phone::new();
    for (step, device, auth) in [
        ("pw wrong", None, json!({ "password": "wrong" })),
        ("pw missing w/ device", Some(&phone), json!({})),
        ("token in pw mode", None, json!({ "token": "wrong" })),
    ] {
        let socket = Socket::open(site.address).await;
        let answer = knock(socket, device, &asking(4, &ALL, &auth)).await;
        story.step(step, outcome(&answer));
    }
}

/// From the first knock to the device's own token.
async fn paired(story: &mut Story, scene: &mut Scene) -> Value {
    let secret = json!({ "password": PASSWORD });
    let refused = scene.comes(&READ_WRITE, &secret).await;
    story.step("remote unpaired cli", outcome(&refused));
    let request = refused.err().unwrap().error["details"]["requestId"].clone();
    let events = told(&mut scene.owner, "device.pair.requested").await;
    story.step("events after request", events);
    let again = scene.comes(&READ_WRITE, &secret).await;
    story.step("remote unpaired again (same request id?)", outcome(&again));
    let owner = &mut scene.owner;
    let list = owner.call("device.pair.list", json!({})).await.unwrap();
    story.step("device.pair.list", list);
    let approval = json!({ "requestId": request });
    let approved = called(owner, "device.pair.approve", approval).await;
    story.step("device.pair.approve", approved);
    let events = told(owner, "device.pair.resolved").await;
    story.step("events after approve", events);
    let client = scene.comes(&READ_WRITE, &secret).await;
    story.step("remote paired w/ password", outcome(&client));
    client.unwrap().hello["auth"]["deviceToken"].clone()
}

/// What the device may do with its token, and what it must ask for again.
async fn upgrades(story: &mut Story, scene: &mut Scene, token: &Value) {
    let secret = json!({ "password": PASSWORD });
    let own = json!({ "deviceToken": token });
    for (step, scopes, auth) in [
        (
            "device token via auth.token",
            &READ[..],
            json!({ "token": token }),
        ),
        (
            "device token via auth.deviceToken",
            &READ_WRITE,
            own.clone(),
        ),
        ("device token with wider scopes", &ALL[..1], own),
        (
            "password with wider scopes (scope-upgrade)",
            &ALL[..1],
            secret.clone(),
        ),
    ] {
        story.step(step, outcome(&scene.comes(scopes, &auth).await));
    }
    let events = told(&mut scene.owner, "device.pair.requested").await;
    story.step("events scope-upgrade", events);
    let mut other = asking(4, &READ, &secret);
    other["client"]["platform"] = "darwin".into();
    let answer = scene.comes_with(&other).await;
    story.step("metadata change platform", outcome(&answer));
    let mut node = asking(4, &[], &secret);
    node["role"] = "node".into();
    node["client"]["id"] = "node-host".into();
    node["client"]["mode"] = "node".into();
    let refused = scene.comes_with(&node).await;
    story.step("role upgrade node", outcome(&refused));
    let request = refused.err().unwrap().error["details"]["requestId"].clone();
    let bad = scene.comes(&READ, &json!({ "deviceToken": "bad" })).await;
    story.step("bad device token", outcome(&bad));
    let owner = &mut scene.owner;
    let list = owner.call("device.pair.list", json!({})).await.unwrap();
    story.step("device.pair.list 2", list);
    let rejected = called(owner, "device.pair.reject", json!({ "requestId": request })).await;
    story.step("device.pair.reject", rejected);
    let resolved = owner.event("device.pair.resolved").await;
    let requested = owner.event("device.pair.requested").await;
    story.step("events reject", json!([resolved, requested]));
}

/// The token is changed and taken back; returns the new one.
async fn rotated(story: &mut Story, scene: &mut Scene, token: &Value) -> Value {
    let device = scene.phone.id();
    let secret = json!({ "password": PASSWORD });
    let name = json!({ "deviceId": device, "label": "My CLI" });
    let renamed = called(&mut scene.owner, "device.pair.rename", name).await;
    story.step("device.pair.rename", renamed);
    let mut open = scene.comes(&READ_WRITE, &secret).await.unwrap();
    let which = json!({ "deviceId": device, "role": "operator" });
    let rotated = called(&mut scene.owner, "device.token.rotate", which.clone()).await;
    story.step("device.token.rotate (admin)", rotated);
    let how = json!({ "closed": closed(&open.closed().await) });
    story.step("paired conn after rotate", how);
    let old = scene.comes(&READ, &json!({ "deviceToken": token })).await;
    story.step("old token after rotate", outcome(&old));
    let wider = [&READ_WRITE[..], &["operator.pairing"]].concat();
    let wider = scene.comes(&wider, &secret).await;
    story.step("reconnect for new token", outcome(&wider));
    let client = scene.comes(&READ_WRITE, &secret).await;
    story.step("reconnect rw", outcome(&client));
    let mut client = client.unwrap();
    let token = client.hello["auth"]["deviceToken"].clone();
    let revoked = called(&mut scene.owner, "device.token.revoke", which).await;
    story.step("device.token.revoke", revoked);
    let how = json!({ "closed": closed(&client.closed().await) });
    story.step("conn after revoke", how);
    let answer = scene.comes(&READ, &secret).await;
    story.step("reconnect after revoke w/ password", outcome(&answer));
    token
}

async fn removed(story: &mut Story, scene: &mut Scene, token: &Value) {
    let which = json!({ "deviceId": scene.phone.id() });
    let removed = called(&mut scene.owner, "device.pair.remove", which).await;
    story.step("device.pair.remove", removed);
    let changed = scene.owner.event("device.pair.changed").await;
    let requested = scene.owner.event("device.pair.requested").await;
    story.step("events remove", json!([changed, requested]));
    let gone = scene.comes(&READ, &json!({ "deviceToken": token })).await;
    story.step("device token after remove", outcome(&gone));
    let code = called(&mut scene.owner, "device.pair.setupCode", json!({})).await;
    story.step("setupCode", code);
}

/// A question that nobody can answer, and one that somebody is asked.
async fn approvals(story: &mut Story, scene: &mut Scene) {
    let params = |id: &str, patience: u32| {
        json!({ "id": id, "command": "echo y", "cwd": "/tmp", "host": "gateway",
            "ask": "always", "agentId": "main", "sessionKey": "agent:main:main",
            "timeoutMs": patience })
    };
    let owner = &mut scene.owner;
    let asked = called(owner, "exec.approval.request", params("ap1", 9_000)).await;
    story.step("approval.request", asked);
    let open = owner.call("exec.approval.list", json!({})).await.unwrap();
    story.step("list", json!(open.as_array().unwrap().len()));
    let which = json!({ "id": "ap1" });
    let found = called(owner, "exec.approval.get", which).await;
    story.step("get", found);
    let decision = json!({ "id": "ap1", "decision": "deny" });
    let resolved = called(owner, "exec.approval.resolve", decision).await;
    story.step("resolve", resolved);
    let params_of_other = asking(4, &ALL, &json!({ "password": PASSWORD }));
    let other = Socket::open(scene.site.address).await;
    let mut other = knock(other, None, &params_of_other).await.unwrap();
    let asked = called(
        &mut scene.owner,
        "exec.approval.request",
        params("ap2", 300),
    )
    .await;
    story.step(
        "o3 events",
        told(&mut other, "exec.approval.requested").await,
    );
    story.step("request timeout result", asked);
    story.step("approval events on requester", json!([]));
    story.step("approval events other", json!([]));
}

/// Too many wrong passwords.
async fn limits(story: &mut Story) {
    let auth = json!({ "mode": "password", "password": PASSWORD,
        "rateLimit": { "maxAttempts": 4 } });
    let site = gateway(auth).await;
    for round in 0..6 {
        let headers = [("x-forwarded-for", FAR)];
        let socket = socket(site.address, PROXY, &headers).await.unwrap();
        let params = asking(4, &READ, &json!({ "password": "wrong" }));
        let answer = knock(socket, None, &params).await;
        story.step(&format!("rate {round}"), outcome(&answer));
    }
    for round in 0..6 {
        let caller = site.stranger().bearer("wrong").unwrap();
        let answer = caller.get("/v1/models").await.unwrap();
        let mut seen = json!({ "status": answer.status.as_u16(), "body": answer.text() });
        if let Some(wait) = answer.header("retry-after") {
            seen["retry"] = wait.into();
        }
        story.step(&format!("http rate {round}"), seen);
    }
    site.stop().await;
    let site = gateway(json!({ "mode": "password", "password": PASSWORD })).await;
    let caller = site.stranger().bearer(PASSWORD).unwrap();
    let answer = caller.get("/v1/models").await.unwrap();
    let names = answer.headers.keys().map(http::HeaderName::as_str);
    let headers: BTreeMap<_, _> = names.map(|name| (name, answer.header(name))).collect();
    let seen =
        json!({ "status": answer.status.as_u16(), "headers": headers, "body": answer.text() });
    story.step("http with password bearer", seen);
    site.stop().await;
}
