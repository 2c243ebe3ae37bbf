//! Who is left out, who follows whom.

use super::failover::{Fault, STARTED, TOO_LONG, bounded};
use super::{House, answer, at, plays, read, refuses, row, says, usage};
use crate::fake::{Fake, STOP};
use llm::Price;
use llm::provider::ProviderConfig;
use std::time::Duration;

#[tokio::test]
async fn who_cannot_read_the_request_is_left_out() {
    let (blind, good) = (says("one").await, says("two").await);
    let mut one = at("one", blind.port);
    one.models[0].images = false;
    let mut two = at("two", good.port);
    two.models[0].images = true;
    let house = House::new(vec![one, two]);
    let mut call = house.call(&["one/m", "two/m"]);
    call.request.messages[0].parts.push(domain::Part::Image {
        media_type: "image/png".to_owned(),
        data: domain::Blob("iVBORw0KGgo=".into()),
    });
    let only = llm::Plan {
        targets: vec![call.plan.targets[0].clone()],
        ..call.plan.clone()
    };
    let lone = llm::ModelCall {
        plan: only,
        ..call.clone()
    };
    assert_eq!(
        read(house.stream(call).await.unwrap())
            .await
            .said
            .message
            .text(),
        "two"
    );
    let why = &house.books.settled()[0].note.why;
    assert!(why.contains("one/m reads no images"), "{why}");
    // Alone it is asked all the same: the codec tells it what was left out.
    assert_eq!(
        read(house.stream(lone).await.unwrap())
            .await
            .said
            .message
            .text(),
        "one"
    );
}

#[tokio::test]
async fn only_a_larger_window_follows_a_prompt_that_is_too_long() {
    let long = Fault::Status("400 Bad", TOO_LONG).provider().await;
    let (small, large) = (says("small").await, says("large").await);
    let window = |mut config: ProviderConfig, tokens| {
        config.models[0].context_window = Some(tokens);
        config
    };
    let house = House::new(vec![
        window(at("one", long.port), 100_000),
        window(at("small", small.port), 50_000),
        window(at("large", large.port), 1_000_000),
    ]);
    let read = house
        .ask(&["one/m", "small/m", "large/m"])
        .await
        .ok()
        .unwrap();
    assert_eq!(read.said.message.text(), "large");
    assert_eq!(small.connections(), 0);
}

#[tokio::test]
async fn many_models_are_all_tried_and_providers_that_are_away_only_once() {
    let closed = Fake::start(|_, _| async {}).await.port;
    let good = says("last").await;
    let mut away = at("away", closed);
    away.models = (0..8)
        .map(|n| row("away", &format!("m{n}"), None))
        .collect();
    let mut providers = vec![away];
    let mut names: Vec<String> = (0..8).map(|n| format!("away/m{n}")).collect();
    let mut fakes = Vec::new();
    for number in 0..16 {
        let fake = refuses("500 Oops", "").await;
        providers.push(at(&format!("p{number}"), fake.port));
        names.push(format!("p{number}/m"));
        fakes.push(fake);
    }
    providers.push(at("good", good.port));
    names.push("good/m".to_owned());
    let house = House::new(providers);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let read = bounded(house.ask(&names)).await.ok().unwrap();
    assert_eq!(read.said.message.text(), "last");
    let tried: Vec<_> = read
        .answering
        .tried
        .iter()
        .map(|t| t.model.clone())
        .collect();
    assert_eq!(tried.len(), 17, "{tried:?}");
    assert_eq!(
        tried
            .iter()
            .filter(|name| name.starts_with("away/"))
            .count(),
        1
    );
}

#[tokio::test]
async fn what_is_free_costs_nothing_and_is_left_alone() {
    let (sent, mut received) = tokio::sync::mpsc::channel(1);
    let fake = plays(move |mut connection, request| {
        let sent = sent.clone();
        async move {
            sent.send(request.body).await.unwrap();
            answer(&mut connection, "free").await;
            connection
        }
    })
    .await;
    let mut config = at("one", fake.port);
    config.models[0].price = Some(Price::FREE);
    let house = House::new(vec![config]);
    let mut read = house.ask(&["one/m"]).await.ok().unwrap();
    let ask = &house.books.asks()[0];
    assert_eq!(
        (ask.least.0, ask.most.0, ask.wait, ask.priced),
        (0, 0, Duration::ZERO, true)
    );
    assert_eq!(read.answering.receipt().cost.unwrap().0, 0);
    let body: serde_json::Value = serde_json::from_str(&received.recv().await.unwrap()).unwrap();
    assert_eq!(
        (body.get("max_tokens"), body.get("max_completion_tokens")),
        (None, None)
    );
}

#[tokio::test]
async fn an_empty_answer_is_an_answer() {
    let empty = plays(|mut connection, _| async move {
        connection.begin_stream().await;
        connection
            .chunk(&format!("{STARTED}{STOP}{}", usage(3, 0)))
            .await;
        connection.chunk("data: [DONE]\n\n").await;
        connection.write("0\r\n\r\n").await;
        connection
    })
    .await;
    let good = says("two").await;
    let house = House::new(vec![at("one", empty.port), at("two", good.port)]);
    let read = house.ask(&["one/m", "two/m"]).await.ok().unwrap();
    assert_eq!((&*read.said.message.text(), read.said.complete), ("", true));
    assert_eq!(good.connections(), 0);
}
