//! Refusals, in each service's own words.

use bytes::Bytes;
use serde_json::{Value, json};

use super::wire::Wire;

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
    /// Seconds until it may be tried again.
    pub(super) retry_after: Option<u64>,
    /// The `code` or `reason` where it is not the usual one of the status.
    pub(super) code: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            retry_after: None,
            code: None,
        }
    }

    /// The model does not exist.
    pub(super) fn no_model(model: &str) -> Self {
        Self::new(404, format!("the model {model:?} does not exist"))
    }

    /// What a key is refused with; `None` when it is good.
    pub(super) fn of_key(wire: Wire, key: &str) -> Option<Self> {
        let (word, rest) = key.split_once('-').unwrap_or((key, ""));
        match word {
            super::WRONG_KEY if rest.is_empty() => {
                let mut refusal = Self::new(401, "incorrect API key provided");
                if wire == Wire::Gemini {
                    refusal = Self::new(400, "API key not valid. Please pass a valid API key.");
                    refusal.code = Some("API_KEY_INVALID");
                }
                Some(refusal)
            }
            super::LIMITED_KEY => {
                let mut refusal = Self::new(429, "rate limit reached for this key");
                refusal.retry_after = Some(rest.parse().unwrap_or(30));
                Some(refusal)
            }
            super::BROKE_KEY => {
                let status = if wire == Wire::Gemini { 403 } else { 402 };
                let mut refusal = Self::new(status, "insufficient balance: add credit to go on");
                refusal.code = Some("insufficient_quota");
                Some(refusal)
            }
            _ => None,
        }
    }

    /// The prompt does not fit the window; Ollama shortens it instead.
    pub(super) fn too_long(wire: Wire, tokens: u64, window: u64) -> Option<Self> {
        let message = match wire {
            Wire::Chat => format!(
                "This model's maximum context length is {window} tokens. However, your messages \
                 resulted in {tokens} tokens."
            ),
            Wire::Responses => "Your input exceeds the context window of this model.".to_owned(),
            Wire::Messages => format!("prompt is too long: {tokens} tokens > {window} maximum"),
            Wire::Gemini => format!(
                "The input token count ({tokens}) exceeds the maximum number of tokens allowed \
                 ({window})."
            ),
            Wire::Ollama => return None,
        };
        let mut refusal = Self::new(400, message);
        refusal.code = Some("context_length_exceeded");
        Some(refusal)
    }

    /// The body.
    pub(super) fn body(&self, wire: Wire) -> Bytes {
        let body = match wire {
            Wire::Chat | Wire::Responses => self.openai(),
            Wire::Messages => json!({"type": "error", "request_id": "req_fake",
                "error": {"type": self.anthropic(), "message": self.message}}),
            Wire::Gemini => self.google(),
            Wire::Ollama => json!({"error": self.message}),
        };
        Bytes::from(body.to_string())
    }

    fn openai(&self) -> Value {
        let (kind, name) = match self.status {
            401 => ("invalid_request_error", "invalid_api_key"),
            404 => ("invalid_request_error", "model_not_found"),
            429 => ("requests", "rate_limit_exceeded"),
            400..=499 => ("invalid_request_error", "invalid_request"),
            _ => ("server_error", "internal_error"),
        };
        let code = self.code.unwrap_or(name);
        json!({"error": {"message": self.message, "type": kind, "param": null, "code": code}})
    }

    fn anthropic(&self) -> &'static str {
        match self.status {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            504 => "timeout_error",
            529 | 503 => "overloaded_error",
            400..=499 => "invalid_request_error",
            _ => "api_error",
        }
    }

    fn google(&self) -> Value {
        let status = match self.status {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            429 => "RESOURCE_EXHAUSTED",
            503 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            400..=499 => "INVALID_ARGUMENT",
            _ => "INTERNAL",
        };
        let mut details = Vec::new();
        if let Some(seconds) = self.retry_after {
            details.push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo",
                "retryDelay": format!("{seconds}s")}));
        }
        if let Some(reason) = self.code {
            details.push(json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": reason, "domain": "googleapis.com"}));
        }
        json!({"error": {"code": self.status, "message": self.message, "status": status,
            "details": details}})
    }
}
