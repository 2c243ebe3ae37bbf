//! From names to models that may answer.

use super::Setup;
use crate::config::RoutingMode;
use crate::models::{Decision, Plan, Wish};
use crate::routing::{AUTO, Choice};
use crate::{ModelInfo, ModelRequest, Target, UnknownModel};
use domain::ledger::ShadowChoice;
use std::sync::Arc;

/// What a name asks for.
enum Asked<'a> {
    /// The policy.
    Policy,
    /// A tier of the policy.
    Tier(&'a str),
    /// A model.
    Model(&'a str),
}

fn asked(name: &str) -> Asked<'_> {
    match name.strip_prefix(AUTO) {
        Some("") => Asked::Policy,
        Some(rest) => rest
            .strip_prefix('/')
            .map_or(Asked::Model(name), Asked::Tier),
        None => Asked::Model(name),
    }
}

/// What a name is looked up for.
#[derive(Clone, Copy)]
struct Case<'a> {
    request: &'a ModelRequest,
    mode: Option<RoutingMode>,
    floor: Option<&'a str>,
    last: Option<&'a ModelInfo>,
}

impl Setup {
    /// `auto` and `auto/<tier>`, as far as they make a difference.
    pub(super) fn auto_names(&self) -> Vec<String> {
        let tiers = self.policy.tiers();
        if tiers.len() < 2 {
            return Vec::new();
        }
        let named = tiers.iter().map(|tier| format!("{AUTO}/{}", tier.name));
        std::iter::once(AUTO.to_owned()).chain(named).collect()
    }

    /// `last` answered the conversation a moment ago.
    pub(super) fn plan(
        &self,
        wish: &Wish<'_>,
        request: &ModelRequest,
        last: Option<&ModelInfo>,
    ) -> Result<Plan, UnknownModel> {
        let agent = wish.routing;
        let mode = agent.and_then(|agent| agent.mode).or(self.policy.mode());
        let floor = agent.and_then(|agent| agent.floor.as_deref());
        let case = Case {
            request,
            mode,
            floor,
            last,
        };
        let names_policy = |name: &String| !matches!(asked(name), Asked::Model(_));
        let by_name = wish.names.iter().any(names_policy);
        let mut plan = Plan {
            targets: Vec::with_capacity(wish.names.len()),
            decision: Decision::default(),
        };
        match mode {
            Some(RoutingMode::On) if !by_name => {
                if let Some(choice) = self.policy.choose(request, floor, last) {
                    plan.choose(choice);
                }
            }
            Some(RoutingMode::Shadow) if !by_name => {
                let choice = self.policy.choose(request, floor, None);
                plan.decision.shadow = choice.and_then(shadow);
            }
            Some(RoutingMode::On | RoutingMode::Shadow | RoutingMode::Off) | None => {}
        }
        let mut unknown = None;
        for name in wish.names {
            if let Err(why) = self.add(&mut plan, name, case) {
                unknown = unknown.or(Some(why));
            }
        }
        match (plan.targets.is_empty(), unknown) {
            (true, Some(why)) => Err(why),
            (true, None) => Err(UnknownModel {
                name: String::new(),
                similar: Vec::new(),
            }),
            (false, _) => Ok(plan),
        }
    }

    fn add(&self, plan: &mut Plan, name: &str, case: Case<'_>) -> Result<(), UnknownModel> {
        let Case {
            request,
            mode,
            floor,
            last,
        } = case;
        let choice = match asked(name) {
            Asked::Policy if mode == Some(RoutingMode::Off) => {
                plan.add(self.catalog.resolve(&self.default_model)?, "routing is off");
                return Ok(());
            }
            Asked::Policy => self.policy.choose(request, floor, last),
            Asked::Tier(tier) => self.policy.tier(tier, request),
            Asked::Model(name) => match self.catalog.resolve(name) {
                Ok(target) => {
                    plan.add(target, "asked for");
                    return Ok(());
                }
                Err(unknown) => match self.alias(name) {
                    Some(real) => return self.add(plan, real, case),
                    None => return Err(unknown),
                },
            },
        };
        let choice = choice.ok_or_else(|| UnknownModel {
            name: name.to_owned(),
            similar: self.auto_names(),
        })?;
        plan.choose(choice);
        Ok(())
    }

    /// What an alias of the policy stands for.
    fn alias(&self, name: &str) -> Option<&str> {
        let mut aliases = self.catalog.aliases();
        let real = aliases.find(|(alias, _)| *alias == name)?.1;
        (!matches!(asked(real), Asked::Model(_))).then_some(real)
    }
}

impl Plan {
    fn add(&mut self, target: Target, why: &str) {
        let is_known = |known: &Target| Arc::ptr_eq(&known.info, &target.info);
        if self.targets.iter().any(is_known) {
            return;
        }
        if self.decision.why.is_empty() {
            why.clone_into(&mut self.decision.why);
        }
        self.targets.push(target);
    }

    fn choose(&mut self, choice: Choice) {
        if self.targets.is_empty() {
            self.decision.why = choice.why;
            self.decision.tier = Some(choice.tier.to_string());
            self.targets = choice.targets;
            return;
        }
        for target in choice.targets {
            self.add(target, "");
        }
    }
}

fn shadow(choice: Choice) -> Option<ShadowChoice> {
    Some(ShadowChoice {
        tier: choice.tier.to_string(),
        model: choice.targets.first()?.info.reference(),
        why: choice.why,
        cost: None,
    })
}
