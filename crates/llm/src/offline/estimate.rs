//! A guess at tokens that is always the same for the same text.

use domain::{Message, Part, TokenCount, Usage};

use crate::ModelRequest;

/// Letters of a word that count as one token.
const LETTERS: usize = 6;

/// Tokens of a text: words by length, every other visible character one.
pub fn tokens(text: &str) -> TokenCount {
    let mut count = 0;
    let mut letters = 0_usize;
    for c in text.chars() {
        if c.is_alphanumeric() {
            letters += 1;
            continue;
        }
        count += letters.div_ceil(LETTERS);
        letters = 0;
        count += usize::from(!c.is_whitespace());
    }
    TokenCount(u64::try_from(count + letters.div_ceil(LETTERS)).unwrap_or(u64::MAX))
}

/// Tokens of a request's prompt.
fn prompt(request: &ModelRequest) -> TokenCount {
    let system = request.system.iter().map(|text| tokens(text));
    let tools = request.tools.iter().map(|tool| {
        let schema = tokens(&tool.parameters.to_string());
        TokenCount(tokens(tool.name.as_str()).0 + tokens(&tool.description).0 + schema.0)
    });
    let messages = request.messages.iter().map(message);
    TokenCount(
        system
            .chain(tools)
            .chain(messages)
            .map(|count| count.0)
            .sum(),
    )
}

fn message(message: &Message) -> TokenCount {
    /// What an image counts.
    const IMAGE: u64 = 256;
    let parts = message.parts.iter().map(|part| match part {
        Part::Text { text } | Part::Reasoning { text, .. } => tokens(text).0,
        Part::Image { .. } => IMAGE,
        Part::File { data, .. } => u64::try_from(data.0.len() / 4).unwrap_or(u64::MAX),
        Part::ToolCall(call) => tokens(call.name.as_str()).0 + tokens(&call.arguments).0,
        Part::ToolResult(result) => tokens(&result.content).0,
    });
    // One for the role.
    TokenCount(1 + parts.sum::<u64>())
}

/// What a call used whose answer took `output` tokens.
pub(super) fn usage(request: &ModelRequest, output: u64) -> Usage {
    Usage {
        input: Some(prompt(request)),
        output: Some(TokenCount(output)),
        ..Usage::default()
    }
}
