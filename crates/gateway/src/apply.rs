//! New settings, put to work while running.

use crate::compose::{self, Boot};
use crate::load::Loaded;
use crate::net::Authority;
use crate::services::Services;
use crate::settings;
use llm::Router;
use secrecy::ExposeSecret;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Puts what can change to work. Returns the changed keys that wait for a restart.
pub(crate) fn apply(
    boot: &Boot,
    services: &Services,
    router: &Router,
    authority: &Authority,
    old: &Loaded,
    new: &Loaded,
) -> Vec<String> {
    let mut warnings = router.configure(compose::router_config(new));
    let cached = new.settings.gateway.http.response_cache.clone();
    services.response_cache.set(cached);
    services
        .invoke_rules
        .set(new.settings.gateway.tools.clone());
    services.ledger.set_budgets(new.settings.budgets.clone());
    let (roster, problems) = compose::roster(boot, new);
    warnings.extend(new.warnings.iter().cloned());
    warnings.extend(problems);
    compose::prepare_workspaces(&roster, &mut warnings);
    services
        .agents
        .reconfigure(roster, compose::toolbox(boot, new));
    let auth = (
        old.document.value().pointer("/gateway/auth"),
        new.document.value().pointer("/gateway/auth"),
    );
    if auth.0 != auth.1 || grant(old) != grant(new) {
        authority.replace(&new.plan.access, new.plan.allow_query_key);
        services.logins.set_grant(new.grant.clone());
    }
    let waiting = waiting(old.document.value(), new.document.value());
    if !waiting.is_empty() {
        warnings.push(format!(
            "changed, but only in effect after a restart: {}",
            waiting.join(", ")
        ));
    }
    let endpoints = new.settings.gateway.http.endpoints.served();
    services
        .runtime
        .set_settings(endpoints, new.plan.access.mode(), warnings);
    waiting
}

/// The secret of the auth mode: a reference to it stays the same when what it refers to changes.
fn grant(loaded: &Loaded) -> Option<&str> {
    loaded.grant.as_ref().map(ExposeSecret::expose_secret)
}

/// The changed keys that wait for a restart, each down to its value.
fn waiting(old: &Value, new: &Value) -> Vec<String> {
    let (old, new) = (leaves(old), leaves(new));
    let differ = |path: &&String| old.get(*path) != new.get(*path);
    let changed: BTreeSet<_> = old.keys().chain(new.keys()).filter(differ).collect();
    changed
        .into_iter()
        .filter(|path| settings::needs_restart(path))
        .cloned()
        .collect()
}

fn leaves(value: &Value) -> BTreeMap<String, &Value> {
    fn walk<'v>(value: &'v Value, path: &str, found: &mut BTreeMap<String, &'v Value>) {
        let Value::Object(fields) = value else {
            found.insert(path.to_owned(), value);
            return;
        };
        for (name, field) in fields {
            let below = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            walk(field, &below, found);
        }
    }
    let mut found = BTreeMap::new();
    walk(value, "", &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_needs_it_waits_for_a_restart() {
        let empty = json!({});
        let live = json!({ "gateway": { "http": { "endpoints": { "chatCompletions":
            { "enabled": true } } } }, "agents": { "list": [] } });
        assert_eq!(waiting(&empty, &live), Vec::<String>::new());
        let port = json!({ "gateway": { "port": 1, "auth": { "mode": "none" } } });
        assert_eq!(waiting(&live, &port), ["gateway.port"]);
        let limits = json!({ "gateway": { "port": 1, "limits": { "keepAliveMs": 1 } } });
        assert_eq!(waiting(&port, &limits), ["gateway.limits.keepAliveMs"]);
    }
}
