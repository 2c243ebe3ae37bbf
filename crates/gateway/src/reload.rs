//! Watches the settings file. What is invalid changes nothing and is said. Source: decisions DEC-23.

use crate::apply::apply;
use crate::compose::Boot;
use crate::load::{self, Loaded};
use crate::net::Authority;
use crate::services::Services;
use crate::services::settings::{Ask, Taken};
use crate::settings::ReloadMode;
use config::watch::Watcher;
use config::{ConfigFile, Document, LoadOptions};
use llm::Router;
use std::sync::Arc;
use tokio::sync::mpsc;
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
    /// Takes up changes until `stopping`, when the file changes and when somebody asks.
    pub(crate) async fn watch(self, mut current: Loaded, stopping: CancellationToken) {
        let mut watcher = Watcher::of(&current.document);
        let mut asked = self.services.settings.asked();
        loop {
            let ask = tokio::select! {
                () = stopping.cancelled() => return,
                () = watcher.changed() => None,
                ask = next(&mut asked) => Some(ask),
            };
            if current.settings.gateway.reload.mode == ReloadMode::Off {
                info!("the settings changed; gateway.reload.mode is off, so nothing happens");
                if let Some(ask) = ask {
                    drop(ask.answer.send(Ok(self.put_off(&current))));
                }
                continue;
            }
            let again = ask.as_ref().is_some_and(|ask| ask.again);
            let outcome = match self.once(&current, again).await {
                Ok((next, waiting)) => {
                    let missing_secrets = next.missing_secrets;
                    current = next;
                    watcher = Watcher::of(&current.document);
                    Ok(Taken {
                        waiting,
                        missing_secrets,
                    })
                }
                Err(why) => Err(why),
            };
            if let Some(ask) = ask {
                // Whoever asked may have gone away.
                drop(ask.answer.send(outcome));
            }
        }
    }

    /// With `gateway.reload.mode: off` every change waits.
    fn put_off(&self, current: &Loaded) -> Taken {
        let file = ConfigFile::at(&self.boot.config_file.path).ok();
        let options = LoadOptions::for_gateway(&self.boot.state_dir);
        let written = file.and_then(|it| Document::load(&it, &self.boot.env, &options).ok());
        let waiting = written.map(|it| config::diff(current.document.raw(), it.raw()));
        Taken {
            waiting: waiting.unwrap_or_default(),
            missing_secrets: current.missing_secrets,
        }
    }

    /// The settings as they are now, put to work, and the keys that wait for a restart.
    async fn once(&self, current: &Loaded, again: bool) -> Result<(Loaded, Vec<String>), String> {
        match load::again(&self.boot).await {
            Ok(next) if !again && next.document.value() == current.document.value() => {
                self.services.settings.took(&next);
                Ok((next, Vec::new()))
            }
            Ok(next) => {
                let waiting = self.take(current, &next);
                Ok((next, waiting))
            }
            Err(error) => {
                warn!("the changed settings cannot be used, the old ones stay: {error}");
                let mut warnings = current.warnings.clone();
                warnings.insert(
                    0,
                    format!("the settings file cannot be used, the old settings stay: {error}"),
                );
                self.services.runtime.set_warnings(warnings);
                Err(error.to_string())
            }
        }
    }

    fn take(&self, current: &Loaded, next: &Loaded) -> Vec<String> {
        let waiting = apply(
            &self.boot,
            &self.services,
            &self.router,
            &self.authority,
            current,
            next,
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
        let settings = &self.services.settings;
        settings.took(next);
        let event = settings.changed(self.services.clock.now());
        self.services.hub.publish("config.changed", &event);
        waiting
    }
}

/// The next one who asks; never, where nobody can.
async fn next(asked: &mut Option<mpsc::Receiver<Ask>>) -> Ask {
    if let Some(asks) = asked
        && let Some(ask) = asks.recv().await
    {
        return ask;
    }
    std::future::pending().await
}
