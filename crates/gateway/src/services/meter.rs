//! Usage of the direct path: counted per call, written in batches, off the caller's way.

use crate::services::Services;
use domain::Usage;
use llm::{ModelEvent, Target};
use state::{Metering, UsageRow};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use tracing::warn;

/// How many calls may wait to be written.
const WAITING: usize = 8_192;

/// How many are written at once.
const BATCH: usize = 512;

/// How long the first of a batch waits for others.
const GATHER: Duration = Duration::from_millis(100);

/// Where calls are handed in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Meter {
    rows: mpsc::Sender<UsageRow>,
}

impl Meter {
    /// Starts the writer on `tasks`; it ends when the last meter is dropped.
    pub fn start(metering: Arc<dyn Metering>, tasks: &TaskTracker) -> Self {
        let (rows, mut waiting) = mpsc::channel::<UsageRow>(WAITING);
        tasks.spawn(async move {
            let mut batch = Vec::with_capacity(BATCH);
            while waiting.recv_many(&mut batch, BATCH).await > 0 {
                if batch.len() < BATCH {
                    tokio::time::sleep(GATHER).await;
                    while batch.len() < BATCH {
                        let Ok(row) = waiting.try_recv() else { break };
                        batch.push(row);
                    }
                }
                if let Err(error) = metering.record(std::mem::take(&mut batch)).await {
                    warn!(%error, "usage of direct model calls could not be written");
                }
            }
        });
        Self { rows }
    }

    fn hand_in(&self, row: UsageRow) {
        if self.rows.try_send(row).is_err() {
            warn!("too many direct model calls wait to be metered; one was left out");
        }
    }
}

/// One direct call; metered when dropped, however it ended.
pub(crate) struct Metered {
    services: Arc<Services>,
    target: Target,
    usage: Usage,
}

impl Metered {
    pub(crate) fn new(services: Arc<Services>, target: &Target) -> Self {
        Self {
            services,
            target: target.clone(),
            usage: Usage::default(),
        }
    }

    /// Notes what an event says about usage.
    pub(crate) fn see(&mut self, event: &ModelEvent) {
        if let ModelEvent::Usage(usage) = event {
            self.usage = *usage;
        }
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        let info = &self.target.info;
        self.services.meter.hand_in(UsageRow {
            at: self.services.clock.now(),
            run: None,
            session: None,
            agent: None,
            provider: info.provider.clone(),
            model: info.model.clone(),
            usage: self.usage,
            cost: info
                .price
                .as_ref()
                .and_then(|price| price.cost(&self.usage)),
        });
    }
}
