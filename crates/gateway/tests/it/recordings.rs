//! What the reference gateways answered, beside what we answer: the same keys with the same types.
//!
//! The recordings are in `tests/recordings`, without their longer texts; `tests/recordings/take` says
//! how they came there. Every difference is accepted by a line of `recordings/accepted.txt`, with its
//! reason, or this fails; and a line that accepts nothing any more fails too.

#![expect(clippy::panic, reason = "a test without its recordings must fail")]

mod compare;
mod doors;
mod events;
mod file;
mod hello;
mod modes;
mod old_pairing;
mod pairing;
mod replay;
mod table;
mod translate;

use crate::site::Site;
use file::Reference;
use replay::{Replay, Shared};
use serde_json::json;
use std::sync::{Arc, Mutex};
use table::Table;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_and_events_have_the_recorded_keys_and_types() {
    let table = Table::read(include_str!("recordings/accepted.txt"));
    let table: Shared = Arc::new(Mutex::new(table));
    tokio::join!(
        calls(Reference::V4, Arc::clone(&table)),
        calls(Reference::V3, Arc::clone(&table)),
        hello::hellos(Reference::V4, Arc::clone(&table)),
        hello::hellos(Reference::V3, Arc::clone(&table)),
        pairing::pairing(Arc::clone(&table)),
        old_pairing::pairing(Arc::clone(&table)),
        modes::modes(Arc::clone(&table)),
    );
    let table = Arc::into_inner(table).unwrap().into_inner();
    table.unwrap().judge();
}

async fn calls(reference: Reference, table: Shared) {
    let site = Site::with(|settings| {
        settings["models"]["providers"]["fake"]["timeouts"] = json!({});
    })
    .await;
    Replay::new(&site, reference, table).await.run().await;
    site.stop().await;
}
