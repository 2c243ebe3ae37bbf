//! `costs`, `usage`, `explain` and `agent --quote`, against the bill of the model.

use super::sandbox::Ran;
use crate::journeys::{BINARY, openclaw};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::{Caller, FakeModel, GatewayProcess, Home, Launch};

/// A gateway and a model that keeps a bill.
struct World {
    model: FakeModel,
    home: Home,
    gateway: GatewayProcess,
}

impl World {
    async fn with(change: impl FnOnce(&mut Value)) -> Self {
        let model = FakeModel::start().await.unwrap();
        let home = Home::empty().unwrap();
        let mut settings = Home::settings(&model.base_url());
        change(&mut settings);
        home.write_config(&settings).unwrap();
        let launch = Launch::with_binary(&home, BINARY).unwrap();
        let gateway = launch.without_token().start().await.unwrap();
        Self {
            model,
            home,
            gateway,
        }
    }

    fn run(&self, args: &[&str]) -> Ran {
        let output = openclaw(self.home.root(), &self.home.state_dir(), args);
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The result of a command that must succeed.
    fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}: {ran:?}");
        ran.out
    }

    fn json(&self, args: &[&str]) -> Value {
        let text = self.ok(args);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}: {text}"))
    }

    fn caller(&self) -> Caller {
        let token = std::fs::read_to_string(self.home.state_dir().join("gateway.token")).unwrap();
        self.gateway.stranger().bearer(token.trim()).unwrap()
    }
}

/// `"0.001234"` in micro-dollars.
fn micros(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap();
    assert_eq!(fraction.len(), 6, "{text}");
    format!("{whole}{fraction}").parse().unwrap()
}

/// As people read it.
fn shown(micros: i64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let kept = text.trim_end_matches('0');
    let digits = kept.len().max(kept.find('.').unwrap() + 3);
    format!("{} USD", &text[..digits])
}

/// The rows of CSV without quoted fields, as field by name.
fn rows(csv: &str) -> Vec<std::collections::HashMap<&str, &str>> {
    assert!(!csv.contains('"'), "{csv}");
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    lines
        .map(|fields| {
            assert_eq!(fields.len(), names.len(), "{csv}");
            names.iter().copied().zip(fields).collect()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_agrees_with_the_bill() {
    let world = World::with(|_| {}).await;
    let greeting = world.gateway.stdout();
    assert!(
        greeting.contains("budget: 5.00 USD a day, 0.00 USD spent"),
        "{greeting}"
    );
    world.ok(&["agent", "-m", "hi"]);
    world.ok(&["agent", "-m", "TOOL:ls{}", "--session-key", "other"]);
    let direct =
        json!({ "model": "fake/fake-1", "messages": [{ "role": "user", "content": "hi" }] });
    let answer = world
        .caller()
        .post_json("/v1/chat/completions", &direct)
        .await;
    assert_eq!(answer.unwrap().status, 200);
    let (bill, calls) = (world.model.bill(), world.model.calls());
    assert_eq!(calls, 4);
    assert!(bill > 0);

    let text = world.ok(&["costs"]);
    assert!(
        text.contains(&format!("{} for 4 calls", shown(bill))),
        "{text}"
    );
    assert!(
        text.contains(&format!("5.00 USD a day, {} spent", shown(bill))),
        "{text}"
    );
    let costs = world.json(&["costs", "--json"]);
    for part in ["today", "span"] {
        assert_eq!(
            micros(costs[part]["total"]["costUsd"].as_str().unwrap()),
            bill
        );
    }
    assert_eq!(
        micros(costs["budgets"][0]["spentUsd"].as_str().unwrap()),
        bill
    );

    for (by, names) in [
        ("agent", vec!["direct", "main"]),
        ("model", vec!["fake/fake-1"]),
        (
            "session",
            vec!["agent:main:main", "agent:main:other", "direct"],
        ),
    ] {
        reports(&world, by, &names, bill);
    }
    let days = world.ok(&["usage", "--by", "day", "--days", "3", "--csv"]);
    let days = rows(&days);
    assert_eq!(days.len(), 1, "one day had calls: {days:?}");
    assert_eq!(micros(days[0]["cost_usd"]), bill);
    exports(&world, bill, calls);

    let status = world.ok(&["status"]);
    for line in [
        "4 calls, ".to_owned(),
        format!("5.00 USD a day, {} spent", shown(bill)),
    ] {
        assert!(status.contains(&line), "{line} is missing in {status}");
    }
    for endpoint in [
        "chat completions  on",
        "responses         on",
        "messages          on",
    ] {
        assert!(
            status.contains(endpoint),
            "{endpoint} is missing in {status}"
        );
    }
}

/// The report in its three forms.
fn reports(world: &World, by: &str, names: &[&str], bill: i64) {
    let text = world.ok(&["usage", "--by", by]);
    let last = text.lines().last().unwrap();
    assert!(last.ends_with(&shown(bill)), "{text}");
    let report = world.json(&["usage", "--by", by, "--json"]);
    assert_eq!(micros(report["total"]["costUsd"].as_str().unwrap()), bill);
    let csv = world.ok(&["usage", "--by", by, "--csv"]);
    let rows = rows(&csv);
    let sum: i64 = rows.iter().map(|row| micros(row["cost_usd"])).sum();
    assert_eq!(sum, bill, "{csv}");
    let mut found: Vec<_> = rows.iter().map(|row| row["name"]).collect();
    found.sort_unstable();
    assert_eq!(found, names, "{csv}");
}

/// Every call, as CSV and as JSON Lines.
fn exports(world: &World, bill: i64, calls: u64) {
    let csv = world.ok(&["usage", "export"]);
    let rows = rows(&csv);
    assert_eq!(u64::try_from(rows.len()).unwrap(), calls, "{csv}");
    let sum: i64 = rows.iter().map(|row| micros(row["cost_usd"])).sum();
    assert_eq!(sum, bill, "{csv}");
    let lines = world.ok(&["usage", "export", "--format", "json"]);
    let entries: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(u64::try_from(entries.len()).unwrap(), calls, "{lines}");
    let sum: i64 = entries
        .iter()
        .map(|entry| micros(entry["costUsd"].as_str().unwrap()))
        .sum();
    assert_eq!(sum, bill, "{lines}");
    let ran = world.run(&["usage", "--since", "yesterday"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("yesterday"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_tells_what_failed_and_who_answered() {
    let world = World::with(|settings| {
        settings["agents"]["defaults"]["model"] =
            json!({ "primary": "fake/fake-1", "fallbacks": ["fake/fake-2"] });
    })
    .await;
    let reply = world.json(&["agent", "--json", "-m", "ONLY:fake-1\nSTATUS:503"]);
    let run = reply["runId"].as_str().unwrap();
    let text = world.ok(&["explain", run]);
    for words in [
        "status   completed",
        "fake/fake-1 with fake#1: providerFailed",
        "fake/fake-2 with fake#1, attempt",
        "fallback",
        "503",
    ] {
        assert!(text.contains(words), "{words} is missing in {text}");
    }
    let receipt = world.json(&["explain", run, "--json"]);
    assert_eq!(receipt["id"], run);
    let total = receipt["total"]["costUsd"].as_str().unwrap();
    assert_eq!(micros(total), world.model.bill());
    let ran = world.run(&["explain", "nobody"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("nobody") && ran.err.contains("openclaw usage export"),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_sends_nothing_and_bounds_the_bill() {
    let mut world = World::with(|_| {}).await;
    let quote = ["agent", "--quote", "-m", "hi"];
    let text = world.ok(&quote);
    for words in [
        "fake/fake-1",
        "low",
        "expected",
        "high",
        "run limit  2.00 USD",
        "5.00 USD a day",
    ] {
        assert!(text.contains(words), "{words} is missing in {text}");
    }
    let reply = world.json(&[&quote[..], &["--json"]].concat());
    let [low, expected, high] =
        ["lowUsd", "expectedUsd", "highUsd"].map(|name| micros(reply[name].as_str().unwrap()));
    assert!(0 < low && low <= expected && expected <= high, "{reply}");
    let ran = world.run(&["agent", "--quote", "-m", "hi", "--timeout", "5"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let ran = world.run(&[&quote[..], &["--local"]].concat());
    assert!(ran.err.contains("leave --local out"), "{ran:?}");
    let ran = world.run(&[&quote[..], &["--model", "fake/none"]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("fake/none"), "{ran:?}");
    assert_eq!(world.model.calls(), 0);
    world.ok(&["agent", "-m", "hi"]);
    assert!((low..=high).contains(&world.model.bill()), "{reply}");
    assert!(world.gateway.stop().await.unwrap().success());
    let calls = world.model.calls();
    let local = world.json(&[&quote[..], &["--local", "--json"]].concat());
    assert_eq!(local["model"], "fake/fake-1");
    assert_eq!(world.model.calls(), calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_used_up_says_how_to_go_on() {
    let world = World::with(|settings| settings["budgets"] = json!({ "daily": 0.000_01 })).await;
    let ran = world.run(&["agent", "-m", "hi"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let (_, command) = ran
        .err
        .split_once("openclaw config set budgets.daily ")
        .unwrap_or_else(|| panic!("no command in {ran:?}"));
    let amount = command.split_whitespace().next().unwrap();
    assert_eq!(world.model.calls(), 0);
    world.ok(&["config", "set", "budgets.daily", amount]);
    // The settings file is looked at twice a second.
    let deadline = Instant::now() + Duration::from_secs(10);
    while world.run(&["agent", "-m", "hi"]).code != 0 {
        assert!(
            Instant::now() < deadline,
            "still refused after {amount} USD"
        );
    }
    assert!(world.model.bill() > 0);
}
