//! Every fault of a provider, over every wire, in every place: the client gets a whole answer or
//! one typed error in bounded time, the receipt tells every call, and the money is right.

mod rests;
mod table;

use crate::site::{Site, say_with};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};
use table::{Case, Due, Place};
use testkit::fake_model::{GREETING, Wire};
use testkit::{EventStream, FakeModel, Home};

const CHAT: &str = "/v1/chat/completions";

/// The longest any of these requests may take.
const BOUND: Duration = Duration::from_secs(8);

/// How soon the next candidate must have begun to speak when the first one is at its limit.
const NEXT_BEGINS: Duration = Duration::from_secs(1);

/// What the client heard.
#[derive(Default)]
struct Heard {
    /// 200 also for a stream that ended with an error.
    status: u16,
    text: String,
    /// The error objects.
    errors: Vec<Value>,
    retry_after: Option<String>,
    /// From the request to the first word.
    began: Option<Duration>,
}

/// What a case came to on the side of the provider.
struct Billed {
    cost: i64,
    /// The part of it that nobody was told.
    untold: i64,
}

async fn ask(site: &Site, case: &Case) -> Heard {
    let begun = Instant::now();
    let fields = json!({ "model": case.model(), "stream": case.streamed });
    let body = say_with(&case.text(), &fields);
    if case.streamed {
        let stream = site.caller().stream(CHAT, &body).await.unwrap();
        return read(stream, begun).await;
    }
    let answer = site.caller().post_json(CHAT, &body).await.unwrap();
    let mut heard = Heard {
        status: answer.status.as_u16(),
        retry_after: answer.header("retry-after").map(ToOwned::to_owned),
        ..Heard::default()
    };
    let body = answer.json().unwrap();
    if let Some(text) = body["choices"][0]["message"]["content"].as_str() {
        text.clone_into(&mut heard.text);
    }
    heard.errors.extend(body.get("error").cloned());
    heard
}

async fn read(mut stream: EventStream, begun: Instant) -> Heard {
    let mut heard = Heard {
        status: stream.status.as_u16(),
        retry_after: stream.header("retry-after").map(ToOwned::to_owned),
        ..Heard::default()
    };
    if heard.status != 200 {
        let body: Value = serde_json::from_str(&stream.rest().await.unwrap()).unwrap();
        heard.errors.extend(body.get("error").cloned());
        return heard;
    }
    let mut done = false;
    while let Some(event) = stream.next().await.unwrap() {
        assert!(!done, "nothing comes after the end: {event}");
        if event == "[DONE]" {
            done = true;
            continue;
        }
        assert!(heard.errors.is_empty(), "an error is the last: {event}");
        let event: Value = serde_json::from_str(&event).unwrap();
        heard.errors.extend(event.get("error").cloned());
        if let Some(piece) = event["choices"][0]["delta"]["content"].as_str()
            && !piece.is_empty()
        {
            heard.began.get_or_insert_with(|| begun.elapsed());
            heard.text.push_str(piece);
        }
    }
    assert!(done, "a stream ends with [DONE]");
    heard
}

/// Compares what was heard with what was due.
fn check_heard(case: &Case, due: &Due, heard: &Heard) {
    let name = case.name();
    let (status, code) = due.heard;
    if status == 200 {
        let text = if due.words { GREETING } else { "" };
        let errors: [Value; 0] = [];
        assert_eq!((heard.status, heard.text.as_str()), (200, text), "{name}");
        assert_eq!(heard.errors, errors, "{name}");
        if case.is_limited_first() && case.streamed {
            assert!(
                heard.began.is_some_and(|began| began <= NEXT_BEGINS),
                "{name}"
            );
        }
        return;
    }
    assert_eq!(heard.errors.len(), 1, "{name}: {:?}", heard.errors);
    let error = &heard.errors[0];
    assert_eq!(error["code"], code, "{name}: {error}");
    let words = error["message"].as_str().unwrap();
    assert!(!words.is_empty() && !words.contains("limited-30"), "{name}");
    // A run is accepted before its model is called, and words cannot be taken back.
    let begun = case.streamed && (due.words || case.place != Place::Direct);
    assert_eq!(heard.status, if begun { 200 } else { status }, "{name}");
    if !begun && case.wait().is_some() {
        assert_eq!(heard.retry_after.as_deref(), case.wait(), "{name}");
    }
    let half = case.streamed && due.words;
    assert_eq!(!heard.text.is_empty(), half, "{name}: {}", heard.text);
    assert!(GREETING.starts_with(&heard.text), "{name}: {}", heard.text);
}

fn micros(usd: &Value) -> i64 {
    usd.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// Compares the receipt with the calls and the bill that were due.
async fn check_receipt(site: &Site, case: &Case, calls: &[Value], due: &Due, billed: &Billed) {
    let name = case.name();
    let told: Vec<(String, String)> = calls
        .iter()
        .map(|call| {
            let text = |field: &str| call[field].as_str().unwrap().to_owned();
            (text("credential"), text("outcome"))
        })
        .collect();
    assert_eq!(told, due.calls, "{name}");
    for (number, call) in (1_u64..).zip(calls) {
        assert_eq!(call["attempt"], number, "{name}");
        assert_eq!(call.get("error").is_none(), call["outcome"] == "answered");
    }
    let id = if case.place == Place::Direct {
        &calls.last().unwrap()["callId"]
    } else {
        &calls[0]["runId"]
    };
    let asked = json!({ "id": id });
    let explained = site.caller().rpc("usage.explain", &asked).await.unwrap();
    let shown = explained["calls"].as_array().unwrap();
    let known = if case.place == Place::Direct {
        &calls[calls.len() - 1..]
    } else {
        calls
    };
    assert_eq!(shown, known, "{name}");
    let spent: i64 = calls.iter().map(|call| micros(&call["costUsd"])).sum();
    let estimated = calls.iter().any(|call| call["estimated"] == true);
    if billed.untold == 0 && !estimated {
        assert_eq!(spent, billed.cost, "{name}");
    } else {
        assert!(spent >= billed.cost, "{name}: {spent} < {}", billed.cost);
    }
}

/// Every call there was, by the case its provider belongs to.
async fn calls_by_case(site: &Site) -> HashMap<String, Vec<Value>> {
    let all = json!({ "limit": 5000 });
    let reply = site.caller().rpc("usage.calls", &all).await.unwrap();
    let mut by_case: HashMap<String, Vec<Value>> = HashMap::new();
    for call in reply["calls"].as_array().unwrap() {
        let provider = call["model"].as_str().unwrap().split('/').next().unwrap();
        let case = provider.trim_end_matches(char::is_alphabetic).to_owned();
        by_case.entry(case).or_default().push(call.clone());
    }
    by_case
}

/// A home in memory where the system has such a place: times are compared here, and a disk that
/// others keep busy is not what is measured.
fn home() -> Home {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        return Home::empty_in(memory).unwrap();
    }
    Home::empty().unwrap()
}

async fn every_fault_on(wire: Wire) {
    let model = FakeModel::start().await.unwrap();
    let home = home();
    let cases = table::cases();
    let settings = table::settings(&model, wire, &cases);
    home.write_config(&settings).unwrap();
    let site = Site::on(model, home).await;
    let mut bills = Vec::new();
    for case in &cases {
        let (cost, untold) = (site.model.bill(), site.model.unreported());
        let begun = Instant::now();
        let heard = ask(&site, case).await;
        let took = begun.elapsed();
        assert!(took < BOUND, "{} took {took:?}", case.name());
        check_heard(case, &case.due(), &heard);
        bills.push(Billed {
            cost: site.model.bill() - cost,
            untold: site.model.unreported() - untold,
        });
    }
    let status = site.caller().rpc("usage.status", &json!({})).await.unwrap();
    for budget in status["budgets"].as_array().unwrap() {
        assert_eq!(budget["reservedUsd"], "0.000000", "{budget}");
    }
    let calls = calls_by_case(&site).await;
    for (case, billed) in cases.iter().zip(&bills) {
        check_receipt(
            &site,
            case,
            calls.get(&case.id).map_or(&[], Vec::as_slice),
            &case.due(),
            billed,
        )
        .await;
    }
    site.stop().await;
}

#[tokio::test]
async fn every_fault_over_openai_chat() {
    every_fault_on(Wire::Chat).await;
}

#[tokio::test]
async fn every_fault_over_openai_responses() {
    every_fault_on(Wire::Responses).await;
}

#[tokio::test]
async fn every_fault_over_anthropic_messages() {
    every_fault_on(Wire::Messages).await;
}

#[tokio::test]
async fn every_fault_over_gemini() {
    every_fault_on(Wire::Gemini).await;
}

#[tokio::test]
async fn every_fault_over_ollama() {
    every_fault_on(Wire::Ollama).await;
}
