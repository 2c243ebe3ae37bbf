//! What one scope spent and has reserved.

use super::super::windows::Turn;
use domain::MicroUsd;

/// The account of one scope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct Account {
    /// Spent today.
    pub(in super::super) day: MicroUsd,
    /// Spent this month.
    pub(in super::super) month: MicroUsd,
    /// What open calls may still spend.
    pub(in super::super) reserved: MicroUsd,
    /// How many calls are open.
    calls: usize,
}

impl Account {
    pub(super) fn reserve(&mut self, amount: MicroUsd) {
        self.reserved += amount;
        self.calls = self.calls.saturating_add(1);
    }

    /// Gives a reservation back and books `cost`.
    pub(super) fn release(&mut self, amount: MicroUsd, cost: MicroUsd) {
        self.reserved = MicroUsd(self.reserved.0.saturating_sub(amount.0));
        self.calls = self.calls.saturating_sub(1);
        self.day += cost;
        self.month += cost;
    }

    pub(super) fn turn(&mut self, turn: Turn) {
        match turn {
            Turn::Same => {}
            Turn::Day => self.day = MicroUsd::ZERO,
            Turn::Month => {
                self.day = MicroUsd::ZERO;
                self.month = MicroUsd::ZERO;
            }
        }
    }

    /// Whether nothing would be lost without it. A `passing` account counts for its open calls
    /// only.
    pub(super) fn is_idle(&self, passing: bool) -> bool {
        self.calls == 0 && (passing || self.month == MicroUsd::ZERO)
    }
}
