//! Codecs: between the inner language and one provider's wire format.
//!
//! A codec opens no socket, reads no clock and retries nothing, so it is tested with files.

pub mod anthropic;
mod call_id;
pub(crate) mod digest;
mod encoded;
pub(crate) mod fail;
pub mod gemini;
mod media;
pub mod ollama;
pub mod openai_chat;
pub mod openai_responses;
mod parts;
pub mod repair;
mod words;

use crate::config::Api;
use crate::provider::Quirks;
use crate::sse::Frame;
use crate::{Error, ModelEvent, ModelInfo, ModelRequest};
use bytes::Bytes;
use domain::{ModelId, ProviderId};
use http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

/// Who is being talked to. Names the culprit in errors, and keeps its secrets out of them.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Which provider.
    pub provider: ProviderId,
    /// Which model.
    pub model: ModelId,
    /// Texts that must not appear in an error.
    pub secrets: Arc<[SecretString]>,
}

/// A request on the wire, without address and credential.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// Appended to the provider's base address; begins with a slash.
    pub path: Cow<'static, str>,
    /// Headers of the wire format.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// One wire format.
pub trait Codec: Send + Sync {
    /// Writes a request. The messages are repaired first, so any history is accepted.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when a value cannot be written, such as a non-finite number.
    fn encode(
        &self,
        request: &ModelRequest,
        model: &ModelInfo,
        quirks: Quirks,
    ) -> Result<Encoded, Error>;

    /// How a streamed answer is cut into frames.
    fn framing(&self) -> Framing {
        Framing::Events
    }

    /// Reads one answer.
    fn decoder(&self) -> Box<dyn Decode + Send>;

    /// Names what an answer with a status other than success means.
    fn error(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error;
}

/// How a streamed answer is cut into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Events,
    /// One JSON text per line; each becomes the data of a frame without a name.
    Lines,
}

/// Reads one answer. Whatever it pushes before it fails was said.
pub trait Decode {
    /// Reads one frame of a streamed answer.
    ///
    /// # Errors
    /// Any [`Error`] that ends the answer.
    fn frame(&mut self, frame: &Frame<'_>, out: &mut VecDeque<ModelEvent>) -> Result<(), Error>;

    /// Reads a whole answer that came in one piece.
    ///
    /// # Errors
    /// Any [`Error`] that ends the answer.
    fn body(&mut self, body: &[u8], out: &mut VecDeque<ModelEvent>) -> Result<(), Error>;

    /// The connection ended.
    ///
    /// # Errors
    /// [`Error::BrokenStream`] when the answer had not reached its end.
    fn end(&mut self, out: &mut VecDeque<ModelEvent>) -> Result<(), Error>;

    /// How far the answer has come.
    fn progress(&self) -> Progress;
}

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More is to come.
    Open,
    /// Why it stopped is known; only counts and the end mark may follow.
    Stopped,
    /// The end mark was read; nothing follows.
    Ended,
}

/// The smallest output limit a wire format can ask for, in tokens: what is reserved for an answer
/// must not be less than what is asked for.
pub(crate) fn least_output(api: &Api) -> u32 {
    match api {
        Api::OpenAiResponses => openai_responses::LEAST_OUTPUT,
        Api::OpenAiCompletions
        | Api::AnthropicMessages
        | Api::GoogleGenerativeAi
        | Api::Ollama
        | Api::BedrockConverseStream
        | Api::GithubCopilot
        | Api::Other(_) => 0,
    }
}

/// The codec of a wire format.
pub(crate) fn of(api: &Api, peer: &Peer) -> Result<Box<dyn Codec>, Error> {
    match api {
        Api::OpenAiCompletions => Ok(Box::new(openai_chat::OpenAiChat::new(peer.clone()))),
        Api::OpenAiResponses => Ok(Box::new(openai_responses::OpenAiResponses::new(
            peer.clone(),
        ))),
        Api::Ollama => Ok(Box::new(ollama::Ollama::new(peer.clone()))),
        Api::AnthropicMessages => Ok(Box::new(anthropic::Anthropic::new(peer.clone()))),
        Api::GoogleGenerativeAi => Ok(Box::new(gemini::Gemini::new(peer.clone()))),
        Api::BedrockConverseStream | Api::GithubCopilot | Api::Other(_) => {
            Err(Error::InvalidRequest {
                provider: peer.provider.clone(),
                status: 0,
                message: format!("the api {:?} is not spoken; set another", api.as_str()),
            })
        }
    }
}
