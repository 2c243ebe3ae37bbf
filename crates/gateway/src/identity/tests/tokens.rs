use super::*;

fn asking(scopes: &[&str], auth: Option<ConnectAuth>) -> ConnectParams {
    let mut params = client("cli", "cli", scopes);
    params.auth = auth;
    params
}

fn given(admitted: &Admitted) -> String {
    admitted.auth().unwrap().device_token.unwrap()
}

async fn paired(world: &World, phone: &Phone, scopes: &[&str]) -> String {
    let params = phone.sign(&asking(scopes, token(TOKEN)), world.clock.now());
    given(&world.knock(NEAR, &params).await.unwrap())
}

#[tokio::test]
async fn a_device_token_opens_in_either_field_and_is_given_back() {
    let world = World::with_token().await;
    let phone = Phone::new();
    let secret = paired(&world, &phone, &["operator.read", "operator.write"]).await;
    assert_eq!(secret.len(), 43);
    assert_eq!(paired(&world, &phone, &["operator.read"]).await, secret);
    for auth in [token(&secret), device_token(&secret)] {
        let params = phone.sign(&asking(&["operator.read"], auth), world.clock.now());
        let admitted = world.knock(FAR, &params).await.unwrap();
        assert_eq!(admitted.method, "device-token");
        assert_eq!(admitted.scope_names, ["operator.read"]);
        assert_eq!(given(&admitted), secret);
    }
    assert!(!world.shelf.text().contains(&secret));
}

#[tokio::test]
async fn a_device_token_is_bound_to_its_device_role_and_scopes() {
    let world = World::with_token().await;
    let phone = Phone::new();
    let secret = paired(&world, &phone, &["operator.read"]).await;
    let wide = |version| {
        let mut params = asking(&["operator.admin"], device_token(&secret));
        (params.min_protocol, params.max_protocol) = (version, version);
        phone.sign(&params, world.clock.now())
    };
    let refused = world.refusal(FAR, &wide(4)).await;
    assert_eq!(refused.fine(), "AUTH_SCOPE_MISMATCH");
    assert_eq!(
        refused.details["recommendedNextStep"],
        "review_auth_configuration"
    );
    assert_eq!(
        world.refusal(FAR, &wide(3)).await.fine(),
        "AUTH_DEVICE_TOKEN_MISMATCH"
    );
    let thief = Phone::new().sign(
        &asking(&["operator.read"], device_token(&secret)),
        world.clock.now(),
    );
    assert_eq!(
        world.refusal(FAR, &thief).await.fine(),
        "AUTH_DEVICE_TOKEN_MISMATCH"
    );
    let mut node = asking(&[], device_token(&secret));
    node.role = Some("node".into());
    let refused = world
        .refusal(FAR, &phone.sign(&node, world.clock.now()))
        .await;
    assert_eq!(refused.fine(), "AUTH_DEVICE_TOKEN_MISMATCH");
    let wrong = asking(&["operator.read"], token("wrong"));
    let refused = world
        .refusal(FAR, &phone.sign(&wrong, world.clock.now()))
        .await;
    assert_eq!(refused.fine(), "AUTH_TOKEN_MISMATCH");
    assert_eq!(refused.details["canRetryWithDeviceToken"], true);
    assert_eq!(
        refused.details["recommendedNextStep"],
        "retry_with_device_token"
    );
}

#[tokio::test]
async fn tokens_outlive_the_process() {
    let access = Access::Token(TOKEN.into());
    let mut world = World::new(&access).await;
    let phone = Phone::new();
    let first = paired(&world, &phone, &["operator.read"]).await;
    let identity = world.door.devices.identity();
    for _ in 0..3 {
        world = World::on(&access, world.home, world.shelf).await;
        assert_eq!(world.door.devices.identity(), identity);
        // Another process of the device shows the gateway's token and gets a token of its own.
        assert_ne!(paired(&world, &phone, &["operator.read"]).await, first);
        let params = asking(&["operator.read"], device_token(&first));
        let params = phone.sign(&params, world.clock.now());
        assert!(world.knock(FAR, &params).await.is_ok());
    }
}
