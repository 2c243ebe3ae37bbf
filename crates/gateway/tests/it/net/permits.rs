//! Places for connections, and ports.

use super::rig::{Rig, Setup, TOKEN, plan_of};
use gateway::net::config::{AuthSettings, BindSetting, ControlUiSettings, LimitsSettings};
use gateway::net::{ListenError, bind};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;

#[tokio::test]
async fn m11_one_address_gets_only_its_share_of_connections() {
    let rig = Rig::with(|setup| setup.limits.max_connections_per_ip = 5).await;
    let health = rig.request("GET /health", "");
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut raw = rig.raw().await;
        assert_eq!(raw.ask(&health).await.status, 200);
        held.push(raw);
    }
    let mut sixth = rig.raw().await;
    sixth.send(&health).await;
    assert!(sixth.is_closed().await);
    assert_eq!(rig.counters().refused_per_ip, 1);
    let mut leaving = held.pop().unwrap();
    leaving.end().await;
    assert!(leaving.is_closed().await);
    assert_eq!(rig.raw().await.ask(&health).await.status, 200);
}

#[tokio::test]
async fn when_the_house_is_full_newcomers_wait() {
    let rig = Rig::with(|setup| setup.limits.max_connections = 3).await;
    let health = rig.request("GET /health", "");
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut raw = rig.raw().await;
        assert_eq!(raw.ask(&health).await.status, 200);
        held.push(raw);
    }
    let mut waiting = Vec::new();
    for _ in 0..6 {
        let mut raw = rig.raw().await;
        raw.send(&health).await;
        waiting.push(raw);
    }
    assert_eq!(rig.counters().open, 3, "{:?}", rig.counters());
    drop(held);
    for raw in &mut waiting {
        assert_eq!(raw.answer().await.status, 200);
        raw.end().await;
    }
}

#[tokio::test]
async fn connections_end_after_so_many_requests() {
    let rig = Rig::with(|setup| setup.limits.max_requests_per_connection = 3).await;
    let mut raw = rig.raw().await;
    let mut connection = Vec::new();
    for _ in 0..3 {
        let answer = raw.ask(rig.request("GET /health", "")).await;
        connection.push(answer.header("connection").map(str::to_owned));
    }
    assert_eq!(connection, [None, None, Some("close".to_owned())]);
    assert!(raw.is_closed().await);
}

#[tokio::test]
async fn both_loopback_addresses_answer_and_alias_ports_too() {
    let spare = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let alias = spare.local_addr().unwrap().port();
    drop(spare);
    let rig = Rig::with(|setup| setup.alias_ports = vec![alias]).await;
    assert!(
        rig.addresses
            .iter()
            .all(|address| address.ip().is_loopback())
    );
    assert_eq!(
        rig.raw_v6()
            .await
            .ask(rig.request("GET /health", ""))
            .await
            .status,
        200
    );
    let request = format!("GET /health HTTP/1.1\r\nHost: localhost:{alias}\r\n\r\n");
    let address: SocketAddr = (Ipv4Addr::LOCALHOST, alias).into();
    let answer = super::raw::Raw::open(address).await.ask(request).await;
    assert_eq!(answer.status, 200);
}

fn setup() -> Setup {
    Setup {
        bind: BindSetting::Loopback,
        auth: AuthSettings::default(),
        token: Some(TOKEN),
        password: None,
        proxies: Vec::new(),
        hosts: Vec::new(),
        alias_ports: Vec::new(),
        ui: ControlUiSettings::default(),
        limits: LimitsSettings::default(),
    }
}

#[tokio::test]
async fn a_busy_port_is_explained_and_a_busy_alias_skipped() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut plan = plan_of(&setup()).unwrap();
    plan.port = port;
    let error = bind(&plan, Some(4711)).await.unwrap_err();
    assert!(matches!(error, ListenError::Busy { .. }));
    let text = error.to_string();
    for part in [
        &port.to_string(),
        "process id 4711",
        "openclaw config set gateway.port",
    ] {
        assert!(text.contains(part), "{part:?} is missing in {text:?}");
    }
    plan.port = 0;
    plan.alias_ports = vec![port];
    let listeners = bind(&plan, None).await.unwrap();
    assert!(
        listeners
            .addresses()
            .iter()
            .all(|address| address.port() != port)
    );
}

#[tokio::test]
async fn every_address_means_v4_and_v6() {
    let rig = Rig::with(|setup| setup.bind = BindSetting::Lan).await;
    let health = rig.request("GET /health", "");
    assert_eq!(rig.raw().await.ask(&health).await.status, 200);
    assert_eq!(rig.raw_v6().await.ask(&health).await.status, 200);
    let who = rig.ask("GET /who", "").await;
    assert!(
        who.body.contains("\"client\":\"127.0.0.1\""),
        "{}",
        who.body
    );
    let foreign = health.replace("127.0.0.1:", "192.0.2.200:");
    assert_eq!(rig.raw().await.ask(foreign).await.status, 403);
}
