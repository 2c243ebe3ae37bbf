//! `voicewake.*`: the words that wake a device. Source: gateway RPC methods, "TTS, Talk, voice wake".

use super::Services;
use crate::error::ApiError;
use protocol::methods::voice::{VoicewakeReply, VoicewakeSetParams};

/// Where the words are kept.
const KIND: &str = "voicewake";
const ID: &str = "triggers";

/// The words unless others were set.
const USUAL: [&str; 3] = ["openclaw", "claude", "computer"];

/// Most words, and longest word in characters.
const WORDS: usize = 32;
const LETTERS: usize = 64;

impl Services {
    /// The words that wake a device.
    ///
    /// # Errors
    /// [`ApiError`] when the store cannot be read.
    pub(crate) async fn voicewake_get(&self) -> Result<VoicewakeReply, ApiError> {
        let kept = self.state.documents.documents(KIND).await?;
        let words = kept.iter().find(|document| document.id == ID);
        let words = words.and_then(|it| serde_json::from_str::<VoicewakeReply>(&it.text).ok());
        Ok(words.unwrap_or_else(usual))
    }

    /// Changes them and tells everybody.
    ///
    /// # Errors
    /// [`ApiError`] when there are too many, one is too long, or the store cannot be written.
    pub(crate) async fn voicewake_set(
        &self,
        params: VoicewakeSetParams,
    ) -> Result<VoicewakeReply, ApiError> {
        let mut triggers: Vec<String> = Vec::new();
        for word in params.triggers {
            let word = word.trim().to_owned();
            if word.chars().count() > LETTERS || word.chars().any(char::is_control) {
                return Err(ApiError::invalid(format!(
                    "invalid voicewake.set params: a trigger has at most {LETTERS} characters \
                     and no control characters"
                )));
            }
            if !word.is_empty() && !triggers.contains(&word) {
                triggers.push(word);
            }
        }
        if triggers.len() > WORDS {
            return Err(ApiError::invalid(format!(
                "invalid voicewake.set params: at most {WORDS} triggers"
            )));
        }
        let reply = if triggers.is_empty() {
            usual()
        } else {
            VoicewakeReply { triggers }
        };
        let text = serde_json::to_string(&reply)
            .map_err(|error| ApiError::invalid(format!("invalid voicewake.set params: {error}")))?;
        self.state.documents.put(KIND, ID, text).await?;
        self.hub.publish("voicewake.changed", &reply);
        Ok(reply)
    }
}

fn usual() -> VoicewakeReply {
    VoicewakeReply {
        triggers: USUAL.map(str::to_owned).to_vec(),
    }
}
