//! The built-in offline model `offline/demo`: deterministic, no network, no key, no cost.
//!
//! It is what a fresh installation talks to, and the model tests talk to. It is honest: its
//! answers say what it is and how to connect a real one. What it understands is in [`HELP`].

mod command;
mod estimate;
mod play;
mod reply;
mod schema;
mod script;
mod stage;
mod talk;

use crate::codec::Peer;
use crate::{Error, MediaKinds, ModelInfo, ModelRequest, ModelStream, Price};
use domain::{ModelId, ProviderId};
use play::Player;
use tokio_util::sync::CancellationToken;

pub use estimate::tokens;

/// The model id.
pub const MODEL: &str = "demo";

/// What the model can do, for people.
pub const HELP: &str = "I greet, repeat, add, subtract, multiply and divide two numbers, count \
our messages and remember your name. `/call <tool> {json}` calls a tool, one per line. \
`/pace <ms> <text>` says a text word by word. `/script {json}` plays a script, failures included.";

/// Ends every answer in prose.
const NOTE: &str = "(This is OpenClaw's built-in offline demo model. To connect a real one, run \
`openclaw onboard` or set a key such as OPENAI_API_KEY or ANTHROPIC_API_KEY and restart.)";

/// Its catalog row.
pub fn info() -> ModelInfo {
    ModelInfo {
        provider: ProviderId::new(crate::provider::OFFLINE),
        model: ModelId::new(MODEL),
        name: "Offline demo".to_owned(),
        context_window: Some(128_000),
        max_output: Some(16_384),
        images: true,
        media: MediaKinds::default(),
        tools: true,
        reasoning: false,
        price: Some(Price::FREE),
        best_for: Some("trying the gateway without a key or network".to_owned()),
    }
}

/// Answers a request as a provider would.
pub(crate) async fn call(
    info: &ModelInfo,
    request: &ModelRequest,
    cancel: &CancellationToken,
) -> Result<ModelStream, Error> {
    let peer = Peer {
        provider: info.provider.clone(),
        model: info.model.clone(),
        secrets: Vec::new().into(),
    };
    let mut player = Player::new(reply::steps(&peer, request), cancel.clone());
    player.begin().await?;
    Ok(ModelStream::new(player))
}
