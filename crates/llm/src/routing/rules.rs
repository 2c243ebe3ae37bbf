//! Rules: from facts to a tier.

use super::features::Features;
use super::tiers::Tiers;
use crate::config::{RuleConditions, RuleSettings, TaskKind};

/// A prompt this long is expensive to read and easy to get wrong, in tokens.
const LONG_PROMPT: u64 = 60_000;
/// A message this short is an easy question, unless its words say otherwise, in characters.
const SHORT_MESSAGE: u64 = 280;
/// Up to this prompt a short message is a question on its own, in tokens.
const SHORT_PROMPT: u64 = 24_000;

/// The rules in force.
#[derive(Debug, Default)]
pub struct Rules {
    /// Configured ones with the place of their tier; without any the built-in ones count.
    own: Vec<(RuleConditions, usize, String)>,
    tiers: usize,
}

/// How much a request asks for, whatever the tiers are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Demand {
    Little,
    Usual,
    Much,
}

impl Rules {
    /// The configured rules; one that names no tier is left out and told in `problems`.
    pub fn new(settings: &[RuleSettings], tiers: &Tiers, problems: &mut Vec<String>) -> Self {
        let mut own = Vec::with_capacity(settings.len());
        for (index, rule) in settings.iter().enumerate() {
            match tiers.place(&rule.tier) {
                Some(place) => {
                    let mut when = rule.when.clone();
                    for word in &mut when.words {
                        *word = word.to_lowercase();
                    }
                    own.push((when, place, format!("rule {}", index + 1)));
                }
                None => problems.push(format!(
                    "models.routing.rules[{index}].tier: there is no tier {:?}; there are: {}",
                    rule.tier,
                    tiers.names()
                )),
            }
        }
        Self {
            own,
            tiers: tiers.len(),
        }
    }

    /// The place of the tier for a request, and why.
    pub fn tier(&self, features: &Features<'_>) -> (usize, &str) {
        if !self.own.is_empty() {
            let fitting = self.own.iter().find(|(when, ..)| fits(when, features));
            return fitting.map_or_else(
                || (self.place(Demand::Usual), "no rule fits"),
                |(_, place, why)| (*place, why.as_str()),
            );
        }
        let (demand, why) = built_in(features);
        (self.place(demand), why)
    }

    fn place(&self, demand: Demand) -> usize {
        match demand {
            Demand::Little => 0,
            Demand::Usual => self.tiers / 2,
            Demand::Much => self.tiers.saturating_sub(1),
        }
        .min(self.tiers.saturating_sub(1))
    }
}

/// The built-in rules, in order.
fn built_in(features: &Features<'_>) -> (Demand, &'static str) {
    if features.failed {
        return (Demand::Much, "the tool call before failed");
    }
    if features.trace {
        return (Demand::Much, "stack trace in the prompt");
    }
    let long = features.prompt_tokens >= LONG_PROMPT;
    match features.kind {
        TaskKind::Reasoning => return (Demand::Much, "words of reasoning"),
        TaskKind::Transform if features.images || features.files || features.code => {}
        TaskKind::Transform if long => return (Demand::Usual, "a long text to work on"),
        TaskKind::Transform => return (Demand::Little, "a text to work on"),
        TaskKind::Chat if features.images || features.files => {}
        TaskKind::Chat => return (Demand::Little, "small talk"),
        TaskKind::Other => {}
    }
    if features.code {
        return (Demand::Much, "code in the prompt");
    }
    if features.images || features.files {
        return (Demand::Usual, "an image or a file");
    }
    if features.tools_used {
        return (Demand::Usual, "tools in use");
    }
    if features.message_chars <= SHORT_MESSAGE && features.prompt_tokens <= SHORT_PROMPT {
        return (Demand::Little, "short question");
    }
    (Demand::Usual, "nothing special")
}

fn fits(when: &RuleConditions, features: &Features<'_>) -> bool {
    let RuleConditions {
        min_prompt_tokens,
        max_prompt_tokens,
        min_message_chars,
        max_message_chars,
        min_turns,
        max_turns,
        code,
        trace,
        tools_offered,
        tools_used,
        images,
        files,
        failed,
        kinds,
        words,
    } = when;
    let ranges = [
        (min_prompt_tokens, max_prompt_tokens, features.prompt_tokens),
        (min_message_chars, max_message_chars, features.message_chars),
        (min_turns, max_turns, features.turns),
    ];
    let facts = [
        (code, features.code),
        (trace, features.trace),
        (tools_offered, features.tools_offered),
        (tools_used, features.tools_used),
        (images, features.images),
        (files, features.files),
        (failed, features.failed),
    ];
    let in_range = |(min, max, is): &(&Option<u64>, &Option<u64>, u64)| {
        min.is_none_or(|min| *is >= min) && max.is_none_or(|max| *is <= max)
    };
    let holds = |(wanted, is): &(&Option<bool>, bool)| wanted.is_none_or(|wanted| wanted == *is);
    ranges.iter().all(in_range)
        && facts.iter().all(holds)
        && (kinds.is_empty() || kinds.contains(&features.kind))
        && (words.is_empty() || has_word(words, features.message))
}

fn has_word(words: &[String], message: &str) -> bool {
    let lower = message.to_lowercase();
    words.iter().any(|word| lower.contains(word.as_str()))
}
