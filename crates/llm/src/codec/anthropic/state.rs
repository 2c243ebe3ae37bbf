//! What the provider wants back with a thought.
//!
//! Signatures hold for the model that gave them, and a request with one of another model is
//! refused. So the model is kept in front of them, as `<model> <signature>`.

use crate::ModelInfo;
use crate::codec::Peer;
use domain::ProviderState;

/// The kind of a thought's signature.
pub(super) const THINKING: &str = "thinking";
/// The kind of a thought that may not be read.
pub(super) const REDACTED: &str = "redacted_thinking";

/// Packs a signature, or an encrypted thought, of the model that is talked to.
pub(super) fn pack(peer: &Peer, kind: &str, state: &str) -> ProviderState {
    ProviderState {
        provider: peer.provider.clone(),
        kind: kind.into(),
        data: format!("{} {state}", peer.model).into(),
    }
}

/// What was packed for `model`; nothing when it was another model's.
pub(super) fn unpack<'a>(model: &ModelInfo, data: &'a str) -> Option<&'a str> {
    data.strip_prefix(model.model.as_str())?.strip_prefix(' ')
}
