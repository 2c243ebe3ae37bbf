//! What is reserved, what is sent because of it, and what is settled.

use super::{Books, House, PRICE, answer, at, hello, plays, read, refuses, row, says, usage};
use crate::fake::{STOP, delta};
use domain::ledger::{CacheBreak, CallOutcome, ShadowChoice};
use domain::{FailureKind, MicroUsd, TokenCount};
use llm::{ModelCall, Models, Price};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc;

/// A fake that tells the test what it was sent.
async fn listens(text: &'static str) -> (crate::fake::Fake, mpsc::Receiver<Value>) {
    let (sent, received) = mpsc::channel(8);
    let fake = plays(move |mut connection, request| {
        let sent = sent.clone();
        async move {
            let body = serde_json::from_str(&request.body).unwrap();
            sent.send(body).await.unwrap();
            answer(&mut connection, text).await;
            connection
        }
    })
    .await;
    (fake, received)
}

#[tokio::test]
async fn a_reservation_is_a_ceiling_and_the_limit_is_sent() {
    let (fake, mut sent) = listens("ok").await;
    let mut config = at("one", fake.port);
    config.models[0].max_output = Some(2_000);
    let house = House::new(vec![config]);
    let mut call = house.call(&["one/m"]);
    call.payer.key = Some("ada".into());
    call.run_left = Some(MicroUsd(77));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(4);
    call.deadline = Some(deadline);
    call.plan.decision.why = "as planned".to_owned();
    call.cache_break = Some(CacheBreak {
        source: "system".to_owned(),
        at_byte: 3,
        was: "a".to_owned(),
        now: "b".to_owned(),
        lost_tokens: 9,
        cost: None,
    });
    let mut read = read(house.stream(call).await.unwrap()).await;
    let body = sent.recv().await.unwrap();
    assert_eq!(body["max_tokens"], 2_000);
    let ask = &house.books.asks()[0];
    // Every byte of the body a token at the price of cache writes, and a thousand on top.
    let ceiling = i64::try_from(body.to_string().len()).unwrap() + 1_000;
    let least = (ceiling * 5 + 3) / 4 + 256 * 4;
    assert_eq!(
        (ask.least.0, ask.most.0),
        (least, least + (2_000 - 256) * 4)
    );
    assert_eq!(
        (ask.payer.key.as_deref(), ask.run_left),
        (Some("ada"), Some(MicroUsd(77)))
    );
    assert!(ask.priced && ask.wait <= Duration::from_secs(4) && ask.wait > Duration::from_secs(3));
    let receipt = read.answering.receipt();
    assert_eq!(
        (receipt.cost, receipt.estimated),
        (Some(MicroUsd(30)), false)
    );
    assert_eq!(receipt.usage.input, Some(TokenCount(10)));
    let settled = &house.books.settled()[0];
    assert_eq!(
        (settled.outcome, settled.cost),
        (CallOutcome::Answered, Some(MicroUsd(30)))
    );
    let note = &settled.note;
    assert_eq!(
        (&*note.why, &*note.credential, note.attempt),
        ("as planned", "one#1", 1)
    );
    assert_eq!(
        (note.reserved, note.price),
        (ask.most, Some(PRICE.as_array()))
    );
    assert_eq!(note.cache_break.as_ref().unwrap().source, "system");
    // Asking again settles nothing again.
    assert_eq!(read.answering.receipt(), receipt);
    drop(read);
    assert_eq!(house.books.settled().len(), 1);
}

#[tokio::test]
async fn a_small_grant_shortens_the_answer() {
    let (fake, mut sent) = listens("ok").await;
    let cap = 4_000;
    let house = House::with(vec![at("one", fake.port)], Books::capped(cap));
    house.ask(&["one/m"]).await.ok().unwrap();
    let body = sent.recv().await.unwrap();
    let limit = body["max_tokens"].as_i64().unwrap();
    assert!((256..2_000).contains(&limit), "{limit}");
    // Ceiling of prompt and shortened answer together: within the grant, and close to it. The
    // prompt was measured before its limit was shortened.
    let prompt = i64::try_from(body.to_string().len()).unwrap() + 1_000;
    let most = (prompt * 5 + 3) / 4 + limit * 4;
    assert!(most <= cap && most > cap - 20, "{most}");
    assert_eq!(house.books.settled()[0].note.reserved, MicroUsd(cap));
}

#[tokio::test]
async fn a_caller_who_knows_the_prompt_better_reserves_less() {
    let fake = says("ok").await;
    let house = House::new(vec![at("one", fake.port)]);
    let mut call = house.call(&["one/m"]);
    call.request.sampling.max_tokens = Some(100);
    call.input_ceiling = Some(40);
    read(house.stream(call).await.unwrap()).await;
    let ask = &house.books.asks()[0];
    assert_eq!(
        (ask.least, ask.most),
        (MicroUsd(50 + 400), MicroUsd(50 + 400))
    );
}

#[tokio::test]
async fn no_usage_is_charged_by_estimate_and_never_above_the_grant() {
    for (text, pieces) in [("0123456789ab", 1), ("x", 4_000)] {
        let fake = plays(move |mut connection, _| async move {
            connection.begin_stream().await;
            for _ in 0..pieces {
                connection.say(text).await;
            }
            connection.chunk(STOP).await;
            connection.chunk("data: [DONE]\n\n").await;
            connection.write("0\r\n\r\n").await;
            connection
        })
        .await;
        let house = House::new(vec![at("one", fake.port)]);
        let mut call = house.call(&["one/m"]);
        call.request.sampling.max_tokens = Some(4);
        let mut read = read(house.stream(call).await.unwrap()).await;
        let receipt = read.answering.receipt();
        let settled = &house.books.settled()[0];
        assert!(receipt.estimated && settled.estimated);
        let heard = TokenCount(u64::try_from(text.len() * pieces).unwrap() / 4);
        assert_eq!(receipt.usage.output, Some(heard));
        assert!(receipt.cost.unwrap() <= settled.note.reserved);
        assert!(receipt.cost.unwrap().0 > 12);
    }
}

#[tokio::test]
async fn a_cut_answer_costs_what_was_reported() {
    let fake = plays(|mut connection, _| async move {
        connection.begin_stream().await;
        connection
            .chunk(&format!("{}{}", delta("par"), usage(100, 7)))
            .await;
        connection.closed().await;
        connection
    })
    .await;
    let house = House::new(vec![at("one", fake.port)]);
    let read = read(house.stream(house.call(&["one/m"])).await.unwrap()).await;
    assert!(read.error.is_some());
    let settled = &house.books.settled()[0];
    assert_eq!(
        (settled.cost, settled.estimated),
        (Some(MicroUsd(128)), false)
    );
    assert!(settled.note.error.as_ref().unwrap().contains("one"));
}

#[tokio::test]
async fn a_price_nobody_knows_is_said_and_costs_stay_unknown() {
    let (fake, mut sent) = listens("ok").await;
    let mut config = at("one", fake.port);
    config.models[0].price = None;
    let house = House::new(vec![config]);
    let mut read = house.ask(&["one/m"]).await.ok().unwrap();
    let ask = &house.books.asks()[0];
    assert_eq!((ask.priced, ask.most), (false, MicroUsd::ZERO));
    assert_eq!(read.answering.receipt().cost, None);
    assert_eq!(house.books.settled()[0].cost, None);
    assert_eq!(sent.recv().await.unwrap().get("max_tokens"), None);
}

#[tokio::test]
async fn what_cannot_be_paid_falls_to_what_can() {
    let (dear, cheap) = (says("dear").await, says("cheap").await);
    let gold = Price {
        input: 900_000_000,
        output: 900_000_000,
        ..PRICE
    };
    let table = [
        (None, FailureKind::OverBudget, "name its price"),
        (Some(gold), FailureKind::OverBudget, "openclaw config set"),
    ];
    for (price, kind, remedy) in table {
        let mut one = at("one", dear.port);
        one.models[0].price = price;
        let house = House::with(vec![one, at("two", cheap.port)], Books::capped(5_000));
        let read = house.ask(&["one/m", "two/m"]).await.ok().unwrap();
        assert_eq!(read.said.message.text(), "cheap");
        let read = house.ask(&["two/m", "one/m"]).await.ok().unwrap();
        assert_eq!(read.said.message.text(), "cheap");
        let failed = house.ask(&["one/m"]).await.err().unwrap();
        assert_eq!(failed.error.kind(), kind);
        assert!(failed.error.to_string().contains(remedy), "{failed}");
        assert_eq!(failed.tried[0].cost, Some(MicroUsd::ZERO));
        assert_eq!((dear.connections(), house.books.settled().len()), (0, 2));
    }
    // A model that costs more is no way out of a budget.
    let mut two = at("two", cheap.port);
    two.models[0].price = Some(gold);
    let house = House::with(vec![at("one", dear.port), two], Books::capped(100));
    let failed = house.ask(&["one/m", "two/m"]).await.err().unwrap();
    assert_eq!(failed.tried.len(), 1);
}

#[tokio::test]
async fn a_shadow_choice_is_costed_with_what_was_used() {
    let fake = says("ok").await;
    let mut config = at("one", fake.port);
    let cheap = Price {
        input: 100_000,
        output: 400_000,
        ..PRICE
    };
    config.models.push(row("one", "small", Some(cheap)));
    let house = House::new(vec![config]);
    let mut plan = house.plan(&["one/m"]);
    plan.decision.shadow = Some(ShadowChoice {
        tier: "cheap".to_owned(),
        model: "one/small".to_owned(),
        why: "small talk".to_owned(),
        cost: None,
    });
    read(house.stream(ModelCall::new(hello(), plan)).await.unwrap()).await;
    let settled = house.books.settled();
    assert_eq!(
        settled[0].note.shadow.as_ref().unwrap().cost,
        Some(MicroUsd(3))
    );
    assert_eq!(settled[0].cost, Some(MicroUsd(30)));
}

#[tokio::test]
async fn failed_candidates_count_in_the_receipt() {
    let cut = plays(|mut connection, _| async move {
        connection.begin_stream().await;
        connection.chunk(&usage(1_000, 0)).await;
        connection
            .chunk("data: {\"error\":{\"code\":503,\"message\":\"x\"}}\n\n")
            .await;
        connection.closed().await;
        connection
    })
    .await;
    let (none, good) = (refuses("500 Oops", "").await, says("ok").await);
    let providers = vec![at("a", cut.port), at("b", none.port), at("c", good.port)];
    let house = House::new(providers);
    let mut read = house.ask(&["a/m", "b/m", "c/m"]).await.ok().unwrap();
    assert_eq!(read.answering.receipt().cost, Some(MicroUsd(1_000 + 30)));
    let costs: Vec<_> = read
        .answering
        .tried
        .iter()
        .map(|t| t.cost.unwrap().0)
        .collect();
    assert_eq!(costs, [1_000, 0]);
}

#[tokio::test]
async fn a_quote_holds_the_bill() {
    let fake = says("ok").await;
    let mut config = at("one", fake.port);
    config.models.push(row("one", "free", Some(Price::FREE)));
    config.models.push(row("one", "unknown", None));
    let house = House::new(vec![config]);
    let catalog = house.router.catalog();
    let target = |name: &str| catalog.resolve(name).unwrap();
    let quote = llm::quote(&target("one/m"), &hello()).unwrap();
    assert!(quote.low < quote.expected && quote.expected < quote.high);
    house.ask(&["one/m"]).await.ok().unwrap();
    assert_eq!(house.books.asks()[0].most, quote.high);
    let free = llm::quote(&target("one/free"), &hello()).unwrap();
    assert_eq!((free.low.0, free.high.0), (0, 0));
    assert_eq!(llm::quote(&target("one/unknown"), &hello()), None);
}

#[tokio::test]
async fn a_cut_answer_costs_what_was_read_where_only_its_beginning_was_counted() {
    let event = |value: &Value| format!("data: {value}\n\n");
    let begin = event(&json!({ "type": "message_start", "message": { "id": "m-1",
        "usage": { "input_tokens": 100, "output_tokens": 1 } } }));
    let block = event(&json!({ "type": "content_block_start", "index": 0,
        "content_block": { "type": "text", "text": "" } }));
    let text = "x".repeat(400);
    let said = event(&json!({ "type": "content_block_delta", "index": 0,
        "delta": { "type": "text_delta", "text": text } }));
    let few = said.replace(&text, "Hello, you");
    let told = event(&json!({ "type": "message_delta", "delta": {},
        "usage": { "output_tokens": 63 } }));
    // (events, tokens of the answer, whether they are our estimate)
    let table = [
        (format!("{begin}{block}{said}"), 100, true),
        (format!("{begin}{block}{said}{said}"), 200, true),
        // As rough as our guess is at a few words, the count is believed.
        (format!("{begin}{block}{few}"), 1, false),
        // Nothing came after the count, so it is right.
        (format!("{begin}{block}{said}{told}"), 63, false),
    ];
    for (events, output, estimated) in table {
        let fake = plays(move |mut connection, _| {
            let events = events.clone();
            async move {
                connection.begin_stream().await;
                connection.chunk(&events).await;
                connection.closed().await;
                connection
            }
        })
        .await;
        let mut config = at("one", fake.port);
        config.api = llm::config::Api::AnthropicMessages;
        let house = House::new(vec![config]);
        let read = read(house.stream(house.call(&["one/m"])).await.unwrap()).await;
        assert!(read.error.is_some());
        let settled = &house.books.settled()[0];
        assert_eq!(
            (settled.usage.output, settled.cost, settled.estimated),
            (
                Some(TokenCount(output)),
                Some(MicroUsd(100 + 4 * i64::try_from(output).unwrap())),
                estimated
            )
        );
    }
}
