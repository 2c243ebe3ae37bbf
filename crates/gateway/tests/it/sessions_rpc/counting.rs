//! `sessions.usage`: what is counted, and on which day.

use crate::chat_rpc::{ended, send_in};
use crate::site::Site;
use crate::ws::client::Client;
use domain::ledger::{CallId, CallNote, CallOutcome};
use domain::record::AssistantMessage;
use domain::{
    AgentId, Clock as _, Message, MicroUsd, ModelId, ProviderId, Record, SessionEntry, SessionKey,
    TokenCount, UnixMillis, Usage,
};
use serde_json::{Value, json};
use state::conformance::{SteppedClock, turn};
use state::sqlite::SqliteConfig;
use state::{CallRow, GatewayLock, LockInfo, State};
use std::sync::Arc;
use std::time::Duration;
use testkit::{FakeModel, Home};

/// Says something in a session and waits for the end.
async fn say(client: &mut Client, session: &str, text: &str, run: &str) {
    send_in(client, session, text, run).await;
    ended(client, run).await;
}

async fn usage(client: &mut Client, params: Value) -> Value {
    client.call("sessions.usage", params).await.unwrap()
}

#[tokio::test]
async fn messages_tools_errors_and_durations_are_counted() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    say(&mut client, "other", "SAY:hello", "r0").await;
    let calls = "TOOL:ls{}\nTOOL:ls{}\nTOOL:read{\"path\":\"not-there\"}";
    say(&mut client, "lab", calls, "r1").await;
    say(&mut client, "lab", "SAY:two", "r2").await;
    say(&mut client, "lab", "STATUS:400", "r3").await;
    say(&mut client, "lab", "/status", "r4").await;

    let all = usage(&mut client, json!({ "limit": 1 })).await;
    assert_eq!(
        (&all["mode"], &all["utcOffset"]),
        (&json!("utc"), &json!("UTC+0"))
    );
    assert_eq!(all["sessions"].as_array().unwrap().len(), 1);
    let lab = &all["sessions"][0]["usage"];
    // Four texts typed, and an answer to three of them; one took two steps.
    let counts = json!({
        "total": 8, "user": 4, "assistant": 4, "toolCalls": 3, "toolResults": 3, "errors": 2,
    });
    assert_eq!(lab["messageCounts"], counts, "{lab}");
    let tools = json!({
        "totalCalls": 3, "uniqueTools": 2,
        "tools": [{ "name": "ls", "count": 2 }, { "name": "read", "count": 1 }],
    });
    assert_eq!(lab["toolUsage"], tools);
    assert_eq!(lab["sessionId"], all["sessions"][0]["sessionId"]);
    let number = |value: &Value| value.as_i64().unwrap();
    let (first, last) = (number(&lab["firstActivity"]), number(&lab["lastActivity"]));
    assert!(last > first && number(&lab["durationMs"]) == last - first);
    // Two for the tools, one for the second turn, one that was refused.
    let latency = &lab["latency"];
    assert_eq!(latency["count"], 4, "{lab}");
    let times = ["minMs", "p95Ms", "maxMs"].map(|name| number(&latency[name]));
    assert!(times.is_sorted(), "{latency}");
    let mean = latency["avgMs"].as_f64().unwrap();
    assert!(
        mean <= latency["maxMs"].as_f64().unwrap() && mean >= latency["minMs"].as_f64().unwrap()
    );
    assert_eq!(lab["modelUsage"][0]["count"], 4);
    assert_eq!(lab["modelUsage"][0]["model"], "fake-1");

    let sum = &all["aggregates"];
    assert_eq!(sum["sessionCount"], 2);
    assert_eq!(sum["messages"]["total"], 10);
    assert_eq!(sum["messages"]["errors"], 2);
    assert_eq!(sum["tools"]["totalCalls"], 3);
    assert_eq!(sum["latency"]["count"], 5);
    let longest = number(&sum["longestSessionDurationMs"]);
    assert!(longest >= last - first, "{sum}");
    let paid = all["totals"]["totalCost"].as_f64().unwrap() * 1e6;
    assert!((paid - f64::from(i32::try_from(site.model.bill()).unwrap())).abs() < 0.5);
    site.stop().await;
}

#[tokio::test]
async fn a_report_of_one_session_tells_of_that_one_only() {
    let site = Site::start().await;
    let mut client = Client::open(&site).await;
    say(&mut client, "one", "SAY:1", "r1").await;
    say(&mut client, "two", "TOOL:ls{}", "r2").await;
    let model = json!({ "key": "one", "model": "fake/fake-2" });
    client.call("sessions.patch", model).await.unwrap();

    let one = usage(&mut client, json!({ "key": "one" })).await;
    let row = &one["sessions"][0];
    assert_eq!(
        (&row["providerOverride"], &row["modelOverride"]),
        (&json!("fake"), &json!("fake-2"))
    );
    assert_eq!(one["aggregates"]["messages"]["total"], 2);
    assert_eq!(one["aggregates"]["tools"]["totalCalls"], 0);
    assert_eq!(row["usage"].get("toolUsage"), None);
    assert_eq!(one["totals"], one["aggregates"]["byAgent"][0]["totals"]);
    let two = usage(&mut client, json!({ "key": "two" })).await;
    assert_eq!(two["sessions"][0].get("modelOverride"), None);
    let none = usage(&mut client, json!({ "key": "nobody" })).await;
    assert_eq!(none["sessions"], json!([]));
    assert_eq!(none["totals"]["totalTokens"], 0);
    let past = usage(&mut client, json!({ "endDate": "2020-01-01" })).await;
    assert_eq!(past["aggregates"]["messages"]["total"], 0);
    assert_eq!(past["sessions"][0]["usage"], Value::Null);
    for bad in [
        json!({ "mode": "lunar" }),
        json!({ "mode": "specific" }),
        json!({ "mode": "specific", "utcOffset": "+2" }),
        json!({ "mode": "specific", "timeZone": "Europe/Berlin" }),
    ] {
        client.call("sessions.usage", bad).await.unwrap_err();
    }
    site.stop().await;
}

/// 2026-03-14T23:50:00Z.
const EVENING: i64 = 1_773_532_200_000;

fn answer(text: &str) -> Record {
    Record::AssistantMessage(Box::new(AssistantMessage {
        message: Message::assistant(text),
        provider: ProviderId::new("fake"),
        model: ModelId::new("fake-1"),
        usage: Usage::default(),
        cost: None,
        stop: None,
        incomplete: false,
    }))
}

fn call(at: i64, session: &SessionKey, duration_ms: u64) -> CallRow {
    CallRow {
        call: CallId::new(format!("call-{at}")),
        at: UnixMillis(at),
        key: None,
        run: None,
        session: Some(session.clone()),
        agent: Some(AgentId::new("main")),
        provider: ProviderId::new("fake"),
        model: ModelId::new("fake-1"),
        usage: Usage {
            input: Some(TokenCount(10)),
            output: Some(TokenCount(5)),
            ..Usage::default()
        },
        cost: Some(MicroUsd(7)),
        estimated: false,
        outcome: CallOutcome::Answered,
        duration_ms,
        note: CallNote::default(),
    }
}

/// A home whose store was filled by a clock that stands where it is put.
async fn home(model: &FakeModel, fill: impl AsyncFnOnce(&State, &SteppedClock)) -> Home {
    let home = Home::with_model(&model.base_url()).unwrap();
    let clock = Arc::new(SteppedClock::new(UnixMillis(EVENING)));
    let config = SqliteConfig {
        clock: clock.clone(),
        ..SqliteConfig::new(home.state_dir())
    };
    let lock = GatewayLock::acquire(&home.state_dir(), &LockInfo::default()).unwrap();
    let state = state::sqlite::open(config, &lock).await.unwrap();
    fill(&state, &clock).await;
    state.health.close().await.unwrap();
    home
}

/// A session of the main agent.
async fn opened(state: &State, name: &str) -> SessionKey {
    let key = SessionKey::new(format!("agent:main:{name}"));
    let (agent, entry) = (AgentId::new("main"), SessionEntry::default());
    let opened = state.sessions.create(&key, &agent, name, entry).await;
    opened.unwrap();
    key
}

fn asked(key: &SessionKey) -> Record {
    Record::TurnAccepted(Box::new(turn(key, "hello?")))
}

/// Something said and answered before midnight, and again after it.
async fn a_night(state: &State, clock: &SteppedClock) {
    let key = opened(state, "night").await;
    for (text, duration) in [("good night", 300), ("good morning", 100)] {
        state.log.note(&key, vec![asked(&key)]).await.unwrap();
        clock.advance(Duration::from_mins(5));
        state.log.note(&key, vec![answer(text)]).await.unwrap();
        let row = call(clock.now().0, &key, duration);
        state.metering.record(vec![row]).await.unwrap();
        clock.advance(Duration::from_mins(10));
    }
}

#[tokio::test]
async fn long_logs_and_many_sessions_are_counted_to_the_end() {
    let model = FakeModel::start().await.unwrap();
    let home = home(&model, async |state, clock| {
        let long = opened(state, "long").await;
        let said = std::iter::repeat_with(|| asked(&long)).take(250);
        state.log.note(&long, said.collect()).await.unwrap();
        clock.advance(Duration::from_hours(24));
        state.log.note(&long, vec![asked(&long)]).await.unwrap();
        for number in 0..205 {
            let key = opened(state, &format!("s{number}")).await;
            state.log.note(&key, vec![asked(&key)]).await.unwrap();
        }
    })
    .await;
    let site = Site::on(model, home).await;
    let mut client = Client::open(&site).await;
    for (first_day, messages) in [("2026-03-14", 456), ("2026-03-15", 206)] {
        let params = json!({ "startDate": first_day, "limit": 3 });
        let all = usage(&mut client, params).await;
        assert_eq!(all["sessions"].as_array().unwrap().len(), 3);
        assert_eq!(all["aggregates"]["messages"]["user"], messages);
        assert_eq!(all["aggregates"]["sessionCount"], 206);
        assert_eq!(all["aggregates"]["latency"]["count"], 0);
    }
    let params = json!({ "startDate": "2026-03-14", "endDate": "2026-03-14", "key": "long" });
    let long = usage(&mut client, params).await;
    assert_eq!(long["sessions"][0]["usage"]["messageCounts"]["user"], 250);
    site.stop().await;
}

#[tokio::test]
async fn days_part_at_the_midnight_that_is_asked_for() {
    let model = FakeModel::start().await.unwrap();
    let home = home(&model, a_night).await;
    let site = Site::on(model, home).await;
    let mut client = Client::open(&site).await;
    let within = |mode: Value| {
        let mut params = json!({ "startDate": "2026-03-14", "endDate": "2026-03-15" });
        params
            .as_object_mut()
            .unwrap()
            .extend(mode.as_object().unwrap().clone());
        params
    };
    let one = json!({ "total": 2, "user": 1, "assistant": 1, "toolCalls": 0, "toolResults": 0,
        "errors": 0 });
    let dated = |date: &str, more: &Value| {
        let mut row = more.clone();
        row["date"] = json!(date);
        row
    };
    let utc = usage(&mut client, within(json!({ "mode": "utc" }))).await;
    let night = &utc["sessions"][0]["usage"];
    let both = ["2026-03-14", "2026-03-15"];
    assert_eq!(night["activityDates"], json!(both));
    let rows = both.map(|date| dated(date, &one));
    assert_eq!(night["dailyMessageCounts"], json!(rows));
    let latency = |ms: u64| {
        json!({ "count": 1, "avgMs": f64::from(u32::try_from(ms).unwrap()),
        "p95Ms": ms, "minMs": ms, "maxMs": ms })
    };
    let rows = [dated(both[0], &latency(300)), dated(both[1], &latency(100))];
    assert_eq!(night["dailyLatency"], json!(rows));
    assert_eq!(utc["aggregates"]["dailyLatency"], json!(rows));
    let quarters = |list: &Value| -> Vec<_> {
        let list = list.as_array().unwrap().iter();
        list.map(|row| (row["date"].clone(), row["quarterIndex"].clone()))
            .collect()
    };
    let expected = vec![(json!(both[0]), json!(95)), (json!(both[1]), json!(0))];
    assert_eq!(quarters(&night["utcQuarterHourMessageCounts"]), expected);
    assert_eq!(quarters(&night["utcQuarterHourTokenUsage"]), expected);
    assert_eq!(night["dailyModelUsage"][1]["tokens"], 15);
    let day = json!({ "date": both[0], "tokens": 15, "cost": 0.000_007, "calls": 1, "messages": 2,
        "toolCalls": 0, "errors": 0 });
    assert_eq!(utc["aggregates"]["daily"][0], day);
    assert_eq!(utc["aggregates"]["costDaily"][1]["totalTokens"], 15);

    for (offset, date) in [("UTC+1", both[1]), ("UTC-1", both[0])] {
        let mode = json!({ "mode": "specific", "utcOffset": offset });
        let other = usage(&mut client, within(mode)).await;
        assert_eq!(
            (&other["mode"], &other["utcOffset"]),
            (&json!("specific"), &json!(offset))
        );
        let night = &other["sessions"][0]["usage"];
        assert_eq!(night["activityDates"], json!([date]));
        assert_eq!(night["dailyBreakdown"][0]["totalTokens"], 30);
        assert_eq!(night["messageCounts"]["total"], 4);
        assert_eq!(quarters(&night["utcQuarterHourTokenUsage"]), expected);
    }
    let mut first_only = within(json!({}));
    first_only["endDate"] = json!(both[0]);
    let first_only = usage(&mut client, first_only).await;
    assert_eq!(first_only["sessions"][0]["usage"]["messageCounts"], one);
    assert_eq!(first_only["totals"]["totalTokens"], 15);
    let here = usage(&mut client, within(json!({ "mode": "gateway" }))).await;
    assert_eq!(here["mode"], "gateway");
    site.stop().await;
}
