//! Ten thousand connections at once on the real program: as many as its settings allow, each let in
//! and answered; the next one waits for a place.

use super::BINARY;
use futures_util::SinkExt as _;
use futures_util::stream::{self, StreamExt as _};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use testkit::{FakeModel, GatewayProcess, Home, Launch};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

const CROWD: usize = 10_000;

/// Connections of one address; the settings allow 256 unless they say otherwise.
const PER_ADDRESS: usize = 250;

/// The most memory an idle connection may take, in bytes.
const MOST_MEMORY: usize = 30_000;

/// How long what must come may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Starts with as few files as a shell gives, whatever this test was started with.
const WRAPPER: &str = "#!/bin/sh\nulimit -S -n 1024 && exec \"$BINARY\" \"$@\"\n";

async fn start(home: &Home) -> GatewayProcess {
    let wrapper = home.root().join("with-few-files");
    std::fs::write(&wrapper, WRAPPER).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let launch = Launch::with_binary(home, wrapper).unwrap();
    launch.env("BINARY", BINARY).start().await.unwrap()
}

/// A connection that was let in.
struct Client(WebSocketStream<TcpStream>);

impl Client {
    /// The `number`-th of the crowd.
    async fn connect(gateway: SocketAddr, token: &str, number: usize) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        let last = u8::try_from(1 + number / PER_ADDRESS).unwrap();
        socket
            .bind((Ipv4Addr::new(127, 0, 0, last), 0).into())
            .unwrap();
        let stream = socket.connect(gateway).await.unwrap();
        let url = format!("ws://{gateway}/");
        let config = WebSocketConfig::default().read_buffer_size(1024);
        let open = tokio_tungstenite::client_async_with_config(url, stream, Some(config));
        let mut client = Self(timeout(PATIENCE, open).await.unwrap().unwrap().0);
        assert_eq!(client.frame().await["event"], "connect.challenge");
        let params = json!({ "minProtocol": 4, "maxProtocol": 4, "auth": { "token": token },
            "client": { "id": "cli", "version": "test", "platform": "linux", "mode": "cli" } });
        let hello = client.call("connect", params).await;
        assert_eq!(hello["payload"]["type"], "hello-ok", "{hello}");
        client
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        let request = json!({ "type": "req", "id": method, "method": method, "params": params });
        let request = Message::text(request.to_string());
        self.0.send(request).await.unwrap();
        loop {
            let frame = self.frame().await;
            if frame["id"] == method {
                return frame;
            }
        }
    }

    async fn frame(&mut self) -> Value {
        loop {
            let message = timeout(PATIENCE, self.0.next()).await.unwrap();
            if let Message::Text(text) = message.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_are_open_at_once() {
    let model = FakeModel::start().await.unwrap();
    let home = Home::empty().unwrap();
    let mut settings = Home::settings(&model.base_url());
    settings["gateway"]["limits"] = json!({ "maxConnections": CROWD });
    home.write_config(&settings).unwrap();
    let mut gateway = start(&home).await;
    allow_files();
    let (address, token) = (gateway.address(), gateway.token().to_owned());
    // The one that asked whether it is ready keeps its place for a moment.
    until_open(&gateway, 0).await;
    let before = memory(&gateway);
    let mut clients: Vec<Client> = stream::iter(0..CROWD)
        .map(|number| Client::connect(address, &token, number))
        .buffer_unordered(50)
        .collect()
        .await;
    let each = (memory(&gateway) - before) / CROWD;
    println!("{each} bytes for each idle connection");
    assert!(each < MOST_MEMORY, "{each} bytes");

    let waiting = Client::connect(address, &token, CROWD);
    let mut waiting = Box::pin(waiting);
    let early = timeout(Duration::from_millis(500), &mut waiting).await;
    assert!(early.is_err(), "more were let in than the settings allow");

    let answered = stream::iter(&mut clients)
        .map(|client| client.call("health", json!({})))
        .buffer_unordered(50)
        .filter(|answer| std::future::ready(answer["payload"]["ok"] == true))
        .count();
    assert_eq!(answered.await, CROWD);

    clients.pop();
    let mut last = waiting.await;
    assert_eq!(last.call("health", json!({})).await["payload"]["ok"], true);
    drop((clients, last));
    until_open(&gateway, 0).await;
    assert!(gateway.stop().await.unwrap().success());
}

/// Waits until so many connections are open besides the one that asks.
async fn until_open(gateway: &GatewayProcess, count: u32) {
    let wanted = format!("openclaw_open_connections {}", count + 1);
    let caller = gateway.caller().unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let metrics = caller.get("/metrics").await.unwrap().text();
        let line = metrics
            .lines()
            .find(|line| line.starts_with("openclaw_open_connections "));
        if line == Some(&*wanted) {
            return;
        }
        assert!(Instant::now() < deadline, "{line:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Lets this process open as many files as the crowd needs.
fn allow_files() {
    let needed = u64::try_from(CROWD + 1_000).unwrap();
    let limits = getrlimit(Resource::Nofile);
    if limits.current.is_none_or(|now| now >= needed) {
        return;
    }
    let raised = Rlimit {
        current: Some(needed),
        maximum: limits.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        panic!("this test and its gateway need {needed} open files each, see ulimit -Hn: {error}");
    }
}

/// The resident memory of the gateway, in bytes.
fn memory(gateway: &GatewayProcess) -> usize {
    let status = format!("/proc/{}/status", gateway.pid().unwrap());
    let status = std::fs::read_to_string(status).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let kilobytes: usize = line
        .and_then(|line| line.split_whitespace().nth(1))
        .unwrap()
        .parse()
        .unwrap();
    kilobytes * 1024
}
