//! What comes without being asked for.

use crate::ClientError;
use protocol::{Event, HelloOk};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};

/// What a reader of events is told.
#[derive(Debug, Clone)]
pub enum Incoming {
    /// An event of the gateway.
    Event(Arc<Event>),
    /// Events are missing, because the reader was too slow or they were lost on the way: read the
    /// state again.
    Gap,
    /// The connection was lost.
    Closed(Arc<Loss>),
    /// There is a new connection: subscribe and read the state again.
    Reconnected(Arc<HelloOk>),
}

/// A lost connection.
#[derive(Debug)]
pub struct Loss {
    /// How it was lost, or why the last attempt to come back failed.
    pub error: ClientError,
    /// When the next attempt follows; `None` when there will be none.
    pub retry_in: Option<Duration>,
}

/// The events of a connection, from the moment this was made.
#[derive(Debug)]
pub struct Events {
    receiver: broadcast::Receiver<Incoming>,
    is_over: bool,
}

impl Events {
    pub(super) fn new(receiver: broadcast::Receiver<Incoming>) -> Self {
        Self {
            receiver,
            is_over: false,
        }
    }

    /// The next one; `None` after the last.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn next(&mut self) -> Option<Incoming> {
        if self.is_over {
            return None;
        }
        let told = match self.receiver.recv().await {
            Ok(incoming) => incoming,
            Err(RecvError::Lagged(_)) => Incoming::Gap,
            Err(RecvError::Closed) => {
                self.is_over = true;
                return None;
            }
        };
        if let Incoming::Closed(loss) = &told {
            self.is_over = loss.retry_in.is_none();
        }
        Some(told)
    }
}
