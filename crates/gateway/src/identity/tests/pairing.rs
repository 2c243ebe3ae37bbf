use super::*;
use serde_json::json;

fn asking(scopes: &[&str]) -> ConnectParams {
    let mut params = client("cli", "cli", scopes);
    params.auth = token(TOKEN);
    params
}

#[tokio::test]
async fn the_secret_pairs_a_device_on_this_machine_and_nothing_else_does() {
    let world = World::with_token().await;
    let phone = Phone::new();
    let signed = phone.sign(&asking(&["operator.admin"]), world.clock.now());
    let admitted = world.knock(NEAR, &signed).await.unwrap();
    assert_eq!(admitted.device, Some(phone.id()));
    assert_eq!(admitted.scope_names, ["operator.admin"]);
    assert!(!admitted.tokens.is_empty());
    // More scopes, another role and other metadata are let in the same way.
    let signed = phone.sign(&asking(&["operator.pairing"]), world.clock.now());
    assert!(world.knock(NEAR, &signed).await.is_ok());
    let listed = world.door.devices.list();
    assert_eq!(listed.pending, []);
    assert_eq!(listed.paired[0].scopes, ["operator.admin"]);
    assert_eq!(listed.paired[0].approved_via, "silent");
    // Without the secret the address is worth nothing.
    let mut bare = asking(&["operator.read"]);
    bare.auth = None;
    let signed = Phone::new().sign(&bare, world.clock.now());
    assert_eq!(
        world.refusal(NEAR, &signed).await.fine(),
        "AUTH_TOKEN_MISSING"
    );
    let behind_proxy = Peer::for_tests(NEAR.parse().unwrap(), true, false);
    let signed = Phone::new().sign(&asking(&["operator.read"]), world.clock.now());
    let refused = Refused::of(
        world
            .knock_as(&behind_proxy, &HeaderMap::new(), &signed)
            .await,
    );
    assert_eq!(refused.fine(), "PAIRING_REQUIRED");
}

#[tokio::test]
async fn a_remote_device_waits_for_its_owner() {
    let world = World::with_token().await;
    let phone = Phone::new();
    let signed = phone.sign(
        &asking(&["operator.read", "operator.write"]),
        world.clock.now(),
    );
    let refused = world.refusal(FAR, &signed).await;
    let request = refused.details["requestId"].as_str().unwrap().to_owned();
    assert_eq!(refused.code, "NOT_PAIRED");
    assert_eq!(
        refused.message,
        "pairing required: device is not approved yet"
    );
    assert_eq!(
        refused.details,
        json!({ "code": "PAIRING_REQUIRED", "reason": "not-paired", "requestId": request,
            "remediationHint": "Approve this device from the pending pairing requests.",
            "deviceId": phone.id(), "requestedRole": "operator",
            "requestedScopes": ["operator.read", "operator.write"] })
    );
    let close = format!("pairing required: device is not approved yet (requestId: {request})");
    assert_eq!(refused.close, (1008, close));
    assert_eq!(
        world.refusal(FAR, &signed).await.details["requestId"],
        *request
    );
    let mut old = asking(&["operator.read", "operator.write"]);
    (old.min_protocol, old.max_protocol) = (3, 3);
    let refused = world
        .refusal(FAR, &phone.sign(&old, world.clock.now()))
        .await;
    assert_eq!(refused.close, (1008, "pairing required".into()));
    assert_eq!(
        refused.details,
        json!({ "code": "PAIRING_REQUIRED", "requestId": request, "reason": "not-paired" })
    );
    let pending = world.door.devices.list().pending;
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].remote_ip.as_deref(), Some(FAR));
    world.clock.forward(Duration::from_mins(5));
    assert_eq!(world.door.devices.list().pending, []);
}

#[tokio::test]
async fn what_was_approved_here_is_not_widened_from_elsewhere() {
    let world = World::with_token().await;
    let phone = Phone::new();
    let first = phone.sign(&asking(&["operator.read"]), world.clock.now());
    world.knock(NEAR, &first).await.unwrap();
    assert!(world.knock(FAR, &first).await.is_ok());
    let mut other_platform = asking(&["operator.read"]);
    other_platform.client.platform = "l\u{456}nux".into();
    let mut node = asking(&[]);
    node.role = Some("node".into());
    for (params, reason) in [
        (asking(&["operator.admin"]), "scope-upgrade"),
        (other_platform, "metadata-upgrade"),
        (node, "role-upgrade"),
    ] {
        let refused = world
            .refusal(FAR, &phone.sign(&params, world.clock.now()))
            .await;
        assert_eq!(refused.details["reason"], reason);
        assert_eq!(refused.details["approvedScopes"], json!(["operator.read"]));
        assert_eq!(refused.details["approvedRoles"], json!(["operator"]));
    }
    assert_eq!(
        world.door.devices.list().paired[0].scopes,
        ["operator.read"]
    );
}

#[tokio::test]
async fn at_most_thirty_two_devices_wait() {
    let world = World::with_token().await;
    for _ in 0..32 {
        let signed = Phone::new().sign(&asking(&["operator.read"]), world.clock.now());
        assert!(world.refusal(FAR, &signed).await.details["requestId"].is_string());
    }
    let signed = Phone::new().sign(&asking(&["operator.read"]), world.clock.now());
    let refused = world.refusal(FAR, &signed).await;
    assert_eq!(refused.fine(), "PAIRING_REQUIRED");
    assert!(refused.message.contains("too many devices"), "{refused:?}");
    assert_eq!(world.door.devices.list().pending.len(), 32);
}
