//! The hello of each recorded client.

use super::compare::differences;
use super::doors::{HERE, knock, socket};
use super::file::Reference;
use super::replay::Shared;
use crate::identity::Phone;
use crate::site::{Site, TOKEN};
use crate::ws::client::Socket;
use serde_json::{Value, json};
use std::sync::PoisonError;

/// Connects as each of them.
pub(crate) async fn hellos(reference: Reference, table: Shared) {
    let site = Site::start().await;
    let said = json!({ "message": "hi", "idempotencyKey": "first" });
    site.caller().rpc("agent", &said).await.unwrap();
    let events = reference.file("events").unwrap();
    let challenge = events.iter().find(|(name, _)| name == "connect.challenge");
    let first = Socket::open(site.address).await.next().await.frame();
    told(
        reference,
        &table,
        "event connect.challenge",
        &challenge.unwrap().1,
        &first,
    );
    let own = format!("http://{}", site.address);
    for (name, recorded) in reference.file("handshake").unwrap() {
        let mut params = recorded["connect"].clone();
        params["auth"] = json!({ "token": TOKEN });
        let origin = name.contains("control-ui").then_some(("origin", &*own));
        let headers: Vec<_> = origin.into_iter().collect();
        let phone = params.get("device").map(|_| Phone::new());
        let socket = socket(site.address, HERE, &headers).await.unwrap();
        let client = knock(socket, phone.as_ref(), &params).await;
        let client = client.unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        let what = format!("hello {name}");
        told(reference, &table, &what, &recorded["hello"], &client.hello);
    }
    site.stop().await;
}

fn told(reference: Reference, table: &Shared, what: &str, recorded: &Value, ours: &Value) {
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    for line in differences(&[recorded], &[ours]) {
        table.found(reference.folder(), &format!("{what} {line}"));
    }
}
