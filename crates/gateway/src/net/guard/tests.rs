use super::*;
use crate::net::address::Network;
use http::HeaderMap;

fn clients(proxies: &[&str], real_ip: bool) -> Clients {
    let proxies: Vec<_> = proxies
        .iter()
        .map(|text| Network::parse(text).unwrap())
        .collect();
    Clients::new(&proxies, real_ip)
}

fn resolve(
    clients: &Clients,
    peer: &str,
    headers: &[(&'static str, &'static str)],
) -> Result<String, Refusal> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    clients
        .resolve(&map, peer.parse().unwrap())
        .map(|client| client.ip.to_string())
}

#[test]
fn the_right_most_stranger_is_the_client() {
    let behind = clients(&["10.0.0.0/8", "::1"], false);
    for (peer, headers, client) in [
        (
            "10.0.0.1",
            vec![("x-forwarded-for", "203.0.113.9")],
            "203.0.113.9",
        ),
        (
            "10.0.0.1",
            vec![("x-forwarded-for", "1.1.1.1, 203.0.113.9, 10.2.2.2")],
            "203.0.113.9",
        ),
        (
            "10.0.0.1",
            vec![
                ("x-forwarded-for", "1.1.1.1"),
                ("x-forwarded-for", "203.0.113.9:4711"),
            ],
            "203.0.113.9",
        ),
        (
            "::1",
            vec![("x-forwarded-for", "[2001:db8::7]:443")],
            "2001:db8::7",
        ),
        (
            "::ffff:10.0.0.1",
            vec![("x-forwarded-for", "::ffff:203.0.113.9")],
            "203.0.113.9",
        ),
        (
            "10.0.0.1",
            vec![("x-forwarded-for", "10.3.3.3, 10.2.2.2")],
            "10.3.3.3",
        ),
        ("10.0.0.1", vec![], "10.0.0.1"),
        ("10.0.0.1", vec![("x-real-ip", "203.0.113.9")], "10.0.0.1"),
        ("203.0.113.1", vec![], "203.0.113.1"),
    ] {
        assert_eq!(
            resolve(&behind, peer, &headers).as_deref(),
            Ok(client),
            "{peer} {headers:?}"
        );
    }
    let fallback = clients(&["10.0.0.0/8"], true);
    let real = [("x-real-ip", "203.0.113.9")];
    assert_eq!(
        resolve(&fallback, "10.0.0.1", &real).as_deref(),
        Ok("203.0.113.9")
    );
}

#[test]
fn claims_without_a_trusted_proxy_are_refused() {
    let alone = clients(&[], true);
    let behind = clients(&["10.0.0.0/8"], false);
    for header in [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "localhost"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
    ] {
        assert_eq!(
            resolve(&alone, "127.0.0.1", &[header]),
            Err(Refusal::Unattributed),
            "{header:?}"
        );
        assert_eq!(
            resolve(&behind, "11.0.0.1", &[header]),
            Err(Refusal::Unattributed),
            "{header:?}"
        );
    }
    for header in [
        ("x-forwarded-for", "unknown"),
        ("x-forwarded-for", ""),
        ("forwarded", "for=1.1.1.1"),
    ] {
        assert_eq!(
            resolve(&behind, "10.0.0.1", &[header]),
            Err(Refusal::Unattributed),
            "{header:?}"
        );
    }
}

#[test]
fn names_are_ours_with_the_right_port_only() {
    let bound: Vec<SocketAddr> = ["127.0.0.1:18789", "[::1]:18789", "127.0.0.1:3000"]
        .map(|text| text.parse().unwrap())
        .into();
    let names = [
        "gw.example.com".to_owned(),
        "other.example.com:8443".to_owned(),
    ];
    let hosts = Hosts::new(&names, &bound);
    let local = "192.0.2.7:18789".parse().unwrap();
    for (host, standing) in [
        ("127.0.0.1:18789", Standing::Ours),
        ("LOCALHOST:18789", Standing::Ours),
        ("[::1]:18789", Standing::Ours),
        ("localhost:3000", Standing::Ours),
        ("gw.example.com", Standing::Ours),
        ("GW.example.com:18789", Standing::Ours),
        ("other.example.com:8443", Standing::Ours),
        ("192.0.2.7:18789", Standing::Ours),
        ("[::ffff:192.0.2.7]:18789", Standing::Ours),
        ("192.0.2.7:18790", Standing::Foreign),
        ("192.0.2.8:18789", Standing::Foreign),
        ("127.0.0.1", Standing::Foreign),
        ("127.0.0.1:1", Standing::Foreign),
        ("localhost.:18789", Standing::Foreign),
        ("localhost.evil.example:18789", Standing::Foreign),
        ("gw.example.com.evil.example", Standing::Foreign),
        ("gw.example.com:443", Standing::Foreign),
        ("other.example.com", Standing::Foreign),
        ("", Standing::Malformed),
        (":18789", Standing::Malformed),
        ("localhost:", Standing::Malformed),
        ("localhost:18789:18789", Standing::Malformed),
        ("user@localhost:18789", Standing::Malformed),
        ("localhost:18789, evil.example", Standing::Malformed),
        ("localhost:abc", Standing::Malformed),
        ("local host:18789", Standing::Malformed),
        ("http://localhost:18789", Standing::Malformed),
    ] {
        assert_eq!(hosts.standing(host, local), standing, "{host:?}");
    }
}

#[test]
fn origins_are_compared_whole() {
    let bound = ["127.0.0.1:18789".parse().unwrap()];
    let hosts = Hosts::new(&["gw.example.com".to_owned()], &bound);
    let origins = Origins::new(&["https://ui.example.com".to_owned()]);
    let local = "127.0.0.1:18789".parse().unwrap();
    for (origin, is_allowed) in [
        ("http://127.0.0.1:18789", true),
        ("http://localhost:18789", true),
        ("https://gw.example.com", true),
        ("https://ui.example.com", true),
        ("http://ui.example.com", false),
        ("https://ui.example.com:8443", false),
        ("https://ui.example.com.evil.example", false),
        ("https://127.0.0.1:18789", false),
        ("http://localhost:9999", false),
        ("http://localhost", false),
        ("https://evil.example", false),
        ("null", false),
        ("", false),
        ("file://", false),
        ("chrome-extension://abc", false),
    ] {
        let found = origins.is_listed(origin) || Origins::is_own(origin, &hosts, local);
        assert_eq!(found, is_allowed, "{origin:?}");
    }
}
