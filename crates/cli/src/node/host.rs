//! The node: connects, takes commands, answers them, comes back after a loss.

use super::{commands, report, stats};
use crate::failure::{Failure, Kind};
use crate::home::Home;
use crate::screen;
use ::tools::exec::{ApprovalsFile, SEARCH_PATH};
use client::ws::{Connection, Events, Incoming, Options};
use client::{Backoff, ClientError, DeviceIdentity, Endpoint};
use protocol::methods::NodeInvokeResult;
use protocol::methods::nodes::{
    NodeInvokeCancel, NodeInvokeFailure, NodeInvokeRequest, NodeInvokeResultParams,
};
use protocol::{ClientProgram, Event, Role};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the gateway hears how busy this machine is.
const REPORT_EVERY: Duration = Duration::from_mins(1);

/// Most commands at a time; more are refused.
const MAX_AT_A_TIME: usize = 32;

/// Longest wait for the gateway to take a result.
const RESULT_LIMIT: Duration = Duration::from_secs(30);

/// This machine as a node.
pub(super) struct Host {
    pub(super) name: String,
    /// The user's home directory.
    pub(super) home: PathBuf,
    /// Which programs may run.
    pub(super) rules: ApprovalsFile,
    pub(super) plans: super::fingerprint::Plans,
    /// Variables programs get.
    pub(super) environment: Vec<(String, String)>,
}

impl Host {
    pub(super) fn new(home: &Home, name: &str) -> Result<Self, Failure> {
        let own = home
            .env()
            .filled("OPENCLAW_HOME")
            .or_else(|| home.env().filled("HOME"));
        let own = own.map(PathBuf::from).ok_or_else(|| {
            Failure::new(Kind::Config, "no home directory is known").fix("set HOME")
        })?;
        let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
        Ok(Self {
            name,
            environment: super::execute::environment(home.env(), &own),
            home: own,
            rules: ApprovalsFile::of(home.state_dir()),
            plans: super::fingerprint::Plans::default(),
        })
    }
}

/// Commands that run, by the id of their request.
type Running = Arc<Mutex<HashMap<String, CancellationToken>>>;

/// Serves until SIGINT or SIGTERM, or until the gateway will not have this node.
pub(super) async fn serve(
    host: Host,
    endpoint: Endpoint,
    device: Arc<DeviceIdentity>,
) -> Result<(), Failure> {
    let options = options(&host, endpoint, &device);
    let host = Arc::new(host);
    let tasks = TaskTracker::new();
    let running = Running::default();
    let stopped = stopped()?;
    let served = tokio::select! {
        served = attend(&host, options, &tasks, &running) => served,
        () = stopped => Ok(()),
    };
    // Nothing that was started here is left behind.
    for (_, cancel) in lock(&running).drain() {
        cancel.cancel();
    }
    tasks.close();
    tasks.wait().await;
    served
}

fn options(host: &Host, endpoint: Endpoint, device: &Arc<DeviceIdentity>) -> Options {
    let client = ClientProgram {
        id: "node-host".to_owned(),
        display_name: Some(host.name.clone()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: platform().to_owned(),
        mode: "node".to_owned(),
        device_family: Some(family().to_owned()),
        ..ClientProgram::default()
    };
    let mut options = Options::new(endpoint, client);
    options.role = Role::Node;
    options.caps = ["file", "system"].map(str::to_owned).into();
    options.commands = commands::NAMES.iter().map(|it| (*it).to_owned()).collect();
    options.path_env = Some(SEARCH_PATH.join(":"));
    options.device = Some(Arc::clone(device));
    options.reconnect = true;
    options.wait_for_pairing = true;
    options
}

fn platform() -> &'static str {
    if cfg!(target_os = "macos") {
        "darwin"
    } else {
        std::env::consts::OS
    }
}

fn family() -> &'static str {
    if cfg!(target_os = "macos") {
        "Mac"
    } else {
        "Linux"
    }
}

/// Resolves when the process is told to stop.
fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    let deaf = |error: std::io::Error| {
        Failure::new(Kind::Other, format!("cannot listen for signals: {error}"))
    };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(deaf)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(deaf)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

async fn attend(
    host: &Arc<Host>,
    options: Options,
    tasks: &TaskTracker,
    running: &Running,
) -> Result<(), Failure> {
    let (connection, mut events) = enter(options).await?;
    let mut minute = tokio::time::interval(REPORT_EVERY);
    minute.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    report::connected(&connection)?;
    loop {
        tokio::select! {
            _ = minute.tick() => tell_stats(host, &connection, tasks),
            incoming = events.next() => match incoming {
                Some(Incoming::Event(event)) => hear(host, &connection, &event, tasks, running),
                Some(Incoming::Gap) => {}
                Some(Incoming::Reconnected(_)) => {
                    report::connected(&connection)?;
                    tell_stats(host, &connection, tasks);
                }
                Some(Incoming::Closed(loss)) => match loss.retry_in {
                    Some(wait) => report::lost(&loss.error, wait),
                    None => return Err(Failure::new(Kind::Transport, &loss.error).fix("openclaw doctor")),
                },
                None => return Ok(()),
            },
        }
    }
}

/// Connects for the first time. A gateway that is not there yet, or has not approved this node
/// yet, is waited for; one that refuses the secret is not.
async fn enter(options: Options) -> Result<(Connection, Events), Failure> {
    let mut backoff = Backoff::default();
    loop {
        let error = match Connection::open(options.clone()).await {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        let passing = matches!(
            error,
            ClientError::Unreachable { .. }
                | ClientError::TimedOut { .. }
                | ClientError::Closed { .. }
                | ClientError::RateLimited { .. }
                | ClientError::PairingRequired { .. }
        );
        if !passing {
            return Err(error.into());
        }
        let wait = backoff.delay();
        report::lost(&error, wait);
        tokio::time::sleep(wait).await;
    }
}

fn tell_stats(host: &Arc<Host>, connection: &Connection, tasks: &TaskTracker) {
    let (host, connection) = (Arc::clone(host), connection.clone());
    tasks.spawn(async move {
        let sent = stats::event(&host.home);
        // The next minute brings another one.
        drop(connection.call::<protocol::methods::NodeEvent>(&sent).await);
    });
}

fn hear(
    host: &Arc<Host>,
    connection: &Connection,
    event: &Event,
    tasks: &TaskTracker,
    running: &Running,
) {
    let payload = event.payload.as_ref().map_or("null", |raw| raw.get());
    match event.event.as_str() {
        "node.invoke.request" => {
            let Ok(request) = serde_json::from_str::<NodeInvokeRequest>(payload) else {
                screen::note("a command of the gateway could not be read and was left out");
                return;
            };
            let (host, connection, running) =
                (Arc::clone(host), connection.clone(), Arc::clone(running));
            let Some(cancel) = begin(&running, &request.id) else {
                tasks.spawn(async move { answer(&connection, busy(request)).await });
                return;
            };
            tasks.spawn(async move {
                let id = request.id.clone();
                let result = commands::answer(&host, request, &cancel).await;
                lock(&running).remove(&id);
                answer(&connection, result).await;
            });
        }
        "node.invoke.cancel" => {
            if let Ok(cancelled) = serde_json::from_str::<NodeInvokeCancel>(payload)
                && let Some(cancel) = lock(running).get(&cancelled.invoke_id)
            {
                cancel.cancel();
            }
        }
        "node.pair.resolved" => report::resolved(payload),
        _ => {}
    }
}

fn begin(running: &Running, id: &str) -> Option<CancellationToken> {
    let mut running = lock(running);
    if running.len() >= MAX_AT_A_TIME || running.contains_key(id) {
        return None;
    }
    let cancel = CancellationToken::new();
    running.insert(id.to_owned(), cancel.clone());
    Some(cancel)
}

fn busy(request: NodeInvokeRequest) -> NodeInvokeResultParams {
    NodeInvokeResultParams {
        id: request.id,
        node_id: request.node_id,
        ok: false,
        error: Some(NodeInvokeFailure {
            code: Some("BUSY".to_owned()),
            message: Some(format!(
                "this node runs {MAX_AT_A_TIME} commands already; try again later"
            )),
        }),
        ..NodeInvokeResultParams::default()
    }
}

/// Hands a result to the gateway. One it does not take in time is given up: the caller has long
/// been told that the node did not answer.
async fn answer(connection: &Connection, result: NodeInvokeResultParams) {
    let sent = connection.call::<NodeInvokeResult>(&result);
    match tokio::time::timeout(RESULT_LIMIT, sent).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => screen::note(format_args!("the gateway did not take a result: {error}")),
        Err(_) => screen::note("the gateway did not take a result in time"),
    }
}

fn lock(running: &Running) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
