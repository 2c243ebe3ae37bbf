//! One folder per wire, and in it one per conversation with a provider: what is asked (`ask.json`),
//! what is sent for it (`request.json`), what comes back (`stream.sse`, `stream.ndjson` or
//! `body.json`), what it means (`events.txt`).
//! `UPDATE=1` writes `request.json` and `events.txt` anew, `UPDATE=<wire>` those of one wire; read the
//! difference before keeping it.

mod ask;

use crate::said;
use ask::Ask;
use domain::Usage;
use llm::codec::anthropic::Anthropic;
use llm::codec::gemini::Gemini;
use llm::codec::ollama::Ollama;
use llm::codec::openai_chat::OpenAiChat;
use llm::codec::openai_responses::OpenAiResponses;
use llm::codec::{Codec, Framing, Peer};
use llm::lines::Lines;
use llm::sse::{Frame, Parser, Stopped};
use llm::{Collector, Error, ModelEvent, ModelInfo, PartIndex};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

/// A wire format with its folder.
pub(crate) struct Wire {
    /// Its folder under `tests/golden`.
    pub(crate) folder: &'static str,
    /// Makes its codec.
    pub(crate) codec: fn(Peer) -> Box<dyn Codec>,
    /// Where requests go: for an answer as it comes, and for one in one piece. `{model}` stands for
    /// the model.
    paths: [&'static str; 2],
    /// Fewer cases than this means that the folder is missing.
    least: usize,
}

/// Every wire format.
#[rustfmt::skip]
pub(crate) const WIRES: &[Wire] = &[
    Wire { folder: "anthropic", codec: |peer| Box::new(Anthropic::new(peer)), paths: ["/messages"; 2], least: 20 },
    Wire { folder: "gemini", codec: |peer| Box::new(Gemini::new(peer)), paths: ["/models/{model}:streamGenerateContent?alt=sse", "/models/{model}:generateContent"], least: 18 },
    Wire { folder: "ollama", codec: |peer| Box::new(Ollama::new(peer)), paths: ["/api/chat"; 2], least: 30 },
    Wire { folder: "openai_chat", codec: |peer| Box::new(OpenAiChat::new(peer)), paths: ["/chat/completions"; 2], least: 12 },
    Wire { folder: "openai_responses", codec: |peer| Box::new(OpenAiResponses::new(peer)), paths: ["/responses"; 2], least: 35 },
];

/// Who is talked to when `model` is asked.
pub(crate) fn peer(model: &ModelInfo) -> Peer {
    let secrets = vec![secrecy::SecretString::from("sk-canary-0123456789")];
    Peer {
        provider: model.provider.clone(),
        model: model.model.clone(),
        secrets: secrets.into(),
    }
}

/// The usual model.
pub(crate) fn info() -> ModelInfo {
    Ask::default().model()
}

pub(crate) fn codec() -> OpenAiChat {
    OpenAiChat::new(peer(&info()))
}

impl Wire {
    fn cases(&'static self) -> Vec<Case> {
        let mut folders: Vec<PathBuf> = fs::read_dir(Path::new(FOLDER).join(self.folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        folders.sort();
        assert!(folders.len() >= self.least, "{} has gaps", self.folder);
        folders
            .into_iter()
            .map(|folder| Case { wire: self, folder })
            .collect()
    }
}

/// One conversation with a provider.
struct Case {
    wire: &'static Wire,
    folder: PathBuf,
}

impl Case {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn ask(&self) -> Ask {
        fs::read_to_string(self.file("ask.json"))
            .map(|text| {
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{self}: {error}"))
            })
            .unwrap_or_default()
    }

    fn codec(&self) -> Box<dyn Codec> {
        (self.wire.codec)(peer(&self.ask().model()))
    }

    /// The streamed answer, if it has one.
    fn stream(&self) -> Option<Vec<u8>> {
        let name = match self.codec().framing() {
            Framing::Events => "stream.sse",
            Framing::Lines => "stream.ndjson",
        };
        fs::read(self.file(name)).ok()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.folder.display().fmt(f)
    }
}

/// Every case of every wire.
fn cases() -> impl Iterator<Item = Case> {
    WIRES.iter().flat_map(Wire::cases)
}

/// Gives each frame of a stream that arrives in the given pieces to `reader`.
fn parse<'a, E>(
    framing: Framing,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    mut reader: impl FnMut(Frame<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let run = || -> Result<(), Stopped<E>> {
        match framing {
            Framing::Events => {
                let mut parser = Parser::new(1 << 20);
                for piece in pieces {
                    parser.push(piece, &mut reader)?;
                }
                parser.finish(&mut reader)
            }
            Framing::Lines => {
                let mut lines = Lines::new(1 << 20);
                for piece in pieces {
                    lines.push(piece, &mut reader)?;
                }
                lines.finish(&mut reader)
            }
        }
    };
    run().map_err(|stopped| match stopped {
        Stopped::Reader(error) => error,
        Stopped::TooLong(error) => panic!("{error}"),
    })
}

/// The frames of a stream: name and data.
fn frames<'a>(
    framing: Framing,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let Ok(()) = parse::<Infallible>(framing, pieces, |frame| {
        all.push((frame.event.to_owned(), frame.data.to_owned()));
        Ok(())
    });
    all
}

/// Decodes a stream that arrives in the given pieces.
pub(crate) fn decode<'a>(
    codec: &dyn Codec,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<ModelEvent>, Option<Error>) {
    let mut decoder = codec.decoder();
    let mut out = VecDeque::new();
    let read = parse(codec.framing(), pieces, |frame| {
        decoder.frame(&frame, &mut out)
    });
    let end = read.and_then(|()| decoder.end(&mut out));
    (out.into(), end.err())
}

/// Fails when a file does not hold what it should.
pub(crate) fn compare(path: &Path, actual: &str) {
    // The only place that writes: on purpose, by hand.
    let named = |what: &str| what == "1" || path.starts_with(Path::new(FOLDER).join(what));
    if option_env!("UPDATE").is_some_and(named) {
        fs::write(path, actual).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(actual, expected, "{} differs", path.display());
}

#[test]
fn requests_are_written_as_recorded() {
    for case in cases() {
        let ask = case.ask();
        let (model, quirks, whole) = (ask.model(), ask.quirks(), usize::from(!ask.streams()));
        let encoded = case.codec().encode(&ask.request(), &model, quirks).unwrap();
        let path = case.wire.paths[whole].replace("{model}", model.model.as_str());
        assert_eq!(encoded.path, path, "{case}");
        let body: serde_json::Value = serde_json::from_slice(&encoded.body).unwrap();
        let text = format!("{}\n", serde_json::to_string_pretty(&body).unwrap());
        compare(&case.file("request.json"), &text);
    }
}

#[test]
fn answers_are_read_as_recorded() {
    for case in cases() {
        let codec = case.codec();
        let (events, end) = if let Some(stream) = case.stream() {
            decode(&*codec, [stream.as_slice()])
        } else {
            let body = fs::read(case.file("body.json")).expect("an answer");
            let mut out = VecDeque::new();
            let end = codec.decoder().body(&body, &mut out).err();
            (out.into(), end)
        };
        compare(
            &case.file("events.txt"),
            &said::lines(&events, end.as_ref()),
        );
    }
}

#[test]
fn how_the_bytes_are_cut_does_not_matter() {
    for case in cases() {
        let Some(stream) = case.stream() else {
            continue;
        };
        let codec = case.codec();
        // A decoder sees frames and nothing else, so the same frames mean the same events.
        let whole = frames(codec.framing(), [stream.as_slice()]);
        for at in 0..=stream.len() {
            let (left, right) = stream.split_at(at);
            let cut = frames(codec.framing(), [left, right]);
            assert_eq!(cut, whole, "{case} cut at {at}");
        }
        let expected = fs::read_to_string(case.file("events.txt")).unwrap();
        let (events, end) = decode(&*codec, stream.chunks(1));
        assert_eq!(
            said::lines(&events, end.as_ref()),
            expected,
            "{case} in bytes"
        );
    }
}

/// What every stream promises, whatever the provider sent.
#[test]
fn events_keep_their_order() {
    for case in cases() {
        let Some(stream) = case.stream() else {
            continue;
        };
        let (events, end) = decode(&*case.codec(), [stream.as_slice()]);
        let name = case.to_string();
        let finished = events
            .iter()
            .filter(|e| matches!(e, ModelEvent::Finished { .. }))
            .count();
        assert_eq!(finished, usize::from(end.is_none()), "{name}");
        let mut usage = Usage::default();
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
                // The last one counts, so none may take back what one before it knew.
                ModelEvent::Usage(next) => {
                    assert!(usage.input <= next.input, "{name}");
                    assert!(usage.output <= next.output, "{name}");
                    usage = *next;
                }
                ModelEvent::Finished { .. } => assert_eq!(at + 1, events.len(), "{name}"),
                ModelEvent::Text { .. }
                | ModelEvent::Reasoning { .. }
                | ModelEvent::Opaque { .. } => {}
            }
        }
        let mut collector = Collector::new();
        for event in &events {
            collector.add(event);
        }
        assert_eq!(collector.finish().complete, end.is_none(), "{name}");
    }
}
