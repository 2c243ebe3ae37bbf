//! A tool loop with a provider behind a real socket.

use super::{check, look};
use crate::fake::{Connection, Fake, Received};
use domain::{Message, Part, Role, StopReason, TokenCount, ToolResult};
use llm::config::Api;
use llm::provider::{AuthStyle, ProviderConfig};
use llm::{Collector, ModelRequest, Models, Router};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const THOUGHT: &str = concat!(
    "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n",
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Look.\"}}\n\n",
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}}\n\n",
    "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"look\",\"input\":{}}}\n\n",
    "data: {\"type\":\"content_block_stop\",\"index\":1}\n\n",
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":20}}\n\n",
    "data: {\"type\":\"message_stop\"}\n\n",
);

/// Answers the first call with a thought and a call of a tool, and every other with text.
async fn think_then_say(mut connection: Connection, seen: mpsc::Sender<Received>) {
    let mut first = true;
    while let Some(received) = connection.request().await {
        seen.send(received).await.unwrap();
        if first {
            connection.begin_stream().await;
            connection.chunk(THOUGHT).await;
            connection.write("0\r\n\r\n").await;
        } else {
            let said = json!({ "type": "message", "content": [{ "type": "text", "text": "Sunny." }],
                "stop_reason": "end_turn", "usage": { "input_tokens": 30, "output_tokens": 2 } });
            let header = "content-type: application/json\r\n";
            connection.whole("200 OK", header, &said.to_string()).await;
        }
        first = false;
    }
}

#[tokio::test]
async fn a_tool_loop_over_a_socket_gives_the_thought_back() {
    let (seen, mut received) = mpsc::channel(2);
    let fake = Fake::start(move |connection, _| think_then_say(connection, seen.clone())).await;
    let provider = ProviderConfig {
        api: Api::AnthropicMessages,
        keys: vec![SecretString::from("sk-canary-0123456789")],
        auth_header: AuthStyle::Header("x-api-key"),
        ..ProviderConfig::new("acme", &format!("http://127.0.0.1:{}/v1", fake.port))
    };
    let purse = Arc::new(domain::ledger::Unmetered);
    let router = Router::new(vec![provider], BTreeMap::new(), purse);
    let target = router.catalog().resolve("acme/m-1").unwrap();
    let mut request = ModelRequest {
        messages: vec![Message::user("Weather?")],
        tools: vec![look()].into(),
        stream: true,
        ..ModelRequest::default()
    };
    let mut said = Vec::new();
    for _ in 0..2 {
        let cancel = CancellationToken::new();
        let mut answer = crate::call(&router, &target, request.clone(), &cancel)
            .await
            .unwrap();
        let mut collector = Collector::new();
        while let Some(event) = answer.next().await {
            collector.add(&event.unwrap());
        }
        let collected = collector.finish();
        request.messages.push(collected.message.clone());
        let results = collected.message.tool_calls().map(|call| {
            Part::ToolResult(ToolResult {
                call: call.id.clone(),
                name: None,
                content: "sunny".to_owned(),
                is_error: false,
            })
        });
        let results: Vec<Part> = results.collect();
        request.messages.push(Message {
            role: Role::Tool,
            parts: results,
        });
        said.push((
            collected.stop,
            collected.usage.input,
            collected.usage.output,
        ));
    }
    let count = |n| Some(TokenCount(n));
    assert_eq!(
        said,
        [
            (Some(StopReason::ToolCalls), count(9), count(20)),
            (Some(StopReason::Stop), count(30), count(2)),
        ]
    );
    let first = received.recv().await.unwrap();
    assert!(first.head.starts_with("POST /v1/messages HTTP/1.1"));
    let head = first.head.to_lowercase();
    assert!(head.contains("x-api-key: sk-canary-0123456789"), "{head}");
    assert!(!head.contains("authorization"), "{head}");
    let second = received.recv().await.unwrap();
    let body: Value = serde_json::from_str(&second.body).unwrap();
    let thought = json!({ "type": "thinking", "thinking": "Look.", "signature": "c2ln" });
    assert_eq!(body["messages"][1]["content"][0], thought);
    assert_eq!(check(&body), Ok(()));
}
