//! The built-in offline model, through the same door as a real one.

use crate::said;
use domain::{
    FailureKind, Message, MicroUsd, Part, Role, Sampling, StopReason, ToolChoice, ToolName,
    ToolResult, ToolSpec,
};
use llm::{Collected, Collector, Error, ModelRequest, Models, Router};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

fn request(messages: Vec<Message>) -> ModelRequest {
    ModelRequest {
        system: Vec::new(),
        messages,
        tools: Vec::new().into(),
        tool_choice: ToolChoice::Auto,
        sampling: Sampling::default(),
        stream: true,
        cache: llm::CacheHints::default(),
    }
}

fn say(text: &str) -> ModelRequest {
    request(vec![Message::user(text)])
}

fn tool(name: &str, parameters: Value) -> ToolSpec {
    ToolSpec {
        name: ToolName::new(name),
        description: String::new(),
        parameters,
        strict: None,
    }
}

fn read_tool() -> ToolSpec {
    tool(
        "read",
        json!({ "type": "object", "properties": { "path": { "type": "string" } } }),
    )
}

async fn run(request: ModelRequest) -> Result<(Collected, Option<Error>), Error> {
    let router = Router::offline();
    let target = router.catalog().resolve("offline/demo").unwrap();
    let mut stream = crate::call(&router, &target, request, &CancellationToken::new()).await?;
    let mut collector = Collector::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => collector.add(&event),
            Err(error) => return Ok((collector.finish(), Some(error))),
        }
    }
    Ok((collector.finish(), None))
}

async fn whole(request: ModelRequest) -> Collected {
    let (collected, error) = run(request).await.unwrap();
    assert!(error.is_none() && collected.complete, "{error:?}");
    collected
}

async fn text(request: ModelRequest) -> String {
    whole(request).await.message.text()
}

#[tokio::test]
async fn it_is_honest_and_says_how_to_connect_a_real_model() {
    for said in [
        "hi",
        "who are you?",
        "tell me about Rome",
        "",
        "help",
        "2+2",
    ] {
        let answer = text(say(said)).await;
        for part in ["offline demo model", "openclaw onboard", "OPENAI_API_KEY"] {
            assert!(answer.contains(part), "{said:?} -> {answer}");
        }
    }
}

#[tokio::test]
async fn it_holds_a_small_conversation() {
    let table = [
        (
            vec!["my name is Ada", "what is my name?"],
            "Your name is Ada",
        ),
        (
            vec!["hello", "My name is Ada.", "call me Grace", "who am i"],
            "Your name is Grace",
        ),
        (vec!["what is my name"], "have not told me"),
        (
            vec!["a", "b", "how many messages did I send?"],
            "3 messages",
        ),
        (vec!["what is 17 + 25?"], "17 + 25 = 42"),
        (vec!["7*6"], "7 * 6 = 42"),
        (vec!["10 minus 4"], "10 - 4 = 6"),
        (vec!["7 / 2"], "3, remainder 1"),
        (vec!["1 / 0"], "You said: 1 / 0"),
        (vec!["9223372036854775807 + 1"], "You said"),
        (vec!["say pineapple"], "pineapple"),
        (vec!["SAY: x"], "x\n"),
        (vec!["grüß dich — ü"], "You said: grüß dich — ü"),
    ];
    for (turns, expected) in table {
        let mut messages = Vec::new();
        for turn in &turns {
            messages.push(Message::user(*turn));
            messages.push(Message::assistant("ok"));
        }
        messages.pop();
        let answer = text(request(messages)).await;
        assert!(answer.contains(expected), "{turns:?} -> {answer}");
    }
}

#[tokio::test]
async fn the_same_question_gets_the_same_events() {
    let router = Router::offline();
    let target = router.catalog().resolve("demo").unwrap();
    let mut runs = Vec::new();
    for _ in 0..2 {
        let cancel = CancellationToken::new();
        let mut stream = crate::call(&router, &target, say("hello there"), &cancel)
            .await
            .unwrap();
        let mut events = Vec::new();
        while let Some(event) = stream.next().await {
            events.push(event.unwrap());
        }
        runs.push(said::lines(&events, None));
    }
    assert_eq!(runs[0], runs[1]);
    assert!(
        runs[0].starts_with("started id=Some(\"offline-"),
        "{}",
        runs[0]
    );
    assert!(runs[0].lines().count() > 10, "it comes in pieces");
}

#[tokio::test]
async fn it_counts_tokens_and_costs_nothing() {
    let collected = whole(say("hello there")).await;
    let router = Router::offline();
    let info = router.catalog().resolve("offline/demo").unwrap().info;
    assert_eq!(
        info.price.unwrap().cost(&collected.usage),
        Some(MicroUsd::ZERO)
    );
    let longer = whole(say("hello there, my very dear friend")).await;
    assert!(longer.usage.input > collected.usage.input && collected.usage.output.is_some());
}

#[tokio::test]
async fn commands_call_tools_and_results_are_summed_up() {
    let mut ask = say("please\n/call read {\"path\":\"a b.txt\"}\n/call read {\"path\":\"c\"}");
    ask.tools = vec![read_tool()].into();
    let answer = whole(ask.clone()).await;
    assert_eq!(answer.stop, Some(StopReason::ToolCalls));
    let calls: Vec<_> = answer.message.tool_calls().cloned().collect();
    let arguments: Vec<&str> = calls.iter().map(|call| call.arguments.as_str()).collect();
    assert_eq!(arguments, [r#"{"path":"a b.txt"}"#, r#"{"path":"c"}"#]);
    assert_ne!(calls[0].id, calls[1].id);

    let results = calls.iter().map(|call| {
        Part::ToolResult(ToolResult {
            call: call.id.clone(),
            name: Some(call.name.clone()),
            content: "the content".to_owned(),
            is_error: call.arguments.contains('c'),
        })
    });
    ask.messages.push(answer.message.clone());
    ask.messages.push(Message {
        role: Role::Tool,
        parts: results.collect(),
    });
    // Even when a tool must be called, an answered call is not repeated for ever.
    ask.tool_choice = ToolChoice::Required;
    let summary = text(ask).await;
    assert!(
        summary.contains("read failed 11 characters: the content"),
        "{summary}"
    );
}

#[tokio::test]
async fn unknown_tools_and_bad_commands_are_explained() {
    let mut ask = say("/call write {}");
    ask.tools = vec![read_tool()].into();
    assert!(
        text(ask.clone())
            .await
            .contains("no tool named `write`. I have: read.")
    );
    ask.tool_choice = ToolChoice::None;
    assert!(text(ask).await.contains("may not call tools"));
    for (command, expected) in [
        ("/call", "needs a tool"),
        ("/call read {broken", "not a JSON object"),
        ("/pace fast", "needs milliseconds"),
        ("/script {\"delta\":[]}", "the script cannot be read"),
        ("/script", "needs a JSON object"),
        ("/calling", "You said: /calling"),
    ] {
        let answer = text(say(command)).await;
        assert!(answer.contains(expected), "{command} -> {answer}");
    }
}

#[tokio::test]
async fn a_tool_that_must_be_called_is_called_with_fitting_arguments() {
    let schema = json!({
        "type": "object",
        "properties": {
            "query": { "type": "string" },
            "limit": { "type": "integer", "minimum": 5, "multipleOf": 4 },
            "mode": { "enum": ["fast", "slow"] },
            "when": { "type": "string", "format": "date" },
            "tags": { "type": "array", "items": { "type": "string", "maxLength": 3 }, "minItems": 2 },
            "place": { "$ref": "#/$defs/place" },
            "optional": { "type": "string" }
        },
        "required": ["query", "limit", "mode", "when", "tags", "place"],
        "$defs": { "place": { "type": ["object", "null"], "properties": {
            "inner": { "$ref": "#/$defs/place" }, "ratio": { "type": "number", "maximum": 0.5 } },
            "required": ["ratio"] } }
    });
    let mut ask = say("find me");
    ask.tools = vec![read_tool(), tool("search", schema)].into();
    ask.tool_choice = ToolChoice::Named {
        name: ToolName::new("search"),
    };
    let answer = whole(ask).await;
    let call = answer.message.tool_calls().next().unwrap().clone();
    let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
    assert_eq!(call.name.as_str(), "search");
    assert_eq!(
        arguments,
        json!({ "query": "find me", "limit": 8, "mode": "fast", "when": "2026-01-01",
                "tags": ["exa", "exa"], "place": { "ratio": 0.5 } })
    );
}

#[tokio::test]
async fn structured_output_is_json_even_for_endless_schemas() {
    let node = json!({ "type": "object", "properties": { "next": { "$ref": "#" },
        "all": { "type": "array", "items": { "$ref": "#" } } } });
    for format in [
        json!({ "type": "json_object" }),
        json!({ "type": "json_schema", "json_schema": { "name": "n", "schema": node } }),
        json!({ "type": "json_schema", "json_schema": { "name": "n", "schema": {
            "anyOf": [{ "type": "object", "properties": { "ok": { "type": "boolean" } } }] } } }),
    ] {
        let mut ask = say("hello");
        ask.sampling.response_format = Some(format.clone());
        let answer = text(ask).await;
        let value: Value = serde_json::from_str(&answer).unwrap();
        assert!(
            value.is_object() && answer.len() < 10_000,
            "{format} -> {answer}"
        );
    }
}

#[tokio::test]
async fn limits_are_kept() {
    let mut ask = say("say one two three four");
    ask.sampling.max_tokens = Some(2);
    let answer = whole(ask).await;
    assert_eq!(
        (answer.message.text().as_str(), answer.stop),
        ("one two ", Some(StopReason::Length))
    );
    let mut ask = say("say one two three four");
    ask.sampling.stop = vec!["thr".to_owned()];
    assert_eq!(text(ask).await, "one two ");
}

#[tokio::test(start_paused = true)]
async fn pace_and_scripts_take_their_time() {
    let begun = Instant::now();
    assert_eq!(text(say("/pace 50 one two three")).await, "one two three");
    assert_eq!(begun.elapsed(), Duration::from_millis(150));
    let begun = Instant::now();
    let script = r#"/script {"reasoning":["hm"],"deltas":["a","b"],"delayMs":20,"stop":"length"}"#;
    let answer = whole(say(script)).await;
    assert_eq!(answer.message.text(), "ab");
    assert_eq!(answer.message.parts.len(), 2);
    assert_eq!(answer.stop, Some(StopReason::Length));
    assert_eq!(begun.elapsed(), Duration::from_millis(60));
}

#[tokio::test(start_paused = true)]
async fn scripts_fail_as_real_providers_do() {
    let script = |fail: &str| say(&format!(r#"/script {{"deltas":["a","b"],"fail":{fail}}}"#));
    // Before anything was said the call itself fails.
    let table = [
        (
            r#"{"kind":"status","status":429,"retryAfter":2}"#,
            FailureKind::RateLimited,
        ),
        (
            r#"{"kind":"status","status":401}"#,
            FailureKind::Unauthorized,
        ),
        (r#"{"kind":"status"}"#, FailureKind::ProviderFailed),
        (r#"{"kind":"hang","afterMs":100}"#, FailureKind::TimedOut),
        (r#"{"kind":"hang"}"#, FailureKind::TimedOut),
        (r#"{"kind":"cut"}"#, FailureKind::BrokenStream),
        (r#"{"kind":"badJson"}"#, FailureKind::BrokenStream),
        (r#"{"kind":"refuse"}"#, FailureKind::Unreachable),
    ];
    for (fail, kind) in table {
        let error = run(script(fail)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{fail}");
        if kind == FailureKind::RateLimited {
            assert_eq!(error.retry_after(), Some(Duration::from_secs(2)));
        }
    }
    // After that the stream fails, and what was said is kept.
    for kind in ["status", "hang", "cut", "badJson", "refuse"] {
        let fail = format!(r#"{{"kind":"{kind}","afterDeltas":1}}"#);
        let (collected, error) = run(script(&fail)).await.unwrap();
        assert_eq!(
            (collected.message.text().as_str(), collected.complete),
            ("a", false),
            "{kind}"
        );
        assert!(error.is_some(), "{kind}");
    }
    let begun = Instant::now();
    assert_eq!(
        text(script(r#"{"kind":"slowFirst","afterMs":700}"#)).await,
        "ab"
    );
    assert_eq!(begun.elapsed(), Duration::from_millis(700));
}

#[tokio::test(start_paused = true)]
async fn it_can_be_cancelled_while_it_waits() {
    let router = Router::offline();
    let target = router.catalog().resolve("offline/demo").unwrap();
    let cancel = CancellationToken::new();
    let mut stream = crate::call(&router, &target, say("/pace 1000 a b c"), &cancel)
        .await
        .unwrap();
    // The beginning and the first word are there at once.
    for _ in 0..2 {
        stream.next().await.unwrap().unwrap();
    }
    let next = stream.next();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        cancel.cancel();
    };
    let (event, ()) = tokio::join!(next, stop);
    assert!(matches!(event, Some(Err(Error::Cancelled))), "{event:?}");
    assert!(stream.next().await.is_none());
    let before = crate::call(&router, &target, say("hi"), &cancel).await;
    assert!(matches!(before, Err(Error::Cancelled)));
}
