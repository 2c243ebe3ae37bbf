//! `kill -9` in the middle of calls that cost money, again and again: no spend is lost, no
//! reservation stays behind, and the bill never passes the budget (DEC-17).

use super::BINARY;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::fake_model::Price;
use testkit::{Caller, FakeModel, GatewayProcess, Home, Launch};
use tokio::task::JoinSet;

const CHAT: &str = "/v1/chat/completions";
const CYCLES: u64 = 12;
/// Clients that ask at the same time.
const CLIENTS: u64 = 9;
/// Between these moments death comes.
const DEATH_MS: std::ops::Range<u64> = 60..260;
/// Micro-dollars, the budget of the day.
const BUDGET: i64 = 1_000_000;
/// Dear answers; nothing is cheaper in a cache.
const PRICE: Price = Price {
    input: 100_000,
    output: 20_000_000,
    cache_read: 100_000,
    cache_write: 100_000,
};

#[tokio::test(flavor = "multi_thread")]
async fn no_spend_is_lost_and_no_reservation_stays() {
    let model = FakeModel::start().await.unwrap();
    model.set_price("fake-1", PRICE);
    let home = Home::empty().unwrap();
    home.write_config(&settings(&model.base_url())).unwrap();
    let launch = Launch::with_binary(&home, BINARY).unwrap();
    let mut gateway = launch.start().await.unwrap();
    // A small generator of its own: which moments are tried must not depend on a library's version.
    let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(std::process::id());
    let mut answered = HashSet::new();
    let mut cut = 0;
    for cycle in 0..CYCLES {
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = load(&gateway, cycle, &stop);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let moment = DEATH_MS.start + random % (DEATH_MS.end - DEATH_MS.start);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        gateway.kill9().await.unwrap();
        stop.store(true, Ordering::Relaxed);
        while let Some(client) = clients.join_next().await {
            let client = client.unwrap();
            answered.extend(client.answered);
            cut += client.cut;
        }
        gateway.restart().await.unwrap();
        // What was on its way when the gateway died still goes on the bill.
        quiet(&model).await;
        let books = Books::read(&gateway).await;
        books.verify(&model, &answered, cycle);
    }
    assert!(
        answered.len() > 100,
        "{} answers are no load",
        answered.len()
    );
    assert!(cut > 0, "no call was interrupted");
    spend_the_rest(&gateway).await;
    quiet(&model).await;
    let books = Books::read(&gateway).await;
    books.verify(&model, &answered, CYCLES);
    let estimated = books.total["estimatedCalls"].as_u64().unwrap();
    assert!(estimated > 0, "{}", books.total);
    assert!(
        micros(&books.total["costUsd"]) > BUDGET * 9 / 10,
        "the budget was never near: {}",
        books.total
    );
    gateway.stop().await.unwrap();
}

fn settings(base_url: &str) -> Value {
    let mut settings = Home::settings(base_url);
    let entry = &mut settings["models"]["providers"]["fake"]["models"][0];
    entry["cost"] = json!({ "input": 0.1, "output": 20 });
    entry["maxTokens"] = json!(64);
    settings["budgets"] = json!({ "daily": 1 });
    settings
}

/// What a client saw.
#[derive(Default)]
struct Client {
    /// The ids of calls and runs that were answered to the end.
    answered: HashSet<String>,
    /// Calls that were not.
    cut: u64,
}

fn load(gateway: &GatewayProcess, cycle: u64, stop: &Arc<AtomicBool>) -> JoinSet<Client> {
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let caller = gateway.caller().unwrap();
        let session = format!("money-{cycle}-{number}");
        let caller = caller.header("x-openclaw-session-key", &session).unwrap();
        let stop = Arc::clone(stop);
        clients.spawn(async move {
            let mut seen = Client::default();
            while !stop.load(Ordering::Relaxed) {
                let id = match number % 3 {
                    0 => whole(&caller, "fake/fake-1", "x-openclaw-call-id").await,
                    1 => streamed(&caller).await,
                    _ => whole(&caller, "openclaw", "x-openclaw-run-id").await,
                };
                if let Some(id) = id {
                    seen.answered.insert(id);
                } else {
                    seen.cut += 1;
                    // Dead, or the budget is gone: look again in a moment.
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
            seen
        });
    }
    clients
}

fn body(model: &str, text: &str) -> Value {
    json!({ "model": model, "max_tokens": 48, "messages": [{ "role": "user", "content": text }] })
}

async fn whole(caller: &Caller, model: &str, id: &str) -> Option<String> {
    let answer = caller.post_json(CHAT, &body(model, "SLOW:2")).await.ok()?;
    (answer.status == 200).then(|| answer.header(id).unwrap().to_owned())
}

async fn streamed(caller: &Caller) -> Option<String> {
    let mut body = body("fake/fake-1", "USAGEEACH\nSLOW:3");
    body["stream"] = true.into();
    let stream = caller.stream(CHAT, &body).await.ok()?;
    let id = stream.header("x-openclaw-call-id")?.to_owned();
    let told = stream.rest().await.ok()?;
    told.contains("[DONE]").then_some(id)
}

/// Asks until the budget refuses.
async fn spend_the_rest(gateway: &GatewayProcess) {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let caller = gateway.caller().unwrap();
        clients.spawn(async move {
            let body = body("fake/fake-1", "BIG:40");
            loop {
                let answer = caller.post_json(CHAT, &body).await.unwrap();
                if answer.status != 200 {
                    return answer;
                }
            }
        });
    }
    while let Some(refused) = clients.join_next().await {
        let refused = refused.unwrap();
        assert_eq!(refused.status, 402, "{}", refused.text());
        assert!(
            refused.text().contains("budgets.daily"),
            "{}",
            refused.text()
        );
    }
}

async fn quiet(model: &FakeModel) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while model.open_calls() > 0 {
        assert!(Instant::now() < deadline, "calls are still open");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What the gateway says was spent.
struct Books {
    total: Value,
    reserved: Value,
    calls: Vec<Value>,
}

impl Books {
    async fn read(gateway: &GatewayProcess) -> Self {
        let caller = gateway.caller().unwrap();
        let status = caller.rpc("usage.status", &json!({})).await.unwrap();
        let report = caller.rpc("usage.report", &json!({})).await.unwrap();
        let mut calls = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let asked = json!({ "cursor": cursor, "limit": 5_000 });
            let page = caller.rpc("usage.calls", &asked).await.unwrap();
            calls.extend(page["calls"].as_array().unwrap().iter().cloned());
            cursor = page["nextCursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        Self {
            total: report["total"].clone(),
            reserved: status["budgets"][0]["reservedUsd"].clone(),
            calls,
        }
    }

    fn verify(&self, model: &FakeModel, answered: &HashSet<String>, cycle: u64) {
        assert_eq!(
            self.reserved, "0.000000",
            "cycle {cycle}: a reservation stayed"
        );
        let booked = micros(&self.total["costUsd"]);
        let bill = model.bill();
        assert!(
            bill <= booked && booked <= BUDGET,
            "cycle {cycle}: the bill is {bill}, booked are {booked}"
        );
        let mut by_id: HashMap<&str, &Value> = HashMap::new();
        for call in &self.calls {
            for id in [&call["callId"], &call["runId"]] {
                by_id.extend(id.as_str().map(|id| (id, call)));
            }
            // What was interrupted is booked at all that was reserved for it, and says so.
            if call["estimated"] == true {
                assert_eq!(call["costUsd"], call["reservedUsd"], "{call}");
            }
        }
        for id in answered {
            let call = by_id.get(id.as_str());
            let call = call.unwrap_or_else(|| panic!("cycle {cycle}: {id} is not booked"));
            assert_eq!(
                (&call["outcome"], &call["estimated"]),
                (&json!("answered"), &json!(false)),
                "cycle {cycle}: {call}"
            );
        }
    }
}

fn micros(dollars: &Value) -> i64 {
    let (whole, fraction) = dollars.as_str().unwrap().split_once('.').unwrap();
    format!("{whole}{fraction}").parse().unwrap()
}
