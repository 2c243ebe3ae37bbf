//! The codec of Ollama's own chat format.

mod decode;
mod encode;

use super::{Codec, Decode, Encoded, Framing, Peer, fail};
use crate::provider::Quirks;
use crate::{Error, ModelInfo, ModelRequest};
use http::{HeaderMap, StatusCode};

/// The kind of state that marks reasoning the model may see again.
const THINKING: &str = "thinking";

/// Ollama's chat as spoken to one peer.
#[derive(Debug)]
pub struct Ollama {
    peer: Peer,
}

impl Ollama {
    /// A codec whose errors name `peer`.
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }
}

impl Codec for Ollama {
    fn encode(
        &self,
        request: &ModelRequest,
        model: &ModelInfo,
        _: Quirks,
    ) -> Result<Encoded, Error> {
        encode::encode(request, model)
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn decoder(&self) -> Box<dyn Decode + Send> {
        Box::new(decode::Decoder::new(self.peer.clone()))
    }

    fn error(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
        fail::answer(&self.peer, status, headers, body)
    }
}
