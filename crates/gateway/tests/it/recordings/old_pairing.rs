//! The same story as version 3 tells it, and that of a node without a device.

use super::doors::{PROXY, Story, called, knock, outcome, socket, told};
use super::file::Reference;
use super::pairing::{ALL, asking, gateway};
use super::replay::Shared;
use crate::identity::{FAR, Phone};
use crate::site::{Site, TOKEN};
use crate::ws::client::{Client, Refused, Socket};
use serde_json::{Value, json};

/// The device knocks from far away.
async fn comes(
    site: &Site,
    phone: &Phone,
    scopes: &[&str],
    auth: &Value,
) -> Result<Client, Refused> {
    let headers = [("x-forwarded-for", FAR)];
    let socket = socket(site.address, PROXY, &headers).await.unwrap();
    knock(socket, Some(phone), &asking(3, scopes, auth)).await
}

/// The story of version 3.
pub(crate) async fn pairing(table: Shared) {
    let site = gateway(json!({ "mode": "token", "token": TOKEN })).await;
    let mut story = Story::new(Reference::V3, "pairing", &table);
    let secret = json!({ "token": TOKEN });
    let (owner, phone) = (Phone::new(), Phone::new());
    let here = Socket::open(site.address).await;
    let owner = knock(here, Some(&owner), &asking(3, &ALL, &secret)).await;
    let mut owner = owner.unwrap();

    let read = ["operator.read"];
    let refused = comes(&site, &phone, &read, &secret).await;
    story.step("old.pair.unpaired", outcome(&refused));
    let request = refused.err().unwrap().error["details"]["requestId"].clone();
    let events = told(&mut owner, "device.pair.requested").await;
    story.step("old.pair.events", events);
    let list = owner.call("device.pair.list", json!({})).await.unwrap();
    story.step("old.pair.list", list);
    let approval = json!({ "requestId": request });
    let approved = called(&mut owner, "device.pair.approve", approval).await;
    story.step("old.pair.approve", approved);
    let resolved = owner.event("device.pair.resolved").await;
    story.step("old.pair.events2", resolved);

    let client = comes(&site, &phone, &read, &secret).await;
    let came = |answer: &Result<Client, Refused>| {
        let mut outcome = outcome(answer);
        if let Some(outcome) = outcome.as_object_mut() {
            outcome.remove("closed");
        }
        outcome
    };
    story.step("old.pair.connect", came(&client));
    let token = client.unwrap().hello["auth"]["deviceToken"].clone();
    let own = json!({ "token": token });
    let client = comes(&site, &phone, &read, &own).await;
    story.step("old.devtoken", came(&client));
    let wide = comes(&site, &phone, &ALL[..1], &own).await;
    story.step("old.devtoken.wide", outcome(&wide));
    let wide = comes(&site, &phone, &ALL[..1], &secret).await;
    story.step("old.scope-upgrade", outcome(&wide));
    taken_back(&mut story, &mut owner, &phone).await;
    node(&mut story, &mut owner).await;
    site.stop().await;
    story.end();
}

async fn taken_back(story: &mut Story, owner: &mut Client, phone: &Phone) {
    let which = json!({ "deviceId": phone.id(), "role": "operator" });
    let rotated = called(owner, "device.token.rotate", which.clone()).await;
    story.step("old.rotate", rotated);
    let revoked = called(owner, "device.token.revoke", which).await;
    story.step("old.revoke", revoked);
    let which = json!({ "deviceId": phone.id() });
    let removed = called(owner, "device.pair.remove", which).await;
    story.step("old.remove", removed);
    // Version 3 left open connections as they were; here they are closed, as in version 4.
    story.step("old.rotate.closed", Value::Null);
    story.step("old.remove.closed", Value::Null);
}

async fn node(story: &mut Story, owner: &mut Client) {
    let asked = json!({ "nodeId": "n1", "displayName": "N", "platform": "linux" });
    let asked = called(owner, "node.pair.request", asked).await;
    let request = asked["payload"]["request"]["requestId"].clone();
    story.step("old.node.pair.request", asked);
    let list = owner.call("node.pair.list", json!({})).await.unwrap();
    story.step("old.node.pair.list", list);
    let approval = json!({ "requestId": request });
    let approved = called(owner, "node.pair.approve", approval).await;
    story.step("old.node.pair.approve", approved);
}
