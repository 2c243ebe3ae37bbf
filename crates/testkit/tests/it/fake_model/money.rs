//! The bill, the prompt cache, the keys and the state that must come back.

use std::time::Duration;

use super::ask::{asked, question, told};
use serde_json::{Value, json};
use testkit::fake_model::{Price, Wire};
use testkit::{Caller, FakeModel};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";

#[tokio::test]
async fn the_bill_is_the_sum_of_usage_times_price() {
    let fake = FakeModel::start().await.unwrap();
    let price = Price {
        input: 2_500_000,
        output: 15_000_001,
        cache_read: 250_000,
        cache_write: 3_125_000,
    };
    fake.set_price("dear", price);
    let caller = Caller::new(fake.address());
    let mut sum = 0;
    for round in 0..3 {
        for wire in Wire::ALL {
            for stream in [false, true] {
                let text = format!("{}\nSAY:one two {round}", "word ".repeat(1000));
                let (path, body) = question(wire, "dear", &text, stream);
                let read = told(&caller, wire, &path, &body, stream).await;
                let (input, output, cached) = read.usage.unwrap();
                let fresh = i64::try_from(input - cached).unwrap() * price.input;
                let cached = i64::try_from(cached).unwrap() * price.cache_read;
                let output = i64::try_from(output).unwrap() * price.output;
                sum += (fresh + cached + output + 999_999) / 1_000_000;
            }
        }
    }
    assert_eq!((fake.bill(), fake.unreported()), (sum, 0));
    assert_eq!(fake.bill_by_model()["dear"], sum);
    assert_eq!(fake.charges().iter().map(|c| c.cost).sum::<i64>(), sum);
    let cached = fake.charges().iter().any(|c| c.used.cache_read > 0);
    assert!(cached, "equal beginnings were read from the cache");
    fake.reset();
    assert_eq!((fake.bill(), fake.calls()), (0, 0));
}

#[tokio::test]
async fn a_cut_call_is_charged_with_its_last_report() {
    let fake = FakeModel::start().await.unwrap();
    for wire in Wire::ALL {
        let (path, body) = question(wire, "fake-1", "CUT", true);
        let caller = Caller::new(fake.address());
        assert!(caller.post_json(&path, &body).await.is_err());
        let charges = fake.charges();
        let last = charges.last().unwrap();
        let (output, reported) = match wire {
            // Tells it at the end only.
            Wire::Chat | Wire::Responses | Wire::Ollama => (3, false),
            // Tells the prompt and one token at the beginning.
            Wire::Messages => (1, true),
            Wire::Gemini => (3, true),
        };
        assert_eq!(
            (last.used.output, last.reported),
            (output, reported),
            "{wire:?}"
        );
        assert_eq!(last.used.input, 1);
    }
    let (path, body) = question(Wire::Chat, "fake-1", "USAGEEACH\nCUT", true);
    let caller = Caller::new(fake.address());
    assert!(caller.post_json(&path, &body).await.is_err());
    let last = fake.charges().pop().unwrap();
    assert_eq!((last.used.output, last.reported), (3, true));
}

fn words(count: usize) -> String {
    "abcd".repeat(count)
}

fn told_before(first: &str, second: &str) -> Value {
    json!({"model": "fake-1", "messages": [
        {"role": "system", "content": first}, {"role": "user", "content": second}]})
}

#[tokio::test]
async fn openai_keeps_long_beginnings_in_steps() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    let cached = async |body: &Value| {
        let read = told(&caller, Wire::Chat, CHAT, body, false).await;
        read.usage.unwrap().2
    };
    assert_eq!(
        cached(&told_before(&words(1023), "")).await,
        0,
        "first of all"
    );
    assert_eq!(cached(&told_before(&words(1023), "")).await, 0, "too short");
    assert_eq!(cached(&told_before(&words(1200), "one")).await, 0, "new");
    assert_eq!(
        cached(&told_before(&words(1200), "two")).await,
        1152,
        "nine steps"
    );
    let volatile = format!("x{}", words(1200));
    assert_eq!(
        cached(&told_before(&volatile, "one")).await,
        0,
        "another beginning"
    );
    let mut keyed = told_before(&words(1200), "one");
    keyed["prompt_cache_key"] = json!("k");
    assert_eq!(cached(&keyed).await, 0, "another key");
    fake.advance(Duration::from_mins(4));
    assert_eq!(
        cached(&told_before(&words(1200), "one")).await,
        1152,
        "still there"
    );
    fake.advance(Duration::from_mins(4));
    assert_eq!(
        cached(&told_before(&words(1200), "one")).await,
        1152,
        "used since"
    );
    fake.advance(Duration::from_mins(6));
    assert_eq!(
        cached(&told_before(&words(1200), "one")).await,
        0,
        "expired"
    );
}

/// Read, written and other tokens of a message request with these user blocks.
async fn anthropic(caller: &Caller, system: &Value, blocks: &[Value]) -> [u64; 3] {
    let body = json!({"model": "fake-1", "max_tokens": 16, "system": system,
        "messages": [{"role": "user", "content": blocks}]});
    let answer = caller.post_json(MESSAGES, &body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let usage = answer.json().unwrap()["usage"].clone();
    let count = |name: &str| usage[name].as_u64().unwrap();
    [
        count("cache_read_input_tokens"),
        count("cache_creation_input_tokens"),
        count("input_tokens"),
    ]
}

fn block(text: &str, marked: bool) -> Value {
    let mut block = json!({"type": "text", "text": text});
    if marked {
        block["cache_control"] = json!({"type": "ephemeral"});
    }
    block
}

#[tokio::test]
async fn anthropic_keeps_what_is_marked() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    let system = json!([block(&words(1000), true)]);
    let open = json!([block(&words(1100), false)]);
    // The mark on 1,000 tokens is below the least that is kept.
    let first = anthropic(&caller, &system, &[block(&words(30), true)]).await;
    assert_eq!(first, [0, 1030, 0]);
    let longer = [
        block(&words(30), false),
        block("abcd", true),
        block("ef", false),
    ];
    assert_eq!(anthropic(&caller, &system, &longer).await, [1030, 1, 1]);
    assert_eq!(anthropic(&caller, &system, &longer).await, [1031, 0, 1]);
    assert_eq!(
        anthropic(&caller, &open, &[block("a", false)]).await,
        [0, 0, 1101]
    );
    // A mark looks back at 20 blocks, not at more.
    let many = |count: usize| -> Vec<Value> {
        let mut blocks = vec![block(&words(30), false), block("abcd", false)];
        blocks.extend((0..count).map(|_| block("abcd", false)));
        blocks.push(block("abcd", true));
        blocks
    };
    assert_eq!(anthropic(&caller, &system, &many(18)).await, [1031, 19, 0]);
    fake.reset();
    anthropic(&caller, &system, &longer).await;
    assert_eq!(anthropic(&caller, &system, &many(20)).await, [0, 1052, 0]);
    fake.advance(Duration::from_mins(6));
    assert_eq!(anthropic(&caller, &system, &many(20)).await, [0, 1052, 0]);
    let last = fake.charges().pop().unwrap();
    // 1,052 written at 1.25 dollars per million, 6 said at 2.
    assert_eq!(last.cost, 1315 + 12);
}

#[tokio::test]
async fn keys_have_their_fates() {
    let fake = FakeModel::start().await.unwrap();
    for wire in Wire::ALL {
        let (path, body) = question(wire, "fake-1", "hi", false);
        let status = async |key: &str| {
            let caller = Caller::new(fake.address())
                .header("x-api-key", key)
                .unwrap();
            let answer = caller.post_json(&path, &body).await.unwrap();
            let wait = answer.header("retry-after").map(str::to_owned);
            (answer.status.as_u16(), wait)
        };
        let gemini = wire == Wire::Gemini;
        assert_eq!(status("good").await, (200, None));
        assert_eq!(status("wrong").await.0, if gemini { 400 } else { 401 });
        assert_eq!(status("broke").await.0, if gemini { 403 } else { 402 });
        let wait = (!gemini).then(|| "7".to_owned());
        assert_eq!(status("limited-7").await, (429, wait));
        let keys: Vec<String> = fake.seen().into_iter().map(|seen| seen.key).collect();
        assert!(keys.ends_with(&["wrong".into(), "broke".into(), "limited-7".into()]));
    }
    assert_eq!(fake.charges().len(), 5, "refused calls are free");
}

#[tokio::test]
async fn thoughts_must_come_back_in_a_tool_loop() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    let script = "THINK\nTOOL:ls{}";
    let (path, mut body) = question(Wire::Messages, "fake-1", script, false);
    let first = caller
        .post_json(&path, &body)
        .await
        .unwrap()
        .json()
        .unwrap();
    let id = first["content"][1]["id"].clone();
    let result = json!({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": id, "content": "a b"}]});
    body["messages"] = json!([{"role": "user", "content": script},
        {"role": "assistant", "content": first["content"]}, result]);
    let second = caller.post_json(&path, &body).await.unwrap();
    assert_eq!(second.status, 200, "{}", second.text());
    body["messages"][1]["content"][0]["signature"] = json!("AAAA");
    let forged = caller.post_json(&path, &body).await.unwrap();
    assert!(
        forged.text().contains("invalid signature"),
        "{}",
        forged.text()
    );

    let (path, _) = question(Wire::Gemini, "fake-1", script, false);
    let user = json!({"role": "user", "parts": [{"text": script}]});
    let call = json!({"functionCall": {"name": "ls", "args": {}}});
    let answer = json!({"functionResponse": {"name": "ls", "response": {"output": "a b"}}});
    let body = json!({"contents": [user, {"role": "model", "parts": [call]},
        {"role": "user", "parts": [answer]}]});
    let bare = caller.post_json(&path, &body).await.unwrap();
    assert!(bare.text().contains("did not come back"), "{}", bare.text());
}

#[tokio::test]
async fn a_prompt_larger_than_the_window_is_refused() {
    let fake = FakeModel::start().await.unwrap();
    fake.set_window("fake-1", 10);
    let caller = Caller::new(fake.address());
    for (wire, words) in [
        (Wire::Chat, "context_length_exceeded"),
        (Wire::Messages, "prompt is too long: 11 tokens > 10 maximum"),
        (Wire::Gemini, "exceeds the maximum number of tokens"),
    ] {
        let (path, body) = question(wire, "fake-1", &"abcd".repeat(11), false);
        let answer = caller.post_json(&path, &body).await.unwrap();
        assert!(answer.text().contains(words), "{}", answer.text());
    }
    assert_eq!(
        asked(&fake, Wire::Ollama, &"abcd".repeat(11), true)
            .await
            .usage,
        Some((11, 6, 0))
    );
}

#[tokio::test]
async fn tokens_can_be_counted_without_an_answer() {
    let fake = FakeModel::start().await.unwrap();
    let caller = Caller::new(fake.address());
    let body = json!({"model": "fake-1", "messages": [{"role": "user", "content": "abcde"}]});
    let answer = caller
        .post_json("/v1/messages/count_tokens", &body)
        .await
        .unwrap();
    assert_eq!(answer.json().unwrap(), json!({"input_tokens": 2}));
    assert_eq!(fake.bill(), 0);
}
