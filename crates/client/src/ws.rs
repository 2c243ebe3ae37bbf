//! One connection to a gateway's WebSocket: calls, events, and coming back after a loss.
//! Source: WebSocket protocol.
//!
//! [`Connection::open`] does the handshake and gives a handle that clones cheaply. One task drives
//! the socket; it ends when the last handle is dropped, or at [`Connection::close`].

mod calls;
mod door;
mod driver;
mod events;

use crate::{ClientError, DeviceIdentity, Endpoint};
pub use calls::{Answer, Answers};
pub use events::{Events, Incoming, Loss};
use protocol::{ClientProgram, HelloOk, Method, Role, Scope};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a handshake may take, unless [`Options::connect_limit`] says otherwise.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// How long a call may take, unless [`Options::call_limit`] or the call says otherwise.
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// Calls that wait to be written; a caller waits for its place, within its time limit.
const QUEUE: usize = 64;
/// Events a reader may be behind; then it is told that some are missing.
const EVENTS: usize = 512;

/// What to connect to, and as what.
#[derive(Debug, Clone)]
pub struct Options {
    /// The gateway, and the secret that opens it.
    pub endpoint: Endpoint,
    /// What this client is.
    pub role: Role,
    /// What it asks to be allowed: the least that its calls need.
    pub scopes: Vec<Scope>,
    /// Which program it is; without an instance id it gets one.
    pub client: ClientProgram,
    /// What it can do, e.g. `tool-events`.
    pub caps: Vec<String>,
    /// Commands a node takes.
    pub commands: Vec<String>,
    /// Permissions a node was given by its system.
    pub permissions: Option<Map<String, Value>>,
    /// The search path of a node's programs.
    pub path_env: Option<String>,
    /// The key of this device; without one the gateway decides by the secret alone.
    pub device: Option<Arc<DeviceIdentity>>,
    /// Whether to come back after a loss.
    pub reconnect: bool,
    /// Whether a request for approval is a reason to try again, as for a node that nobody watches.
    pub wait_for_pairing: bool,
    /// How long each attempt to connect may take.
    pub connect_limit: Duration,
    /// How long a call may take that says nothing else.
    pub call_limit: Duration,
}

impl Options {
    /// An operator without scopes or device that does not come back after a loss.
    pub fn new(endpoint: Endpoint, client: ClientProgram) -> Self {
        Self {
            endpoint,
            role: Role::Operator,
            scopes: Vec::new(),
            client,
            caps: Vec::new(),
            commands: Vec::new(),
            permissions: None,
            path_env: None,
            device: None,
            reconnect: false,
            wait_for_pairing: false,
            connect_limit: CONNECT_LIMIT,
            call_limit: CALL_LIMIT,
        }
    }
}

/// What the handles and the driver share.
struct Shared {
    options: Options,
    calls: Arc<calls::Calls>,
    events: broadcast::Sender<Incoming>,
    hello: watch::Sender<Arc<HelloOk>>,
    closing: CancellationToken,
}

/// An open connection. Cheap to clone.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Message>,
    tracker: TaskTracker,
}

impl Connection {
    /// Connects, once; [`Options::reconnect`] is about later losses.
    ///
    /// # Errors
    /// [`ClientError::PairingRequired`], [`ClientError::Unauthorized`],
    /// [`ClientError::RateLimited`], [`ClientError::Refused`] as the gateway decides;
    /// [`ClientError::Unreachable`], [`ClientError::Untrusted`], [`ClientError::TimedOut`],
    /// [`ClientError::Closed`], [`ClientError::Protocol`] for the way there; [`ClientError::Device`] for the key.
    pub async fn open(mut options: Options) -> Result<(Self, Events), ClientError> {
        if options.client.instance_id.is_none() {
            options.client.instance_id = Some(uuid::Uuid::new_v4().to_string());
        }
        let (socket, hello) = door::enter(&options).await?;
        let (events, heard) = broadcast::channel(EVENTS);
        let (queue, waiting) = mpsc::channel(QUEUE);
        let calls = Arc::new(calls::Calls::new(options.endpoint.socket_address()));
        let shared = Arc::new(Shared {
            options,
            calls,
            events,
            hello: watch::Sender::new(Arc::new(hello)),
            closing: CancellationToken::new(),
        });
        shared.calls.open();
        let tracker = TaskTracker::new();
        tracker.spawn(driver::drive(Arc::clone(&shared), socket, waiting));
        tracker.close();
        let connection = Self {
            shared,
            queue,
            tracker,
        };
        Ok((connection, Events::new(heard)))
    }

    /// Calls a method within the usual time limit.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when the gateway says no, [`ClientError::TimedOut`],
    /// [`ClientError::Closed`] when the connection is lost or was lost before,
    /// [`ClientError::Protocol`] for an answer of another shape.
    ///
    /// # Cancel safety
    /// Dropping the future forgets the call; the gateway may still do the work.
    pub async fn call<M: Method>(&self, params: &M::Params) -> Result<M::Reply, ClientError> {
        let params = self.raw(params)?;
        let answer = self
            .ask(M::NAME, params, false, self.shared.options.call_limit)
            .await?
            .last()
            .await?;
        serde_json::from_str(answer.get()).map_err(|error| self.odd(&error))
    }

    /// Calls a method by its name with parameters that are passed on unread.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn call_named(&self, method: &str, params: &Value) -> Result<Value, ClientError> {
        self.call_within(method, params, false, self.shared.options.call_limit)
            .await
    }

    /// The same within `limit`; with `expect_final` a first answer `accepted` is passed over and
    /// the last one is waited for.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn call_within(
        &self,
        method: &str,
        params: &Value,
        expect_final: bool,
        limit: Duration,
    ) -> Result<Value, ClientError> {
        let params = self.raw(params)?;
        let mut answers = self.ask(method, params, expect_final, limit).await?;
        let answer = answers.last().await?;
        serde_json::from_str(answer.get()).map_err(|error| self.odd(&error))
    }

    /// Begins a call that is answered twice: `accepted`, then the end.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn begin(
        &self,
        method: &str,
        params: &Value,
        limit: Duration,
    ) -> Result<Answers, ClientError> {
        let params = self.raw(params)?;
        self.ask(method, params, true, limit).await
    }

    async fn ask(
        &self,
        method: &str,
        params: Box<RawValue>,
        expect_final: bool,
        limit: Duration,
    ) -> Result<Answers, ClientError> {
        let (answers, frame) = self
            .shared
            .calls
            .begin(method, &params, expect_final, limit)?;
        let sending = self.queue.send(Message::text(frame));
        answers.within(sending).await?.map_err(|_| self.gone())?;
        Ok(answers)
    }

    /// One more reader of the events, from here on.
    pub fn events(&self) -> Events {
        Events::new(self.shared.events.subscribe())
    }

    /// What the gateway said when it let this client in the last time.
    pub fn hello(&self) -> Arc<HelloOk> {
        self.shared.hello.borrow().clone()
    }

    /// The address, for people.
    pub fn address(&self) -> String {
        self.shared.options.endpoint.socket_address()
    }

    /// Says goodbye and waits until the socket is closed. Other handles are closed with it.
    pub async fn close(&self) {
        self.shared.closing.cancel();
        self.tracker.wait().await;
    }

    fn raw(&self, params: &impl serde::Serialize) -> Result<Box<RawValue>, ClientError> {
        serde_json::value::to_raw_value(params).map_err(|error| self.odd(&error))
    }

    fn odd(&self, reason: &dyn std::fmt::Display) -> ClientError {
        ClientError::Protocol {
            address: self.address(),
            reason: reason.to_string(),
        }
    }

    fn gone(&self) -> ClientError {
        ClientError::Closed {
            address: self.address(),
            code: None,
            reason: String::new(),
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}
