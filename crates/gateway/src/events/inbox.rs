//! What happened in runs and was not told yet.

use agent::{Happened, Notice, RunReport};
use domain::{AgentId, RunId, SessionKey, ToolCall, ToolResult, UnixMillis};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Above this many, text is left out: what was said comes whole with the end of its run.
const MAX_WAITING: usize = 65_536;

/// Something that happened in a run.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) run: RunId,
    pub(super) session: SessionKey,
    pub(super) agent: AgentId,
    pub(super) what: What,
}

/// What happened.
#[derive(Debug)]
pub(super) enum What {
    Started(UnixMillis),
    Asked(String),
    /// Several deltas in one.
    Text(String),
    ToolStarted(Arc<ToolCall>),
    ToolFinished(Arc<ToolResult>),
    /// With the word in which it was stopped, if it was.
    Finished(Arc<RunReport>, Option<&'static str>),
}

/// A queue that runs write to without waiting.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    items: Mutex<VecDeque<Item>>,
    news: Notify,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, notice: Notice, stopped_by: Option<&'static str>) {
        let Notice {
            run,
            session,
            agent,
            what,
        } = notice;
        let what = match what {
            Happened::Accepted | Happened::Reasoning(_) => return,
            Happened::Started { at } => What::Started(at),
            Happened::Asked { model } => What::Asked(model),
            Happened::Text(delta) => {
                return self.push_text(run, session, agent, &delta);
            }
            Happened::ToolStarted(call) => What::ToolStarted(call),
            Happened::ToolFinished(result) => What::ToolFinished(result),
            Happened::Finished(report) => What::Finished(report, stopped_by),
        };
        self.lock().push_back(Item {
            run,
            session,
            agent,
            what,
        });
        self.news.notify_one();
    }

    /// Text goes to the text before it, if that is of the same run.
    fn push_text(&self, run: RunId, session: SessionKey, agent: AgentId, delta: &str) {
        let mut items = self.lock();
        if let Some(last) = items.back_mut()
            && last.run == run
            && let What::Text(text) = &mut last.what
        {
            text.push_str(delta);
            return;
        }
        if items.len() < MAX_WAITING {
            items.push_back(Item {
                run,
                session,
                agent,
                what: What::Text(delta.to_owned()),
            });
            drop(items);
            self.news.notify_one();
        }
    }

    /// The oldest, if there is one.
    pub(super) fn take(&self) -> Option<Item> {
        self.lock().pop_front()
    }

    /// Resolves when something may be there.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(super) async fn wait(&self) {
        self.news.notified().await;
    }
}
