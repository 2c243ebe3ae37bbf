//! The life of a WebSocket, from its 101 to its end.

use super::connect::{self, Ended};
use super::hub::Hub;
use super::outbox::{Close, Next};
use super::pulse::Rhythm;
use super::requests::Requests;
use super::socket::{Incoming, Socket};
use crate::identity::Doorkeeper;
use crate::net::{Authority, HandshakePlace, Peer, Upgraded};
use crate::rpc::Registry;
use crate::services::Services;
use http::HeaderMap;
use protocol::{MAX_FRAME, MAX_HANDSHAKE_FRAME};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a client may take to be let in. Source: WebSocket protocol, section 2.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(15);

/// How long what waits may take to be sent when the gateway stops.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What `WebSockets` are served with.
pub(crate) struct Sockets {
    pub(crate) services: Arc<Services>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) door: Arc<Doorkeeper>,
    pub(crate) authority: Arc<Authority>,
    /// The settings file; admins are told.
    pub(crate) config_path: PathBuf,
    /// The state directory; admins are told.
    pub(crate) state_dir: PathBuf,
    /// How long a client may take to be let in.
    pub(crate) handshake: Duration,
    /// How long a client may take nothing of what is sent.
    pub(crate) patience: Duration,
    /// How often it is told the time, and asked for a sign of life.
    pub(crate) rhythm: Rhythm,
    /// Where calls run.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when connections must end.
    pub(crate) closing: CancellationToken,
}

/// A client before it was let in.
pub(crate) struct Newcomer {
    /// The headers of its upgrade.
    pub(crate) headers: HeaderMap,
    /// The other end.
    pub(crate) peer: Peer,
    /// Its place among those who have not said who they are.
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) place: HandshakePlace,
}

/// The close of a gateway that stops.
pub(crate) fn service_restart() -> Close {
    Close::new(1012, "service restart")
}

impl Sockets {
    pub(super) fn hub(&self) -> &Hub {
        &self.services.hub
    }

    /// Serves a socket to its end.
    pub(crate) async fn serve(self: Arc<Self>, upgraded: Upgraded, newcomer: Newcomer) {
        let Upgraded {
            stream,
            rest,
            shutdown,
        } = upgraded;
        let mut socket = Socket::new(stream, &rest, MAX_HANDSHAKE_FRAME, self.patience);
        drop(rest);
        // Boxed, so that nothing of it is left afterwards.
        let joined = {
            let connecting = Box::pin(connect::connect(&self, &mut socket, newcomer));
            tokio::select! {
                joined = connecting => joined,
                () = shutdown.cancelled() => Err(Ended::Close(service_restart())),
            }
        };
        drop(shutdown);
        let ended = match joined {
            Ok((seat, waiting)) => {
                socket.set_limit(MAX_FRAME);
                attend(&seat.0, &mut socket, waiting).await
            }
            Err(ended) => ended,
        };
        match ended {
            Ended::Gone => {}
            Ended::Close(close) => socket.close(&close).await,
        }
    }
}

/// Answers requests and tells events until the connection ends.
async fn attend(requests: &Arc<Requests>, socket: &mut Socket, waiting: Vec<Vec<u8>>) -> Ended {
    for frame in waiting {
        if let Some(close) = requests.take(&frame) {
            return Ended::Close(close);
        }
    }
    let link = Arc::clone(requests.link());
    let mut overdue = pin!(overdue(&requests.sockets().closing));
    loop {
        tokio::select! {
            incoming = socket.next() => {
                if incoming != Incoming::Room {
                    link.is_alive();
                }
                match incoming {
                    Incoming::Message(frame) => {
                        if let Some(close) = requests.take(&frame) {
                            return Ended::Close(close);
                        }
                    }
                    Incoming::Alive | Incoming::Room => {}
                    Incoming::Farewell => return Ended::Close(Close::new(1000, "")),
                    Incoming::Gone => return Ended::Gone,
                    Incoming::Broken(close) => return Ended::Close(close),
                }
            }
            next = link.outbox.next(), if socket.has_room() => match next {
                Next::Send(text) => socket.send(&text),
                Next::Ping => socket.ping(),
                Next::Close(close) => return Ended::Close(close),
                Next::GiveUp => return Ended::Gone,
            },
            () = &mut overdue => return Ended::Close(service_restart()),
        }
    }
}

/// Ready a moment after connections must end.
async fn overdue(closing: &CancellationToken) {
    closing.cancelled().await;
    tokio::time::sleep(LAST_WORDS).await;
}
