//! Commands that are on their way.

use crate::error::ApiError;
use crate::repeat::Repeats;
use crate::ws::{Link, Told};
use protocol::ErrorCode;
use protocol::methods::nodes::{NodeInvokeCancel, NodeInvokeReply, NodeInvokeResultParams};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Most commands one node works on at a time.
const MAX_EACH: usize = 128;

/// Commands that are on their way, and the answers of those that were.
#[derive(Default)]
pub(in crate::nodes) struct Flights {
    on_the_way: Arc<Mutex<HashMap<String, Flight>>>,
    pub(super) repeats: Repeats<NodeInvokeReply>,
}

/// A command on its way.
pub(super) struct Flight {
    node: String,
    link: String,
    caller: Option<Arc<Link>>,
    pub(super) tell: oneshot::Sender<Ended>,
}

/// How it ended.
pub(super) enum Ended {
    /// The node said something.
    Answered(Box<NodeInvokeResultParams>),
    /// The node's connection ended.
    Lost,
    /// The node was removed.
    Revoked,
}

/// Held by whoever waits; dropping it before the answer tells the node that nobody waits.
pub(super) struct Waiting {
    pub(super) id: String,
    node: String,
    link: Arc<Link>,
    heard: oneshot::Receiver<Ended>,
    on_the_way: Arc<Mutex<HashMap<String, Flight>>>,
}

impl Flights {
    /// Puts a command on its way.
    pub(super) fn start(
        &self,
        link: &Arc<Link>,
        node: &str,
        caller: Option<Arc<Link>>,
    ) -> Result<Waiting, ApiError> {
        let id = uuid::Uuid::new_v4().to_string();
        let (tell, heard) = oneshot::channel();
        let mut flights = lock(&self.on_the_way);
        if flights.values().filter(|it| it.node == node).count() >= MAX_EACH {
            let message =
                format!("this node works on {MAX_EACH} commands already; try again later");
            return Err(ApiError::new(ErrorCode::Unavailable, message).with_reason("node_busy"));
        }
        let flight = Flight {
            node: node.to_owned(),
            link: link.id.clone(),
            caller,
            tell,
        };
        flights.insert(id.clone(), flight);
        Ok(Waiting {
            id,
            node: node.to_owned(),
            link: Arc::clone(link),
            heard,
            on_the_way: Arc::clone(&self.on_the_way),
        })
    }

    /// The command with this id, if this connection was asked to run it.
    pub(super) fn take(&self, id: &str, link: &str) -> Option<Flight> {
        let mut flights = lock(&self.on_the_way);
        flights
            .get(id)
            .is_some_and(|it| it.link == link)
            .then(|| flights.remove(id))?
    }

    /// Who invoked it.
    pub(super) fn caller(&self, id: &str, link: &str) -> Option<Arc<Link>> {
        let flights = lock(&self.on_the_way);
        let flight = flights.get(id).filter(|it| it.link == link)?;
        flight.caller.clone()
    }

    /// A connection ended: what it was to run is lost.
    pub(in crate::nodes) fn lose(&self, link: &str) {
        self.end(|it| it.link == link, || Ended::Lost);
    }

    /// A node was removed: what it was to run is given up.
    pub(in crate::nodes) fn revoke(&self, node: &str) {
        self.end(|it| it.node == node, || Ended::Revoked);
    }

    fn end(&self, chosen: impl Fn(&Flight) -> bool, ended: impl Fn() -> Ended) {
        let mut flights = lock(&self.on_the_way);
        let ids: Vec<String> = flights
            .iter()
            .filter(|(_, it)| chosen(it))
            .map(|(id, _)| id.clone())
            .collect();
        for flight in ids.iter().filter_map(|id| flights.remove(id)) {
            flight.end(ended());
        }
    }
}

impl Waiting {
    /// How it ended.
    pub(super) async fn ended(&mut self) -> Ended {
        (&mut self.heard).await.unwrap_or(Ended::Lost)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if lock(&self.on_the_way).remove(&self.id).is_none() {
            return;
        }
        let cancel = NodeInvokeCancel {
            invoke_id: self.id.clone(),
            node_id: self.node.clone(),
        };
        if let Some(told) = Told::new("node.invoke.cancel", &cancel) {
            self.link.address(&told);
        }
    }
}

fn lock(flights: &Mutex<HashMap<String, Flight>>) -> MutexGuard<'_, HashMap<String, Flight>> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}
