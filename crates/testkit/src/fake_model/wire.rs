//! The wires and their addresses.

use http::Uri;

/// A wire format the fake speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// OpenAI chat completions.
    Chat,
    /// OpenAI responses.
    Responses,
    /// Anthropic messages.
    Messages,
    /// Gemini `generateContent`.
    Gemini,
    /// Ollama's own chat.
    Ollama,
}

impl Wire {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Chat,
        Self::Responses,
        Self::Messages,
        Self::Gemini,
        Self::Ollama,
    ];

    /// Its name in the settings, `models.providers.<id>.api`.
    pub fn api(self) -> &'static str {
        match self {
            Self::Chat => "openai-completions",
            Self::Responses => "openai-responses",
            Self::Messages => "anthropic-messages",
            Self::Gemini => "google-generative-ai",
            Self::Ollama => "ollama",
        }
    }

    /// The name of its provider in [`crate::Home::all_wires`].
    pub fn provider(self) -> &'static str {
        match self {
            Self::Chat => "fake",
            Self::Responses => "fake-responses",
            Self::Messages => "fake-anthropic",
            Self::Gemini => "fake-gemini",
            Self::Ollama => "fake-ollama",
        }
    }

    /// What follows the address in its `baseUrl`.
    pub(super) fn base(self) -> &'static str {
        match self {
            Self::Chat | Self::Responses | Self::Messages => "/v1",
            Self::Gemini => "/v1beta",
            Self::Ollama => "",
        }
    }

    /// Its place in lists of one entry per wire.
    pub(super) fn place(self) -> usize {
        match self {
            Self::Chat => 0,
            Self::Responses => 1,
            Self::Messages => 2,
            Self::Gemini => 3,
            Self::Ollama => 4,
        }
    }
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// An answer.
    Answer,
    /// An answer of the model and in the manner the address names.
    AnswerOf { model: String, streams: bool },
    /// Vectors.
    Embed,
    /// Vectors of the model the address names.
    EmbedOf(String),
    /// The size of a prompt.
    Count,
}

/// Reads the address of a `POST`; `None` when nothing is there.
pub(super) fn wish(uri: &Uri) -> Option<(Wire, Wish)> {
    let known = match uri.path() {
        "/v1/chat/completions" => (Wire::Chat, Wish::Answer),
        "/v1/responses" => (Wire::Responses, Wish::Answer),
        "/v1/messages" => (Wire::Messages, Wish::Answer),
        "/v1/messages/count_tokens" => (Wire::Messages, Wish::Count),
        "/api/chat" => (Wire::Ollama, Wish::Answer),
        "/v1/embeddings" => (Wire::Chat, Wish::Embed),
        "/api/embed" => (Wire::Ollama, Wish::Embed),
        path => return Some((Wire::Gemini, gemini(path, uri.query())?)),
    };
    Some(known)
}

fn gemini(path: &str, query: Option<&str>) -> Option<Wish> {
    let (model, action) = path.strip_prefix("/v1beta/models/")?.split_once(':')?;
    let events = query.is_some_and(|query| query.split('&').any(|pair| pair == "alt=sse"));
    let model = model.to_owned();
    match action {
        "generateContent" => Some(Wish::AnswerOf {
            model,
            streams: false,
        }),
        // The service streams one JSON array without it; this fake has no such stream.
        "streamGenerateContent" if events => Some(Wish::AnswerOf {
            model,
            streams: true,
        }),
        "batchEmbedContents" => Some(Wish::EmbedOf(model)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses() {
        let of = |text: &str| wish(&text.parse().unwrap());
        assert_eq!(
            of("/v1beta/models/fake-1:streamGenerateContent?key=k&alt=sse"),
            Some((
                Wire::Gemini,
                Wish::AnswerOf {
                    model: "fake-1".to_owned(),
                    streams: true
                }
            ))
        );
        assert_eq!(of("/v1beta/models/fake-1:streamGenerateContent"), None);
        assert_eq!(of("/api/chat"), Some((Wire::Ollama, Wish::Answer)));
        assert_eq!(of("/v1/nothing"), None);
    }
}
