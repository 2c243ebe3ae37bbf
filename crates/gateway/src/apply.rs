//! New settings, put to work while running.

use crate::compose::{self, Boot};
use crate::load::Loaded;
use crate::net::Authority;
use crate::services::Services;
use crate::settings;
use llm::Router;

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
    services
        .agents
        .reconfigure(roster, compose::toolbox(boot, new));
    let auth = (
        old.document.value().pointer("/gateway/auth"),
        new.document.value().pointer("/gateway/auth"),
    );
    if auth.0 != auth.1 {
        authority.replace(&new.plan.access, new.plan.allow_query_key);
        services.logins.set_grant(new.grant.clone());
    }
    let waiting: Vec<_> = config::diff(old.document.value(), new.document.value())
        .into_iter()
        .filter(|path| settings::needs_restart(path))
        .collect();
    if !waiting.is_empty() {
        warnings.push(format!(
            "changed, but only in effect after a restart: {}",
            waiting.join(", ")
        ));
    }
    let chat = new.settings.gateway.http.endpoints.chat_completions.enabled;
    services
        .runtime
        .set_settings(chat, new.plan.access.mode(), warnings);
    waiting
}
