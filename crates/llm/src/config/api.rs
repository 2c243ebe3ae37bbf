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
    /// OpenAI responses.
    #[serde(rename = "openai-responses")]
    OpenAiResponses,
    /// Anthropic messages.
    #[serde(rename = "anthropic-messages")]
    AnthropicMessages,
    /// Gemini `generateContent`.
    #[serde(rename = "google-generative-ai")]
    GoogleGenerativeAi,
    /// Ollama's own format; its address without `/v1`.
    #[serde(rename = "ollama")]
    Ollama,
    /// Amazon Bedrock's own format: refused, since Bedrock has an OpenAI-compatible address; see
    /// the provider `bedrock`.
    #[serde(rename = "bedrock-converse-stream")]
    BedrockConverseStream,
    /// GitHub Copilot: refused, since it needs GitHub's own sign-in.
    #[serde(rename = "github-copilot")]
    GithubCopilot,
    /// Any other name: refused.
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
