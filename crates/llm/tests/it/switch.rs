//! A conversation that one provider left is taken up by another: whatever is in it, the next
//! request is one the other service accepts, and nothing of the first one's state is in it.

use crate::golden::{WIRES, Wire, decode, info};
use domain::{
    Blob, Message, ModelId, Part, ProviderId, ProviderState, Role, Sampling, ToolCall, ToolCallId,
    ToolName, ToolResult, ToolSpec,
};
use llm::codec::{Codec, Framing, Peer};
use llm::provider::Quirks;
use llm::{CacheHints, Collector, MediaKinds, ModelInfo, ModelRequest};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

/// The name of a wire format in the settings.
fn api(wire: &Wire) -> &'static str {
    match wire.folder {
        "anthropic" => "anthropic-messages",
        "gemini" => "google-generative-ai",
        "ollama" => "ollama",
        "openai_chat" => "openai-completions",
        "openai_responses" => "openai-responses",
        other => panic!("what is the api of {other}?"),
    }
}

fn codec(wire: &Wire, model: &ModelInfo) -> Box<dyn Codec> {
    (wire.codec)(Peer {
        provider: model.provider.clone(),
        model: model.model.clone(),
        secrets: Vec::new().into(),
    })
}

fn model(provider: &str) -> ModelInfo {
    ModelInfo {
        provider: ProviderId::new(provider),
        model: ModelId::new("m-1"),
        max_output: Some(32_000),
        ..info()
    }
}

/// Everything a provider ever answered in the golden cases, whole or broken, as the log keeps it.
static ANSWERS: LazyLock<BTreeMap<&'static str, Vec<Message>>> = LazyLock::new(|| {
    let answers = |wire: &'static Wire| {
        let mut folders: Vec<_> = fs::read_dir(Path::new(FOLDER).join(wire.folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.sort();
        let read = |folder: &PathBuf| answer(&*codec(wire, &model("first")), folder);
        (wire.folder, folders.iter().filter_map(read).collect())
    };
    WIRES.iter().map(answers).collect()
});

fn answer(codec: &dyn Codec, folder: &Path) -> Option<Message> {
    let file = match codec.framing() {
        Framing::Events => "stream.sse",
        Framing::Lines => "stream.ndjson",
    };
    let stream = fs::read(folder.join(file)).ok()?;
    let (events, _) = decode(codec, [stream.as_slice()]);
    let mut collector = Collector::new();
    for event in &events {
        collector.add(event);
    }
    Some(collector.finish().message)
}

/// One step of a conversation, before it is known who answered.
#[derive(Debug, Clone)]
enum Turn {
    /// Somebody said something.
    Said(Vec<Part>),
    /// The provider answered; so many of its calls got a result.
    Answered { which: Index, results: usize },
    /// What a crash, a deletion or a lenient client leaves.
    Broken { role: Role, parts: Vec<Part> },
}

fn text() -> impl Strategy<Value = Part> {
    let texts = vec!["", " ", "hello", "two\nlines ", "\"\\ ünï 😀"];
    proptest::sample::select(texts).prop_map(|text| Part::Text {
        text: text.to_owned(),
    })
}

fn media() -> impl Strategy<Value = Part> {
    let kinds = vec![
        "image/png",
        "image/heic",
        "application/pdf",
        "audio/wav",
        "video/mp4",
        "text/csv",
    ];
    let data = proptest::sample::select(vec!["iVBORw0KGgo=", ""]);
    (proptest::sample::select(kinds), data).prop_map(|(media_type, data)| {
        let media_type = media_type.to_owned();
        let data = Blob(data.into());
        if media_type.starts_with("image/") {
            Part::Image { media_type, data }
        } else {
            Part::File {
                media_type,
                name: None,
                data,
            }
        }
    })
}

fn id() -> impl Strategy<Value = ToolCallId> {
    let long = "x".repeat(90);
    let ids = ["", "a", "b", "call_1", "odd id/ü", long.as_str()];
    proptest::sample::select(ids.map(ToolCallId::new).to_vec())
}

fn call() -> impl Strategy<Value = Part> {
    let long = "n".repeat(150);
    let names = ["", "look", "a.b c", long.as_str()].map(ToolName::new);
    let arguments = vec!["", "{}", "{\"a\":1}", "{\"a\":", "[1]", "null", " {} "];
    (
        id(),
        proptest::sample::select(names.to_vec()),
        proptest::sample::select(arguments),
    )
        .prop_map(|(id, name, arguments)| {
            Part::ToolCall(ToolCall {
                id,
                name,
                arguments: arguments.to_owned(),
            })
        })
}

fn result() -> impl Strategy<Value = Part> {
    let content = proptest::sample::select(vec!["", "done"]);
    (id(), content, any::<bool>()).prop_map(|(call, content, is_error)| {
        Part::ToolResult(ToolResult {
            call,
            name: None,
            content: content.to_owned(),
            is_error,
        })
    })
}

fn turn() -> impl Strategy<Value = Turn> {
    let said = prop_oneof![3 => text(), 1 => media()];
    let reasoning = Just(Part::Reasoning {
        text: "hm".to_owned(),
        keep: None,
    });
    let anything = prop_oneof![text(), media(), call(), call(), result(), reasoning];
    let roles = vec![Role::User, Role::Assistant, Role::Assistant, Role::Tool];
    prop_oneof![
        2 => proptest::collection::vec(said, 0..4).prop_map(Turn::Said),
        4 => (any::<Index>(), 0..4_usize)
            .prop_map(|(which, results)| Turn::Answered { which, results }),
        2 => (proptest::sample::select(roles), proptest::collection::vec(anything, 0..5))
            .prop_map(|(role, parts)| Turn::Broken { role, parts }),
    ]
}

/// The conversation if the provider of `wire` was the one who answered.
fn conversation(turns: &[Turn], wire: &Wire) -> Vec<Message> {
    let pool = ANSWERS.get(wire.folder).unwrap();
    let mut all = Vec::new();
    for turn in turns {
        match turn {
            Turn::Said(parts) => all.push(Message {
                role: Role::User,
                parts: parts.clone(),
            }),
            Turn::Broken { role, parts } => all.push(Message {
                role: *role,
                parts: parts.clone(),
            }),
            Turn::Answered { which, results } => {
                let message = which.get(pool).clone();
                let result = |call: &ToolCall| {
                    Part::ToolResult(ToolResult {
                        call: call.id.clone(),
                        name: Some(call.name.clone()),
                        content: "warm".to_owned(),
                        is_error: false,
                    })
                };
                let parts: Vec<Part> = message.tool_calls().take(*results).map(result).collect();
                all.push(message);
                if !parts.is_empty() {
                    all.push(Message {
                        role: Role::Tool,
                        parts,
                    });
                }
            }
        }
    }
    all.push(Message::user("Go on."));
    all
}

#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent wishes, each drawn on its own"
)]
struct Wishes {
    effort: Option<String>,
    temperature: Option<f64>,
    max_tokens: Option<u32>,
    tools: bool,
    reads: bool,
    reasons: bool,
    stream: bool,
    keep: bool,
}

fn wishes() -> impl Strategy<Value = Wishes> {
    let effort = proptest::sample::select(vec![None, Some("none"), Some("low"), Some("high")]);
    let temperature = proptest::sample::select(vec![None, Some(0.0), Some(1.5)]);
    let max_tokens = proptest::sample::select(vec![None, Some(1), Some(20_000)]);
    let flags = any::<[bool; 5]>();
    (effort, temperature, max_tokens, flags).prop_map(|(effort, temperature, max_tokens, flags)| {
        let [tools, reads, reasons, stream, keep] = flags;
        Wishes {
            effort: effort.map(str::to_owned),
            temperature,
            max_tokens,
            tools,
            reads,
            reasons,
            stream,
            keep,
        }
    })
}

/// What `wire` is sent for a conversation, when its provider is called `provider`.
fn sent(wire: &Wire, provider: &str, messages: &[Message], wishes: &Wishes) -> Value {
    let model = ModelInfo {
        images: wishes.reads,
        media: MediaKinds {
            documents: wishes.reads,
            audio: wishes.reads,
            video: wishes.reads,
        },
        reasoning: wishes.reasons,
        ..model(provider)
    };
    let look = ToolSpec {
        name: ToolName::new("look"),
        description: "Looks.".to_owned(),
        parameters: json!({ "type": "object", "properties": {} }),
        strict: None,
    };
    let request = ModelRequest {
        system: vec!["Be kind.".into()],
        messages: messages.to_vec(),
        tools: if wishes.tools { vec![look] } else { Vec::new() }.into(),
        sampling: Sampling {
            reasoning_effort: wishes.effort.clone(),
            temperature: wishes.temperature,
            max_tokens: wishes.max_tokens,
            ..Sampling::default()
        },
        stream: wishes.stream,
        cache: CacheHints {
            key: None,
            keep: wishes.keep,
        },
        ..ModelRequest::default()
    };
    let encoded = codec(wire, &model).encode(&request, &model, Quirks::USUAL);
    serde_json::from_slice(&encoded.unwrap().body).unwrap()
}

/// The states in a conversation that are long enough to be recognised.
fn states(messages: &[Message]) -> impl Iterator<Item = &ProviderState> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| match part {
        Part::Reasoning { keep, .. } => keep.as_ref().filter(|keep| keep.data.len() >= 8),
        Part::Text { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_) => None,
    })
}

/// What of a state would be seen on a wire: its last word, or what is encrypted in it.
fn secret(state: &ProviderState) -> String {
    let inner: Value = serde_json::from_str(&state.data).unwrap_or_default();
    let word = state.data.rsplit(' ').next().unwrap_or_default();
    inner["encrypted_content"]
        .as_str()
        .unwrap_or(word)
        .to_owned()
}

proptest! {

    #[test]
    fn a_conversation_goes_on_with_any_other_provider(
        turns in proptest::collection::vec(turn(), 0..9),
        wishes in wishes(),
    ) {
        for first in WIRES {
            let messages = conversation(&turns, first);
            for second in WIRES {
                let body = sent(second, "second", &messages, &wishes);
                let verdict = testkit::wire_check(api(second), &body);
                prop_assert!(
                    verdict.is_ok(),
                    "{} to {}: {verdict:?}\n{messages:#?}\n{body:#}", first.folder, second.folder
                );
                let text = body.to_string();
                for state in states(&messages) {
                    prop_assert!(!text.contains(&secret(state)), "{state:?} in {body:#}");
                }
            }
            // The same provider goes on with its own state.
            let body = sent(first, "first", &messages, &wishes);
            let verdict = testkit::wire_check(api(first), &body);
            prop_assert!(
                verdict.is_ok(),
                "{} again: {verdict:?}\n{messages:#?}\n{body:#}", first.folder
            );
        }
    }
}

/// The property above would hold if there were no state at all.
#[test]
fn there_is_state_to_lose() {
    for (folder, kind) in [
        ("anthropic", "thinking"),
        ("gemini", "thoughtSignature"),
        ("openai_responses", "reasoning"),
    ] {
        let answers = ANSWERS.get(folder).unwrap();
        let kept = states(answers).filter(|state| &*state.kind == kind).count();
        assert!(kept > 0, "{folder}");
    }
}

/// The state a provider left goes back to it, so that its absence elsewhere means something.
#[test]
fn state_goes_back_to_its_provider() {
    let wire = WIRES
        .iter()
        .find(|wire| wire.folder == "openai_responses")
        .unwrap();
    let keep = ProviderState {
        provider: ProviderId::new("first"),
        kind: "reasoning".into(),
        data: r#"{"id":"rs_1","summary":[],"encrypted_content":"gAAAAAB-kept"}"#.into(),
    };
    let thought = Part::Reasoning {
        text: String::new(),
        keep: Some(keep),
    };
    let said = Part::Text {
        text: "Hello.".to_owned(),
    };
    let messages = [
        Message::user("Hi"),
        Message {
            role: Role::Assistant,
            parts: vec![thought, said],
        },
        Message::user("Go on."),
    ];
    let wishes = Wishes {
        effort: None,
        temperature: None,
        max_tokens: None,
        tools: false,
        reads: true,
        reasons: true,
        stream: true,
        keep: false,
    };
    let own = sent(wire, "first", &messages, &wishes).to_string();
    let other = sent(wire, "second", &messages, &wishes).to_string();
    assert!(own.contains("gAAAAAB-kept") && !other.contains("gAAAAAB-kept"));
}
