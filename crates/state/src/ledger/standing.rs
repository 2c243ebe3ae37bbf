//! How the limits stand.

use super::books::{Account, Books};
use super::budgets::{Scope, raise};
use domain::ledger::{BudgetScope, BudgetWindow};
use domain::{MicroUsd, UnixMillis};
use std::collections::HashSet;

/// One limit and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What it is for.
    pub scope: BudgetScope,
    /// Over which time.
    pub window: BudgetWindow,
    /// How much there is.
    pub limit: MicroUsd,
    /// How much is spent.
    pub spent: MicroUsd,
    /// How much calls under way may still spend.
    pub reserved: MicroUsd,
    /// When the window begins anew.
    pub resets_at: UnixMillis,
    /// The command that raises the limit.
    pub raise: String,
}

/// Every limit there is on scopes that were configured or used.
pub(super) fn of(books: &Books) -> Vec<Standing> {
    let mut scopes: HashSet<Scope> = books.accounts.keys().cloned().collect();
    scopes.extend(books.budgets.named());
    scopes.insert(Scope::Gateway);
    let mut all: Vec<_> = scopes
        .iter()
        .flat_map(|scope| of_scope(books, scope))
        .collect();
    all.sort_by_cached_key(|(rank, it)| {
        let spent = std::cmp::Reverse(it.spent);
        (*rank, spent, it.raise.clone(), it.resets_at)
    });
    all.into_iter().map(|(_rank, standing)| standing).collect()
}

fn of_scope(books: &Books, scope: &Scope) -> Vec<(u8, Standing)> {
    let account = books.accounts.get(scope).copied().unwrap_or_default();
    let limits = books.budgets.caps(scope).iter();
    limits
        .map(|(window, limit)| (rank(scope), one(books, scope, account, (window, limit))))
        .collect()
}

fn one(
    books: &Books,
    scope: &Scope,
    account: Account,
    (window, limit): (BudgetWindow, MicroUsd),
) -> Standing {
    let (spent, resets_at) = match window {
        BudgetWindow::Day => (account.day, books.windows.next_day),
        BudgetWindow::Month | BudgetWindow::Run => (account.month, books.windows.next_month),
    };
    Standing {
        scope: scope.public(),
        window,
        limit,
        spent,
        reserved: account.reserved,
        resets_at,
        raise: raise(scope, window, limit, spent + account.reserved),
    }
}

fn rank(scope: &Scope) -> u8 {
    match scope {
        Scope::Gateway => 0,
        Scope::Agent(_) => 1,
        Scope::Key(_) => 2,
        Scope::Session(_) => 3,
        Scope::Run(_) => 4,
    }
}
