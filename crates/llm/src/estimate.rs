//! What a call will need, before it is made: tokens of a prompt, and what they cost.
//!
//! A *ceiling* is never too low: a token is never less than a byte, media have generous constants,
//! and no prompt is longer than the context window. An *expectation* is a guess for people and for
//! routing: four bytes of text are a token.

use crate::codec;
use crate::{ModelInfo, ModelRequest, Price, Target};
use domain::{Blob, MicroUsd, Part};

/// Bytes of text that are expected to be a token.
const BYTES_PER_TOKEN: u64 = 4;
/// Tokens a provider may add to a prompt by itself, e.g. to explain tools to the model.
const ADDED_BY_PROVIDER: u64 = 1_000;
/// Most tokens of an image, and the usual number.
const IMAGE: (u64, u64) = (6_000, 1_000);
/// Tokens a file has at most beside those of its bytes.
const FILE: u64 = 5_000;
/// What the definition of a tool usually takes, in tokens.
const TOOL: u64 = 120;
/// The longest answer of a model of which nothing is known, in tokens.
const USUAL_MAX_OUTPUT: u32 = 8_192;
/// The shortest answer worth paying for, in tokens.
const SHORT_ANSWER: u64 = 256;
/// The answer that people are told to expect, in tokens.
const EXPECTED_ANSWER: u64 = 500;
/// The shortest answer a quote reckons with, in tokens.
const LOW_ANSWER: u64 = 50;

/// What a call will cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// With the prompt in the provider's cache and a short answer.
    pub low: MicroUsd,
    /// With a prompt that is not, and an answer of usual length.
    pub expected: MicroUsd,
    /// What would be reserved: never less than the call costs.
    pub high: MicroUsd,
}

/// What `request` will cost at `target`; `None` when its price is unknown or the request cannot be
/// written. Sends nothing.
pub fn quote(target: &Target, request: &ModelRequest) -> Option<Quote> {
    let info = &target.info;
    let price = info.price?;
    if price == Price::FREE {
        return Some(Quote {
            low: MicroUsd::ZERO,
            expected: MicroUsd::ZERO,
            high: MicroUsd::ZERO,
        });
    }
    let config = target.provider.config();
    let codec = codec::of(&config.api, &target.provider.peer(&info.model)).ok()?;
    let longest = answer_limit(request, info);
    let mut limited = request.clone();
    limited.sampling.max_tokens = Some(longest);
    let body = codec.encode(&limited, info, config.quirks).ok()?.body;
    let prompt = Prompt::of(request, info, body.len());
    let bounds = Bounds::of(&price, prompt, longest);
    let asked = request.sampling.max_tokens.map_or(u64::MAX, u64::from);
    let cached = i128::from(prompt.expected) * i128::from(price.cache_read) / 1_000_000;
    let low = price.ceiling(0, LOW_ANSWER.min(asked)) + micros(cached);
    let input = i128::from(prompt.expected) * i128::from(price.input) / 1_000_000;
    let expected = price.ceiling(0, EXPECTED_ANSWER.min(asked)) + micros(input);
    Some(Quote {
        low,
        expected: expected.max(low),
        high: bounds.most.max(expected),
    })
}

fn micros(amount: i128) -> MicroUsd {
    MicroUsd(i64::try_from(amount).unwrap_or(i64::MAX))
}

/// The tokens of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// Never too low.
    pub(crate) ceiling: u64,
    /// A guess.
    pub(crate) expected: u64,
}

impl Prompt {
    /// Of a request that was written in `body` bytes.
    pub(crate) fn of(request: &ModelRequest, info: &ModelInfo, body: usize) -> Self {
        let measure = Measure::of(request);
        let (mut carried, mut most, mut usual) = (0, 0, 0);
        if info.images {
            carried += measure.image_bytes;
            most += measure.images * IMAGE.0;
            usual += measure.images * IMAGE.1;
        }
        if info.media.documents || info.media.audio || info.media.video {
            carried += measure.file_bytes;
            most += measure.file_most;
            usual += measure.file_usual;
        }
        let body = count(body);
        // Media that the model cannot read were left out of the body.
        let text = if body >= measure.text + carried {
            body - carried
        } else {
            body
        };
        let ceiling = text + most + ADDED_BY_PROVIDER;
        let window = info.context_window.map_or(u64::MAX, u64::from);
        Self {
            ceiling: ceiling.min(window),
            expected: (text / BYTES_PER_TOKEN + usual).min(window),
        }
    }
}

/// Roughly how many tokens the prompt of `request` has, without writing it.
pub fn rough(request: &ModelRequest) -> u64 {
    let measure = Measure::of(request);
    measure.text / BYTES_PER_TOKEN
        + count(request.tools.len()) * TOOL
        + measure.images * IMAGE.1
        + measure.file_usual
}

/// What to reserve for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// The whole prompt and a short answer.
    pub(crate) least: MicroUsd,
    /// The whole prompt and the longest answer.
    pub(crate) most: MicroUsd,
}

impl Bounds {
    pub(crate) fn of(price: &Price, prompt: Prompt, longest: u32) -> Self {
        let longest = u64::from(longest);
        Self {
            least: price.ceiling(prompt.ceiling, SHORT_ANSWER.min(longest)),
            most: price.ceiling(prompt.ceiling, longest),
        }
    }
}

/// The longest answer to ask for, in tokens: what the caller said, else what the model can and its
/// context window leaves.
pub(crate) fn answer_limit(request: &ModelRequest, info: &ModelInfo) -> u32 {
    if let Some(asked) = request.sampling.max_tokens {
        return asked;
    }
    let most = info.max_output.unwrap_or(USUAL_MAX_OUTPUT);
    let Some(window) = info.context_window else {
        return most;
    };
    // A third more than expected: the guess may be low, and a limit that does not fit is refused.
    let prompt = rough(request).saturating_mul(4) / 3;
    let left = u64::from(window).saturating_sub(prompt).max(1_024);
    most.min(u32::try_from(left).unwrap_or(u32::MAX))
}

/// The tokens that `bytes` of an answer are expected to be.
pub(crate) fn heard(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN)
}

/// What a request holds, by kind.
#[derive(Debug, Default)]
pub(crate) struct Measure {
    /// Bytes of text: system, messages, calls and results.
    pub(crate) text: u64,
    pub(crate) images: u64,
    image_bytes: u64,
    pub(crate) files: u64,
    file_bytes: u64,
    file_most: u64,
    file_usual: u64,
}

impl Measure {
    pub(crate) fn of(request: &ModelRequest) -> Self {
        let mut measure = Self {
            text: request.system.iter().map(|text| count(text.len())).sum(),
            ..Self::default()
        };
        for part in request.messages.iter().flat_map(|message| &message.parts) {
            measure.add(part);
        }
        measure
    }

    fn add(&mut self, part: &Part) {
        match part {
            Part::Text { text } => self.text += count(text.len()),
            // Seldom sent back; where it is, the written request is longer and shows it.
            Part::Reasoning { .. } => {}
            Part::Image { data, .. } => {
                self.images += 1;
                self.image_bytes += count(data.0.len());
            }
            Part::File {
                media_type, data, ..
            } => self.file(media_type, data),
            Part::ToolCall(call) => {
                self.text += count(call.name.as_str().len() + call.arguments.len());
            }
            Part::ToolResult(result) => self.text += count(result.content.len()),
        }
    }

    /// Sound and video have few tokens for their bytes; a page of a document is packed text and a
    /// picture.
    fn file(&mut self, media_type: &str, data: &Blob) {
        let encoded = count(data.0.len());
        let bytes = encoded / 4 * 3;
        let recorded = media_type.starts_with("audio/") || media_type.starts_with("video/");
        let (most, usual) = if recorded {
            (bytes / 8, bytes / 200)
        } else {
            (bytes * 2, bytes / 8)
        };
        self.files += 1;
        self.file_bytes += encoded;
        self.file_most += FILE + most;
        self.file_usual += usual;
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
