//! A ledger on a SQLite store in a temporary directory.

use crate::backend::Sqlite;
use domain::ledger::{Ask, CallId, CallNote, CallOutcome, Payer, Purse, Settlement};
use domain::{
    AgentId, Clock, MicroUsd, ModelId, ProviderId, SessionKey, TokenCount, UnixMillis, Usage,
};
use state::conformance::{Backend, SteppedClock};
use state::ledger::{BudgetsSettings, Ledger};
use state::{CallRow, State};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// One US dollar.
pub(crate) const DOLLAR: i64 = 1_000_000;

/// An open ledger and its store.
pub(crate) struct Rig {
    pub(crate) state: State,
    pub(crate) ledger: Arc<Ledger>,
}

impl Rig {
    /// Opens what `backend` holds.
    pub(crate) async fn open(backend: &Sqlite, budgets: serde_json::Value) -> Self {
        let state = backend.open().await;
        Self::on(state, backend.dir.path(), backend.config().clock, budgets).await
    }

    /// Opens the ledger of a store.
    pub(crate) async fn on(
        state: State,
        dir: &Path,
        clock: Arc<dyn Clock>,
        budgets: serde_json::Value,
    ) -> Self {
        let ledger = Ledger::open(&state, dir, clock, settings(budgets)).await;
        let ledger = Arc::new(ledger.unwrap());
        Self { state, ledger }
    }

    /// Closes both, as the gateway does.
    pub(crate) async fn close(self) {
        self.ledger.close().await;
        self.state.health.close().await.unwrap();
    }

    /// Stops as if the process had died: nothing is flushed, but the store lets go of its files.
    pub(crate) async fn die(self) {
        drop(self.ledger);
        self.state.health.close().await.unwrap();
    }

    /// All calls in the database.
    pub(crate) async fn rows(&self) -> Vec<CallRow> {
        self.ledger.flush().await;
        let all = (UnixMillis(0), UnixMillis(i64::MAX));
        let page = self.state.metering.page(all.0, all.1, None, 1 << 20).await;
        page.unwrap()
            .into_iter()
            .map(|(_number, row)| row)
            .collect()
    }

    /// What they cost together.
    pub(crate) async fn cost(&self) -> i64 {
        let rows = self.rows().await;
        rows.iter().map(|row| row.cost.unwrap_or_default().0).sum()
    }

    /// Reserves the whole of `most` and returns the call.
    pub(crate) async fn reserved(&self, most: i64) -> CallId {
        let ask = ask(most);
        let call = ask.call.clone();
        let grant = self.ledger.reserve(ask).await.unwrap();
        assert_eq!(grant.amount, MicroUsd(most));
        call
    }
}

pub(crate) fn settings(budgets: serde_json::Value) -> BudgetsSettings {
    serde_json::from_value(budgets).unwrap()
}

/// The wish of an agent to spend all of `most`, without waiting.
pub(crate) fn ask(most: i64) -> Ask {
    Ask {
        call: CallId::generate(),
        payer: Payer {
            agent: Some(AgentId::new("main")),
            session: Some(SessionKey::new("agent:main:a")),
            ..Payer::default()
        },
        provider: ProviderId::new("openai"),
        model: ModelId::new("gpt-5.4"),
        least: MicroUsd(most),
        most: MicroUsd(most),
        run_left: None,
        priced: true,
        wait: Duration::ZERO,
    }
}

/// An answer that cost `cost`.
pub(crate) fn settlement(call: &CallId, cost: i64) -> Settlement {
    Settlement {
        call: call.clone(),
        usage: Usage {
            input: Some(TokenCount(10)),
            ..Usage::default()
        },
        cost: Some(MicroUsd(cost)),
        estimated: false,
        outcome: CallOutcome::Answered,
        duration_ms: 5,
        note: CallNote::default(),
    }
}

/// Moves the clock of a backend to the same time of another day.
pub(crate) fn days(clock: &SteppedClock, count: u64) {
    clock.advance(Duration::from_hours(24 * count));
}
