//! The codec of OpenAI chat completions and everything that imitates it.

mod calls;
mod decode;
mod encode;

pub(super) use encode::tool;

use super::{Codec, Decode, Encoded, Peer, fail};
use crate::provider::Quirks;
use crate::{Error, ModelInfo, ModelRequest};
use http::{HeaderMap, StatusCode};

/// The kind of state that marks reasoning some providers want back.
const REASONING_CONTENT: &str = "reasoning_content";

/// Chat completions as spoken to one peer.
#[derive(Debug)]
pub struct OpenAiChat {
    peer: Peer,
}

impl OpenAiChat {
    /// A codec whose errors name `peer`.
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }
}

impl Codec for OpenAiChat {
    fn encode(
        &self,
        request: &ModelRequest,
        model: &ModelInfo,
        quirks: Quirks,
    ) -> Result<Encoded, Error> {
        encode::encode(request, model, quirks)
    }

    fn decoder(&self) -> Box<dyn Decode + Send> {
        Box::new(decode::Decoder::new(self.peer.clone()))
    }

    fn error(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
        fail::answer(&self.peer, status, headers, body)
    }
}
