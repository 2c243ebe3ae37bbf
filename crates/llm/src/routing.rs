//! The routing policy behind the model `auto`: from cheap facts about a request to a tier, from a
//! tier to models.
//!
//! Everything here is deterministic and takes microseconds: [`features`] looks at the request,
//! [`rules`] turn that into a tier, [`tiers`] knows the models of each.

pub mod features;
mod kind;
pub mod rules;
pub mod tiers;
pub(crate) mod warm;
mod words;

use crate::config::{RoutingMode, RoutingSettings};
use crate::router::Needs;
use crate::{Catalog, ModelInfo, ModelRequest, Target};
use features::Features;
use rules::Rules;
use std::sync::Arc;
use tiers::Tiers;

/// The name that asks the policy.
pub const AUTO: &str = "auto";

/// What the policy chose.
#[derive(Debug)]
pub struct Choice {
    /// The name of the tier.
    pub tier: Arc<str>,
    /// Why, in one line.
    pub why: String,
    /// The models to call, best first; never empty.
    pub targets: Vec<Target>,
}

/// A routing policy over the models of one catalog.
#[derive(Debug, Default)]
pub struct Policy {
    mode: Option<RoutingMode>,
    floor: Option<usize>,
    tiers: Tiers,
    rules: Rules,
}

impl Policy {
    /// A policy of `settings` over the models of `catalog`. `default_model` is the one people use
    /// without a policy; automatic tiers are built around its price. The list says, one line each,
    /// what in the settings could not be used.
    pub fn new(
        settings: &RoutingSettings,
        catalog: &Catalog,
        default_model: &str,
    ) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let tiers = Tiers::new(&settings.tiers, catalog, default_model, &mut problems);
        let rules = Rules::new(&settings.rules, &tiers, &mut problems);
        let floor = settings.floor.as_deref().and_then(|name| {
            let found = tiers.place(name);
            if found.is_none() {
                problems.push(format!(
                    "models.routing.floor: there is no tier {name:?}; there are: {}",
                    tiers.names()
                ));
            }
            found
        });
        let policy = Self {
            mode: settings.mode,
            floor,
            tiers,
            rules,
        };
        (policy, problems)
    }

    /// What the policy does for agents that say nothing about it.
    pub fn mode(&self) -> Option<RoutingMode> {
        self.mode
    }

    /// Its tiers, cheapest first.
    pub fn tiers(&self) -> &Tiers {
        &self.tiers
    }

    /// Chooses for `request`, not below the tier `floor`. `last` answered the conversation a moment
    /// ago: if it is no weaker and, with the prompt in its provider's cache, costs less than whom
    /// the rules name, it goes on. `None` when there is no model at all.
    pub fn choose(
        &self,
        request: &ModelRequest,
        floor: Option<&str>,
        last: Option<&ModelInfo>,
    ) -> Option<Choice> {
        let features = Features::of(request);
        let (wanted, why) = self.rules.tier(&features);
        let floor = floor
            .and_then(|name| self.tiers.place(name))
            .or(self.floor)
            .unwrap_or(0);
        let choice = if wanted >= floor {
            self.models_of(wanted, request, why, "")
        } else {
            self.models_of(floor, request, why, ", the floor")
        };
        let mut choice = choice?;
        if let Some(last) = last {
            self.stay(&mut choice, last, features.prompt_tokens);
        }
        Some(choice)
    }

    /// Puts `last` first where that costs less and its tier is no lower.
    fn stay(&self, choice: &mut Choice, last: &ModelInfo, tokens: u64) {
        let is_last = |target: &Target| {
            target.info.provider == last.provider && target.info.model == last.model
        };
        let tier = self
            .tiers
            .iter()
            .position(|t| t.targets.iter().any(is_last));
        let place = choice.targets.iter().position(is_last);
        let (Some(tier), Some(place)) = (tier.and_then(|at| self.tiers.get(at)), place) else {
            return;
        };
        let no_lower = self.tiers.place(&tier.name) >= self.tiers.place(&choice.tier);
        let (Some(first), Some(target)) = (choice.targets.first(), choice.targets.get(place))
        else {
            return;
        };
        if place == 0 || !no_lower || !warm::is_cheaper(target, first, tokens) {
            return;
        }
        choice.why = format!(
            "{}, but {} has the prompt in its cache and costs less",
            choice.why,
            target.info.reference()
        );
        choice.tier = Arc::clone(&tier.name);
        if let Some(ahead) = choice.targets.get_mut(..=place) {
            ahead.rotate_right(1);
        }
    }

    /// The tier named `name`. `None` when there is none.
    pub fn tier(&self, name: &str, request: &ModelRequest) -> Option<Choice> {
        self.models_of(self.tiers.place(name)?, request, "asked for", "")
    }

    /// The models of a tier, then of the tiers above it, then of those below. The first tier that
    /// has somebody who can serve the request is the one that was chosen.
    fn models_of(
        &self,
        wanted: usize,
        request: &ModelRequest,
        why: &str,
        because: &str,
    ) -> Option<Choice> {
        let needs = Needs::of(request);
        let count = self.tiers.len();
        let order = (wanted..count).chain((0..wanted.min(count)).rev());
        let mut targets = Vec::with_capacity(self.tiers.models());
        let mut chosen = None;
        let mut best = 0;
        for place in order {
            let tier = self.tiers.get(place)?;
            for target in &tier.targets {
                if chosen.is_none() && needs.missing(target).is_none() {
                    chosen = Some(tier);
                    best = targets.len();
                }
                targets.push(target.clone());
            }
        }
        let tier = chosen.or_else(|| self.tiers.get(wanted))?;
        // The rest keeps its order, so that who serves the request is called first.
        targets.get_mut(..=best)?.rotate_right(1);
        Some(Choice {
            why: format!("{AUTO}: {why} → tier {}{because}", tier.name),
            tier: Arc::clone(&tier.name),
            targets,
        })
    }
}
