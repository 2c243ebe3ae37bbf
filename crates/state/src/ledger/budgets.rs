//! Which limits apply to whom, and the command that raises one.

use super::settings::{BudgetsSettings, CapSettings, UnknownPrice};
use domain::ledger::{BudgetScope, BudgetWindow, Payer};
use domain::{AgentId, MicroUsd, RunId, SessionKey};
use std::collections::HashMap;
use std::sync::Arc;

/// Whose spending is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    Gateway,
    Key(Arc<str>),
    Agent(AgentId),
    Session(SessionKey),
    Run(RunId),
}

impl Scope {
    /// All that count what `payer` spends.
    pub(super) fn of(payer: &Payer) -> impl Iterator<Item = Self> {
        [
            Some(Self::Gateway),
            payer.key.clone().map(Self::Key),
            payer.agent.clone().map(Self::Agent),
            payer.session.clone().map(Self::Session),
            payer.run.clone().map(Self::Run),
        ]
        .into_iter()
        .flatten()
    }

    /// The same in the words of everybody else.
    pub(super) fn public(&self) -> BudgetScope {
        match self {
            Self::Gateway => BudgetScope::Gateway,
            Self::Key(key) => BudgetScope::Key { key: key.clone() },
            Self::Agent(agent) => BudgetScope::Agent {
                agent: agent.clone(),
            },
            Self::Session(session) => BudgetScope::Session {
                session: session.clone(),
            },
            Self::Run(_) => BudgetScope::Run,
        }
    }
}

/// The limits of one scope; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Caps {
    pub(super) day: Option<MicroUsd>,
    pub(super) month: Option<MicroUsd>,
}

impl Caps {
    fn new(own: CapSettings, wider: CapSettings) -> Self {
        Self {
            day: own.daily.or(wider.daily),
            month: own.monthly.or(wider.monthly),
        }
    }

    /// The limits there are.
    pub(super) fn iter(self) -> impl Iterator<Item = (BudgetWindow, MicroUsd)> {
        let day = self.day.map(|limit| (BudgetWindow::Day, limit));
        let month = self.month.map(|limit| (BudgetWindow::Month, limit));
        day.into_iter().chain(month)
    }
}

/// The settings, ready to be asked on every call.
#[derive(Debug, Clone)]
pub(super) struct Budgets {
    gateway: Caps,
    agent: Caps,
    agents: HashMap<String, Caps>,
    session: Caps,
    key: Caps,
    keys: HashMap<String, Caps>,
    pub(super) unknown_price: UnknownPrice,
}

impl Budgets {
    pub(super) fn new(settings: BudgetsSettings) -> Self {
        let alone = |caps| Caps::new(caps, CapSettings::default());
        let gateway = CapSettings {
            daily: settings.daily,
            monthly: settings.monthly,
        };
        let own_agent = |(id, caps): (String, _)| {
            // Agent ids are compared in lower case everywhere.
            (id.to_ascii_lowercase(), Caps::new(caps, settings.per_agent))
        };
        let own_key = |(name, caps)| (name, Caps::new(caps, settings.per_key));
        Self {
            gateway: alone(gateway),
            agent: alone(settings.per_agent),
            agents: settings.agents.into_iter().map(own_agent).collect(),
            session: alone(settings.per_session),
            key: alone(settings.per_key),
            keys: settings.keys.into_iter().map(own_key).collect(),
            unknown_price: settings.unknown_price,
        }
    }

    /// The limits of a scope. That of a run comes with each call.
    pub(super) fn caps(&self, scope: &Scope) -> Caps {
        match scope {
            Scope::Gateway => self.gateway,
            Scope::Key(key) => self.keys.get(&**key).copied().unwrap_or(self.key),
            Scope::Agent(agent) => {
                let own = self.agents.get(agent.as_str());
                own.copied().unwrap_or(self.agent)
            }
            Scope::Session(_) => self.session,
            Scope::Run(_) => Caps::default(),
        }
    }

    /// The agents and keys that have limits of their own.
    pub(super) fn named(&self) -> impl Iterator<Item = Scope> {
        let agents = self.agents.keys();
        let agents = agents.map(|id| Scope::Agent(AgentId::new(id.as_str())));
        let keys = self.keys.keys().map(|key| Scope::Key(key.as_str().into()));
        agents.chain(keys)
    }
}

/// The command that raises a limit to twice its value, and to no less than `enough`.
pub(super) fn raise(
    scope: &Scope,
    window: BudgetWindow,
    limit: MicroUsd,
    enough: MicroUsd,
) -> String {
    let span = match window {
        BudgetWindow::Day => "daily",
        BudgetWindow::Month => "monthly",
        BudgetWindow::Run => return raise_run(limit, enough),
    };
    let path = match scope {
        Scope::Gateway | Scope::Run(_) => format!("budgets.{span}"),
        Scope::Agent(agent) => match step(agent.as_str()) {
            Some(agent) => format!("budgets.agents.{agent}.{span}"),
            None => format!("budgets.perAgent.{span}"),
        },
        Scope::Session(_) => format!("budgets.perSession.{span}"),
        Scope::Key(key) => match step(key) {
            Some(key) => format!("budgets.keys.{key}.{span}"),
            None => format!("budgets.perKey.{span}"),
        },
    };
    let quote = if path.contains('"') { "'" } else { "" };
    let amount = amount(limit, enough);
    format!("openclaw config set {quote}{path}{quote} {amount}")
}

fn raise_run(limit: MicroUsd, enough: MicroUsd) -> String {
    let amount = amount(limit, enough);
    format!("openclaw config set agents.defaults.limits.maxCostUsd {amount}")
}

/// A name as a step of a settings path; `None` when it cannot be written on a command line.
fn step(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain) {
        return Some(name.to_owned());
    }
    let safe = |c: char| plain(c) || ".:@+/".contains(c);
    (!name.is_empty() && name.chars().all(safe)).then(|| format!("\"{name}\""))
}

/// Twice the limit, and no less than `enough`, in whole cents.
fn amount(limit: MicroUsd, enough: MicroUsd) -> String {
    const CENT: i64 = 10_000;
    let micros = limit.0.saturating_mul(2).max(enough.0).max(CENT);
    let cents = micros.saturating_add(CENT - 1) / CENT;
    let (whole, rest) = (cents / 100, cents % 100);
    if rest == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{rest:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn budgets(settings: serde_json::Value) -> Budgets {
        Budgets::new(serde_json::from_value(settings).unwrap())
    }

    fn caps(day: Option<i64>, month: Option<i64>) -> Caps {
        let usd = |whole: Option<i64>| whole.map(|whole| MicroUsd(whole * 1_000_000));
        Caps {
            day: usd(day),
            month: usd(month),
        }
    }

    #[test]
    fn the_narrower_setting_wins_piece_by_piece() {
        let budgets = budgets(json!({
            "perAgent": { "daily": 2, "monthly": 20 },
            "agents": { "Coder": { "daily": 9 }, "free": { "daily": false, "monthly": null } },
            "perKey": { "daily": 1 },
            "keys": { "CI": { "monthly": 3 } },
            "perSession": { "daily": 4 }
        }));
        let agent = |id: &str| budgets.caps(&Scope::Agent(AgentId::new(id)));
        let key = |name: &str| budgets.caps(&Scope::Key(name.into()));
        assert_eq!(agent("main"), caps(Some(2), Some(20)));
        assert_eq!(agent("coder"), caps(Some(9), Some(20)));
        assert_eq!(agent("free"), caps(None, None));
        assert_eq!(key("CI"), caps(Some(1), Some(3)));
        assert_eq!(key("ci"), caps(Some(1), None));
        let session = Scope::Session(SessionKey::new("agent:main:a"));
        assert_eq!(budgets.caps(&session), caps(Some(4), None));
        assert_eq!(budgets.caps(&Scope::Gateway), caps(Some(5), None));
    }

    #[test]
    fn the_command_names_the_key_and_is_enough() {
        let of = |scope: Scope, window, limit, enough| {
            raise(&scope, window, MicroUsd(limit), MicroUsd(enough))
        };
        let agent = |id: &str| Scope::Agent(AgentId::new(id));
        let day = BudgetWindow::Day;
        let set = "openclaw config set";
        assert_eq!(
            of(Scope::Gateway, day, 5_000_000, 1),
            format!("{set} budgets.daily 10")
        );
        assert_eq!(
            of(Scope::Gateway, BudgetWindow::Month, 0, 1_230_001),
            format!("{set} budgets.monthly 1.24")
        );
        assert_eq!(
            of(agent("main"), day, 250_000, 0),
            format!("{set} budgets.agents.main.daily 0.50")
        );
        assert_eq!(
            of(agent("a.b"), day, 250_000, 0),
            format!("{set} 'budgets.agents.\"a.b\".daily' 0.50")
        );
        assert_eq!(
            of(Scope::Key("it's".into()), day, 1_000_000, 0),
            format!("{set} budgets.perKey.daily 2")
        );
        assert_eq!(
            of(Scope::Run(RunId::new("r")), BudgetWindow::Run, 2_000_000, 0),
            format!("{set} agents.defaults.limits.maxCostUsd 4")
        );
    }
}
