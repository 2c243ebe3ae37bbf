//! May this be spent?

use super::super::budgets::{Scope, raise};
use super::super::settings::UnknownPrice;
use super::{Account, Books};
use domain::ledger::{Ask, BudgetTrip, BudgetWindow, Grant, Refused};
use domain::{MicroUsd, UnixMillis};

/// What becomes of an ask.
#[derive(Debug)]
pub(in super::super) enum Verdict {
    /// It may spend so much.
    Grant(Grant),
    /// It may not, and waiting does not help.
    Refuse(Refused),
    /// Calls under way, or asks that came first, are in the way in this scope.
    Wait(Scope),
}

/// One limit as an ask meets it.
struct Cap {
    scope: Scope,
    window: BudgetWindow,
    limit: MicroUsd,
    spent: MicroUsd,
    reserved: MicroUsd,
}

impl Cap {
    /// What is left when all calls under way cost nothing.
    fn left(&self) -> i64 {
        self.limit.0.saturating_sub(self.spent.0)
    }

    /// What is left when all calls under way cost all they may.
    fn room(&self) -> i64 {
        self.left().saturating_sub(self.reserved.0)
    }
}

/// Judges an ask: a new one, or the waiting one with this number.
pub(super) fn of(books: &Books, ask: &Ask, number: Option<u64>) -> Verdict {
    if books.open.contains_key(&ask.call) {
        let detail = format!("call {} is reserved already; give it a new id", ask.call);
        return Verdict::Refuse(Refused::Unavailable { detail });
    }
    let nothing = Verdict::Grant(Grant {
        amount: MicroUsd::ZERO,
    });
    if !ask.priced {
        let allowed = match books.budgets.unknown_price {
            UnknownPrice::Allow => true,
            UnknownPrice::Refuse => caps(books, ask).next().is_none(),
        };
        return if allowed {
            nothing
        } else {
            Verdict::Refuse(unknown_price(ask))
        };
    }
    if ask.most <= MicroUsd::ZERO {
        return nothing;
    }
    let least = least(ask);
    let mut amount = ask.most.0;
    let mut tightest: Option<Cap> = None;
    let mut blocked = None;
    for cap in caps(books, ask) {
        if cap.left() < least && tightest.as_ref().is_none_or(|it| cap.left() < it.left()) {
            tightest = Some(cap);
            continue;
        }
        let behind = books.queues.has_before(&cap.scope, number);
        if blocked.is_none() && (behind || cap.room() < least) {
            blocked = Some(cap.scope.clone());
        }
        amount = amount.min(cap.room());
    }
    match (tightest, blocked) {
        (Some(cap), _) => Verdict::Refuse(over(books, &cap, least)),
        (None, Some(scope)) => Verdict::Wait(scope),
        (None, None) => Verdict::Grant(Grant {
            amount: MicroUsd(amount),
        }),
    }
}

/// The refusal of an ask that waited in vain in the queue of `scope`.
pub(super) fn refusal(books: &Books, ask: &Ask, scope: &Scope) -> Refused {
    let own = caps(books, ask).filter(|cap| cap.scope == *scope);
    match own.min_by_key(Cap::room) {
        Some(cap) => over(books, &cap, least(ask)),
        // The limit was lifted this very moment.
        None => Refused::Unavailable {
            detail: "the budgets have just changed; try again".to_owned(),
        },
    }
}

/// A call that is worth nothing would be a free one.
fn least(ask: &Ask) -> i64 {
    ask.least.0.clamp(1, ask.most.0.max(1))
}

/// All limits that apply to an ask.
fn caps<'a>(books: &'a Books, ask: &'a Ask) -> impl Iterator<Item = Cap> + 'a {
    Scope::of(&ask.payer).flat_map(move |scope| {
        let account = books.accounts.get(&scope).copied().unwrap_or_default();
        let run = match &scope {
            Scope::Run(_) => run_cap(ask, account),
            Scope::Gateway | Scope::Key(_) | Scope::Agent(_) | Scope::Session(_) => None,
        };
        let limits = books.budgets.caps(&scope);
        let windows = limits.iter().map(move |(window, limit)| Cap {
            scope: scope.clone(),
            window,
            limit,
            spent: match window {
                BudgetWindow::Day => account.day,
                BudgetWindow::Month | BudgetWindow::Run => account.month,
            },
            reserved: account.reserved,
        });
        run.into_iter().chain(windows)
    })
}

/// The limit of the run. The caller says what is left of it; what the run spent is known here.
fn run_cap(ask: &Ask, account: Account) -> Option<Cap> {
    let (run, left) = (ask.payer.run.clone()?, ask.run_left?);
    Some(Cap {
        scope: Scope::Run(run),
        window: BudgetWindow::Run,
        limit: left + account.month,
        spent: account.month,
        reserved: account.reserved,
    })
}

fn over(books: &Books, cap: &Cap, least: i64) -> Refused {
    let needed = MicroUsd(least);
    Refused::OverBudget(Box::new(BudgetTrip {
        scope: cap.scope.public(),
        window: cap.window,
        limit: cap.limit,
        spent: cap.spent,
        reserved: cap.reserved,
        needed,
        resets_at: resets_at(books, cap.window),
        raise: raise(
            &cap.scope,
            cap.window,
            cap.limit,
            cap.spent + cap.reserved + needed,
        ),
    }))
}

/// When a window begins anew.
pub(in super::super) fn resets_at(books: &Books, window: BudgetWindow) -> Option<UnixMillis> {
    match window {
        BudgetWindow::Day => Some(books.windows.next_day),
        BudgetWindow::Month => Some(books.windows.next_month),
        BudgetWindow::Run => None,
    }
}

fn unknown_price(ask: &Ask) -> Refused {
    let (provider, model) = (&ask.provider, &ask.model);
    Refused::UnknownPrice {
        model: format!("{provider}/{model}"),
        remedy: "set its price in the settings of its provider, or allow models without a known \
                 price: openclaw config set budgets.unknownPrice allow"
            .to_owned(),
    }
}
