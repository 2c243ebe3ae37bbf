//! What generations of models understand about thinking.

use crate::wire::gemini::ThinkingConfig;

/// What a model understands, as far as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation {
    /// From the third generation on: levels of thought instead of budgets, calls only with their
    /// signature, JSON answers beside tools.
    is_third: bool,
    is_flash: bool,
    /// The first of the third generation knows two levels only.
    two_levels: bool,
}

impl Generation {
    /// Reads a name such as `gemini-3.1-pro`. A name that says nothing, such as
    /// `gemini-flash-latest`, counts as old: what old ones understand is understood by all.
    pub(super) fn of(model: &str) -> Self {
        let version = model.strip_prefix("gemini-").unwrap_or_default();
        let digits = version.split(|c: char| !c.is_ascii_digit()).next();
        let number: Option<u32> = digits.and_then(|digits| digits.parse().ok());
        Self {
            is_third: number.is_some_and(|number| number >= 3),
            is_flash: model.contains("flash"),
            two_levels: version.starts_with("3-pro"),
        }
    }

    /// Whether a call without a signature is refused.
    pub(super) fn wants_signatures(self) -> bool {
        self.is_third
    }

    /// Whether an answer can be held to JSON while tools are on offer.
    pub(super) fn json_beside_tools(self) -> bool {
        self.is_third
    }

    /// The thinking that an effort asks for; `None` when the word is unknown.
    pub(super) fn thinking(self, effort: &str, max_tokens: Option<u32>) -> Option<ThinkingConfig> {
        let include_thoughts = effort != "none";
        Some(if self.is_third {
            ThinkingConfig {
                include_thoughts,
                thinking_level: Some(self.level(effort)?),
                thinking_budget: None,
            }
        } else {
            ThinkingConfig {
                include_thoughts,
                thinking_level: None,
                thinking_budget: Some(self.budget(effort, max_tokens)?),
            }
        })
    }

    fn level(self, effort: &str) -> Option<&'static str> {
        Some(match effort {
            "none" | "minimal" if self.is_flash => "minimal",
            "none" | "minimal" | "low" => "low",
            "medium" if !self.two_levels => "medium",
            "medium" | "high" | "xhigh" => "high",
            _ => return None,
        })
    }

    /// Thoughts count as output, so a budget leaves at least half of a limited output to the answer.
    fn budget(self, effort: &str, max_tokens: Option<u32>) -> Option<u32> {
        let wanted = match effort {
            "none" if self.is_flash => return Some(0),
            "none" | "minimal" | "low" => 1024,
            "medium" => 8192,
            "high" | "xhigh" => 24_576,
            _ => return None,
        };
        let most = max_tokens.map_or(wanted, |limit| (limit / 2).max(LEAST_BUDGET));
        Some(wanted.min(most))
    }
}

/// Smallest budget that every model accepts.
const LEAST_BUDGET: u32 = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn efforts_become_what_a_model_understands() {
        let table = [
            ("gemini-3.1-pro", "medium", None, Some("medium"), None),
            ("gemini-3-pro-preview", "medium", None, Some("high"), None),
            ("gemini-3.1-pro", "none", None, Some("low"), None),
            ("gemini-3.5-flash", "none", None, Some("minimal"), None),
            ("gemini-12-pro", "xhigh", None, Some("high"), None),
            ("gemini-2.5-pro", "high", None, None, Some(24_576)),
            ("gemini-2.5-pro", "none", None, None, Some(1024)),
            ("gemini-2.5-flash", "none", None, None, Some(0)),
            ("gemini-2.5-flash", "medium", Some(4000), None, Some(2000)),
            ("gemini-2.5-flash", "low", Some(10), None, Some(512)),
            ("gemini-flash-latest", "low", None, None, Some(1024)),
        ];
        for (model, effort, limit, level, budget) in table {
            let config = Generation::of(model).thinking(effort, limit).unwrap();
            assert_eq!(
                (config.thinking_level, config.thinking_budget),
                (level, budget),
                "{model} {effort}"
            );
            assert_eq!(config.include_thoughts, effort != "none");
        }
        for model in ["gemini-3.1-pro", "gemini-2.5-pro"] {
            assert_eq!(Generation::of(model).thinking("enormous", None), None);
        }
    }
}
