// tidy: table
//! Vendors as data: adding one is adding a row.
//!
//! Prices are micro-dollars per million tokens, from the vendors' public price lists; a price that
//! is not certain is `None`, which means unknown and never free. Tiered prices show the first tier.
//! The order of rows with keys is the order in which a default model is looked for.

use super::{AuthStyle, Quirks};
use crate::config::Api;
use crate::{MediaKinds, ModelInfo, Price};
use domain::{ModelId, ProviderId};

/// One vendor.
#[derive(Debug)]
pub struct Vendor {
    /// Its provider id.
    pub id: &'static str,
    /// A name for people.
    pub name: &'static str,
    /// Where it is, without the path of a method and without a slash at the end; empty when every
    /// customer has an address of their own.
    pub base_url: &'static str,
    /// What an address of one's own looks like.
    pub own_address: Option<OwnAddress>,
    /// The wire format it speaks.
    pub api: Api,
    /// The end of an address at which it imitates chat completions instead.
    pub imitates_at: Option<&'static str>,
    /// How its key is sent.
    pub auth: AuthStyle,
    /// Environment variables that usually hold its key, best first; empty when it needs none.
    pub env_keys: &'static [&'static str],
    /// How to find it on this machine, when it is a local server.
    pub local: Option<LocalPort>,
    /// The model to use when nothing was chosen.
    pub default_model: Option<&'static str>,
    /// Whether models not listed here may be named.
    pub open_ended: bool,
    /// Where it differs from the wire format.
    pub quirks: Quirks,
    /// The models we know.
    pub models: &'static [VendorModel],
    /// The models we know that turn text into vectors.
    pub embeddings: &'static [VendorModel],
}

/// What the address of a customer looks like, where each has an own one.
#[derive(Debug, Clone, Copy)]
pub struct OwnAddress {
    /// An example, for people.
    pub example: &'static str,
    /// Ends of host names that belong to the vendor: its key in the environment goes nowhere else.
    pub hosts: &'static [&'static str],
}

impl Vendor {
    /// Whether a key is all that is needed to call it.
    pub fn needs_only_a_key(&self) -> bool {
        !self.env_keys.is_empty() && self.own_address.is_none()
    }
}

/// Where a local server listens.
#[derive(Debug, Clone, Copy)]
pub struct LocalPort {
    /// TCP port on loopback.
    pub port: u16,
    /// A path that lists its models.
    pub path: &'static str,
}

/// One model of a vendor.
#[derive(Debug)]
pub struct VendorModel {
    /// Its name at the vendor.
    pub id: &'static str,
    /// A name for people.
    pub name: &'static str,
    /// Context window in tokens.
    pub context_window: Option<u32>,
    /// Most output tokens.
    pub max_output: Option<u32>,
    /// Images, tools, reasoning.
    pub can: Abilities,
    /// Which files it reads.
    pub media: MediaKinds,
    /// What it costs.
    pub price: Option<Price>,
    /// What it is good at.
    pub best_for: &'static str,
}

/// What a model can do besides text.
#[derive(Debug, Clone, Copy)]
pub struct Abilities {
    /// Reads images.
    pub images: bool,
    /// Calls tools.
    pub tools: bool,
    /// Reasons before it answers.
    pub reasoning: bool,
}

impl VendorModel {
    /// The catalog row.
    pub fn info(&self, vendor: &Vendor) -> ModelInfo {
        ModelInfo {
            provider: ProviderId::new(vendor.id),
            model: ModelId::new(self.id),
            name: self.name.to_owned(),
            context_window: self.context_window,
            max_output: self.max_output,
            images: self.can.images,
            media: self.media,
            tools: self.can.tools,
            reasoning: self.can.reasoning,
            price: self.price,
            best_for: Some(self.best_for.to_owned()),
        }
    }
}

const fn can(images: bool, tools: bool, reasoning: bool) -> Abilities {
    Abilities {
        images,
        tools,
        reasoning,
    }
}

/// Input, output, cache read, cache write.
const fn price(input: i64, output: i64, cache_read: i64, cache_write: i64) -> Price {
    Price {
        input,
        output,
        cache_read,
        cache_write,
    }
}

/// A model that turns text into vectors, at this price per million tokens of text.
const fn embeds(id: &'static str, name: &'static str, longest: u32, input: i64) -> VendorModel {
    VendorModel {
        id,
        name,
        context_window: Some(longest),
        max_output: None,
        can: can(false, false, false),
        media: NO_FILES,
        price: Some(price(input, 0, input, input)),
        best_for: "search by meaning",
    }
}

const NO_FILES: MediaKinds = MediaKinds {
    documents: false,
    audio: false,
    video: false,
};
const DOCUMENTS: MediaKinds = MediaKinds {
    documents: true,
    ..NO_FILES
};
const ALL_FILES: MediaKinds = MediaKinds {
    documents: true,
    audio: true,
    video: true,
};

const OPENAI: Quirks = Quirks {
    max_completion_tokens: true,
    prompt_cache_key: true,
    ..Quirks::USUAL
};
const AZURE: Quirks = Quirks {
    max_completion_tokens: true,
    ..Quirks::USUAL
};
const DEEPSEEK: Quirks = Quirks {
    reasoning_content: true,
    ..Quirks::USUAL
};
const MISTRAL: Quirks = Quirks {
    stream_usage: false,
    short_call_ids: true,
    ..Quirks::USUAL
};
const PERPLEXITY: Quirks = Quirks {
    stream_usage: false,
    ..Quirks::USUAL
};

/// Every vendor we know.
pub static VENDORS: &[Vendor] = &[
    Vendor {
        id: "anthropic",
        name: "Anthropic",
        base_url: "https://api.anthropic.com/v1",
        own_address: None,
        api: Api::AnthropicMessages,
        imitates_at: None,
        auth: AuthStyle::Header("x-api-key"),
        env_keys: &["ANTHROPIC_API_KEY"],
        local: None,
        default_model: Some("claude-sonnet-4-6"),
        open_ended: false,
        quirks: Quirks::USUAL,
        models: &[
            VendorModel {
                id: "claude-sonnet-4-6",
                name: "Claude Sonnet 4.6",
                context_window: Some(200_000),
                max_output: Some(64_000),
                can: can(true, true, true),
                media: DOCUMENTS,
                price: Some(price(3_000_000, 15_000_000, 300_000, 3_750_000)),
                best_for: "writing, coding and long agent runs",
            },
            VendorModel {
                id: "claude-opus-4-6",
                name: "Claude Opus 4.6",
                context_window: Some(200_000),
                max_output: Some(128_000),
                can: can(true, true, true),
                media: DOCUMENTS,
                price: Some(price(5_000_000, 25_000_000, 500_000, 6_250_000)),
                best_for: "the hardest reasoning and coding",
            },
            VendorModel {
                id: "claude-haiku-4-5",
                name: "Claude Haiku 4.5",
                context_window: Some(200_000),
                max_output: Some(64_000),
                can: can(true, true, true),
                media: DOCUMENTS,
                price: Some(price(1_000_000, 5_000_000, 100_000, 1_250_000)),
                best_for: "fast, cheap answers",
            },
        ],
        embeddings: &[],
    },
    Vendor {
        id: "openai",
        name: "OpenAI",
        base_url: "https://api.openai.com/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["OPENAI_API_KEY"],
        local: None,
        default_model: Some("gpt-5.4"),
        open_ended: false,
        quirks: OPENAI,
        models: &[
            VendorModel {
                id: "gpt-5.4",
                name: "GPT-5.4",
                context_window: Some(1_000_000),
                max_output: Some(128_000),
                can: can(true, true, true),
                media: DOCUMENTS,
                price: Some(price(2_500_000, 15_000_000, 250_000, 2_500_000)),
                best_for: "general reasoning, coding and tools",
            },
            VendorModel {
                id: "gpt-5",
                name: "GPT-5",
                context_window: Some(400_000),
                max_output: Some(128_000),
                can: can(true, true, true),
                media: DOCUMENTS,
                price: Some(price(1_250_000, 10_000_000, 125_000, 1_250_000)),
                best_for: "reasoning at a lower price",
            },
            VendorModel {
                id: "gpt-5-mini",
                name: "GPT-5 mini",
                context_window: Some(400_000),
                max_output: Some(128_000),
                can: can(true, true, true),
                media: DOCUMENTS,
                price: Some(price(250_000, 2_000_000, 25_000, 250_000)),
                best_for: "well-defined tasks at a low price",
            },
            VendorModel {
                id: "gpt-5-nano",
                name: "GPT-5 nano",
                context_window: Some(400_000),
                max_output: Some(128_000),
                can: can(true, true, true),
                media: DOCUMENTS,
                price: Some(price(50_000, 400_000, 5000, 50_000)),
                best_for: "classification and summaries",
            },
            VendorModel {
                id: "gpt-4.1",
                name: "GPT-4.1",
                context_window: Some(1_047_576),
                max_output: Some(32_768),
                can: can(true, true, false),
                media: DOCUMENTS,
                price: Some(price(2_000_000, 8_000_000, 500_000, 2_000_000)),
                best_for: "long documents without reasoning",
            },
            VendorModel {
                id: "gpt-4.1-mini",
                name: "GPT-4.1 mini",
                context_window: Some(1_047_576),
                max_output: Some(32_768),
                can: can(true, true, false),
                media: DOCUMENTS,
                price: Some(price(400_000, 1_600_000, 100_000, 400_000)),
                best_for: "long documents at a low price",
            },
            VendorModel {
                id: "gpt-4o",
                name: "GPT-4o",
                context_window: Some(128_000),
                max_output: Some(16_384),
                can: can(true, true, false),
                media: DOCUMENTS,
                price: Some(price(2_500_000, 10_000_000, 1_250_000, 2_500_000)),
                best_for: "images and conversation",
            },
            VendorModel {
                id: "gpt-4o-mini",
                name: "GPT-4o mini",
                context_window: Some(128_000),
                max_output: Some(16_384),
                can: can(true, true, false),
                media: DOCUMENTS,
                price: Some(price(150_000, 600_000, 75_000, 150_000)),
                best_for: "quick small tasks",
            },
            VendorModel {
                id: "o3",
                name: "o3",
                context_window: Some(200_000),
                max_output: Some(100_000),
                can: can(true, true, true),
                media: DOCUMENTS,
                price: Some(price(2_000_000, 8_000_000, 500_000, 2_000_000)),
                best_for: "step by step reasoning",
            },
            VendorModel {
                id: "o4-mini",
                name: "o4-mini",
                context_window: Some(200_000),
                max_output: Some(100_000),
                can: can(true, true, true),
                media: DOCUMENTS,
                price: Some(price(1_100_000, 4_400_000, 275_000, 1_100_000)),
                best_for: "reasoning at a lower price",
            },
            VendorModel {
                id: "gpt-4",
                name: "GPT-4",
                context_window: Some(8192),
                max_output: Some(8192),
                can: can(false, true, false),
                media: NO_FILES,
                price: Some(price(30_000_000, 60_000_000, 30_000_000, 30_000_000)),
                best_for: "programs written for it",
            },
        ],
        embeddings: &[
            embeds("text-embedding-3-small", "Embedding 3 small", 8192, 20_000),
            embeds("text-embedding-3-large", "Embedding 3 large", 8192, 130_000),
        ],
    },
    Vendor {
        id: "google",
        name: "Google Gemini",
        base_url: "https://generativelanguage.googleapis.com/v1beta",
        own_address: None,
        api: Api::GoogleGenerativeAi,
        imitates_at: Some("/openai"),
        auth: AuthStyle::Header("x-goog-api-key"),
        env_keys: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        local: None,
        default_model: Some("gemini-3.1-pro-preview"),
        open_ended: false,
        quirks: Quirks::USUAL,
        models: &[
            VendorModel {
                id: "gemini-3.1-pro",
                name: "Gemini 3.1 Pro",
                context_window: Some(2_000_000),
                max_output: Some(65_536),
                can: can(true, true, true),
                media: ALL_FILES,
                price: Some(price(2_000_000, 12_000_000, 200_000, 2_000_000)),
                best_for: "very long context and multimodal input",
            },
            VendorModel {
                id: "gemini-3.1-pro-preview",
                name: "Gemini 3.1 Pro (preview)",
                context_window: Some(1_048_576),
                max_output: Some(65_536),
                can: can(true, true, true),
                media: ALL_FILES,
                price: Some(price(2_000_000, 12_000_000, 200_000, 2_000_000)),
                best_for: "very long context, under the name of its preview",
            },
            VendorModel {
                id: "gemini-2.5-pro",
                name: "Gemini 2.5 Pro",
                context_window: Some(1_048_576),
                max_output: Some(65_536),
                can: can(true, true, true),
                media: ALL_FILES,
                price: Some(price(1_250_000, 10_000_000, 125_000, 1_250_000)),
                best_for: "long context reasoning",
            },
            VendorModel {
                id: "gemini-2.5-flash",
                name: "Gemini 2.5 Flash",
                context_window: Some(1_048_576),
                max_output: Some(65_536),
                can: can(true, true, true),
                media: ALL_FILES,
                price: Some(price(300_000, 2_500_000, 30_000, 300_000)),
                best_for: "fast answers over long context",
            },
        ],
        embeddings: &[embeds(
            "gemini-embedding-001",
            "Gemini Embedding",
            2048,
            150_000,
        )],
    },
    Vendor {
        id: "openrouter",
        name: "OpenRouter",
        base_url: "https://openrouter.ai/api/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["OPENROUTER_API_KEY"],
        local: None,
        default_model: Some("openrouter/auto"),
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[VendorModel {
            id: "openrouter/auto",
            name: "OpenRouter Auto",
            context_window: None,
            max_output: None,
            can: can(true, true, false),
            media: DOCUMENTS,
            price: None,
            best_for: "letting the service choose a model",
        }],
        embeddings: &[],
    },
    Vendor {
        id: "groq",
        name: "Groq",
        base_url: "https://api.groq.com/openai/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["GROQ_API_KEY"],
        local: None,
        default_model: Some("llama-3.3-70b-versatile"),
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[VendorModel {
            id: "llama-3.3-70b-versatile",
            name: "Llama 3.3 70B",
            context_window: Some(131_072),
            max_output: Some(32_768),
            can: can(false, true, false),
            media: NO_FILES,
            price: Some(price(590_000, 790_000, 590_000, 590_000)),
            best_for: "low latency",
        }],
        embeddings: &[],
    },
    Vendor {
        id: "mistral",
        name: "Mistral",
        base_url: "https://api.mistral.ai/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["MISTRAL_API_KEY"],
        local: None,
        default_model: Some("mistral-large-latest"),
        open_ended: true,
        quirks: MISTRAL,
        models: &[VendorModel {
            id: "mistral-large-latest",
            name: "Mistral Large",
            context_window: None,
            max_output: None,
            can: can(true, true, false),
            media: NO_FILES,
            price: None,
            best_for: "European languages",
        }],
        embeddings: &[embeds("mistral-embed", "Mistral Embed", 8192, 100_000)],
    },
    Vendor {
        id: "deepseek",
        name: "DeepSeek",
        base_url: "https://api.deepseek.com/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["DEEPSEEK_API_KEY"],
        local: None,
        default_model: Some("deepseek-chat"),
        open_ended: true,
        quirks: DEEPSEEK,
        models: &[
            VendorModel {
                id: "deepseek-chat",
                name: "DeepSeek Chat",
                context_window: None,
                max_output: None,
                can: can(false, true, false),
                media: NO_FILES,
                price: None,
                best_for: "general work at a low price",
            },
            VendorModel {
                id: "deepseek-reasoner",
                name: "DeepSeek Reasoner",
                context_window: None,
                max_output: None,
                can: can(false, true, true),
                media: NO_FILES,
                price: None,
                best_for: "reasoning at a low price",
            },
        ],
        embeddings: &[],
    },
    Vendor {
        id: "xai",
        name: "xAI",
        base_url: "https://api.x.ai/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["XAI_API_KEY"],
        local: None,
        default_model: Some("grok-4"),
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[VendorModel {
            id: "grok-4",
            name: "Grok 4",
            context_window: Some(256_000),
            max_output: None,
            can: can(true, true, true),
            media: NO_FILES,
            price: Some(price(3_000_000, 15_000_000, 750_000, 3_000_000)),
            best_for: "reasoning and current events",
        }],
        embeddings: &[],
    },
    Vendor {
        id: "together",
        name: "Together AI",
        base_url: "https://api.together.xyz/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["TOGETHER_API_KEY"],
        local: None,
        default_model: None,
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[],
        embeddings: &[],
    },
    Vendor {
        id: "fireworks",
        name: "Fireworks AI",
        base_url: "https://api.fireworks.ai/inference/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["FIREWORKS_API_KEY"],
        local: None,
        default_model: None,
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[],
        embeddings: &[],
    },
    Vendor {
        id: "cerebras",
        name: "Cerebras",
        base_url: "https://api.cerebras.ai/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["CEREBRAS_API_KEY"],
        local: None,
        default_model: None,
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[],
        embeddings: &[],
    },
    Vendor {
        id: "perplexity",
        name: "Perplexity",
        base_url: "https://api.perplexity.ai",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["PERPLEXITY_API_KEY"],
        local: None,
        default_model: Some("sonar"),
        open_ended: true,
        quirks: PERPLEXITY,
        models: &[VendorModel {
            id: "sonar",
            name: "Sonar",
            context_window: None,
            max_output: None,
            can: can(false, false, false),
            media: NO_FILES,
            price: None,
            best_for: "answers from the web with sources",
        }],
        embeddings: &[],
    },
    Vendor {
        id: "azure",
        name: "Azure OpenAI",
        base_url: "",
        own_address: Some(OwnAddress {
            example: "https://NAME.openai.azure.com/openai/v1",
            hosts: &[
                ".openai.azure.com",
                ".services.ai.azure.com",
                ".cognitiveservices.azure.com",
            ],
        }),
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Header("api-key"),
        env_keys: &["AZURE_OPENAI_API_KEY"],
        local: None,
        default_model: None,
        open_ended: true,
        quirks: AZURE,
        models: &[],
        embeddings: &[],
    },
    Vendor {
        id: "bedrock",
        name: "Amazon Bedrock",
        base_url: "",
        own_address: Some(OwnAddress {
            example: "https://bedrock-runtime.REGION.amazonaws.com/openai/v1",
            hosts: &[".amazonaws.com", ".api.aws"],
        }),
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["AWS_BEARER_TOKEN_BEDROCK"],
        local: None,
        default_model: None,
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[],
        embeddings: &[],
    },
    Vendor {
        id: "litellm",
        name: "LiteLLM",
        base_url: "http://127.0.0.1:4000/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &["LITELLM_API_KEY"],
        local: None,
        default_model: None,
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[],
        embeddings: &[],
    },
    Vendor {
        id: "ollama",
        name: "Ollama",
        base_url: "http://127.0.0.1:11434",
        own_address: None,
        api: Api::Ollama,
        imitates_at: Some("/v1"),
        auth: AuthStyle::Bearer,
        env_keys: &[],
        local: Some(LocalPort {
            port: 11434,
            path: "/v1/models",
        }),
        default_model: None,
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[],
        embeddings: &[],
    },
    Vendor {
        id: "lmstudio",
        name: "LM Studio",
        base_url: "http://127.0.0.1:1234/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &[],
        local: Some(LocalPort {
            port: 1234,
            path: "/v1/models",
        }),
        default_model: None,
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[],
        embeddings: &[],
    },
    Vendor {
        id: "llamacpp",
        name: "llama.cpp",
        base_url: "http://127.0.0.1:8080/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &[],
        local: Some(LocalPort {
            port: 8080,
            path: "/v1/models",
        }),
        default_model: None,
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[],
        embeddings: &[],
    },
    Vendor {
        id: "vllm",
        name: "vLLM",
        base_url: "http://127.0.0.1:8000/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &[],
        local: Some(LocalPort {
            port: 8000,
            path: "/v1/models",
        }),
        default_model: None,
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[],
        embeddings: &[],
    },
    Vendor {
        id: "sglang",
        name: "SGLang",
        base_url: "http://127.0.0.1:30000/v1",
        own_address: None,
        api: Api::OpenAiCompletions,
        imitates_at: None,
        auth: AuthStyle::Bearer,
        env_keys: &[],
        local: Some(LocalPort {
            port: 30000,
            path: "/v1/models",
        }),
        default_model: None,
        open_ended: true,
        quirks: Quirks::USUAL,
        models: &[],
        embeddings: &[],
    },
];
