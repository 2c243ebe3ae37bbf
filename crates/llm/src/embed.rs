//! Embeddings: texts to vectors, in the wire format of each provider that has them.
//!
//! [`encode`] and [`decode`] are pure; [`attempt`] is one exchange with one key.

use crate::codec::gemini::segment;
use crate::codec::{self, Encoded, Peer, fail};
use crate::config::Api;
use crate::wire::embeddings::{
    GeminiAnswer, GeminiAsk, GeminiContent, GeminiPart, GeminiText, OllamaAnswer, OllamaAsk,
    OpenAiAnswer, OpenAiAsk,
};
use crate::{Error, Target, transport};
use domain::{ModelId, TokenCount, Usage};
use serde::Serialize;
use std::borrow::Cow;
use tokio_util::sync::CancellationToken;

/// Longest answer in bytes: 2,048 vectors of 3,072 numbers, written out, fit twice.
const ANSWER_LIMIT: usize = 256 << 20;

/// Texts to embed.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// The texts; not empty.
    pub inputs: &'a [String],
    /// The length of each vector, where the model lets it be chosen.
    pub dimensions: Option<u32>,
}

/// Embedded texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    /// One vector per text, in order; all of one length, all numbers finite.
    pub vectors: Vec<Vec<f32>>,
    /// The model the provider says it used.
    pub model: Option<ModelId>,
    /// What was used, as far as it was reported.
    pub usage: Usage,
}

/// Which format carries the embeddings of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    OpenAi,
    Gemini,
    Ollama,
}

/// One exchange with one of the provider's keys.
///
/// # Errors
/// Any [`Error`] of the transport, of [`encode`] or of [`decode`].
pub(crate) async fn attempt(
    target: &Target,
    credential: usize,
    texts: Texts<'_>,
    cancel: &CancellationToken,
) -> Result<Vectors, Error> {
    let provider = &target.provider;
    let api = &provider.config.api;
    let peer = provider.peer(&target.info.model);
    let encoded = encode(&peer, api, texts)?;
    let codec = codec::of(api, &peer)?;
    let body = transport::whole(provider, credential, &*codec, encoded, ANSWER_LIMIT, cancel);
    decode(&peer, api, texts, &body.await?)
}

/// Writes a request to the model of `peer`.
///
/// # Errors
/// [`Error::InvalidRequest`] when the provider's format has no embeddings.
pub fn encode(peer: &Peer, api: &Api, texts: Texts<'_>) -> Result<Encoded, Error> {
    let Texts { inputs, dimensions } = texts;
    let model = peer.model.as_str();
    match format(peer, api)? {
        Format::OpenAi => written(
            peer,
            Cow::Borrowed("/embeddings"),
            &OpenAiAsk {
                model,
                input: inputs,
                encoding_format: "float",
                dimensions,
            },
        ),
        Format::Gemini => {
            let bare = model.strip_prefix("models/").unwrap_or(model);
            let name = format!("models/{bare}");
            let text = |text| GeminiText {
                model: &name,
                content: GeminiContent {
                    parts: [GeminiPart { text }],
                },
                output_dimensionality: dimensions,
            };
            let path = format!("/models/{}:batchEmbedContents", segment(model));
            let requests = inputs.iter().map(String::as_str).map(text).collect();
            written(peer, Cow::Owned(path), &GeminiAsk { requests })
        }
        Format::Ollama => written(
            peer,
            Cow::Borrowed("/api/embed"),
            &OllamaAsk {
                model,
                input: inputs,
                truncate: false,
                dimensions,
            },
        ),
    }
}

/// Reads an answer with success to a request for `texts`.
///
/// # Errors
/// [`Error::BrokenStream`] when it is not one vector per text, all of one length and finite; any
/// error the provider put into it.
pub fn decode(peer: &Peer, api: &Api, texts: Texts<'_>, body: &[u8]) -> Result<Vectors, Error> {
    let read = match format(peer, api)? {
        Format::OpenAi => {
            let answer: OpenAiAnswer<'_> = read(peer, body)?;
            let placed = answer
                .data
                .into_iter()
                .enumerate()
                .map(|(place, vector)| {
                    let index = vector.index.and_then(|index| usize::try_from(index).ok());
                    (index.unwrap_or(place), vector.embedding)
                })
                .collect();
            Vectors {
                vectors: ordered(peer, placed)?,
                model: named(answer.model),
                usage: used(answer.usage.and_then(|usage| usage.prompt_tokens)),
            }
        }
        Format::Gemini => {
            let answer: GeminiAnswer = read(peer, body)?;
            let vectors = answer.embeddings.into_iter().map(|vector| vector.values);
            Vectors {
                vectors: vectors.collect(),
                model: None,
                usage: used(answer.usage_metadata.and_then(|u| u.prompt_token_count)),
            }
        }
        Format::Ollama => {
            let answer: OllamaAnswer<'_> = read(peer, body)?;
            Vectors {
                vectors: answer.embeddings,
                model: named(answer.model),
                usage: used(answer.prompt_eval_count),
            }
        }
    };
    if let (true, Some(error)) = (read.vectors.is_empty(), fail::stated(peer, body)) {
        return Err(error);
    }
    check(peer, texts, &read.vectors)?;
    Ok(read)
}

fn format(peer: &Peer, api: &Api) -> Result<Format, Error> {
    match api {
        Api::OpenAiCompletions | Api::OpenAiResponses => Ok(Format::OpenAi),
        Api::GoogleGenerativeAi => Ok(Format::Gemini),
        Api::Ollama => Ok(Format::Ollama),
        Api::AnthropicMessages
        | Api::BedrockConverseStream
        | Api::GithubCopilot
        | Api::Other(_) => Err(Error::InvalidRequest {
            provider: peer.provider.clone(),
            status: 0,
            message: format!(
                "the api {:?} has no embeddings; choose a model of another provider",
                api.as_str()
            ),
        }),
    }
}

fn written(peer: &Peer, path: Cow<'static, str>, body: &impl Serialize) -> Result<Encoded, Error> {
    Encoded::json(&peer.provider, path, "application/json", body)
}

fn read<'a, T: serde::Deserialize<'a>>(peer: &Peer, body: &'a [u8]) -> Result<T, Error> {
    // The reader's own words may quote the answer, so only the place is told.
    serde_json::from_slice(body).map_err(|error| {
        broken(
            peer,
            format!(
                "it is not a list of embeddings ({:?} error at line {} column {})",
                error.classify(),
                error.line(),
                error.column()
            ),
        )
    })
}

fn broken(peer: &Peer, detail: String) -> Error {
    Error::BrokenStream {
        provider: peer.provider.clone(),
        detail,
    }
}

fn named(model: Option<Cow<'_, str>>) -> Option<ModelId> {
    model
        .filter(|model| !model.is_empty())
        .map(|model| ModelId::new(&*model))
}

fn used(input: Option<u64>) -> Usage {
    Usage {
        input: input.map(TokenCount),
        ..Usage::default()
    }
}

/// The vectors in the order of their texts.
fn ordered(peer: &Peer, mut placed: Vec<(usize, Vec<f32>)>) -> Result<Vec<Vec<f32>>, Error> {
    placed.sort_by_key(|(index, _)| *index);
    if placed
        .iter()
        .enumerate()
        .any(|(at, (index, _))| at != *index)
    {
        return Err(broken(
            peer,
            "its embeddings are numbered wrongly".to_owned(),
        ));
    }
    Ok(placed.into_iter().map(|(_, vector)| vector).collect())
}

fn check(peer: &Peer, texts: Texts<'_>, vectors: &[Vec<f32>]) -> Result<(), Error> {
    let asked = texts.inputs.len();
    if vectors.len() != asked {
        let came = vectors.len();
        return Err(broken(
            peer,
            format!("it has {came} embeddings for {asked} texts"),
        ));
    }
    let length = vectors.first().map_or(0, Vec::len);
    if length == 0 || vectors.iter().any(|vector| vector.len() != length) {
        return Err(broken(
            peer,
            "its embeddings are empty or of different lengths".to_owned(),
        ));
    }
    if vectors.iter().flatten().any(|number| !number.is_finite()) {
        return Err(broken(
            peer,
            "an embedding has a number that is not finite".to_owned(),
        ));
    }
    Ok(())
}
