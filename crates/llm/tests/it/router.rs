//! Several candidates: who is called, what is shown, what it costs.

mod choice;
mod embed;
mod failover;
mod health;
mod money;
mod time;

use crate::fake::{Connection, Fake};
use async_trait::async_trait;
use domain::ledger::{
    Ask, BudgetScope, BudgetTrip, BudgetWindow, CallOutcome, Grant, Purse, Refused, Settlement,
};
use domain::{Clock, MicroUsd, ModelId, ProviderId, UnixMillis};
use llm::provider::{ProviderConfig, Timeouts};
use llm::{
    Answering, CallFailed, Collected, Collector, Error, ModelCall, ModelInfo, ModelRequest, Models,
    Plan, Price, Router, RouterConfig, Wish,
};
use secrecy::SecretString;
use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A dollar per million prompt tokens, four per million answer tokens.
pub(crate) const PRICE: Price = Price {
    input: 1_000_000,
    output: 4_000_000,
    cache_read: 100_000,
    cache_write: 1_250_000,
};

/// Remembers what was asked and settled.
#[derive(Default)]
pub(crate) struct Books {
    asks: Mutex<Vec<Ask>>,
    settled: Mutex<Vec<Settlement>>,
    /// Grants no more than this; refuses what needs more.
    cap: Option<i64>,
}

impl Books {
    pub(crate) fn capped(cap: i64) -> Self {
        Self {
            cap: Some(cap),
            ..Self::default()
        }
    }

    pub(crate) fn asks(&self) -> Vec<Ask> {
        self.asks.lock().unwrap().clone()
    }

    /// What was settled, in order. Every call that was granted is in it exactly once.
    pub(crate) fn settled(&self) -> Vec<Settlement> {
        let settled = self.settled.lock().unwrap().clone();
        let mut count: HashMap<String, i32> = HashMap::new();
        let granted = |ask: &&Ask| self.cap.is_none_or(|cap| ask.priced && ask.least.0 <= cap);
        for ask in self.asks().iter().filter(granted) {
            *count.entry(ask.call.to_string()).or_default() += 1;
        }
        for settlement in &settled {
            *count.entry(settlement.call.to_string()).or_default() -= 1;
        }
        assert!(count.values().all(|open| *open == 0), "{count:?}");
        settled
    }
}

#[async_trait]
impl Purse for Books {
    async fn reserve(&self, ask: Ask) -> Result<Grant, Refused> {
        self.asks.lock().unwrap().push(ask.clone());
        let Some(cap) = self.cap else {
            return Ok(Grant { amount: ask.most });
        };
        if !ask.priced {
            return Err(Refused::UnknownPrice {
                model: ask.model.to_string(),
                remedy: "name its price".to_owned(),
            });
        }
        if ask.least.0 > cap {
            return Err(Refused::OverBudget(Box::new(BudgetTrip {
                scope: BudgetScope::Gateway,
                window: BudgetWindow::Day,
                limit: MicroUsd(cap),
                spent: MicroUsd::ZERO,
                reserved: MicroUsd::ZERO,
                needed: ask.least,
                resets_at: None,
                raise: "openclaw config set budgets.daily 10".to_owned(),
            })));
        }
        Ok(Grant {
            amount: ask.most.min(MicroUsd(cap)),
        })
    }

    fn settle(&self, settlement: Settlement) {
        self.settled.lock().unwrap().push(settlement);
    }
}

/// A clock that a test sets.
pub(crate) struct Hand(AtomicI64);

impl Hand {
    pub(crate) fn pass(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

/// A router over fakes, with its books and its clock.
pub(crate) struct House {
    pub(crate) router: Router,
    pub(crate) books: Arc<Books>,
    pub(crate) clock: Arc<Hand>,
}

pub(crate) fn row(provider: &str, model: &str, price: Option<Price>) -> ModelInfo {
    ModelInfo {
        provider: ProviderId::new(provider),
        model: ModelId::new(model),
        name: model.to_owned(),
        context_window: None,
        max_output: None,
        images: false,
        media: llm::MediaKinds::default(),
        tools: true,
        reasoning: false,
        price,
        best_for: None,
    }
}

/// A provider with one model `m` and one key.
pub(crate) fn at(id: &str, port: u16) -> ProviderConfig {
    ProviderConfig {
        keys: vec![SecretString::from(format!("sk-{id}"))],
        timeouts: Timeouts {
            connect: Duration::from_millis(600),
            first_byte: Duration::from_millis(600),
            idle: Duration::from_millis(600),
        },
        models: vec![row(id, "m", Some(PRICE))],
        ..ProviderConfig::new(id, &format!("http://127.0.0.1:{port}/v1"))
    }
}

impl House {
    pub(crate) fn new(providers: Vec<ProviderConfig>) -> Self {
        Self::with(providers, Books::default())
    }

    pub(crate) fn with(providers: Vec<ProviderConfig>, books: Books) -> Self {
        let books = Arc::new(books);
        let clock = Arc::new(Hand(AtomicI64::new(1_000_000)));
        let config = RouterConfig {
            providers,
            ..RouterConfig::default()
        };
        let (router, problems) = Router::with(config, books.clone(), clock.clone());
        assert_eq!(problems, Vec::<String>::new());
        Self {
            router,
            books,
            clock,
        }
    }

    pub(crate) fn plan(&self, names: &[&str]) -> Plan {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let wish = Wish {
            names: &names,
            routing: None,
        };
        self.router.plan(&wish, &hello()).unwrap()
    }

    pub(crate) fn call(&self, names: &[&str]) -> ModelCall {
        ModelCall::new(hello(), self.plan(names))
    }

    pub(crate) async fn stream(&self, call: ModelCall) -> Result<Answering, CallFailed> {
        self.router.stream(call, &CancellationToken::new()).await
    }

    /// Calls and reads to the end.
    pub(crate) async fn ask(&self, names: &[&str]) -> Result<Read, CallFailed> {
        Ok(read(self.stream(self.call(names)).await?).await)
    }
}

pub(crate) fn hello() -> ModelRequest {
    ModelRequest {
        messages: vec![domain::Message::user("hello")],
        stream: true,
        ..ModelRequest::default()
    }
}

/// An answer that was read to its end.
pub(crate) struct Read {
    pub(crate) said: Collected,
    pub(crate) error: Option<Error>,
    pub(crate) answering: Answering,
}

pub(crate) async fn read(mut answering: Answering) -> Read {
    let mut collector = Collector::new();
    let mut error = None;
    while let Some(event) = answering.next().await {
        match event {
            Ok(event) => collector.add(&event),
            Err(why) => error = Some(why),
        }
    }
    Read {
        said: collector.finish(),
        error,
        answering,
    }
}

/// A fake that plays `script` for every request.
pub(crate) async fn plays<F, A>(script: F) -> Fake
where
    F: Fn(Connection, crate::fake::Received) -> A + Send + Sync + 'static,
    A: Future<Output = Connection> + Send + 'static,
{
    let script = Arc::new(script);
    Fake::start(move |mut connection, _| {
        let script = Arc::clone(&script);
        async move {
            while let Some(request) = connection.request().await {
                connection = script(connection, request).await;
            }
        }
    })
    .await
}

/// A fake that answers `text` and reports ten prompt and five answer tokens.
pub(crate) async fn says(text: &'static str) -> Fake {
    plays(move |mut connection, _| async move {
        answer(&mut connection, text).await;
        connection
    })
    .await
}

pub(crate) async fn answer(connection: &mut Connection, text: &str) {
    connection.begin_stream().await;
    connection.say(text).await;
    connection.chunk(crate::fake::STOP).await;
    connection.chunk(&usage(10, 5)).await;
    connection.chunk("data: [DONE]\n\n").await;
    connection.write("0\r\n\r\n").await;
}

/// The event that says what was used.
pub(crate) fn usage(input: u32, output: u32) -> String {
    format!(
        "data: {{\"id\":\"c-1\",\"choices\":[],\"usage\":{{\"prompt_tokens\":{input},\
         \"completion_tokens\":{output}}}}}\n\n"
    )
}

/// A fake that refuses everything.
pub(crate) async fn refuses(status: &'static str, headers: &'static str) -> Fake {
    plays(move |mut connection, _| async move {
        let body = r#"{"error":{"message":"not now"}}"#;
        connection.whole(status, headers, body).await;
        connection
    })
    .await
}

pub(crate) fn outcomes(settled: &[Settlement]) -> Vec<CallOutcome> {
    settled
        .iter()
        .map(|settlement| settlement.outcome)
        .collect()
}
