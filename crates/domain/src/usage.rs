//! What a model call used, as its provider reported it.

use serde::{Deserialize, Serialize};

/// A number of tokens.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TokenCount(pub u64);

/// Tokens of one model call or of several added up. `None` means "not reported", never zero.
///
/// `input` counts the whole prompt including what was read from the provider's cache; `output`
/// counts the whole answer including reasoning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Prompt tokens, cached ones included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<TokenCount>,
    /// Answer tokens, reasoning included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<TokenCount>,
    /// Prompt tokens served from the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<TokenCount>,
    /// Prompt tokens written to the provider's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<TokenCount>,
    /// Prompt tokens of images, documents, sound and video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<TokenCount>,
    /// Answer tokens spent on reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<TokenCount>,
}

impl Usage {
    /// Adds two reports; a count is known when either side knows it.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let add = |a: Option<TokenCount>, b: Option<TokenCount>| match (a, b) {
            (Some(a), Some(b)) => Some(TokenCount(a.0.saturating_add(b.0))),
            (known, None) | (None, known) => known,
        };
        Self {
            input: add(self.input, other.input),
            output: add(self.output, other.output),
            cache_read: add(self.cache_read, other.cache_read),
            cache_write: add(self.cache_write, other.cache_write),
            media: add(self.media, other.media),
            reasoning: add(self.reasoning, other.reasoning),
        }
    }

    /// Input plus output, `None` when neither was reported.
    pub fn total(&self) -> Option<TokenCount> {
        match (self.input, self.output) {
            (None, None) => None,
            (input, output) => Some(TokenCount(
                input
                    .unwrap_or_default()
                    .0
                    .saturating_add(output.unwrap_or_default().0),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_reported_stays_unknown() {
        let a = Usage {
            input: Some(TokenCount(3)),
            ..Usage::default()
        };
        let b = Usage {
            input: Some(TokenCount(4)),
            output: Some(TokenCount(0)),
            ..Usage::default()
        };
        let sum = a.plus(b);
        assert_eq!(sum.input, Some(TokenCount(7)));
        assert_eq!(sum.output, Some(TokenCount(0)));
        assert_eq!(sum.reasoning, None);
        assert_eq!(Usage::default().total(), None);
    }
}
