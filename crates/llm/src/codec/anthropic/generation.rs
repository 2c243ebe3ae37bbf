//! What the generations of models take, by their names.
//!
//! The API refuses a request that sets what a model no longer takes, so this is not a matter of
//! taste. Source: Anthropic's pages "Extended thinking", "Adaptive thinking", "Effort", "Structured
//! outputs" and the migration guides, as of autumn 2026.

use crate::ModelInfo;

/// What a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Abilities {
    pub(super) thinking: Thinks,
    pub(super) sampling: Samples,
    /// Whether the answer can be held to a schema.
    pub(super) schemas: bool,
    /// Whether it knows an effort beyond high and short of all.
    pub(super) xhigh: bool,
}

/// How a model is told to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thinks {
    /// It does not.
    Never,
    /// When given a number of tokens.
    Budget,
    /// When asked to, as much as it finds right.
    Asked,
    /// Unless asked not to.
    Unasked,
    /// Always.
    Always,
}

/// Which sampling parameters a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Samples {
    /// Temperature and `top_p`.
    Both,
    /// One of the two.
    One,
    /// None.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Opus,
    /// Those that came after the fourth generation and always think.
    Later,
    Other,
}

/// What `model` takes. Models of other makers behind this wire take what the wire began with.
pub(super) fn abilities(model: &ModelInfo) -> Abilities {
    let Some((family, version)) = read(model.model.as_str()) else {
        return Abilities {
            thinking: if model.reasoning {
                Thinks::Budget
            } else {
                Thinks::Never
            },
            sampling: Samples::Both,
            schemas: false,
            xhigh: false,
        };
    };
    let later = family == Family::Later;
    Abilities {
        thinking: match version {
            (5, 5..) | (6.., _) => Thinks::Always,
            _ if later => Thinks::Always,
            (5, _) => Thinks::Unasked,
            (4, 6..) => Thinks::Asked,
            (4, _) | (3, 7..) => Thinks::Budget,
            (0..=3, _) => Thinks::Never,
        },
        sampling: match version {
            (5.., _) | (4, 7..) => Samples::None,
            _ if later => Samples::None,
            (4, 1..) => Samples::One,
            (0..=4, _) => Samples::Both,
        },
        schemas: version >= (4, 5) || (family == Family::Opus && version >= (4, 1)),
        xhigh: version >= (4, 7),
    }
}

/// Family and version in a name such as `claude-opus-4-1-20250805`, `claude-3-5-haiku-latest` or
/// `anthropic/claude-sonnet-4.6`.
fn read(name: &str) -> Option<(Family, (u8, u8))> {
    let name = name.to_ascii_lowercase();
    let (_, rest) = name.split_once("claude-")?;
    let mut family = Family::Other;
    let mut numbers = Vec::new();
    for word in rest.split(['-', '.', '@', ':']) {
        match word {
            "opus" => family = Family::Opus,
            "fable" | "mythos" => family = Family::Later,
            // A date has more digits than a version.
            number if number.len() <= 2 => numbers.extend(number.parse::<u8>()),
            _ => {}
        }
    }
    let version = match (numbers.as_slice(), family) {
        ([major, minor, ..], _) => (*major, *minor),
        ([major], _) => (*major, 0),
        ([], Family::Later) => (5, 0),
        ([], Family::Opus | Family::Other) => return None,
    };
    Some((family, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MediaKinds;
    use domain::{ModelId, ProviderId};

    fn of(name: &str) -> (Thinks, Samples, bool) {
        let model = ModelInfo {
            provider: ProviderId::new("anthropic"),
            model: ModelId::new(name),
            name: name.to_owned(),
            context_window: None,
            max_output: None,
            images: true,
            media: MediaKinds::default(),
            tools: true,
            reasoning: false,
            price: None,
            best_for: None,
        };
        let able = abilities(&model);
        (able.thinking, able.sampling, able.schemas)
    }

    #[test]
    fn names_tell_the_generation() {
        use Thinks::{Always, Asked, Budget, Never, Unasked};
        let table = [
            ("claude-3-opus-20240229", Never, Samples::Both, false),
            ("claude-3-5-haiku-latest", Never, Samples::Both, false),
            ("claude-3-7-sonnet-20250219", Budget, Samples::Both, false),
            ("claude-sonnet-4-20250514", Budget, Samples::Both, false),
            ("claude-opus-4-1-20250805", Budget, Samples::One, true),
            ("claude-haiku-4-5-20251001", Budget, Samples::One, true),
            ("claude-sonnet-4-6", Asked, Samples::One, true),
            ("anthropic/claude-opus-4.6", Asked, Samples::One, true),
            ("claude-opus-4-8", Asked, Samples::None, true),
            ("claude-sonnet-5", Unasked, Samples::None, true),
            ("claude-opus-5-5", Always, Samples::None, true),
            ("claude-fable-5", Always, Samples::None, true),
            ("claude-mythos-preview", Always, Samples::None, true),
            ("glm-5", Never, Samples::Both, false),
            ("claude-latest", Never, Samples::Both, false),
        ];
        for (name, thinks, samples, schemas) in table {
            assert_eq!(of(name), (thinks, samples, schemas), "{name}");
        }
    }
}
