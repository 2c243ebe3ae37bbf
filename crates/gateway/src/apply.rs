//! New settings, put to work while running.

use crate::compose::{self, Boot};
use crate::load::Loaded;
use crate::net::Authority;
use crate::services::Services;
use llm::Router;

/// Keys under `gateway` that take effect while running; the others wait for a restart.
const LIVE: [&str; 3] = ["gateway.http.endpoints", "gateway.auth", "gateway.reload"];

/// Puts what can change to work. Returns the changed keys that wait for a restart.
pub(crate) fn apply(
    boot: &Boot,
    services: &Services,
    router: &Router,
    authority: &Authority,
    old: &Loaded,
    new: &Loaded,
) -> Vec<String> {
    router.reconfigure(new.providers.clone(), new.aliases.clone());
    let (roster, problems) = compose::roster(boot, new);
    let mut warnings = new.warnings.clone();
    warnings.extend(problems);
    compose::prepare_workspaces(&roster, &mut warnings);
    services.agents.reconfigure(roster, compose::toolbox(boot, new));
    let auth = (old.document.value().pointer("/gateway/auth"), new.document.value().pointer("/gateway/auth"));
    if auth.0 != auth.1 {
        authority.replace(&new.plan.access, new.plan.allow_query_key);
        services.logins.set_grant(new.grant.clone());
    }
    let waiting: Vec<_> = config::diff(old.document.value(), new.document.value())
        .into_iter()
        .filter(|path| is_or_below(path, "gateway"))
        .filter(|path| !LIVE.iter().any(|live| is_or_below(path, live)))
        .collect();
    if !waiting.is_empty() {
        warnings.push(format!(
            "changed, but only in effect after a restart: {}",
            waiting.join(", ")
        ));
    }
    let chat = new.settings.gateway.http.endpoints.chat_completions.enabled;
    services.runtime.set_settings(chat, new.plan.access.mode(), warnings);
    waiting
}

fn is_or_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::is_or_below;

    #[test]
    fn whole_steps_are_compared() {
        assert!(is_or_below("gateway.auth.token", "gateway.auth"));
        assert!(is_or_below("gateway.auth", "gateway.auth"));
        assert!(!is_or_below("gateway.authority", "gateway.auth"));
    }
}
