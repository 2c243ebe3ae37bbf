use super::*;
use crate::site::say_with;
use crate::ws::client::Got;
use testkit::{FakeModel, Home};

const OTHER: &str = "another-token-that-is-long-enough-9876543210";

/// Pairs a device from this machine; its token, and its connection from elsewhere.
async fn paired(site: &Site, phone: &Phone, scopes: &[&str]) -> (Value, Client) {
    let near = phone.near(site, &asking(scopes, &secret())).await.unwrap();
    let own = json!({ "deviceToken": near.hello["auth"]["deviceToken"] });
    let client = phone.far(site, &asking(scopes, &own)).await.unwrap();
    (own, client)
}

async fn closed_at_once(client: &mut Client) {
    let closed = tokio::time::timeout(AT_ONCE, client.closed())
        .await
        .unwrap();
    assert_eq!(closed, Got::Closed(4001, "device removed".to_owned()));
}

#[tokio::test]
async fn a_rotated_token_ends_what_the_old_one_opened() {
    let site = site().await;
    let mut owner = Client::open(&site).await;
    let phone = Phone::new();
    let (old, mut client) = paired(&site, &phone, &["operator.read"]).await;
    let target = json!({ "deviceId": phone.id(), "role": "operator" });
    let rotated = owner
        .call("device.token.rotate", target.clone())
        .await
        .unwrap();
    assert_eq!(rotated["tokenDelivery"], "withheld-cross-device");
    assert_eq!(rotated["scopes"], json!(["operator.read"]));
    assert_eq!(rotated.get("token"), None);
    closed_at_once(&mut client).await;
    owner.event("device.pair.changed").await;
    let stale = phone.far(&site, &asking(&["operator.read"], &old)).await;
    assert_eq!(fine(stale), "AUTH_DEVICE_TOKEN_MISMATCH");
    let fresh = phone
        .far(&site, &asking(&["operator.read"], &secret()))
        .await
        .unwrap();
    let auth = &fresh.hello["auth"];
    assert_ne!(auth["deviceToken"], old["deviceToken"]);
    assert_eq!(auth["issuedAtMs"], rotated["rotatedAtMs"]);
    let nobody = json!({ "deviceId": "nope", "role": "operator" });
    let error = owner.call("device.token.rotate", nobody).await.unwrap_err();
    assert_eq!(error["message"], "device token rotation denied");
    let mut wide = target;
    wide["scopes"] = json!(["operator.admin"]);
    let error = owner.call("device.token.rotate", wide).await.unwrap_err();
    assert_eq!(error["message"], "device token rotation denied");
    site.stop().await;
}

#[tokio::test]
async fn a_device_that_rotates_its_own_token_is_given_the_new_one() {
    let site = site().await;
    let phone = Phone::new();
    let scopes = ["operator.read", "operator.pairing"];
    let (old, mut client) = paired(&site, &phone, &scopes).await;
    let target = json!({ "deviceId": phone.id(), "role": "operator" });
    let rotated = client.call("device.token.rotate", target).await.unwrap();
    assert_eq!(rotated["tokenDelivery"], "in-band");
    closed_at_once(&mut client).await;
    let stale = phone.far(&site, &asking(&scopes, &old)).await;
    assert_eq!(fine(stale), "AUTH_DEVICE_TOKEN_MISMATCH");
    let new = json!({ "deviceToken": rotated["token"] });
    assert!(phone.far(&site, &asking(&scopes, &new)).await.is_ok());
    site.stop().await;
}

#[tokio::test]
async fn a_revoked_device_must_be_approved_again() {
    let site = site().await;
    let mut owner = Client::open(&site).await;
    let phone = Phone::new();
    let (old, mut client) = paired(&site, &phone, &["operator.read"]).await;
    let target = json!({ "deviceId": phone.id(), "role": "operator" });
    let revoked = owner
        .call("device.token.revoke", target.clone())
        .await
        .unwrap();
    assert!(revoked["revokedAtMs"].as_i64().unwrap() > 0);
    closed_at_once(&mut client).await;
    let stale = phone.far(&site, &asking(&["operator.read"], &old)).await;
    assert_eq!(fine(stale), "AUTH_DEVICE_TOKEN_MISMATCH");
    let refused = phone
        .far(&site, &asking(&["operator.read"], &secret()))
        .await;
    let refused = refused.err().unwrap().error;
    assert_eq!(
        refused["message"],
        "pairing required: device is asking for a higher role than currently approved"
    );
    assert_eq!(refused["details"]["approvedRoles"], json!(["operator"]));
    let error = owner.call("device.token.revoke", target).await.unwrap_err();
    assert_eq!(error["message"], "device token revocation denied");
    let approval = json!({ "requestId": refused["details"]["requestId"] });
    owner.call("device.pair.approve", approval).await.unwrap();
    assert!(
        phone
            .far(&site, &asking(&["operator.read"], &secret()))
            .await
            .is_ok()
    );
    site.stop().await;
}

/// What streams to a device ends with its token; the run it asked for does not.
#[tokio::test]
async fn a_revoked_device_hears_no_more_of_what_streams_to_it() {
    let site = Site::with(|settings| {
        settings["gateway"]["trustedProxies"] = json!(["127.0.0.2"]);
        settings["models"]["providers"]["fake"]["timeouts"] = json!({ "idleMs": 60_000 });
    })
    .await;
    let mut owner = Client::open(&site).await;
    let phone = Phone::new();
    let scopes = ["operator.read", "operator.write"];
    let (own, mut client) = paired(&site, &phone, &scopes).await;
    let send = json!({ "sessionKey": "main", "message": "HANGMID", "idempotencyKey": "streams" });
    client.call("chat.send", send).await.unwrap();
    let is_delta = |told: &Value| told["state"] == "delta";
    client.event_where("chat", is_delta).await;
    let target = json!({ "deviceId": phone.id(), "role": "operator" });
    owner.call("device.token.revoke", target).await.unwrap();
    closed_at_once(&mut client).await;
    let stale = phone.far(&site, &asking(&scopes, &own)).await;
    assert_eq!(fine(stale), "AUTH_DEVICE_TOKEN_MISMATCH");
    let still = json!({ "runId": "streams", "timeoutMs": 50 });
    let still = owner.call("agent.wait", still).await.unwrap();
    assert_eq!(still["status"], "timeout", "the run goes on");
    let abort = json!({ "sessionKey": "main", "runId": "streams" });
    assert_eq!(
        owner.call("chat.abort", abort).await.unwrap()["aborted"],
        true
    );
    let end = owner
        .event_where("chat", |told| told["state"] == "aborted")
        .await;
    assert_eq!(end["payload"]["runId"], "streams");
    site.stop().await;
}

/// R8, B6: a replaced secret ends sockets and streams that the old one opened.
#[tokio::test]
async fn a_replaced_secret_ends_sockets_and_streams() {
    let model = FakeModel::start().await.unwrap();
    let settings = |token: &str| {
        let mut settings = Home::settings(&model.base_url());
        settings["gateway"]["auth"] = json!({ "mode": "token", "token": token });
        settings["models"]["providers"]["fake"]["timeouts"] = json!({ "idleMs": 60_000 });
        settings
    };
    let home = Home::empty().unwrap();
    home.write_config(&settings(TOKEN)).unwrap();
    let fresh = settings(OTHER);
    let site = Site::with_own_token(model, home).await;
    let mut owner = Client::open(&site).await;
    let body = say_with("HANGMID", &json!({ "stream": true }));
    let stream = site
        .caller()
        .stream("/v1/chat/completions", &body)
        .await
        .unwrap();
    site.home.write_config(&fresh).unwrap();
    let patience = Duration::from_secs(10);
    let closed = tokio::time::timeout(patience, owner.closed())
        .await
        .unwrap();
    assert_eq!(closed, Got::Closed(4001, "gateway auth changed".to_owned()));
    let ended = tokio::time::timeout(AT_ONCE, stream.collect()).await;
    assert!(
        !ended
            .unwrap()
            .is_ok_and(|events| events.last().is_some_and(|it| it == "[DONE]"))
    );
    site.stop().await;
}

/// P7: what lies in the state directory opens nothing.
#[tokio::test]
async fn no_device_token_is_written_down() {
    let site = site().await;
    let phone = Phone::new();
    let (own, client) = paired(&site, &phone, &["operator.read"]).await;
    drop(client);
    let mut owner = Client::open(&site).await;
    let made = owner
        .call(
            "device.pair.setupCode",
            json!({ "publicUrl": "ws://gateway.example" }),
        )
        .await
        .unwrap();
    let identity = owner.call("gateway.identity.get", json!({})).await.unwrap();
    let key = BASE64URL_NOPAD
        .decode(identity["publicKey"].as_str().unwrap().as_bytes())
        .unwrap();
    assert_eq!(identity["deviceId"], gateway::identity::device_id(&key));
    let (_, home) = site.stop().await;
    let canaries = [&own["deviceToken"], &made["setupCode"]].map(|it| it.as_str().unwrap());
    for entry in std::fs::read_dir(home.state_dir()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            canaries.iter().all(|it| !text.contains(it)),
            "{}",
            path.display()
        );
        #[cfg(unix)]
        if path.ends_with("gateway.key") {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
