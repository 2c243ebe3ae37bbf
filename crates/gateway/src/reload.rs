//! Watches the settings file. What is invalid changes nothing and is said. Source: decisions DEC-23.

use crate::apply::apply;
use crate::compose::Boot;
use crate::load::{self, Loaded};
use crate::net::Authority;
use crate::services::Services;
use crate::settings::ReloadMode;
use config::watch::Watcher;
use llm::Router;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// What a reload touches.
pub(crate) struct Reloader {
    pub(crate) boot: Boot,
    pub(crate) services: Arc<Services>,
    pub(crate) router: Arc<Router>,
    pub(crate) authority: Arc<Authority>,
}

impl Reloader {
    /// Takes up changes until `stopping`.
    pub(crate) async fn watch(self, mut current: Loaded, stopping: CancellationToken) {
        let mut watcher = Watcher::of(&current.document);
        while stopping
            .run_until_cancelled(watcher.changed())
            .await
            .is_some()
        {
            if current.settings.gateway.reload.mode == ReloadMode::Off {
                info!("the settings changed; gateway.reload.mode is off, so nothing happens");
                continue;
            }
            if let Some(next) = self.once(&current).await {
                current = next;
                watcher = Watcher::of(&current.document);
            }
        }
    }

    async fn once(&self, current: &Loaded) -> Option<Loaded> {
        match load::again(&self.boot).await {
            Ok(next) if next.document.value() == current.document.value() => Some(next),
            Ok(next) => {
                let waiting = apply(
                    &self.boot,
                    &self.services,
                    &self.router,
                    &self.authority,
                    current,
                    &next,
                );
                if let Some(problem) = load::keep_good(&self.boot.state_dir, &next.document) {
                    warn!("{problem}");
                }
                if waiting.is_empty() {
                    info!("the settings were taken up");
                } else {
                    warn!(
                        keys = waiting.join(", "),
                        "the settings were taken up in part; restart for the rest"
                    );
                }
                Some(next)
            }
            Err(error) => {
                warn!("the changed settings cannot be used, the old ones stay: {error}");
                let mut warnings = current.warnings.clone();
                warnings.insert(
                    0,
                    format!("the settings file cannot be used, the old settings stay: {error}"),
                );
                self.services.runtime.set_warnings(warnings);
                None
            }
        }
    }
}
