//! Embeddings: keys in turn, money reserved and settled.

use super::{House, PRICE, at, plays};
use domain::ledger::{CallOutcome, Payer};
use domain::{FailureKind, MicroUsd};
use llm::{EmbedCall, Models, Price};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

const INPUT_ONLY: Price = Price {
    output: 0,
    cache_read: 0,
    cache_write: 0,
    ..PRICE
};

fn call(house: &House) -> EmbedCall {
    EmbedCall {
        target: house.router.catalog().resolve("one/m").unwrap(),
        inputs: vec!["hello".to_owned(), "world".to_owned()],
        dimensions: None,
        payer: Payer::default(),
    }
}

#[tokio::test]
async fn another_key_is_tried_and_the_bill_is_exact() {
    let fake = plays(|mut connection, request| async move {
        let body = r#"{"data":[{"index":0,"embedding":[0.5,1.0]},
            {"index":1,"embedding":[0.25,0.0]}],"model":"m","usage":{"prompt_tokens":4}}"#;
        if request.head.contains("sk-bad") {
            connection.whole("401 No", "", "{}").await;
        } else {
            connection
                .whole("200 OK", "content-type: application/json\r\n", body)
                .await;
        }
        connection
    })
    .await;
    let mut config = at("one", fake.port);
    config.keys = vec![SecretString::from("sk-bad"), SecretString::from("sk-good")];
    config.models[0].price = Some(INPUT_ONLY);
    let house = House::new(vec![config]);
    let cancel = CancellationToken::new();
    let embedded = house.router.embed(call(&house), &cancel).await.unwrap();
    assert_eq!(embedded.vectors, [[0.5, 1.0], [0.25, 0.0]]);
    assert_eq!(embedded.receipt.cost, Some(MicroUsd(4)));
    let settled = house.books.settled();
    assert_eq!(
        super::outcomes(&settled),
        [
            CallOutcome::Failed(FailureKind::Unauthorized),
            CallOutcome::Answered
        ]
    );
    assert_eq!(settled[0].cost, Some(MicroUsd::ZERO));
    assert_eq!(settled[1].note.credential, "one#2");
    let ask = &house.books.asks()[0];
    assert!(ask.most.0 >= 10 && ask.least == ask.most);
}

#[tokio::test]
async fn a_refusal_is_one_typed_error_and_leaving_settles() {
    let fake = plays(|mut connection, _| async move {
        connection.whole("400 Bad", "", "{}").await;
        connection
    })
    .await;
    let house = House::new(vec![at("one", fake.port)]);
    let cancel = CancellationToken::new();
    let failed = house.router.embed(call(&house), &cancel).await.unwrap_err();
    assert_eq!(failed.error.kind(), FailureKind::InvalidRequest);
    assert_eq!(failed.tried.len(), 1);
    cancel.cancel();
    let failed = house.router.embed(call(&house), &cancel).await.unwrap_err();
    assert!(matches!(failed.error, llm::Error::Cancelled));
    house.books.settled();
}
