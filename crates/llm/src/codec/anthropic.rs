//! The codec of Anthropic messages.

mod blocks;
mod cache;
mod decode;
mod encode;
mod form;
mod generation;
mod schema;
mod state;
mod think;
mod turns;

use super::{Codec, Decode, Encoded, Peer, fail};
use crate::provider::Quirks;
use crate::{Error, ModelInfo, ModelRequest};
use http::{HeaderMap, StatusCode};

/// Anthropic messages as spoken to one peer.
#[derive(Debug)]
pub struct Anthropic {
    peer: Peer,
}

impl Anthropic {
    /// A codec whose errors name `peer`.
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }
}

impl Codec for Anthropic {
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
