//! What is asked in a golden case: `ask.json`.

use domain::{Message, ModelId, ProviderId, Sampling, ToolChoice, ToolSpec};
use llm::provider::Quirks;
use llm::{CacheHints, MediaKinds, ModelInfo, ModelRequest};
use serde::Deserialize;

/// What is asked; whatever is absent is as usual.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Ask {
    system: Vec<String>,
    messages: Vec<Message>,
    tools: Vec<ToolSpec>,
    tool_choice: ToolChoice,
    sampling: Sampling,
    stream: bool,
    cache: Cache,
    model: Facts,
    quirks: Liberties,
}

/// Hints for the provider's prompt cache.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Cache {
    key: Option<String>,
    keep: bool,
}

/// What is known about the model.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one line of a settings file each"
)]
struct Facts {
    model: String,
    context_window: Option<u32>,
    max_output: Option<u32>,
    images: bool,
    documents: bool,
    audio: bool,
    video: bool,
    tools: bool,
    reasoning: bool,
}

/// Where the provider differs from its wire format.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one line of a settings file each"
)]
struct Liberties {
    max_completion_tokens: bool,
    stream_usage: bool,
    short_call_ids: bool,
    prompt_cache_key: bool,
    reasoning_content: bool,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            system: Vec::new(),
            messages: vec![Message::user("hello")],
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            sampling: Sampling::default(),
            stream: true,
            cache: Cache::default(),
            model: Facts::default(),
            quirks: Liberties::default(),
        }
    }
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            model: "m-1".to_owned(),
            context_window: None,
            max_output: None,
            images: true,
            documents: false,
            audio: false,
            video: false,
            tools: true,
            reasoning: false,
        }
    }
}

impl Default for Liberties {
    fn default() -> Self {
        let usual = Quirks::USUAL;
        Self {
            max_completion_tokens: usual.max_completion_tokens,
            stream_usage: usual.stream_usage,
            short_call_ids: usual.short_call_ids,
            prompt_cache_key: usual.prompt_cache_key,
            reasoning_content: usual.reasoning_content,
        }
    }
}

impl Ask {
    /// The model that is asked.
    pub(crate) fn model(&self) -> ModelInfo {
        let facts = &self.model;
        ModelInfo {
            provider: ProviderId::new("acme"),
            model: ModelId::new(facts.model.as_str()),
            name: "M 1".to_owned(),
            context_window: facts.context_window,
            max_output: facts.max_output,
            images: facts.images,
            media: MediaKinds {
                documents: facts.documents,
                audio: facts.audio,
                video: facts.video,
            },
            tools: facts.tools,
            reasoning: facts.reasoning,
            price: None,
            best_for: None,
        }
    }

    /// Where the provider differs from its wire format.
    pub(crate) fn quirks(&self) -> Quirks {
        Quirks {
            max_completion_tokens: self.quirks.max_completion_tokens,
            stream_usage: self.quirks.stream_usage,
            short_call_ids: self.quirks.short_call_ids,
            prompt_cache_key: self.quirks.prompt_cache_key,
            reasoning_content: self.quirks.reasoning_content,
        }
    }

    /// Whether the events are wanted as they come.
    pub(crate) fn streams(&self) -> bool {
        self.stream
    }

    /// The request.
    pub(crate) fn request(self) -> ModelRequest {
        ModelRequest {
            system: self.system.into_iter().map(Into::into).collect(),
            messages: self.messages,
            tools: self.tools.into(),
            tool_choice: self.tool_choice,
            sampling: self.sampling,
            stream: self.stream,
            cache: CacheHints {
                key: self.cache.key.map(Into::into),
                keep: self.cache.keep,
            },
        }
    }
}
