//! `kill -9` at any instant: what was acknowledged is booked, and nothing stays reserved.

use super::rig::{Rig, ask, settlement};
use crate::backend::open;
use crate::child;
use domain::SystemClock;
use domain::ledger::Purse;
use serde_json::json;
use state::sqlite::SqliteConfig;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

const CYCLES: usize = 12;
const SENDERS: usize = 8;
const MOST: i64 = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_loses_no_spending_and_leaves_nothing_reserved() {
    let home = tempfile::tempdir().unwrap();
    // What each call may cost at least and at most, as far as children said.
    let mut acknowledged = HashMap::new();
    for cycle in 0..CYCLES {
        let lines = 1 + cycle * cycle * 37 % 2501;
        kill_after(lines, home.path(), &mut acknowledged);
        let rig = rig(home.path()).await;
        let rows = rig.rows().await;
        let booked: HashMap<_, _> = rows
            .iter()
            .map(|row| (row.call.as_str(), row.cost.unwrap_or_default().0))
            .collect();
        assert_eq!(booked.len(), rows.len());
        for (call, (least, most)) in &acknowledged {
            let cost = booked.get(call.as_str());
            let right = cost.is_some_and(|cost| least <= cost && cost <= most);
            assert!(right, "{call} cost {least} to {most}, booked is {cost:?}");
        }
        let sum: i64 = booked.values().sum();
        assert_eq!(rig.ledger.spent_today().0, sum);
        assert!(rig.ledger.standing().iter().all(|it| it.reserved.0 == 0));
        rig.close().await;
    }
    assert!(acknowledged.len() > 1000, "the children hardly worked");
}

async fn rig(home: &Path) -> Rig {
    let state = open(SqliteConfig::new(home)).await.unwrap();
    Rig::on(
        state,
        home,
        Arc::new(SystemClock),
        json!({ "daily": 1_000_000 }),
    )
    .await
}

/// Spends until it is killed; alone, it works for a moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker() {
    if let Some(home) = child::workplace() {
        spend(&rig(&home).await, usize::MAX).await;
        unreachable!("the work never ends");
    }
    let home = tempfile::tempdir().unwrap();
    let rig = rig(home.path()).await;
    spend(&rig, 50).await;
    assert_eq!(rig.rows().await.len(), SENDERS * 50);
    rig.close().await;
}

async fn spend(rig: &Rig, calls: usize) {
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..SENDERS {
        let ledger = Arc::clone(&rig.ledger);
        senders.spawn(async move {
            for number in 0..calls {
                let ask = ask(MOST);
                let call = ask.call.clone();
                ledger.reserve(ask).await.unwrap();
                acknowledge("reserved", call.as_str());
                let cost = i64::try_from(number % 900).unwrap();
                ledger.settle(settlement(&call, cost));
                acknowledge(&format!("settled-{cost}"), call.as_str());
                tokio::task::yield_now().await;
            }
        });
    }
    senders.join_all().await;
}

/// Tells the parent, if there is one; unlike standard output, this is never captured or buffered.
fn acknowledge(what: &str, call: &str) {
    let line = format!("{what} {call}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

fn kill_after(lines: usize, home: &Path, acknowledged: &mut HashMap<String, (i64, i64)>) {
    let mut child = child::command("ledger::crash::worker", home)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).split(b'\n');
    let mut count = 0;
    for line in said {
        let line = String::from_utf8(line.unwrap()).unwrap();
        count += 1;
        if count == lines {
            child.kill().unwrap();
        }
        // The last line may be cut: then it is not an acknowledgement.
        match line.split_once(' ') {
            Some(("reserved", call)) if call.len() == 36 => {
                acknowledged.entry(call.to_owned()).or_insert((0, MOST));
            }
            Some((what, call)) if call.len() == 36 => {
                let cost = what
                    .strip_prefix("settled-")
                    .and_then(|cost| cost.parse().ok());
                let Some(cost) = cost else { continue };
                acknowledged.insert(call.to_owned(), (cost, cost));
            }
            _ if count >= lines => {}
            _ => unreachable!("the child failed: {line}"),
        }
    }
    let status = child.wait().unwrap();
    assert!(
        count >= lines,
        "the child ended before it was killed: {status}"
    );
}
