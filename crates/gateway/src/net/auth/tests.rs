use super::*;
use http::HeaderName;
use secrecy::SecretString;
use std::time::Duration;

const TOKEN: &str = "f3a9c17be2d84650a1b2c3d4e5f60718293a4b5c6d7e8f90";
const ATTEMPTS: AttemptLimit = AttemptLimit {
    max_attempts: 20,
    window: Duration::from_mins(1),
    lockout: Duration::from_mins(1),
};

fn peer(address: &str, via_proxy: bool) -> Peer {
    Peer::for_tests(address.parse().unwrap(), via_proxy, false)
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
    pairs.collect()
}

fn login(
    authority: &Authority,
    pairs: &[(&'static str, &str)],
    peer: &Peer,
) -> Result<Caller, AuthError> {
    authority.authenticate(&headers(pairs), None, peer)
}

fn with_token() -> Authority {
    Authority::new(&Access::Token(TOKEN.into()), true, ATTEMPTS)
}

#[tokio::test]
async fn only_the_whole_secret_opens() {
    let authority = with_token();
    let peer = peer("192.0.2.1", false);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let caller = login(
            &authority,
            &[("authorization", &format!("{scheme} {TOKEN}"))],
            &peer,
        );
        assert_eq!(caller.unwrap().identity, Identity::Owner);
    }
    let longer = format!("Bearer {TOKEN}0");
    let shorter = format!("Bearer {}", &TOKEN[1..]);
    for wrong in [&*longer, &*shorter, "Bearer ' OR 1=1--", "Bearer x"] {
        assert_eq!(
            login(&authority, &[("authorization", wrong)], &peer),
            Err(AuthError::Wrong)
        );
    }
    let doubled = [("authorization", "Bearer x"), ("authorization", "Bearer y")];
    for missing in [
        &[][..],
        &[("authorization", TOKEN)],
        &[("authorization", "Bearer ")],
        &[("authorization", "Bearer")],
        &[("authorization", "Basic eDp4")],
        &[("x-forwarded-user", "admin")],
        &[("tailscale-user-login", "admin@example.com")],
        &doubled,
    ] {
        let mut map = HeaderMap::new();
        for (name, value) in missing {
            map.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let refused = authority.authenticate(&map, None, &peer);
        assert_eq!(refused, Err(AuthError::Missing), "{missing:?}");
    }
}

#[tokio::test]
async fn missing_credentials_never_count() {
    let authority = with_token();
    let peer = peer("192.0.2.1", false);
    for _ in 0..1000 {
        assert_eq!(login(&authority, &[], &peer), Err(AuthError::Missing));
    }
    assert_eq!(authority.tracked_clients(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lockout_stops_passwords_but_not_strong_tokens() {
    let peer = peer("192.0.2.1", false);
    for (access, right, opens) in [
        (Access::Token(TOKEN.into()), TOKEN, true),
        (Access::Token("short-token".into()), "short-token", false),
        (
            Access::Password("korrekt-pferd-batterie-heft".into()),
            "korrekt-pferd-batterie-heft",
            false,
        ),
    ] {
        let authority = Authority::new(&access, true, ATTEMPTS);
        for _ in 0..20 {
            let wrong = login(&authority, &[("authorization", "Bearer wrong")], &peer);
            assert_eq!(wrong, Err(AuthError::Wrong));
        }
        let locked = AuthError::LockedOut {
            retry_after: Duration::from_mins(1),
        };
        let wrong = login(&authority, &[("authorization", "Bearer wrong")], &peer);
        assert_eq!(wrong, Err(locked.clone()));
        let found = login(
            &authority,
            &[("authorization", &format!("Bearer {right}"))],
            &peer,
        );
        let expected = if opens {
            Ok(Identity::Owner)
        } else {
            Err(locked)
        };
        assert_eq!(
            found.map(|caller| caller.identity),
            expected,
            "{}",
            access.mode()
        );
    }
}

#[tokio::test]
async fn replaced_secrets_are_dead_at_once() {
    let authority = with_token();
    let peer = peer("192.0.2.1", false);
    let before = authority.generation();
    let other = "0a1b2c3d4e5f60718293a4b5c6d7e8f9f3a9c17be2d84650";
    authority.replace(&Access::Token(other.into()), true);
    assert_eq!(authority.generation(), before + 1);
    let old = login(
        &authority,
        &[("authorization", &format!("Bearer {TOKEN}"))],
        &peer,
    );
    assert_eq!(old, Err(AuthError::Wrong));
    assert!(
        login(
            &authority,
            &[("authorization", &format!("Bearer {other}"))],
            &peer
        )
        .is_ok()
    );
}

#[tokio::test]
async fn credentials_in_the_query_never_open() {
    let peer = peer("192.0.2.1", false);
    let query = format!("a=b&token={TOKEN}");
    let found = with_token().authenticate(&HeaderMap::new(), Some(&query), &peer);
    assert_eq!(found, Err(AuthError::Missing));
    let strict = Authority::new(&Access::Token(TOKEN.into()), false, ATTEMPTS);
    let right = headers(&[("authorization", &format!("Bearer {TOKEN}"))]);
    let refused = strict.authenticate(&right, Some(&query), &peer);
    assert_eq!(refused, Err(AuthError::QueryCredential));
    assert!(strict.authenticate(&right, Some("a=b"), &peer).is_ok());
}

#[tokio::test]
async fn scopes_narrow_where_there_is_no_shared_secret() {
    let peer = peer("127.0.0.1", false);
    let open = Authority::new(&Access::Open, true, ATTEMPTS);
    let read = Scopes::parse("operator.read").unwrap();
    let asked = |authority: &Authority, list: &str| {
        let bearer = format!("Bearer {TOKEN}");
        let pairs = [("authorization", &*bearer), ("x-openclaw-scopes", list)];
        login(authority, &pairs, &peer).map(|caller| caller.scopes)
    };
    assert_eq!(login(&open, &[], &peer).unwrap().scopes, Scopes::all());
    assert_eq!(asked(&open, "operator.read"), Ok(read));
    assert_eq!(asked(&open, ""), Ok(Scopes::none()));
    assert!(matches!(
        asked(&open, "operator.root"),
        Err(AuthError::UnknownScope(_))
    ));
    assert_eq!(asked(&with_token(), "operator.read"), Ok(Scopes::all()));
}

fn proxied(change: impl FnOnce(&mut ProxyAccess)) -> Authority {
    let mut access = ProxyAccess {
        user_header: HeaderName::from_static("x-user"),
        required_headers: vec![HeaderName::from_static("x-proof")],
        allow_users: None,
        scopes: None,
        allow_loopback: false,
    };
    change(&mut access);
    Authority::new(&Access::Proxy(access), true, ATTEMPTS)
}

#[tokio::test]
async fn only_a_trusted_proxy_names_users() {
    let ann = [("x-user", "ann"), ("x-proof", "1")];
    let proxy = peer("192.0.2.1", true);
    let caller = login(&proxied(|_| {}), &ann, &proxy).unwrap();
    assert_eq!(caller.identity, Identity::User("ann".into()));
    for (pairs, from, via_proxy) in [
        (&ann[..], "192.0.2.1", false),
        (&ann[..], "127.0.0.1", true),
        (&ann[..1], "192.0.2.1", true),
        (&[("x-user", ""), ("x-proof", "1")], "192.0.2.1", true),
        (&[("x-user", "ann"), ("x-proof", "")], "192.0.2.1", true),
        (
            &[("authorization", "Bearer ann"), ("x-proof", "1")],
            "192.0.2.1",
            true,
        ),
    ] {
        let refused = login(&proxied(|_| {}), pairs, &peer(from, via_proxy));
        assert_eq!(refused, Err(AuthError::Missing), "{pairs:?} from {from}");
    }
    let local = proxied(|access| access.allow_loopback = true);
    assert!(login(&local, &ann, &peer("127.0.0.1", true)).is_ok());
}

#[tokio::test]
async fn an_empty_list_of_users_is_nobody() {
    let proxy = peer("192.0.2.1", true);
    let ann = [("x-user", "ann"), ("x-proof", "1")];
    let allowing = |users: &[&str]| {
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        login(
            &proxied(|access| access.allow_users = Some(users)),
            &ann,
            &proxy,
        )
    };
    assert!(allowing(&["bob", "ann"]).is_ok());
    assert_eq!(allowing(&["bob"]), Err(AuthError::UserNotAllowed));
    assert_eq!(allowing(&[]), Err(AuthError::UserNotAllowed));
}

#[tokio::test]
async fn users_have_at_most_the_scopes_on_record() {
    let proxy = peer("192.0.2.1", true);
    let read = Scopes::parse("operator.read").unwrap();
    let authority = proxied(|access| access.scopes = Some([("ann".to_owned(), read)].into()));
    let scopes = |user: &str, asked: &str| {
        let pairs = [
            ("x-user", user),
            ("x-proof", "1"),
            ("x-openclaw-scopes", asked),
        ];
        login(&authority, &pairs, &proxy).unwrap().scopes
    };
    assert_eq!(scopes("ann", "operator.admin,operator.read"), read);
    assert_eq!(scopes("bob", "operator.read"), Scopes::none());
}

#[test]
fn secrets_do_not_print() {
    let authority = format!("{:?}", with_token());
    assert!(
        !authority.contains(TOKEN) && authority.contains("***"),
        "{authority}"
    );
    let access = format!(
        "{:?}",
        Access::Password(SecretString::from("korrekt-pferd"))
    );
    assert!(!access.contains("korrekt"), "{access}");
}
