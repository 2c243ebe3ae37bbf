//! What everybody spent and has reserved, in memory.
//!
//! The rule that makes every limit exact: a call's reservation counts in the window of the day it
//! will be settled in, so it goes on counting over midnight until it is settled.

mod account;
mod verdict;

pub(super) use account::Account;
pub(super) use verdict::Verdict;

use super::budgets::{Budgets, Scope};
use super::entry::Reserved;
use super::settings::BudgetsSettings;
use super::waiting::{Queues, Ticket};
use super::windows::{Turn, Windows};
use crate::{CallRow, Spending};
use domain::ledger::{Ask, CallId, Grant, Payer, Refused, Settlement};
use domain::{MicroUsd, UnixMillis};
use std::collections::HashMap;

/// The books. All amounts are of the current day and month.
pub(super) struct Books {
    pub(super) budgets: Budgets,
    pub(super) windows: Windows,
    pub(super) accounts: HashMap<Scope, Account>,
    /// Calls that were granted and not settled yet.
    pub(super) open: HashMap<CallId, Reserved>,
    pub(super) queues: Queues,
}

impl Books {
    /// Books on which nothing was spent.
    pub(super) fn new(settings: BudgetsSettings, now: UnixMillis) -> Self {
        Self {
            budgets: Budgets::new(settings),
            windows: Windows::at(now),
            accounts: HashMap::new(),
            open: HashMap::new(),
            queues: Queues::default(),
        }
    }

    /// Adds what was spent this month and, of that, today.
    pub(super) fn add_spending(&mut self, spent: Spending) {
        let payer = Payer {
            key: spent.key,
            agent: spent.agent,
            session: spent.session,
            run: None,
        };
        for scope in Scope::of(&payer) {
            let account = self.accounts.entry(scope).or_default();
            account.month += spent.since;
            account.day += spent.recent;
        }
    }

    /// Adds a call that ended before these books were opened.
    pub(super) fn add_row(&mut self, row: &CallRow) {
        let cost = row.cost.unwrap_or_default().max(MicroUsd::ZERO);
        let within = |start: UnixMillis| {
            if row.at >= start {
                cost
            } else {
                MicroUsd::ZERO
            }
        };
        self.add_spending(Spending {
            agent: row.agent.clone(),
            session: row.session.clone(),
            key: row.key.clone(),
            since: within(self.windows.month),
            recent: within(self.windows.day),
        });
    }

    /// Grants, refuses, or names the scope in which the ask has to wait.
    pub(super) fn reserve(&mut self, now: UnixMillis, ask: &Ask) -> Verdict {
        self.go_on(now);
        let verdict = verdict::of(self, ask, None);
        if let Verdict::Grant(grant) = &verdict {
            self.enter(now, ask, *grant);
        }
        verdict
    }

    /// Puts a granted call on the books.
    fn enter(&mut self, now: UnixMillis, ask: &Ask, grant: Grant) {
        for scope in Scope::of(&ask.payer) {
            self.accounts
                .entry(scope)
                .or_default()
                .reserve(grant.amount);
        }
        self.open
            .insert(ask.call.clone(), Reserved::new(ask, grant, now));
    }

    /// Takes a granted call off the books as if it had never been asked for.
    pub(super) fn withdraw(&mut self, now: UnixMillis, call: &CallId) {
        if let Some(reserved) = self.open.remove(call) {
            self.release(now, &reserved, MicroUsd::ZERO);
        }
    }

    /// Books what a call cost; `None` when it is not open: never reserved, or settled before.
    pub(super) fn settle(&mut self, now: UnixMillis, settlement: Settlement) -> Option<CallRow> {
        self.go_on(now);
        let reserved = self.open.remove(&settlement.call)?;
        let row = reserved.settled(now.max(self.windows.day), settlement);
        self.release(now, &reserved, row.cost.unwrap_or_default());
        Some(row)
    }

    fn release(&mut self, now: UnixMillis, reserved: &Reserved, cost: MicroUsd) {
        let payer = reserved.payer();
        for scope in Scope::of(&payer) {
            if let Some(account) = self.accounts.get_mut(&scope) {
                account.release(reserved.amount, cost);
            }
        }
        for scope in Scope::of(&payer) {
            self.serve(now, &scope);
        }
    }

    /// Lets an ask wait in the queue of `scope`.
    pub(super) fn wait(&mut self, ask: Ask, scope: Scope) -> Ticket {
        self.queues.push(ask, scope)
    }

    /// Ends a wait: the final word on an ask that still waits, nothing when it was answered
    /// already.
    pub(super) fn leave(&mut self, now: UnixMillis, number: u64) -> Option<Result<Grant, Refused>> {
        self.go_on(now);
        let (scope, waiter) = self.queues.remove(number)?;
        // At the end of its patience it need not stand back for those who came first.
        let answer = match verdict::of(self, &waiter.ask, Some(0)) {
            Verdict::Grant(grant) => {
                self.enter(now, &waiter.ask, grant);
                Ok(grant)
            }
            Verdict::Refuse(refused) => Err(refused),
            Verdict::Wait(scope) => Err(verdict::refusal(self, &waiter.ask, &scope)),
        };
        // Those behind it may need less.
        self.serve(now, &scope);
        Some(answer)
    }

    /// Takes back whatever became of an ask whose caller went away.
    pub(super) fn abandon(&mut self, now: UnixMillis, number: u64, call: &CallId) {
        match self.queues.remove(number) {
            Some((scope, _waiter)) => self.serve(now, &scope),
            None => self.withdraw(now, call),
        }
    }

    /// Answers those at the head of a queue, as many as there is room for.
    fn serve(&mut self, now: UnixMillis, scope: &Scope) {
        while let Some((number, waiter)) = self.queues.first(scope) {
            let verdict = verdict::of(self, &waiter.ask, Some(number));
            if matches!(&verdict, Verdict::Wait(still) if still == scope) {
                return;
            }
            let Some((_, waiter)) = self.queues.remove(number) else {
                return;
            };
            match verdict {
                Verdict::Grant(grant) => {
                    self.enter(now, &waiter.ask, grant);
                    if waiter.answer.send(Ok(grant)).is_err() {
                        // Nobody listens any more, so nobody will settle it.
                        self.forget(&waiter.ask.call);
                    }
                }
                // Who is gone needs no answer.
                Verdict::Refuse(refused) => drop(waiter.answer.send(Err(refused))),
                Verdict::Wait(other) => self.queues.put_back(number, waiter, other),
            }
        }
    }

    /// Takes a call off the books without serving anybody; for use while serving.
    fn forget(&mut self, call: &CallId) {
        if let Some(reserved) = self.open.remove(call) {
            for scope in Scope::of(&reserved.payer()) {
                if let Some(account) = self.accounts.get_mut(&scope) {
                    account.release(reserved.amount, MicroUsd::ZERO);
                }
            }
        }
    }

    /// Puts other limits in force and answers those for whom they make room.
    pub(super) fn set_budgets(&mut self, now: UnixMillis, settings: BudgetsSettings) {
        self.budgets = Budgets::new(settings);
        self.go_on(now);
        self.serve_all(now);
    }

    /// Goes on to the day and month of `now`.
    pub(super) fn go_on(&mut self, now: UnixMillis) {
        let turn = self.windows.go_on(now);
        if turn == Turn::Same {
            return;
        }
        for account in self.accounts.values_mut() {
            account.turn(turn);
        }
        self.accounts
            .retain(|scope, account| !account.is_idle(matches!(scope, Scope::Run(_))));
        self.serve_all(now);
    }

    fn serve_all(&mut self, now: UnixMillis) {
        for scope in self.queues.scopes() {
            self.serve(now, &scope);
        }
    }
}

#[cfg(test)]
mod tests;
