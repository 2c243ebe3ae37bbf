use super::*;
use crate::ws::client::owner_with;
use futures_util::future::join_all;
use testkit::{FakeModel, Home};

/// B1: the presence of a field proves nothing, whatever stands in it.
#[tokio::test]
async fn odd_secrets_open_nothing() {
    let site = Site::start().await;
    for field in ["token", "password", "deviceToken", "bootstrapToken"] {
        for value in [
            json!("x"),
            json!(""),
            json!(7),
            json!(null),
            json!([TOKEN]),
            json!({}),
        ] {
            let params = owner_with(&json!({ "auth": { field: value } }));
            let answer = Client::connect(site.address, &params).await;
            assert!(answer.is_err(), "{field}: {value}");
        }
    }
    site.stop().await;
}

/// B3: no number of parallel tries gets more than the budget checked.
#[tokio::test]
async fn a_hundred_tries_at_once_are_twenty() {
    let site = Site::start().await;
    let params = owner_with(&json!({ "auth": { "token": "wrong" } }));
    let mut codes = Vec::new();
    for _ in 0..5 {
        let tries = (0..20).map(|_| Client::connect(site.address, &params));
        codes.extend(join_all(tries).await.into_iter().map(fine));
    }
    let checked = codes
        .iter()
        .filter(|code| *code == "AUTH_TOKEN_MISMATCH")
        .count();
    let refused = codes
        .iter()
        .filter(|code| *code == "AUTH_RATE_LIMITED")
        .count();
    assert_eq!((checked, refused), (20, 80));
    site.stop().await;
}

/// C1: a list of scopes only narrows.
#[tokio::test]
async fn a_client_does_not_give_itself_scopes() {
    let site = site().await;
    let phone = Phone::new();
    let near = phone
        .near(&site, &asking(&["operator.read"], &secret()))
        .await
        .unwrap();
    let own = json!({ "deviceToken": near.hello["auth"]["deviceToken"] });
    let wide = asking(&["operator.admin", "operator.write"], &own);
    assert_eq!(fine(phone.far(&site, &wide).await), "AUTH_SCOPE_MISMATCH");
    let mut reader = phone
        .far(&site, &asking(&["operator.read"], &own))
        .await
        .unwrap();
    for method in ["login.link", "device.pair.list", "exec.approval.resolve"] {
        let error = reader.call(method, json!({})).await.unwrap_err();
        assert_eq!(error["details"]["code"], "MISSING_SCOPE", "{method}");
    }
    site.stop().await;
}

/// Source: recordings of the mode, `auth-modes`.
#[tokio::test]
async fn a_trusted_proxy_names_users_and_pairs_nobody() {
    let site = Site::with(|settings| {
        settings["gateway"]["trustedProxies"] = json!(["127.0.0.2"]);
        settings["gateway"]["auth"] = json!({ "mode": "trusted-proxy", "trustedProxy": {
            "userHeader": "x-forwarded-user", "requiredHeaders": ["x-proof"],
            "allowUsers": ["ann", "bob"], "allowLoopback": true },
            "identityScopes": { "bob": ["operator.read"] } });
    })
    .await;
    let knock = async |headers: &[(&'static str, &str)], id: &str, mode: &str| {
        let mut socket = through_proxy(site.address, headers).await;
        socket.challenge().await;
        let mut params = asking(&["operator.admin", "operator.read"], &json!({}));
        params["client"]["id"] = id.into();
        params["client"]["mode"] = mode.into();
        Client::introduce(socket, &params).await
    };
    let origin = format!("http://{}", site.address);
    let base = [
        ("x-forwarded-for", FAR),
        ("x-proof", "1"),
        ("origin", &*origin),
    ];
    let with = |user| [&base[..], &[("x-forwarded-user", user)]].concat();
    let ann = knock(&with("ann"), "openclaw-control-ui", "webchat")
        .await
        .unwrap();
    assert_eq!(ann.hello["auth"]["method"], "trusted-proxy");
    assert_eq!(ann.hello["auth"]["scopes"], json!([]));
    let bob = knock(&with("bob"), "cli", "cli").await.unwrap();
    assert_eq!(bob.hello["auth"]["scopes"], json!(["operator.read"]));
    for (headers, id, mode, code) in [
        (
            with("eve"),
            "openclaw-control-ui",
            "webchat",
            "CONTROL_UI_DEVICE_IDENTITY_REQUIRED",
        ),
        (
            base.to_vec(),
            "openclaw-control-ui",
            "webchat",
            "CONTROL_UI_DEVICE_IDENTITY_REQUIRED",
        ),
        (base.to_vec(), "cli", "cli", "DEVICE_IDENTITY_REQUIRED"),
        (with("eve"), "cli", "cli", "DEVICE_IDENTITY_REQUIRED"),
    ] {
        assert_eq!(fine(knock(&headers, id, mode).await), code);
    }
    let direct = Client::connect(site.address, &owner_with(&json!({}))).await;
    assert_eq!(fine(direct), "AUTH_IDENTITY_HEADER_REQUIRED");
    let phone = Phone::new();
    let socket = through_proxy(site.address, &with("ann")).await;
    let answer = phone
        .connect(socket, &asking(&["operator.admin"], &json!({})))
        .await;
    assert_eq!(fine(answer), "PAIRING_REQUIRED");
    site.stop().await;
}

/// What one connection proved proves nothing on another, and not for long.
#[tokio::test]
async fn a_proof_that_is_replayed_or_off_in_time_opens_nothing() {
    let site = site().await;
    let phone = Phone::new();
    let params = asking(&["operator.read"], &secret());
    let mut socket = Socket::open(site.address).await;
    let nonce = socket.challenge().await;
    let signed = phone.sign(&params, &nonce);
    let mut first = Client::introduce(socket, &signed).await.unwrap();
    for renamed in [false, true] {
        let mut socket = Socket::open(site.address).await;
        let nonce = socket.challenge().await;
        let mut replayed = signed.clone();
        if renamed {
            replayed["device"]["nonce"] = nonce.into();
        }
        let code = if renamed {
            "DEVICE_AUTH_SIGNATURE_INVALID"
        } else {
            "DEVICE_AUTH_NONCE_MISMATCH"
        };
        assert_eq!(fine(Client::introduce(socket, &replayed).await), code);
    }
    for (minutes, code) in [
        (-3, "DEVICE_AUTH_SIGNATURE_EXPIRED"),
        (3, "DEVICE_AUTH_SIGNATURE_EXPIRED"),
        (-1, "let in"),
        (1, "let in"),
    ] {
        let mut socket = Socket::open(site.address).await;
        let nonce = socket.challenge().await;
        let skewed = phone.sign_off(&params, &nonce, minutes * 60_000);
        assert_eq!(
            fine(Client::introduce(socket, &skewed).await),
            code,
            "{minutes}"
        );
    }
    // Whoever came in honestly is not disturbed.
    assert_eq!(first.call("health", json!({})).await.unwrap()["ok"], true);
    site.stop().await;
}

/// In the other modes a broken proof is no way around the secret, and the secret none around it.
#[tokio::test]
async fn a_broken_proof_is_refused_in_every_mode() {
    let password = "correct horse battery staple 42";
    let proxy = json!({ "userHeader": "x-user", "allowLoopback": true });
    for (auth, given) in [
        (json!({ "mode": "token", "token": TOKEN }), secret()),
        (
            json!({ "mode": "password", "password": password }),
            json!({ "password": password }),
        ),
        (json!({ "mode": "none" }), json!({})),
        (
            json!({ "mode": "trusted-proxy", "trustedProxy": proxy }),
            json!({}),
        ),
    ] {
        let model = FakeModel::start().await.unwrap();
        let mut settings = Home::settings(&model.base_url());
        settings["gateway"]["auth"] = auth.clone();
        settings["gateway"]["trustedProxies"] = json!(["127.0.0.2"]);
        let home = Home::empty().unwrap();
        home.write_config(&settings).unwrap();
        let site = Site::with_own_token(model, home).await;
        let phone = Phone::new();
        let headers = [("x-forwarded-for", FAR), ("x-user", "ann")];
        let mut replayed = None;
        for attempt in ["signed for another", "replayed", "old"] {
            let mut socket = through_proxy(site.address, &headers).await;
            let nonce = socket.challenge().await;
            let params = asking(&["operator.read"], &given);
            let signed = match (attempt, &replayed) {
                ("signed for another", _) => phone.sign(&params, "another nonce"),
                ("replayed", Some(signed)) => Value::clone(signed),
                _ => phone.sign_off(&params, &nonce, -180_000),
            };
            let code = fine(Client::introduce(socket, &signed).await);
            replayed = Some(signed);
            let expected = if attempt == "old" {
                "DEVICE_AUTH_SIGNATURE_EXPIRED"
            } else {
                "DEVICE_AUTH_NONCE_MISMATCH"
            };
            assert_eq!(code, expected, "{attempt}, {auth}");
        }
        site.stop().await;
    }
}
