//! Resting credentials, kept over a restart.

use llm::Router;
use state::Cooldowns;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

/// How long changes gather before they are saved.
const GATHER: Duration = Duration::from_millis(200);

/// Takes up what the last process kept, and saves every change until `stopping`, and once then.
pub(crate) async fn keep(
    router: Arc<Router>,
    store: Arc<dyn Cooldowns>,
    tasks: &TaskTracker,
    stopping: CancellationToken,
) {
    match store.load().await {
        Ok(kept) => router.restore(kept),
        Err(error) => warn!(%error, "the list of resting credentials cannot be read"),
    }
    let mut changes = router.cooldown_changes();
    changes.mark_unchanged();
    tasks.spawn(async move {
        loop {
            let last = tokio::select! {
                changed = changes.changed() => changed.is_err(),
                () = stopping.cancelled() => true,
            };
            if !last {
                tokio::time::sleep(GATHER).await;
            }
            changes.mark_unchanged();
            if let Err(error) = store.replace(router.cooldowns()).await {
                warn!(%error, "the list of resting credentials cannot be saved");
            }
            if last {
                return;
            }
        }
    });
}
