//! One round of the day, through a gateway of its own.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use testkit::fake_model::{Price, Used, Wire};
use testkit::{Caller, FakeModel, Home, Launch};
use tokio::time::sleep;

use super::Round;
use super::script::{Event, MAIN, What, day, heartbeat};

/// How often a turn that failed is sent again, and how long the client waits before.
const TRIES: u32 = 12;
const PAUSE: Duration = Duration::from_secs(1);
/// The gateway looks at the files of a workspace at most once in this time.
const LOOK: Duration = Duration::from_millis(1_050);
/// Most calls of one turn that the client answers.
const MOST_CALLS: u32 = 4;

/// What a round came to.
#[derive(Debug)]
pub(super) struct Played {
    /// Micro-dollars.
    pub(super) bill: i64,
    pub(super) calls: u64,
    pub(super) used: Used,
    /// What every turn was answered, pings aside.
    pub(super) answers: Vec<String>,
}

/// The public prices of the three models: Anthropic's price list.
const PRICES: [(&str, Price); 3] = [
    ("claude-opus-4-6", price(5_000_000, 25_000_000)),
    ("claude-sonnet-4-6", price(3_000_000, 15_000_000)),
    ("claude-haiku-4-5", price(1_000_000, 5_000_000)),
];

/// Reading from the cache costs a tenth of reading, writing to it a quarter more.
const fn price(input: i64, output: i64) -> Price {
    Price {
        input,
        output,
        cache_read: input / 10,
        cache_write: input / 4 * 5,
    }
}

/// Plays the day.
pub(super) async fn play(binary: &Path, place: &Path, round: Round) -> anyhow::Result<Played> {
    let fake = FakeModel::start().await?;
    for (model, price) in PRICES {
        fake.set_price(model, price);
    }
    let home = Home::empty_in(place)?;
    home.write_config(&settings(&fake, round))?;
    furnish(&home)?;
    let mut gateway = Launch::with_binary(&home, binary)?.start().await?;
    let mut person = Person {
        caller: gateway.caller()?,
        tools: tools(),
        answers: Vec::new(),
    };
    let mut minute = 0;
    for event in day() {
        fake.advance(Duration::from_mins(event.minute - minute));
        minute = event.minute;
        if round < Round::Cache {
            tell_the_time(&home, minute)?;
            sleep(LOOK).await;
        }
        let shown = format!("{event:.80?}");
        let done = person.does(event, round).await;
        done.with_context(|| format!("minute {minute}: {shown}"))?;
    }
    let spent = ledger(&person.caller).await?;
    // Calls that broke off are booked by estimate, which may be above the bill by a little.
    let bill = fake.bill();
    ensure!(
        (bill..=bill + bill / 100).contains(&spent),
        "the ledger says {spent} micro-dollars, the bill {bill}"
    );
    gateway.stop().await?;
    Ok(Played {
        bill: fake.bill(),
        calls: fake.calls(),
        used: sum(&fake),
        answers: person.answers,
    })
}

fn settings(fake: &FakeModel, round: Round) -> Value {
    let model = if round >= Round::Router {
        "auto"
    } else {
        "anthropic/claude-opus-4-6"
    };
    let search = if round >= Round::Tools { "auto" } else { "off" };
    json!({
        "gateway": {"http": {
            "endpoints": {"chatCompletions": {"enabled": true}},
            "responseCache": {"ttlSeconds": 86_400}
        }},
        "models": {"providers": {"anthropic": {
            "baseUrl": fake.base_url_of(Wire::Messages), "apiKey": "fake-key"
        }}},
        "agents": {"defaults": {"model": model}},
        "tools": {"search": {"mode": search}},
        // The naive day costs more than a fresh installation may spend in one.
        "budgets": {"daily": false}
    })
}

/// What lies in the workspace: instructions as people write them, and the files of the day.
fn furnish(home: &Home) -> anyhow::Result<()> {
    let workspace = home.state_dir().join("workspace");
    std::fs::create_dir_all(&workspace)?;
    let rule = "Be brief and friendly. Ask before anything is sent, booked or deleted. Dates are \
                written as the user writes them. When a tool fails, say so and try once more. ";
    std::fs::write(
        workspace.join("AGENTS.md"),
        format!("# Rules\n\n{}", rule.repeat(45)),
    )?;
    let line = "    amount = Decimal(row[\"amount\"])  # the column of the bank's export\n";
    std::fs::write(workspace.join("importer.py"), line.repeat(80))?;
    let note = "- The export of March has other columns than that of February.\n";
    std::fs::write(workspace.join("notes.md"), note.repeat(60))?;
    Ok(())
}

/// Puts the time into the system text, where it changes with every turn.
fn tell_the_time(home: &Home, minute: u64) -> anyhow::Result<()> {
    let text = format!(
        "# User\n\nNow it is {:02}:{:02}.\n",
        minute / 60,
        minute % 60
    );
    let path = home.state_dir().join("workspace").join("USER.md");
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Who writes to the assistant.
struct Person {
    caller: Caller,
    tools: Value,
    answers: Vec<String>,
}

impl Person {
    async fn does(&mut self, event: Event, round: Round) -> anyhow::Result<()> {
        match event.what {
            What::Turn { session, text } => {
                let answer = self.says(session, &text).await?;
                self.answers.push(answer);
                Ok(())
            }
            What::Ping(state) if round >= Round::Idle => self.pings(state).await,
            What::Ping(state) => self.says(MAIN, &heartbeat(state)).await.map(drop),
        }
    }

    /// A ping outside of any session, which may be answered from memory.
    async fn pings(&self, state: u64) -> anyhow::Result<()> {
        let caller = self.caller.clone().header("x-openclaw-cache", "on")?;
        let user = json!({"role": "user", "content": heartbeat(state)});
        let body = json!({"model": "openclaw", "tools": self.tools, "messages": [user]});
        let answer = caller.post_json("/v1/chat/completions", &body).await?;
        ensure!(answer.status == 200, "{}", answer.text());
        ensure!(
            answer.text().contains("HEARTBEAT_OK"),
            "another answer: {}",
            answer.text()
        );
        Ok(())
    }

    /// A turn of a session: the client runs its tools, and sends again what failed.
    async fn says(&self, session: &str, text: &str) -> anyhow::Result<String> {
        let key = format!("day:{session}");
        let caller = self.caller.clone().header("x-openclaw-session-key", &key)?;
        let mut messages = vec![json!({"role": "user", "content": text})];
        let mut calls = 0;
        let mut tries = 0;
        loop {
            let body = json!({"model": "openclaw", "tools": self.tools, "messages": messages});
            let answer = caller.post_json("/v1/chat/completions", &body).await?;
            if answer.status != 200 && text.starts_with("CUT") {
                return Ok("broken off".to_owned());
            }
            if answer.status.is_server_error() && tries < TRIES {
                tries += 1;
                sleep(PAUSE).await;
                continue;
            }
            ensure!(answer.status == 200, "{}", answer.text());
            let mut answer = answer.json()?;
            let message = answer.pointer_mut("/choices/0/message").map(Value::take);
            let message = message.context("no message in the answer")?;
            let made = message.get("tool_calls").and_then(Value::as_array).cloned();
            let Some(made) = made.filter(|made| !made.is_empty()) else {
                let said = message.get("content").and_then(Value::as_str);
                return said.map(str::to_owned).context("an answer without text");
            };
            calls += 1;
            if calls > MOST_CALLS {
                bail!("the model calls tools without end");
            }
            messages.push(message);
            for call in made {
                let name = call.pointer("/function/name").and_then(Value::as_str);
                messages.push(json!({"role": "tool", "tool_call_id": call.get("id"),
                    "content": result(name.unwrap_or_default())}));
            }
        }
    }
}

/// What a tool of the client finds.
fn result(name: &str) -> String {
    let entry = format!("{name}: an entry with a date, a title, and two names; nothing special. ");
    entry.repeat(12)
}

/// Sixty tools, as a handful of connectors to other services brings.
fn tools() -> Value {
    let services = [
        "calendar", "mail", "tasks", "notes", "contacts", "photos", "music", "maps", "bank", "home",
    ];
    let verbs = ["list", "search", "get", "create", "update", "delete"];
    let mut tools = Vec::with_capacity(services.len() * verbs.len());
    for service in services {
        for verb in verbs {
            tools.push(tool(service, verb));
        }
    }
    Value::Array(tools)
}

fn tool(service: &str, verb: &str) -> Value {
    let text = |what: &str| json!({"type": "string", "description": what});
    let number = |what: &str| json!({"type": "integer", "description": what});
    json!({"type": "function", "function": {
        "name": format!("{service}_{verb}"),
        "description": format!(
            "Use this to {verb} entries of the user's {service}. Answers with the entries, newest \
             first, each with its id, its title, when it was made and changed, and who may see it. \
             Entries that the user has archived are left out unless they are asked for by id."
        ),
        "parameters": {"type": "object", "properties": {
            "id": text("The id of one entry, as another call of these tools told it."),
            "query": text("Words to look for, or a day; all entries when it is left out."),
            "title": text("The title of the entry, as the user says it."),
            "due": text("When it is due: a day, or a day and a time."),
            "with": text("Who else takes part or may see it; names, separated by commas."),
            "limit": number("How many entries at most; 20 when it is left out.")
        }}
    }})
}

/// What the ledger says was spent, in micro-dollars.
async fn ledger(caller: &Caller) -> anyhow::Result<i64> {
    let report = caller.rpc("usage.report", &json!({})).await?;
    let cost = report.pointer("/total/costUsd").and_then(Value::as_str);
    let cost = cost.context("usage.report tells no cost")?;
    let (whole, part) = cost.split_once('.').unwrap_or((cost, ""));
    let micros = format!("{whole}{part:0<6}");
    micros.parse().with_context(|| format!("no amount: {cost}"))
}

fn sum(fake: &FakeModel) -> Used {
    let mut sum = Used::default();
    for charge in fake.charges() {
        sum.input += charge.used.input;
        sum.cache_read += charge.used.cache_read;
        sum.cache_write += charge.used.cache_write;
        sum.output += charge.used.output;
    }
    sum
}
