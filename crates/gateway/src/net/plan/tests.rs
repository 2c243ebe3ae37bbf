use super::*;

const STRONG: &str = "f3a9c17be2d84650a1b2c3d4e5f60718293a4b5c6d7e8f90";

/// Settings as a person might write them, with one thing changed.
struct Written {
    bind: Option<BindSetting>,
    host: Option<BindSetting>,
    custom: Option<&'static str>,
    auth: AuthSettings,
    token: Option<&'static str>,
    password: Option<&'static str>,
    proxies: Vec<String>,
    hosts: Vec<String>,
    ui: ControlUiSettings,
    headers: SecurityHeadersSettings,
    limits: LimitsSettings,
}

fn written(change: impl FnOnce(&mut Written)) -> Result<NetPlan, Vec<String>> {
    let mut w = Written {
        bind: None,
        host: None,
        custom: None,
        auth: AuthSettings::default(),
        token: Some(STRONG),
        password: None,
        proxies: Vec::new(),
        hosts: Vec::new(),
        ui: ControlUiSettings::default(),
        headers: SecurityHeadersSettings::default(),
        limits: LimitsSettings::default(),
    };
    change(&mut w);
    NetPlan::new(&PlanInput {
        port: 18789,
        bind: w.bind,
        host: w.host,
        custom_bind_host: w.custom,
        alias_ports: &[3000, 18789],
        hosts: &w.hosts,
        auth: &w.auth,
        token: w.token.map(SecretString::from),
        password: w.password.map(SecretString::from),
        trusted_proxies: &w.proxies,
        allow_real_ip_fallback: false,
        control_ui: &w.ui,
        security_headers: &w.headers,
        limits: &w.limits,
    })
}

fn refusals(change: impl FnOnce(&mut Written)) -> String {
    written(change).unwrap_err().join("\n")
}

#[test]
fn defaults_are_loopback_with_a_token() {
    let plan = written(|_| {}).unwrap();
    assert_eq!(
        (
            plan.bind,
            plan.access.mode(),
            plan.alias_ports.clone(),
            plan.warnings.clone()
        ),
        (BindSetting::Loopback, "token", vec![3000], vec![])
    );
}

/// P2: bind × authentication × strength of the secret, 24 cases.
#[test]
fn weak_secrets_never_face_a_network() {
    use AuthModeSetting::{None as Nobody, Password, Token};
    let address = BindSetting::Address("192.0.2.7".parse().unwrap());
    let cases: [(Option<AuthModeSetting>, &'static str, bool); 8] = [
        (Some(Nobody), "", false),
        (Some(Token), "short", false),
        (Some(Token), "a1b2c3d4e5f6g7h8i9j0k1l", false),
        (Some(Token), "change-me-change-me-change-me", false),
        (Some(Token), STRONG, true),
        (Some(Password), "elevenchars", false),
        (Some(Password), "my-password-1234", false),
        (Some(Password), "korrekt-pferd", true),
    ];
    for bind in [BindSetting::Loopback, BindSetting::Lan, address] {
        for (mode, secret, is_strong) in cases {
            let plan = written(|w| {
                w.bind = Some(bind);
                w.auth.mode = mode;
                (w.token, w.password) = (None, None);
                match mode {
                    Some(Password) => w.password = Some(secret),
                    _ => w.token = Some(secret),
                }
            });
            let may_start = is_strong || bind == BindSetting::Loopback;
            assert_eq!(
                plan.is_ok(),
                may_start,
                "{bind}, {mode:?}, {secret:?}: {plan:?}"
            );
            if let Err(reasons) = plan {
                assert!(reasons[0].starts_with("gateway.auth."), "{reasons:?}");
                assert!(
                    secret.is_empty() || !reasons[0].contains(secret),
                    "the secret is shown"
                );
            }
        }
    }
}

#[test]
fn host_and_bind_must_agree() {
    let both = |bind, host| refusals(|w| (w.bind, w.host) = (Some(bind), Some(host)));
    let text = both(BindSetting::Loopback, BindSetting::Lan);
    assert!(
        text.contains("gateway.bind is loopback and gateway.host is lan"),
        "{text}"
    );
    let agreed =
        written(|w| (w.bind, w.host) = (Some(BindSetting::Auto), Some(BindSetting::Loopback)));
    assert_eq!(agreed.unwrap().bind, BindSetting::Loopback);
    let custom = |host| written(|w| (w.bind, w.custom) = (Some(BindSetting::Custom), host));
    assert_eq!(custom(Some("0.0.0.0")).unwrap().bind, BindSetting::Lan);
    assert!(custom(None).unwrap_err()[0].contains("gateway.customBindHost"));
    assert!(custom(Some("custom")).is_err());
}

#[test]
fn the_mode_follows_the_secret() {
    let mode = |token, password| {
        written(|w| (w.token, w.password) = (token, password)).map(|plan| plan.access.mode())
    };
    assert_eq!(mode(Some(STRONG), None), Ok("token"));
    assert_eq!(mode(None, Some("korrekt-pferd")), Ok("password"));
    assert!(mode(Some(STRONG), Some("korrekt-pferd")).unwrap_err()[0].contains("both"));
    assert!(mode(None, None).unwrap_err()[0].contains("gateway.auth.token"));
}

#[test]
fn every_problem_is_reported_at_once() {
    let text = refusals(|w| {
        w.bind = Some(BindSetting::Custom);
        w.auth.mode = Some(AuthModeSetting::TrustedProxy);
        w.auth.identity_scopes =
            Some([("ann".to_owned(), vec!["operator.everything".to_owned()])].into());
        w.proxies = vec!["nonsense".into()];
        w.hosts = vec!["user@host".into(), "*.example.com".into()];
        w.ui.allowed_origins = vec!["*".into(), "https://ui.example.com/path".into()];
        w.headers.strict_transport_security = Some(TextOrFalse::Switch(true));
        w.limits.header_count = 101;
        w.limits.keep_alive_ms = 1;
    });
    for part in [
        "gateway.customBindHost",
        "gateway.auth.trustedProxy.userHeader",
        "gateway.auth.identityScopes.ann: unknown scope",
        "gateway.trustedProxies: \"nonsense\"",
        "gateway.trustedProxies: list",
        "\"user@host\"",
        "\"*.example.com\"",
        "\"*\" is not an origin",
        "\"https://ui.example.com/path\"",
        "strictTransportSecurity",
        "gateway.limits.headerCount: 101",
        "gateway.limits.keepAliveMs: 1",
    ] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[test]
fn what_we_do_not_support_is_said() {
    let plan = written(|w| {
        w.auth.allow_tailscale = true;
        w.auth.rate_limit.exempt_loopback = true;
        w.token = Some("short");
    });
    let warnings = plan.unwrap().warnings.join("\n");
    for part in ["allowTailscale", "exemptLoopback", "gateway.auth.token"] {
        assert!(
            warnings.contains(part),
            "{part:?} is missing in:\n{warnings}"
        );
    }
}

#[test]
fn ranges_in_the_schema_and_in_the_check_agree() {
    let schema = serde_json::to_value(schemars::schema_for!(LimitsSettings)).unwrap();
    for (name, _, low, high) in LimitsSettings::default().ranges() {
        let property = &schema["properties"][name];
        assert_eq!(property["minimum"], low, "{name}");
        assert_eq!(property["maximum"], high, "{name}");
    }
}
