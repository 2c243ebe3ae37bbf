//! Who waits for room, in the order of arrival.
//!
//! Everybody waits in the queue of the one scope that is in the way, so that those who do not use
//! that scope pass.

use super::budgets::Scope;
use domain::ledger::{Ask, Grant, Refused};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::oneshot;

/// An ask that waits.
pub(super) struct Waiter {
    pub(super) ask: Ask,
    pub(super) answer: oneshot::Sender<Result<Grant, Refused>>,
}

/// A place in a queue, and where the answer will arrive.
pub(super) struct Ticket {
    pub(super) number: u64,
    pub(super) answer: oneshot::Receiver<Result<Grant, Refused>>,
}

/// The queues of all scopes.
#[derive(Default)]
pub(super) struct Queues {
    last: u64,
    waiting: HashMap<Scope, BTreeMap<u64, Waiter>>,
    places: HashMap<u64, Scope>,
}

impl Queues {
    /// Lets an ask wait behind all others in the queue of `scope`.
    pub(super) fn push(&mut self, ask: Ask, scope: Scope) -> Ticket {
        self.last = self.last.saturating_add(1);
        let number = self.last;
        let (sender, answer) = oneshot::channel();
        let waiter = Waiter {
            ask,
            answer: sender,
        };
        self.put_back(number, waiter, scope);
        Ticket { number, answer }
    }

    /// Lets a waiter keep its number in the queue of another scope.
    pub(super) fn put_back(&mut self, number: u64, waiter: Waiter, scope: Scope) {
        self.places.insert(number, scope.clone());
        self.waiting
            .entry(scope)
            .or_default()
            .insert(number, waiter);
    }

    /// Who has waited longest in the queue of `scope`.
    pub(super) fn first(&self, scope: &Scope) -> Option<(u64, &Waiter)> {
        let (number, waiter) = self.waiting.get(scope)?.first_key_value()?;
        Some((*number, waiter))
    }

    /// Whether somebody waits in the queue of `scope` who came before `number`, or before a
    /// newcomer.
    pub(super) fn has_before(&self, scope: &Scope, number: Option<u64>) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        self.first(scope)
            .is_some_and(|(first, _)| number.is_none_or(|number| first < number))
    }

    /// Takes a waiter out, wherever it stands.
    pub(super) fn remove(&mut self, number: u64) -> Option<(Scope, Waiter)> {
        let scope = self.places.remove(&number)?;
        let queue = self.waiting.get_mut(&scope)?;
        let waiter = queue.remove(&number)?;
        if queue.is_empty() {
            self.waiting.remove(&scope);
        }
        Some((scope, waiter))
    }

    /// The scopes in which somebody waits.
    pub(super) fn scopes(&self) -> Vec<Scope> {
        self.waiting.keys().cloned().collect()
    }
}
