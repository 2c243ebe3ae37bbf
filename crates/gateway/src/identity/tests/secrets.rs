use super::*;
use crate::net::Identity;
use protocol::Protocol;
use serde_json::json;

#[expect(
    clippy::unnecessary_wraps,
    reason = "stands where the parameters have it"
)]
fn auth(token: Option<&str>, password: Option<&str>) -> Option<ConnectAuth> {
    Some(ConnectAuth {
        token: token.map(str::to_owned),
        password: password.map(str::to_owned),
        ..ConnectAuth::default()
    })
}

#[tokio::test]
async fn versions_are_negotiated() {
    let world = World::with_token().await;
    for (min, max, spoken) in [
        (3, 3, Protocol::V3),
        (3, 4, Protocol::V4),
        (4, 9, Protocol::V4),
    ] {
        let mut params = client("cli", "cli", &["operator.read"]);
        (params.min_protocol, params.max_protocol) = (min, max);
        params.auth = token(TOKEN);
        assert_eq!(world.knock(NEAR, &params).await.unwrap().protocol, spoken);
    }
    for (min, max) in [(1, 2), (5, 9)] {
        let mut params = client("cli", "cli", &[]);
        (params.min_protocol, params.max_protocol) = (min, max);
        let refused = world.refusal(NEAR, &params).await;
        assert_eq!(refused.close, (1002, "protocol mismatch".into()));
        assert_eq!(
            refused.details,
            json!({ "code": "PROTOCOL_MISMATCH", "clientMinProtocol": min,
                "clientMaxProtocol": max, "expectedProtocol": 4, "minimumProbeProtocol": 3 })
        );
    }
}

#[tokio::test]
async fn without_a_device_only_local_tools_keep_their_scopes() {
    let world = World::with_token().await;
    for version in [3, 4] {
        for (id, mode, from, keeps) in [
            ("cli", "cli", NEAR, true),
            ("gateway-client", "backend", NEAR, true),
            ("cli", "probe", NEAR, false),
            ("gateway-client", "backend", FAR, false),
            ("cli", "cli", FAR, false),
            ("test", "test", NEAR, false),
        ] {
            let mut params = client(id, mode, &["operator.admin", "operator.read"]);
            params.min_protocol = version;
            params.max_protocol = version;
            params.auth = token(TOKEN);
            let admitted = world.knock(from, &params).await.unwrap();
            let expected: &[&str] = if keeps {
                &["operator.admin", "operator.read"]
            } else {
                &[]
            };
            assert_eq!(admitted.scope_names, expected, "{id}/{mode} from {from}");
            assert_eq!(
                (admitted.identity, admitted.method),
                (Identity::Owner, "token")
            );
            assert!(admitted.tokens.is_empty());
        }
    }
}

#[tokio::test]
async fn who_has_neither_device_nor_secret_is_told_what_is_missing() {
    let world = World::with_token().await;
    for auth in [
        None,
        auth(Some(""), Some("")),
        device_token("x"),
        device_token(""),
    ] {
        let mut params = client("cli", "cli", &["operator.admin"]);
        params.auth = auth;
        let refused = world.refusal(NEAR, &params).await;
        assert_eq!(refused.code, "NOT_PAIRED");
        assert_eq!(refused.fine(), "DEVICE_IDENTITY_REQUIRED");
        assert_eq!(refused.close, (1008, "device identity required".into()));
    }
    let mut node = client("node-host", "node", &[]);
    node.role = Some("node".into());
    node.auth = token(TOKEN);
    assert_eq!(
        world.refusal(NEAR, &node).await.fine(),
        "DEVICE_IDENTITY_REQUIRED"
    );
    let mut ui = client("openclaw-control-ui", "webchat", &[]);
    ui.auth = token(TOKEN);
    let page = Peer::for_tests(NEAR.parse().unwrap(), false, true);
    let refused = Refused::of(world.knock_as(&page, &HeaderMap::new(), &ui).await);
    assert_eq!(refused.fine(), "CONTROL_UI_DEVICE_IDENTITY_REQUIRED");
    let refused = world.refusal(NEAR, &ui).await;
    assert_eq!(refused.details["reason"], "origin missing or invalid");
}

/// B1: the presence of a field is no proof.
#[tokio::test]
async fn wrong_secrets_are_wrong_in_every_field() {
    let world = World::with_token().await;
    for (auth, code, next) in [
        (
            auth(Some("x"), None),
            "AUTH_TOKEN_MISMATCH",
            "update_auth_credentials",
        ),
        (
            auth(None, Some(TOKEN)),
            "AUTH_TOKEN_MISMATCH",
            "update_auth_credentials",
        ),
        (
            auth(Some("x"), Some(TOKEN)),
            "AUTH_TOKEN_MISMATCH",
            "update_auth_credentials",
        ),
    ] {
        let mut params = client("cli", "cli", &["operator.admin"]);
        params.auth = auth;
        let refused = world.refusal(NEAR, &params).await;
        assert_eq!(refused.code, "INVALID_REQUEST");
        assert_eq!(
            refused.details,
            json!({ "code": code, "authReason": "token_mismatch",
                "canRetryWithDeviceToken": false, "recommendedNextStep": next })
        );
        assert_eq!(refused.close, (1008, refused.message.clone()));
        assert!(
            refused
                .message
                .starts_with("unauthorized: gateway token mismatch (")
        );
    }
    let mut both = client("cli", "cli", &[]);
    both.auth = auth(Some(TOKEN), Some("x"));
    assert!(world.knock(NEAR, &both).await.is_ok());
}

#[tokio::test]
async fn a_password_is_looked_for_in_its_own_field() {
    let world = World::new(&Access::Password("korrekt-pferd-batterie".into())).await;
    let mut params = client("cli", "cli", &["operator.read"]);
    params.auth = auth(Some("korrekt-pferd-batterie"), None);
    let refused = world.refusal(NEAR, &params).await;
    assert_eq!(refused.fine(), "AUTH_PASSWORD_MISMATCH");
    assert_eq!(
        refused.message,
        "unauthorized: gateway password mismatch (use this gateway's gateway.auth.password)"
    );
    params.auth = auth(Some("x"), Some("korrekt-pferd-batterie"));
    assert_eq!(world.knock(NEAR, &params).await.unwrap().method, "password");
    params.auth = None;
    let signed = Phone::new().sign(&params, world.clock.now());
    let refused = world.refusal(FAR, &signed).await;
    assert_eq!(refused.fine(), "AUTH_PASSWORD_MISSING");
    assert_eq!(
        refused.message,
        "unauthorized: gateway password missing (set gateway.remote.password to match gateway.auth.password)"
    );
}

/// B2: a device token beside it does not switch the counting off.
#[tokio::test]
async fn failures_count_whatever_else_is_sent() {
    let world = World::with_token().await;
    let mut params = client("cli", "cli", &["operator.admin"]);
    params.auth = Some(ConnectAuth {
        token: Some("wrong".into()),
        device_token: Some("fake".into()),
        ..ConnectAuth::default()
    });
    for number in 1..=30 {
        let code = if number <= 20 {
            "AUTH_TOKEN_MISMATCH"
        } else {
            "AUTH_RATE_LIMITED"
        };
        assert_eq!(world.refusal(FAR, &params).await.fine(), code, "{number}");
    }
    let refused = world.knock(FAR, &params).await.unwrap_err().error.unwrap();
    assert_eq!(refused.retryable, Some(true));
    assert!(
        refused
            .retry_after_ms
            .is_some_and(|wait| wait > 0 && wait <= 60_000)
    );
    // HTTP counts together with it, and a strong token is not locked out.
    let peer = Peer::for_tests(FAR.parse().unwrap(), false, false);
    let headers = |secret: &str| {
        let bearer = format!("Bearer {secret}").parse().unwrap();
        HeaderMap::from_iter([(http::header::AUTHORIZATION, bearer)])
    };
    let authority = &world.door.authority;
    let wrong = authority.authenticate(&headers("wrong"), None, &peer);
    assert!(
        matches!(wrong, Err(crate::net::AuthError::LockedOut { .. })),
        "{wrong:?}"
    );
    assert!(authority.authenticate(&headers(TOKEN), None, &peer).is_ok());
    params.auth = token(TOKEN);
    assert!(world.knock(FAR, &params).await.is_ok());
}

#[tokio::test]
async fn mode_none_asks_for_a_device() {
    let world = World::new(&Access::Open).await;
    let mut tool = client("cli", "cli", &["operator.admin"]);
    tool.auth = token("anything");
    assert_eq!(
        world.refusal(NEAR, &tool).await.fine(),
        "DEVICE_IDENTITY_REQUIRED"
    );
    let signed = Phone::new().sign(&tool, world.clock.now());
    let admitted = world.knock(NEAR, &signed).await.unwrap();
    assert_eq!(
        (admitted.method, admitted.identity),
        ("none", Identity::Anyone)
    );
    assert_eq!(admitted.scope_names, ["operator.admin"]);
    let backend = client("gateway-client", "backend", &["operator.admin"]);
    assert_eq!(
        world.knock(NEAR, &backend).await.unwrap().scope_names,
        ["operator.admin"]
    );
    assert_eq!(
        world.refusal(FAR, &backend).await.fine(),
        "DEVICE_IDENTITY_REQUIRED"
    );
}

#[tokio::test]
async fn roles_and_scopes_nobody_knows_are_errors() {
    let world = World::with_token().await;
    let mut params = client("cli", "cli", &[]);
    params.role = Some("admin".into());
    let refused = world.refusal(NEAR, &params).await;
    assert_eq!(refused.close, (1008, "invalid role".into()));
    let mut params = client("cli", "cli", &["operator.read", "operator.*"]);
    params.auth = token(TOKEN);
    let refused = world.refusal(NEAR, &params).await;
    assert!(
        refused.message.contains("unknown scope \"operator.*\""),
        "{refused:?}"
    );
}
