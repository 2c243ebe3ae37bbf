//! Speech, talk, wake words. Source: gateway RPC methods, "TTS, Talk, voice wake".

use super::NoParams;
use crate::method::methods;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

methods! {
    /// Whether answers are spoken.
    "tts.status" => TtsStatus(NoParams) -> TtsStatusReply, Read;
    /// Who can speak.
    "tts.providers" => TtsProviders(NoParams) -> TtsProvidersReply, Read;
    /// Speaks answers.
    "tts.enable" => TtsEnable(NoParams) -> Value, Write;
    /// Stops speaking answers.
    "tts.disable" => TtsDisable(NoParams) -> Value, Write;
    /// Chooses who speaks.
    "tts.setProvider" => TtsSetProvider(NoParams) -> Value, Write;
    /// Turns a text into sound.
    "tts.convert" => TtsConvert(NoParams) -> Value, Write;
    /// The settings of spoken conversations.
    "talk.config" => TalkConfig(TalkConfigParams) -> TalkConfigReply, Read;
    /// Switches spoken conversations on and off.
    "talk.mode" => TalkMode(NoParams) -> Value, Talk;
    /// Who can hold spoken conversations.
    "talk.catalog" => TalkCatalog(NoParams) -> Value, Read;
    /// The words that wake a device.
    "voicewake.get" => VoicewakeGet(NoParams) -> VoicewakeReply, Read;
    /// Changes the words that wake a device.
    "voicewake.set" => VoicewakeSet(VoicewakeSetParams) -> VoicewakeReply, Write;
}

/// Reply of `tts.status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TtsStatusReply {
    /// Whether answers are spoken; they are not.
    pub enabled: bool,
    /// When: `off`.
    pub auto: String,
    /// Who speaks; nobody.
    pub provider: String,
    /// Who speaks when that fails; nobody.
    pub fallback_provider: Option<String>,
    /// The same, as a list.
    pub fallback_providers: Vec<String>,
    /// Where the choice would be kept.
    pub prefs_path: String,
    /// Everybody who could speak.
    pub provider_states: Vec<Value>,
}

/// Reply of `tts.providers`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TtsProvidersReply {
    /// Everybody who could speak; nobody.
    pub providers: Vec<Value>,
    /// Who speaks.
    pub active: String,
}

/// Parameters of `talk.config`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TalkConfigParams {
    /// Whether secrets are wanted too, which needs `operator.talk.secrets`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_secrets: Option<bool>,
}

/// Reply of `talk.config`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TalkConfigReply {
    /// The settings.
    pub config: TalkSettings,
}

/// Settings of spoken conversations; there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TalkSettings {
    /// The session they belong to.
    pub session: TalkSession,
}

/// The session of spoken conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TalkSession {
    /// The last part of its key.
    pub main_key: String,
}

/// Parameters of `voicewake.set`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct VoicewakeSetParams {
    /// The words, at most 32 of at most 64 characters; none at all mean the usual ones.
    pub triggers: Vec<String>,
}

/// Reply of `voicewake.get` and `voicewake.set`; payload of the event `voicewake.changed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VoicewakeReply {
    /// The words.
    pub triggers: Vec<String>,
}
