//! Models of about the same strength and price, cheapest first.

use crate::config::TierSettings;
use crate::{Catalog, Price, Target};
use std::sync::Arc;

/// One tier.
#[derive(Debug)]
pub struct Tier {
    /// Its name.
    pub name: Arc<str>,
    /// Its models, best first; never empty.
    pub targets: Vec<Target>,
}

/// The tiers, cheapest first.
#[derive(Debug, Default)]
pub struct Tiers(Vec<Tier>);

/// How a model's price compares with that of the default model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Cheap,
    /// So cheap that it is called only when no better cheap one is there.
    Tiny,
    Standard,
    Strong,
}

impl Tiers {
    /// The configured tiers; without any, tiers by price around the default model.
    pub fn new(
        settings: &[TierSettings],
        catalog: &Catalog,
        default_model: &str,
        problems: &mut Vec<String>,
    ) -> Self {
        if settings.is_empty() {
            return Self::by_price(catalog, default_model);
        }
        let mut tiers: Vec<Tier> = Vec::with_capacity(settings.len());
        for (index, section) in settings.iter().enumerate() {
            let at = format!("models.routing.tiers[{index}]");
            if section.name.is_empty() || tiers.iter().any(|tier| *tier.name == *section.name) {
                problems.push(format!("{at}.name: must be there and be used once"));
                continue;
            }
            let mut targets: Vec<Target> = Vec::with_capacity(section.models.len());
            for name in &section.models {
                match catalog.resolve(name) {
                    Ok(target) => targets.push(target),
                    Err(unknown) => problems.push(format!("{at}.models: {unknown}")),
                }
            }
            if targets.is_empty() {
                problems.push(format!(
                    "{at}.models: none of them can be called, so the tier is left out"
                ));
                continue;
            }
            tiers.push(Tier {
                name: section.name.as_str().into(),
                targets,
            });
        }
        Self(tiers)
    }

    /// `cheap` is up to two fifths of the price of the default model, `strong` more than six
    /// fifths; what can be called and has a price is in one of the three. With fewer than two such
    /// models there is one tier, of the default model.
    fn by_price(catalog: &Catalog, default_model: &str) -> Self {
        let default = catalog.resolve(default_model).ok();
        let mut priced: Vec<(i64, Target)> = catalog
            .iter()
            .filter_map(|info| {
                let target = catalog.resolve(&info.reference()).ok()?;
                let config = target.provider.config();
                let usable = !config.keys.is_empty() || config.key_hint.is_none();
                let price = blended(&info.price?);
                (usable && !config.offline && info.tools).then_some((price, target))
            })
            .collect();
        // Stable, so that of equals the provider that comes first is called first.
        priced.sort_by_key(|(price, _)| *price);
        let anchor = default
            .as_ref()
            .and_then(|target| target.info.price.as_ref())
            .map(blended)
            .filter(|price| *price > 0)
            .or_else(|| priced.get(priced.len() / 2).map(|(price, _)| *price));
        let Some(anchor) = anchor.filter(|_| priced.len() > 1) else {
            return Self(default.map(only).into_iter().collect());
        };
        let of = |class: Class| {
            let is_of = move |row: &&(i64, Target)| classify(row.0, anchor) == class;
            priced.iter().filter(is_of).map(|(_, target)| target)
        };
        let mut standard: Vec<Target> = of(Class::Standard).cloned().collect();
        if let Some(default) = &default
            && let Some(at) = standard
                .iter()
                .position(|target| target.info == default.info)
            && let Some(first) = standard.get_mut(..=at)
        {
            first.rotate_right(1);
        }
        let cheap = of(Class::Cheap).chain(of(Class::Tiny)).cloned().collect();
        let strong = of(Class::Strong).cloned().collect();
        let named = [("cheap", cheap), ("standard", standard), ("strong", strong)];
        let tier = |(name, targets): (&str, Vec<Target>)| Tier {
            name: name.into(),
            targets,
        };
        let tiers = named.into_iter().map(tier);
        Self(tiers.filter(|tier| !tier.targets.is_empty()).collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Cheapest first.
    pub fn iter(&self) -> impl Iterator<Item = &Tier> {
        self.0.iter()
    }

    pub(super) fn get(&self, place: usize) -> Option<&Tier> {
        self.0.get(place)
    }

    /// How many models all tiers have together.
    pub(super) fn models(&self) -> usize {
        self.0.iter().map(|tier| tier.targets.len()).sum()
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|tier| &*tier.name == name)
    }

    /// Their names in one line, for people.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|tier| &*tier.name).collect();
        names.join(", ")
    }
}

fn only(target: Target) -> Tier {
    Tier {
        name: "standard".into(),
        targets: vec![target],
    }
}

/// Three prompt tokens for each token of an answer, in micro-dollars per four million.
fn blended(price: &Price) -> i64 {
    price.input.saturating_mul(3).saturating_add(price.output)
}

fn classify(price: i64, anchor: i64) -> Class {
    let fifths = |n: i64| anchor.saturating_mul(n) / 5;
    if price < anchor / 12 {
        Class::Tiny
    } else if price <= fifths(2) {
        Class::Cheap
    } else if price <= fifths(6) {
        Class::Standard
    } else {
        Class::Strong
    }
}
