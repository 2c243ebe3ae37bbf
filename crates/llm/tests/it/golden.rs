//! One folder per conversation with a provider: what is asked (`ask.json`), what is sent for it
//! (`request.json`), what comes back (`stream.sse` or `body.json`), what it means (`events.txt`).
//! `UPDATE=1` writes `request.json` and `events.txt` anew; read the difference before keeping it.

use crate::said;
use domain::{Message, ModelId, ProviderId, Sampling, ToolChoice, ToolSpec};
use llm::codec::openai_chat::OpenAiChat;
use llm::codec::{Codec, Peer};
use llm::provider::Quirks;
use llm::sse::{Parser, Stopped};
use llm::{Collector, Error, ModelEvent, ModelInfo, ModelRequest, PartIndex};
use serde::Deserialize;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/openai_chat");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Ask {
    system: Vec<String>,
    messages: Vec<Message>,
    tools: Vec<ToolSpec>,
    tool_choice: ToolChoice,
    sampling: Sampling,
    stream: bool,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            system: Vec::new(),
            messages: vec![Message::user("hello")],
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            sampling: Sampling::default(),
            stream: true,
        }
    }
}

pub(crate) fn info() -> ModelInfo {
    ModelInfo {
        provider: ProviderId::new("acme"),
        model: ModelId::new("m-1"),
        name: "M 1".to_owned(),
        context_window: None,
        max_output: None,
        images: true,
        media: llm::MediaKinds::default(),
        tools: true,
        reasoning: false,
        price: None,
        best_for: None,
    }
}

pub(crate) fn codec() -> OpenAiChat {
    let secrets = vec![secrecy::SecretString::from("sk-canary-0123456789")];
    OpenAiChat::new(Peer {
        provider: ProviderId::new("acme"),
        model: ModelId::new("m-1"),
        secrets: secrets.into(),
    })
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 12, "the golden folder is missing");
    cases
}

fn compare(path: &Path, actual: &str) {
    // The only place that writes: on purpose, by hand.
    if option_env!("UPDATE").is_some() {
        fs::write(path, actual).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(actual, expected, "{} differs", path.display());
}

/// Decodes a stream that arrives in the given pieces.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<ModelEvent>, Option<Error>) {
    let mut parser = Parser::new(1 << 20);
    let mut decoder = codec().decoder();
    let mut out = VecDeque::new();
    let run = || -> Result<(), Stopped<Error>> {
        for piece in pieces {
            parser.push(piece, |frame| decoder.frame(&frame, &mut out))?;
        }
        parser.finish(|frame| decoder.frame(&frame, &mut out))?;
        decoder.end(&mut out).map_err(Stopped::Reader)
    };
    let end = match run() {
        Ok(()) => None,
        Err(Stopped::Reader(error)) => Some(error),
        Err(Stopped::TooLong(error)) => panic!("{error}"),
    };
    (out.into(), end)
}

#[test]
fn requests_are_written_as_recorded() {
    for case in cases() {
        let ask: Ask = fs::read_to_string(case.join("ask.json"))
            .map(|text| serde_json::from_str(&text).unwrap())
            .unwrap_or_default();
        let request = ModelRequest {
            system: ask.system.into_iter().map(Into::into).collect(),
            messages: ask.messages,
            tools: ask.tools.into(),
            tool_choice: ask.tool_choice,
            sampling: ask.sampling,
            stream: ask.stream,
            cache: llm::CacheHints::default(),
        };
        let encoded = codec().encode(&request, &info(), Quirks::USUAL).unwrap();
        assert_eq!(encoded.path, "/chat/completions");
        let body: serde_json::Value = serde_json::from_slice(&encoded.body).unwrap();
        let text = format!("{}\n", serde_json::to_string_pretty(&body).unwrap());
        compare(&case.join("request.json"), &text);
    }
}

#[test]
fn answers_are_read_as_recorded() {
    for case in cases() {
        let (events, end) = match fs::read(case.join("body.json")) {
            Ok(body) => {
                let mut out = VecDeque::new();
                let end = codec().decoder().body(&body, &mut out).err();
                (out.into(), end)
            }
            Err(_) => decode([fs::read(case.join("stream.sse")).unwrap().as_slice()]),
        };
        compare(
            &case.join("events.txt"),
            &said::lines(&events, end.as_ref()),
        );
    }
}

#[test]
fn how_the_bytes_are_cut_does_not_matter() {
    for case in cases() {
        let Ok(stream) = fs::read(case.join("stream.sse")) else {
            continue;
        };
        let expected = fs::read_to_string(case.join("events.txt")).unwrap();
        let read = |pieces: Vec<&[u8]>| {
            let (events, end) = decode(pieces);
            said::lines(&events, end.as_ref())
        };
        for at in 0..=stream.len() {
            let (left, right) = stream.split_at(at);
            assert_eq!(
                read(vec![left, right]),
                expected,
                "{} cut at {at}",
                case.display()
            );
        }
        assert_eq!(
            read(stream.chunks(1).collect()),
            expected,
            "{} in bytes",
            case.display()
        );
    }
}

/// What every stream promises, whatever the provider sent.
#[test]
fn events_keep_their_order() {
    for case in cases() {
        let Ok(stream) = fs::read(case.join("stream.sse")) else {
            continue;
        };
        let (events, end) = decode([stream.as_slice()]);
        let name = case.display();
        let finished = events
            .iter()
            .filter(|e| matches!(e, ModelEvent::Finished { .. }))
            .count();
        assert_eq!(finished, usize::from(end.is_none()), "{name}");
        let usages = events
            .iter()
            .filter(|e| matches!(e, ModelEvent::Usage(_)))
            .count();
        assert!(usages <= 1, "{name}");
        let mut called: Vec<PartIndex> = Vec::new();
        for (at, event) in events.iter().enumerate() {
            match event {
                ModelEvent::Started { .. } => assert_eq!(at, 0, "{name}"),
                ModelEvent::ToolCallStarted {
                    part,
                    id,
                    name: tool,
                } => {
                    assert!(
                        !id.as_str().is_empty() && !tool.as_str().is_empty(),
                        "{name}"
                    );
                    assert!(!called.contains(part), "{name}");
                    called.push(*part);
                }
                ModelEvent::ToolCallArguments { part, .. } => {
                    assert!(called.contains(part), "{name}");
                }
                ModelEvent::Finished { .. } => assert_eq!(at + 1, events.len(), "{name}"),
                ModelEvent::Text { .. }
                | ModelEvent::Reasoning { .. }
                | ModelEvent::Opaque { .. }
                | ModelEvent::Usage(_) => {}
            }
        }
        let mut collector = Collector::new();
        for event in &events {
            collector.add(event);
        }
        assert_eq!(collector.finish().complete, end.is_none(), "{name}");
    }
}
