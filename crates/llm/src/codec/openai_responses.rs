//! The codec of OpenAI responses.
//!
//! Nothing is stored at the provider: every request carries the whole conversation, and reasoning
//! goes back in the encrypted form in which it came.

mod decode;
mod encode;
mod items;

use super::{Codec, Decode, Encoded, Peer, fail};
use crate::provider::Quirks;
use crate::{Error, ModelInfo, ModelRequest};
use http::{HeaderMap, StatusCode};

/// The kind of state that is a reasoning item as it goes back.
const REASONING: &str = "reasoning";

/// The smallest output limit the format accepts, in tokens. Smaller limits are raised to it.
pub(super) const LEAST_OUTPUT: u32 = 16;

/// Responses as spoken to one peer.
#[derive(Debug)]
pub struct OpenAiResponses {
    peer: Peer,
}

impl OpenAiResponses {
    /// A codec whose errors name `peer`.
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }
}

impl Codec for OpenAiResponses {
    fn encode(
        &self,
        request: &ModelRequest,
        model: &ModelInfo,
        _: Quirks,
    ) -> Result<Encoded, Error> {
        encode::encode(request, model)
    }

    fn decoder(&self) -> Box<dyn Decode + Send> {
        Box::new(decode::Decoder::new(self.peer.clone()))
    }

    fn error(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
        fail::answer(&self.peer, status, headers, body)
    }
}
