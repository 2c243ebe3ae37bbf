//! The accept loop.

use super::address::ClientKey;
use super::connection::{Handler, Server, drive};
use super::listen::Listeners;
use super::plan::NetPlan;
use super::threads::Threads;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

/// First pause after a failed accept, such as "too many open files"; doubles while it lasts.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Accepts until `shutdown`, each connection in a task of its own on `tracker`; on `threads` if
/// there are any, else on the caller's runtime.
///
/// Returns when no listener accepts any more. Connections then finish the answers under way and
/// close; whoever called waits for them with `tracker`.
///
/// # Cancel safety
/// Dropping the future closes the listeners; connections go on until `shutdown`.
pub async fn serve(
    listeners: Listeners,
    plan: Arc<NetPlan>,
    handler: Arc<dyn Handler>,
    shutdown: CancellationToken,
    tracker: TaskTracker,
    threads: Option<Arc<Threads>>,
) {
    let addresses = listeners.addresses().to_vec();
    let places = u64::from(plan.limits.settings.max_connections);
    let places = usize::try_from(places).unwrap_or(usize::MAX);
    let door = Arc::new(Door {
        places: Arc::new(Semaphore::new(places)),
        server: Server::new(plan, &addresses, handler),
        shutdown,
        tracker,
        threads,
    });
    let mut loops = JoinSet::new();
    for listener in listeners.sockets {
        loops.spawn(accept_all(listener, Arc::clone(&door)));
    }
    while let Some(ended) = loops.join_next().await {
        if let Err(error) = ended {
            warn!(%error, "a listener ended unexpectedly");
        }
    }
}

/// What all listeners share.
struct Door {
    places: Arc<Semaphore>,
    server: Arc<Server>,
    shutdown: CancellationToken,
    tracker: TaskTracker,
    threads: Option<Arc<Threads>>,
}

async fn accept_all(listener: TcpListener, door: Arc<Door>) {
    let mut pause = None;
    loop {
        let next = listener.accept();
        let Some(accepted) = door.shutdown.run_until_cancelled(next).await else {
            break;
        };
        match accepted {
            Ok((stream, remote)) => {
                pause = None;
                // When the house is full, one newcomer waits here and the rest in the kernel's queue.
                let place = Arc::clone(&door.places).acquire_owned();
                let Some(Ok(place)) = door.shutdown.run_until_cancelled(place).await else {
                    break;
                };
                door.admit(stream, remote, place);
            }
            Err(error) if is_about_one_connection(&error) => {
                debug!(%error, "a connection ended before it was accepted");
            }
            Err(error) => {
                door.server.counters().accept_errors.up();
                if pause.is_none() {
                    warn!(%error, "cannot accept connections, trying again");
                }
                let wait =
                    pause.map_or(FIRST_PAUSE, |last: Duration| (last * 2).min(LONGEST_PAUSE));
                pause = Some(wait);
                if door
                    .shutdown
                    .run_until_cancelled(tokio::time::sleep(wait))
                    .await
                    .is_none()
                {
                    break;
                }
            }
        }
    }
}

impl Door {
    fn admit(
        &self,
        stream: TcpStream,
        remote: SocketAddr,
        place: tokio::sync::OwnedSemaphorePermit,
    ) {
        let server = Arc::clone(&self.server);
        let shares = !server.is_proxy(remote.ip());
        let Some(share) = server.connection_share(shares.then(|| ClientKey::of(remote.ip())))
        else {
            server.counters().refused_per_ip.up();
            debug!(%remote, "too many connections from this address");
            return;
        };
        let shutdown = self.shutdown.clone();
        let held = (share, place);
        let Some(threads) = &self.threads else {
            self.tracker.spawn(async move {
                drive(stream, remote, server, shutdown).await;
                drop(held);
            });
            return;
        };
        // A socket belongs to the thread that waits for it, so it is taken off this one.
        let Ok(stream) = stream.into_std() else {
            return;
        };
        let connection = async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => drive(stream, remote, server, shutdown).await,
                Err(error) => debug!(%error, "a connection could not be taken over"),
            }
            drop(held);
        };
        self.tracker.spawn_on(connection, threads.next());
    }
}

/// Whether the failure concerns the connection that was to be accepted, not the listener.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
