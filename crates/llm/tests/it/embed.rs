//! Embeddings on the wires that have them. One folder per case under `tests/embeddings`: what is
//! asked (`ask.json`), what is sent (`request.json`), what comes back (`body.json`), what it means
//! (`read.txt`).

use crate::fake::Fake;
use crate::golden::peer;
use domain::ledger::{Payer, Unmetered};
use domain::{FailureKind, ModelId, ProviderId};
use llm::codec::Peer;
use llm::config::Api;
use llm::embed::{Texts, decode, encode};
use llm::provider::ProviderConfig;
use llm::{EmbedCall, Models, Router};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/embeddings");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    api: Api,
    inputs: Vec<String>,
    dimensions: Option<u32>,
    path: String,
}

impl Ask {
    fn texts(&self) -> Texts<'_> {
        Texts {
            inputs: &self.inputs,
            dimensions: self.dimensions,
        }
    }
}

fn acme() -> Peer {
    peer(&crate::golden::info())
}

fn cases() -> Vec<std::path::PathBuf> {
    let mut cases: Vec<_> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 12, "the folder has gaps");
    cases
}

fn ask(case: &Path) -> Ask {
    serde_json::from_str(&fs::read_to_string(case.join("ask.json")).unwrap()).unwrap()
}

#[test]
fn requests_are_written_as_recorded() {
    for case in cases() {
        let ask = ask(&case);
        let encoded = encode(&acme(), &ask.api, ask.texts()).unwrap();
        assert_eq!(encoded.path, ask.path, "{}", case.display());
        let sent: serde_json::Value = serde_json::from_slice(&encoded.body).unwrap();
        let expected = fs::read_to_string(case.join("request.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
        assert_eq!(sent, expected, "{}", case.display());
    }
}

#[test]
fn answers_are_read_as_recorded() {
    for case in cases() {
        let ask = ask(&case);
        let body = fs::read(case.join("body.json")).unwrap();
        let mut read = String::new();
        match decode(&acme(), &ask.api, ask.texts(), &body) {
            Ok(vectors) => {
                let input = vectors.usage.input.map(|tokens| tokens.0);
                let model = vectors.model.as_ref().map(ModelId::as_str);
                writeln!(read, "model={model:?} input={input:?}").unwrap();
                for vector in &vectors.vectors {
                    writeln!(read, "{vector:?}").unwrap();
                }
            }
            Err(error) => writeln!(read, "failed {:?}: {error}", error.kind()).unwrap(),
        }
        let expected = fs::read_to_string(case.join("read.txt")).unwrap();
        assert_eq!(read, expected, "{}", case.display());
    }
}

#[test]
fn wires_without_embeddings_say_so() {
    let inputs = ["x".to_owned()];
    let texts = Texts {
        inputs: &inputs,
        dimensions: None,
    };
    let error = encode(&acme(), &Api::AnthropicMessages, texts).unwrap_err();
    assert_eq!(error.kind(), FailureKind::InvalidRequest);
    assert!(
        error
            .to_string()
            .contains("choose a model of another provider")
    );
}

#[test]
fn a_model_name_leads_nowhere_else() {
    let peer = Peer {
        model: ModelId::new("../../v1/secret?key=1#"),
        provider: ProviderId::new("acme"),
        secrets: Vec::new().into(),
    };
    let inputs = ["x".to_owned()];
    let texts = Texts {
        inputs: &inputs,
        dimensions: None,
    };
    let path = encode(&peer, &Api::GoogleGenerativeAi, texts).unwrap().path;
    assert_eq!(
        path,
        "/models/..%2F..%2Fv1%2Fsecret%3Fkey%3D1%23:batchEmbedContents"
    );
}

async fn embed(port: u16, patience: Duration) -> Result<llm::Embedded, llm::CallFailed> {
    let mut provider = ProviderConfig::new("acme", &format!("http://127.0.0.1:{port}/v1"));
    provider.keys = vec!["sk-canary-0123456789".into()];
    provider.timeouts.first_byte = patience;
    let router = Router::new(vec![provider], BTreeMap::new(), Arc::new(Unmetered));
    let call = EmbedCall {
        target: router.catalog().resolve("acme/e-1").unwrap(),
        inputs: vec!["one".to_owned(), "two".to_owned()],
        dimensions: None,
        payer: Payer::default(),
    };
    router.embed(call, &CancellationToken::new()).await
}

const TWO: &str = r#"{"data":[{"index":1,"embedding":[2.0]},{"index":0,"embedding":[1.0]}],"model":"e-1-2026","usage":{"prompt_tokens":2}}"#;

#[tokio::test]
async fn texts_become_vectors_over_a_connection() {
    let fake = Fake::start(|mut connection, _| async move {
        let request = connection.request().await.unwrap();
        assert!(request.head.starts_with("POST /v1/embeddings HTTP/1.1"));
        assert!(request.head.contains("Bearer sk-canary-0123456789"));
        connection
            .whole("200 OK", "content-type: application/json\r\n", TWO)
            .await;
    })
    .await;
    let embedded = embed(fake.port, Duration::from_secs(5)).await.unwrap();
    assert_eq!(embedded.vectors, [[1.0], [2.0]]);
    assert_eq!(embedded.model, Some(ModelId::new("e-1-2026")));
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_hangs_is_an_error_in_time() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{\"data\":[";
    let cut = Fake::start(move |mut connection, _| async move {
        connection.request().await;
        connection.write(half).await;
    })
    .await;
    let failed = embed(cut.port, Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(failed.error.kind(), FailureKind::BrokenStream);
    let hangs = Fake::start(move |mut connection, _| async move {
        connection.request().await;
        connection.write(half).await;
        connection.closed().await;
    })
    .await;
    let failed = embed(hangs.port, Duration::from_millis(200))
        .await
        .unwrap_err();
    assert_eq!(failed.error.kind(), FailureKind::TimedOut);
}

#[tokio::test]
async fn a_refusal_is_named() {
    let fake = Fake::start(|mut connection, _| async move {
        while connection.request().await.is_some() {
            let body = r#"{"error":{"message":"no such model","code":"model_not_found"}}"#;
            connection.whole("404 Not Found", "", body).await;
        }
    })
    .await;
    let failed = embed(fake.port, Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(failed.error.kind(), FailureKind::ModelNotFound);
}
