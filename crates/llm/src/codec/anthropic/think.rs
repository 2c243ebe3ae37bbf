//! How hard the model is asked to think, and what that excludes.

use super::generation::{Abilities, Samples, Thinks};
use crate::wire::anthropic::{Effort, Thinking};
use domain::{Sampling, ToolChoice};

/// Fewest tokens of a thinking budget.
const LEAST_BUDGET: u32 = 1_024;

/// What is asked for, as one consistent whole.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Manner {
    pub(super) thinking: Option<Thinking>,
    pub(super) effort: Option<Effort>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
}

/// What else decides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances<'a> {
    pub(super) able: Abilities,
    pub(super) max_tokens: u32,
    pub(super) tool_choice: &'a ToolChoice,
    /// Whether the tool calls under way began with a thought that is sent back. A model with a
    /// budget refuses to go on from calls that did not.
    pub(super) thoughts_kept: bool,
}

/// How a caller's wish to reason is granted. What the API refuses together is resolved in favour
/// of tools first, thinking second, sampling last.
pub(super) fn manner(sampling: &Sampling, so: Circumstances<'_>) -> Manner {
    let wish = sampling.reasoning_effort.as_deref().and_then(wish);
    let forced = match so.tool_choice {
        ToolChoice::Required | ToolChoice::Named { .. } => true,
        ToolChoice::Auto | ToolChoice::None => false,
    };
    let (thinking, effort) = thought(wish, forced, so);
    let thinks = matches!(
        thinking,
        Some(Thinking::Enabled { .. } | Thinking::Adaptive { .. })
    );
    let unit = |value: Option<f64>| {
        value
            .filter(|value| value.is_finite() && !thinks)
            .map(|value| value.clamp(0.0, 1.0))
    };
    let (temperature, top_p) = (unit(sampling.temperature), unit(sampling.top_p));
    let (temperature, top_p) = match so.able.sampling {
        Samples::None => (None, None),
        Samples::One => (temperature, top_p.filter(|_| temperature.is_none())),
        Samples::Both => (temperature, top_p),
    };
    Manner {
        thinking,
        effort,
        temperature,
        top_p,
    }
}

fn thought(
    wish: Option<Wish>,
    forced: bool,
    so: Circumstances<'_>,
) -> (Option<Thinking>, Option<Effort>) {
    let off = match so.able.thinking {
        Thinks::Never => return (None, None),
        Thinks::Budget => return (wish.and_then(|wish| budget(wish, forced, so)), None),
        Thinks::Asked | Thinks::Always => None,
        Thinks::Unasked => Some(Thinking::Disabled),
    };
    let always = so.able.thinking == Thinks::Always;
    match wish {
        _ if forced && !always => (off, None),
        None => (None, None),
        // What cannot be kept from thinking can be kept from thinking much.
        Some(Wish::Off) => (off, always.then_some(Effort::Low)),
        Some(Wish::Effort(effort)) => {
            let effort = if effort == Effort::Xhigh && !so.able.xhigh {
                Effort::High
            } else {
                effort
            };
            let display = (so.able.sampling == Samples::None).then_some("summarized");
            let thinking = (!forced).then_some(Thinking::Adaptive { display });
            (thinking, Some(effort))
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Off,
    Effort(Effort),
}

/// OpenAI's words and those of others; a word nobody knows asks for nothing.
fn wish(word: &str) -> Option<Wish> {
    Some(Wish::Effort(match word {
        "none" | "off" => return Some(Wish::Off),
        "minimal" | "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" => Effort::Xhigh,
        "max" => Effort::Max,
        _ => return None,
    }))
}

/// A budget leaves at least half of the answer to what is said.
fn budget(wish: Wish, forced: bool, so: Circumstances<'_>) -> Option<Thinking> {
    let wanted = match wish {
        Wish::Off => return None,
        Wish::Effort(Effort::Low) => LEAST_BUDGET,
        Wish::Effort(Effort::Medium) => 8_192,
        Wish::Effort(Effort::High | Effort::Xhigh | Effort::Max) => 24_576,
    };
    let budget_tokens = wanted.min(so.max_tokens / 2);
    (!forced && so.thoughts_kept && budget_tokens >= LEAST_BUDGET)
        .then_some(Thinking::Enabled { budget_tokens })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ToolName;

    fn so(thinking: Thinks, tool_choice: &ToolChoice) -> Circumstances<'_> {
        Circumstances {
            able: Abilities {
                thinking,
                sampling: match thinking {
                    Thinks::Never | Thinks::Budget => Samples::Both,
                    Thinks::Asked => Samples::One,
                    Thinks::Unasked | Thinks::Always => Samples::None,
                },
                schemas: true,
                xhigh: thinking != Thinks::Asked,
            },
            max_tokens: 20_000,
            tool_choice,
            thoughts_kept: true,
        }
    }

    fn asked(effort: &str) -> Sampling {
        Sampling {
            reasoning_effort: Some(effort.to_owned()),
            temperature: Some(1.5),
            top_p: Some(0.5),
            ..Sampling::default()
        }
    }

    /// Whatever is asked of whichever model, nothing the API refuses together is sent together.
    #[test]
    fn what_excludes_each_other_is_never_sent_together() {
        let choices = [
            ToolChoice::Auto,
            ToolChoice::None,
            ToolChoice::Required,
            ToolChoice::Named {
                name: ToolName::new("look"),
            },
        ];
        for thinks in [
            Thinks::Never,
            Thinks::Budget,
            Thinks::Asked,
            Thinks::Unasked,
            Thinks::Always,
        ] {
            for (effort, choice) in ["none", "minimal", "medium", "high", "xhigh", "max", "odd"]
                .iter()
                .flat_map(|effort| choices.iter().map(move |choice| (effort, choice)))
            {
                for max_tokens in [1, 2_047, 2_048, 20_000] {
                    let so = Circumstances {
                        max_tokens,
                        ..so(thinks, choice)
                    };
                    let got = manner(&asked(effort), so);
                    let forced = matches!(choice, ToolChoice::Required | ToolChoice::Named { .. });
                    let name = format!("{thinks:?} {effort} {choice:?} {max_tokens}: {got:?}");
                    match got.thinking {
                        Some(Thinking::Enabled { budget_tokens }) => {
                            assert_eq!(thinks, Thinks::Budget, "{name}");
                            assert!((1_024..max_tokens).contains(&budget_tokens), "{name}");
                        }
                        Some(Thinking::Adaptive { display }) => {
                            assert_eq!(display.is_some(), thinks != Thinks::Asked, "{name}");
                            assert!(got.effort.is_some(), "{name}");
                        }
                        Some(Thinking::Disabled) => {
                            assert_eq!((thinks, got.effort), (Thinks::Unasked, None), "{name}");
                        }
                        None => {}
                    }
                    let thinking = !matches!(got.thinking, None | Some(Thinking::Disabled));
                    assert!(
                        !(thinking && (forced || got.temperature.is_some())),
                        "{name}"
                    );
                    assert!(got.temperature.is_none_or(|t| t <= 1.0), "{name}");
                    let both = got.temperature.is_some() && got.top_p.is_some();
                    assert!(!both || so.able.sampling == Samples::Both, "{name}");
                }
            }
        }
    }

    #[test]
    fn effort_becomes_what_the_generation_understands() {
        let auto = ToolChoice::Auto;
        let of = |thinks, effort: &str| {
            let manner = manner(&asked(effort), so(thinks, &auto));
            (manner.thinking, manner.effort)
        };
        let budget = |budget_tokens| (Some(Thinking::Enabled { budget_tokens }), None);
        let adaptive = |display, effort| (Some(Thinking::Adaptive { display }), Some(effort));
        assert_eq!(of(Thinks::Budget, "low"), budget(1_024));
        assert_eq!(of(Thinks::Budget, "high"), budget(10_000));
        assert_eq!(of(Thinks::Asked, "xhigh"), adaptive(None, Effort::High));
        let told = Some("summarized");
        assert_eq!(of(Thinks::Unasked, "xhigh"), adaptive(told, Effort::Xhigh));
        assert_eq!(of(Thinks::Always, "none"), (None, Some(Effort::Low)));
        assert_eq!(
            of(Thinks::Unasked, "none"),
            (Some(Thinking::Disabled), None)
        );
        let unkept = Circumstances {
            thoughts_kept: false,
            ..so(Thinks::Budget, &auto)
        };
        assert_eq!(manner(&asked("low"), unkept).thinking, None);
    }
}
