//! Names of wire formats.

use schemars::JsonSchema;
use serde::Deserialize;

/// The wire format a provider speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Api {
    /// OpenAI chat completions and everything that imitates it.
    #[default]
    #[serde(rename = "openai-completions")]
    OpenAiCompletions,
    /// OpenAI responses; not served by this version.
    #[serde(rename = "openai-responses")]
    OpenAiResponses,
    /// Anthropic messages; not served by this version.
    #[serde(rename = "anthropic-messages")]
    AnthropicMessages,
    /// Gemini generateContent; not served by this version.
    #[serde(rename = "google-generative-ai")]
    GoogleGenerativeAi,
    /// Ollama's own format; not served by this version (its `/v1` address is).
    #[serde(rename = "ollama")]
    Ollama,
    /// Amazon Bedrock; not served by this version.
    #[serde(rename = "bedrock-converse-stream")]
    BedrockConverseStream,
    /// GitHub Copilot; not served by this version.
    #[serde(rename = "github-copilot")]
    GithubCopilot,
    /// Any other name.
    #[serde(untagged)]
    Other(String),
}

impl Api {
    /// The name in the settings.
    pub fn as_str(&self) -> &str {
        match self {
            Self::OpenAiCompletions => "openai-completions",
            Self::OpenAiResponses => "openai-responses",
            Self::AnthropicMessages => "anthropic-messages",
            Self::GoogleGenerativeAi => "google-generative-ai",
            Self::Ollama => "ollama",
            Self::BedrockConverseStream => "bedrock-converse-stream",
            Self::GithubCopilot => "github-copilot",
            Self::Other(name) => name,
        }
    }
}
