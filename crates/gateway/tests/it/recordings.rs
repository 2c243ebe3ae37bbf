//! What the reference gateways answered, beside what we answer: the same keys with the same types.
//!
//! The recordings stand beside the checkout, in `../shared/spec/recordings`. Every difference is
//! accepted in one table, `recordings/accepted.txt`, under its reason, or this fails; and a line of the
//! table that is no difference any more fails too.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a test without its recordings must fail"
)]

mod compare;
mod replay;

use crate::site::Site;
use replay::{Reference, Replay};
use serde_json::json;
use std::collections::BTreeSet;

/// The lines of the table. One that begins with `#` is the reason of those below it.
fn accepted() -> BTreeSet<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/recordings/accepted.txt"
    );
    let text = std::fs::read_to_string(path).expect("the table can be read");
    let mut has_reason = false;
    let mut lines = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with('#') {
            has_reason = true;
        } else if !line.is_empty() {
            assert!(has_reason, "a line of the table has no reason: {line}");
            lines.insert(line.to_owned());
        }
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_have_the_recorded_keys_and_types() {
    let mut found = BTreeSet::new();
    for (folder, protocol) in [("v4", 4), ("v3", 3)] {
        let site = Site::with(|settings| {
            settings["models"]["providers"]["fake"]["timeouts"] = json!({});
        })
        .await;
        let mut replay = Replay::new(&site, Reference { folder, protocol }).await;
        replay.run().await;
        for (what, differences) in std::mem::take(&mut replay.found) {
            let lines = differences.iter();
            found.extend(lines.map(|it| format!("{what} | {} | {}", it.place, it.how)));
        }
        let absent = std::mem::take(&mut replay.absent).into_iter();
        found.extend(absent.map(|method| format!("{method} | | not served")));
        drop(replay);
        site.stop().await;
    }
    let accepted = accepted();
    let lines = |lines: &BTreeSet<String>, others: &BTreeSet<String>| {
        lines
            .difference(others)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (new, gone) = (lines(&found, &accepted), lines(&accepted, &found));
    assert!(
        new.is_empty() && gone.is_empty(),
        "differences that the table does not accept:\n{new}\n\nlines of the table to delete:\n{gone}\n"
    );
}
