use super::*;
use crate::ws::client::{Got, owner_with};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn a_remote_device_is_approved_used_rejected_and_removed() {
    let site = site().await;
    let mut owner = Client::open(&site).await;
    let phone = Phone::new();
    let wanted = asking(&["operator.read", "operator.write"], &secret());

    let refused = phone.far(&site, &wanted).await.err().unwrap();
    let request = refused.error["details"]["requestId"]
        .as_str()
        .unwrap()
        .to_owned();
    let told = owner.event("device.pair.requested").await["payload"].clone();
    for (field, value) in [
        ("requestId", json!(request)),
        ("deviceId", json!(phone.id())),
        ("displayName", json!("remote cli")),
        ("platform", json!("linux")),
        ("deviceFamily", json!("Linux")),
        ("clientId", json!("cli")),
        ("clientMode", json!("cli")),
        ("role", json!("operator")),
        ("roles", json!(["operator"])),
        ("scopes", json!(["operator.read", "operator.write"])),
        ("remoteIp", json!(FAR)),
        ("silent", json!(false)),
        ("isRepair", json!(false)),
    ] {
        assert_eq!(told[field], value, "{field}");
    }
    let list = owner.call("device.pair.list", json!({})).await.unwrap();
    assert_eq!(
        (&list["pending"], &list["paired"]),
        (&json!([told]), &json!([]))
    );

    let approval = json!({ "requestId": request });
    let done = owner
        .call("device.pair.approve", approval.clone())
        .await
        .unwrap();
    assert_eq!(done["device"]["approvedVia"], "owner");
    assert_eq!(
        done["device"]["tokens"][0]["scopes"],
        json!(["operator.read", "operator.write"])
    );
    let told = owner.event("device.pair.resolved").await["payload"].clone();
    assert_eq!(
        (&told["decision"], &told["requestId"]),
        (&json!("approved"), &json!(request))
    );
    let again = owner
        .call("device.pair.approve", approval.clone())
        .await
        .unwrap_err();
    assert_eq!(
        again,
        json!({ "code": "INVALID_REQUEST", "message": "unknown requestId" })
    );

    let client = phone.far(&site, &wanted).await.unwrap();
    let auth = client.hello["auth"].clone();
    assert_eq!(auth["method"], "token");
    assert_eq!(auth["scopes"], json!(["operator.read", "operator.write"]));
    let own = json!({ "deviceToken": auth["deviceToken"] });
    let by_token = phone
        .far(&site, &asking(&["operator.read"], &own))
        .await
        .unwrap();
    assert_eq!(by_token.hello["auth"]["method"], "device-token");
    assert_eq!(by_token.hello["auth"]["deviceToken"], auth["deviceToken"]);

    let wider = phone
        .far(&site, &asking(&["operator.admin"], &secret()))
        .await;
    let refused = wider.err().unwrap().error["details"].clone();
    assert_eq!(refused["reason"], "scope-upgrade");
    let reject = json!({ "requestId": refused["requestId"] });
    let rejected = owner.call("device.pair.reject", reject).await.unwrap();
    assert_eq!(rejected["deviceId"], phone.id());
    let told = owner
        .event_where("device.pair.resolved", |it| it["decision"] == "rejected")
        .await;
    assert_eq!(told["payload"]["requestId"], refused["requestId"]);

    let label = json!({ "deviceId": phone.id(), "label": "My CLI" });
    assert_eq!(
        owner
            .call("device.pair.rename", label.clone())
            .await
            .unwrap(),
        label
    );
    let list = owner.call("device.pair.list", json!({})).await.unwrap();
    assert_eq!(list["paired"][0]["displayName"], "My CLI");
    assert_eq!(list["paired"][0]["connected"], true);

    let mut connected = by_token;
    let device = json!({ "deviceId": phone.id() });
    assert_eq!(
        owner
            .call("device.pair.remove", device.clone())
            .await
            .unwrap(),
        device
    );
    let closed = tokio::time::timeout(AT_ONCE, connected.closed())
        .await
        .unwrap();
    assert_eq!(closed, Got::Closed(4001, "device removed".to_owned()));
    assert_eq!(
        owner.call("device.pair.remove", device).await.unwrap_err()["message"],
        "unknown deviceId"
    );
    let gone = phone.far(&site, &asking(&["operator.read"], &own)).await;
    assert_eq!(fine(gone), "AUTH_DEVICE_TOKEN_MISMATCH");
    site.stop().await;
}

/// C2: nobody gives what they do not have.
#[tokio::test]
async fn an_approver_needs_every_scope_that_is_asked_for() {
    let site = site().await;
    let pairing = owner_with(&json!({ "scopes": ["operator.pairing"] }));
    let mut helper = Client::connect(site.address, &pairing).await.unwrap();
    let phone = Phone::new();
    let wide = asking(&["operator.admin"], &secret());
    let refused = phone.far(&site, &wide).await.err().unwrap();
    let approval = json!({ "requestId": refused.error["details"]["requestId"] });
    let error = helper
        .call("device.pair.approve", approval.clone())
        .await
        .unwrap_err();
    assert_eq!(error["code"], "FORBIDDEN");
    assert_eq!(error["message"], "missing scope: operator.admin");
    assert_eq!(fine(phone.far(&site, &wide).await), "PAIRING_REQUIRED");
    let mut owner = Client::open(&site).await;
    owner.call("device.pair.approve", approval).await.unwrap();
    let target = json!({ "deviceId": phone.id(), "role": "operator" });
    for (method, params) in [
        ("device.token.rotate", target.clone()),
        ("device.token.revoke", target),
        ("device.pair.remove", json!({ "deviceId": phone.id() })),
    ] {
        let error = helper.call(method, params).await.unwrap_err();
        assert_eq!(
            error["message"], "missing scope: operator.admin",
            "{method}"
        );
    }
    assert!(phone.far(&site, &wide).await.is_ok());
    site.stop().await;
}

/// C3: a setup code works once, holds no gateway secret, and gives what was meant and no more.
#[tokio::test]
async fn a_setup_code_pairs_one_device_once() {
    let site = site().await;
    let mut owner = Client::open(&site).await;
    let error = owner
        .call("device.pair.setupCode", json!({}))
        .await
        .unwrap_err();
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("Gateway is only bound to loopback.")
    );
    let mut issue = async |params: Value| {
        let made = owner.call("device.pair.setupCode", params).await.unwrap();
        let code = made["setupCode"].as_str().unwrap();
        let text = String::from_utf8(BASE64URL_NOPAD.decode(code.as_bytes()).unwrap()).unwrap();
        assert!(!text.contains(&TOKEN[..12]), "{text}");
        let inside: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(inside["url"], "wss://gateway.example");
        json!({ "bootstrapToken": inside["bootstrapToken"] })
    };
    let url = json!({ "publicUrl": "wss://gateway.example" });

    let code = issue(url.clone()).await;
    let phone = Phone::new();
    let client = phone
        .far(&site, &asking(&["operator.read"], &code))
        .await
        .unwrap();
    let auth = &client.hello["auth"];
    assert_eq!(auth["method"], "bootstrap-token");
    assert_eq!(auth["scopes"], json!(["operator.read"]));
    let twice = Phone::new()
        .far(&site, &asking(&["operator.read"], &code))
        .await;
    assert_eq!(fine(twice), "AUTH_BOOTSTRAP_TOKEN_INVALID");
    // The device comes back with its own tokens, in both roles.
    let own = json!({ "deviceToken": auth["deviceToken"] });
    assert!(
        phone
            .far(&site, &asking(&["operator.write"], &own))
            .await
            .is_ok()
    );
    let mut node = asking(
        &[],
        &json!({ "deviceToken": auth["deviceTokens"][0]["deviceToken"] }),
    );
    node["role"] = "node".into();
    assert_eq!(
        phone.far(&site, &node).await.unwrap().hello["auth"]["role"],
        "node"
    );

    let code = issue(url.clone()).await;
    let wide = Phone::new();
    let refused = wide.far(&site, &asking(&["operator.admin"], &code)).await;
    assert_eq!(fine(refused), "AUTH_BOOTSTRAP_TOKEN_INVALID");
    let burnt = wide.far(&site, &asking(&["operator.read"], &code)).await;
    assert_eq!(fine(burnt), "AUTH_BOOTSTRAP_TOKEN_INVALID");

    let mut params = url;
    params["bootstrapProfile"] = "node".into();
    let code = issue(params).await;
    let refused = Phone::new()
        .far(&site, &asking(&["operator.read"], &code))
        .await;
    assert_eq!(fine(refused), "AUTH_BOOTSTRAP_TOKEN_INVALID");
    site.stop().await;
}

#[tokio::test]
async fn version_three_hears_its_own_shapes() {
    let site = site().await;
    let phone = Phone::new();
    let mut old = asking(
        &["operator.write", "operator.pairing", "operator.read"],
        &secret(),
    );
    old["minProtocol"] = 3.into();
    old["maxProtocol"] = 3.into();
    let refused = phone.far(&site, &old).await.err().unwrap();
    assert_eq!(refused.error["message"], "pairing required");
    assert_eq!(
        refused.close,
        Got::Closed(1008, "pairing required".to_owned())
    );
    let mut client = phone.near(&site, &old).await.unwrap();
    let auth = client.hello["auth"].clone();
    assert_eq!(
        auth["scopes"],
        json!(["operator.pairing", "operator.read", "operator.write"])
    );
    assert_eq!(auth.get("method"), None);
    let nobody = json!({ "deviceId": "nope", "role": "operator" });
    for method in ["device.token.rotate", "device.token.revoke"] {
        let error = client.call(method, nobody.clone()).await.unwrap_err();
        assert_eq!(error["message"], "unknown deviceId/role");
    }
    let own = json!({ "deviceId": phone.id(), "role": "operator" });
    let rotated = client.call("device.token.rotate", own).await.unwrap();
    assert!(rotated["token"].is_string() && rotated.get("tokenDelivery").is_none());
    site.stop().await;
}
