//! The codec of Gemini `generateContent` and `streamGenerateContent`.
//!
//! A thought signature belongs to the very piece it came with. On a text or a call it is kept as
//! reasoning without text right before that piece, on a thought as the state of that reasoning; the
//! way back is the same.

mod contents;
mod decode;
mod encode;
mod fail;
mod thinking;

pub(crate) use encode::segment;

use super::{Codec, Decode, Encoded, Peer};
use crate::provider::Quirks;
use crate::{Error, ModelInfo, ModelRequest};
use http::{HeaderMap, StatusCode};

/// The kind of a kept thought signature.
const SIGNATURE: &str = "thoughtSignature";

/// `generateContent` as spoken to one peer.
#[derive(Debug)]
pub struct Gemini {
    peer: Peer,
}

impl Gemini {
    /// A codec whose errors name `peer`.
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }
}

impl Codec for Gemini {
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
