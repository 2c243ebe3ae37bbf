//! How fast each wire's streams become events.

use std::collections::VecDeque;
use std::time::Instant;

use anyhow::{Context, bail};
use domain::{ModelId, ProviderId};
use llm::codec::anthropic::Anthropic;
use llm::codec::gemini::Gemini;
use llm::codec::ollama::Ollama;
use llm::codec::openai_chat::OpenAiChat;
use llm::codec::openai_responses::OpenAiResponses;
use llm::codec::{Codec, Decode, Framing, Peer};
use llm::lines::Lines;
use llm::sse::{Frame, Parser, Stopped};
use llm::{Error, ModelEvent};
use serde_json::{Value, json};
use testkit::fake_model::Wire;
use testkit::{Caller, FakeModel};

use crate::stats::{median, number};

/// How often each stream is decoded.
pub(super) const PASSES: usize = 9;
/// Bytes per piece, as a socket gives them.
const PIECE: usize = 16 << 10;
/// Longest frame.
const LIMIT: usize = 8 << 20;

/// One wire's figure.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) wire: &'static str,
    /// The length of the stream.
    pub(super) megabytes: f64,
    pub(super) per_second: f64,
}

/// Decodes an answer of many words on every wire.
pub(super) async fn measure(quick: bool) -> anyhow::Result<Vec<Decoded>> {
    let fake = FakeModel::start().await?;
    let words = if quick { 1_000 } else { 20_000 };
    let mut rows = Vec::with_capacity(Wire::ALL.len());
    for wire in Wire::ALL {
        let stream = recorded(&fake, wire, words).await?;
        let megabytes = number(u64::try_from(stream.len())?) / 1e6;
        let mut rates = Vec::with_capacity(PASSES);
        for _ in 0..PASSES {
            let begun = Instant::now();
            let events = decode(wire, &stream)?;
            rates.push(megabytes / begun.elapsed().as_secs_f64());
            if events < words {
                bail!("{}: {words} words were {events} events", wire.api());
            }
        }
        rows.push(Decoded {
            wire: wire.api(),
            megabytes,
            per_second: median(rates),
        });
    }
    Ok(rows)
}

/// The bytes of a streamed answer.
async fn recorded(fake: &FakeModel, wire: Wire, words: usize) -> anyhow::Result<Vec<u8>> {
    let text = format!("BIG:{words}");
    let said = json!([{"role": "user", "content": text}]);
    let chat = || json!({"model": "fake-2", "stream": true, "messages": said});
    let (path, body): (&str, Value) = match wire {
        Wire::Chat => ("/v1/chat/completions", chat()),
        Wire::Responses => (
            "/v1/responses",
            json!({"model": "fake-2", "stream": true, "input": text}),
        ),
        Wire::Messages => (
            "/v1/messages",
            json!({"model": "fake-2", "stream": true, "max_tokens": 100_000, "messages": said}),
        ),
        Wire::Gemini => (
            "/v1beta/models/fake-2:streamGenerateContent?alt=sse",
            json!({"contents": [{"role": "user", "parts": [{"text": text}]}]}),
        ),
        Wire::Ollama => ("/api/chat", chat()),
    };
    let answer = Caller::new(fake.address()).post_json(path, &body).await?;
    if answer.status != 200 {
        bail!("the fake model refused: {}", answer.text());
    }
    Ok(answer.body.to_vec())
}

fn codec(wire: Wire) -> Box<dyn Codec> {
    let peer = Peer {
        provider: ProviderId::new("fake"),
        model: ModelId::new("fake-2"),
        secrets: Vec::new().into(),
    };
    match wire {
        Wire::Chat => Box::new(OpenAiChat::new(peer)),
        Wire::Responses => Box::new(OpenAiResponses::new(peer)),
        Wire::Messages => Box::new(Anthropic::new(peer)),
        Wire::Gemini => Box::new(Gemini::new(peer)),
        Wire::Ollama => Box::new(Ollama::new(peer)),
    }
}

/// Decodes the stream and counts its events.
fn decode(wire: Wire, stream: &[u8]) -> anyhow::Result<usize> {
    let codec = codec(wire);
    let mut reader = Reader {
        decoder: codec.decoder(),
        events: VecDeque::new(),
        seen: 0,
    };
    let outcome = match codec.framing() {
        Framing::Events => {
            let mut parser = Parser::new(LIMIT);
            let mut pieces = stream.chunks(PIECE);
            pieces.try_for_each(|piece| parser.push(piece, |frame| reader.read(&frame)))
        }
        Framing::Lines => {
            let mut lines = Lines::new(LIMIT);
            let mut pieces = stream.chunks(PIECE);
            pieces.try_for_each(|piece| lines.push(piece, |frame| reader.read(&frame)))
        }
    };
    match outcome {
        Ok(()) => {}
        Err(Stopped::TooLong(error)) => return Err(error.into()),
        Err(Stopped::Reader(error)) => return Err(error.into()),
    }
    reader
        .decoder
        .end(&mut reader.events)
        .context("the stream is not whole")?;
    Ok(reader.seen + reader.events.len())
}

/// A decoder and what it gave.
struct Reader {
    decoder: Box<dyn Decode + Send>,
    events: VecDeque<ModelEvent>,
    seen: usize,
}

impl Reader {
    fn read(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        self.decoder.frame(frame, &mut self.events)?;
        self.seen += self.events.len();
        self.events.clear();
        Ok(())
    }
}
