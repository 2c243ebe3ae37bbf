//! What happened in runs and was not told yet.

use super::live::Going;
use agent::{Happened, Notice, RunReport};
use domain::{AgentId, RunId, SessionKey, ToolCall, ToolResult, UnixMillis};
use std::collections::{HashSet, VecDeque};
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
    /// The run was not told of so far; what there is of it already.
    Joined(Going),
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
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<Item>,
    /// The runs that are told of. One that is told of once is told of to its end.
    told: HashSet<RunId>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts aside what happened, if it is told: to somebody who listens, or of a run that was told
    /// of before. `so_far` is what there is of the run, this included.
    pub(super) fn push(
        &self,
        notice: Notice,
        stopped_by: Option<&'static str>,
        listened: bool,
        so_far: impl FnOnce() -> Option<Going>,
    ) {
        let Notice {
            run,
            session,
            agent,
            what,
        } = notice;
        let mut waiting = self.lock();
        let known = waiting.told.contains(&run);
        if !known && !listened {
            return;
        }
        let what = match what {
            Happened::Accepted | Happened::Reasoning(_) => return,
            Happened::Started { at } => What::Started(at),
            Happened::Asked { model } => What::Asked(model),
            Happened::Text(delta) => What::Text(delta.to_string()),
            Happened::ToolStarted(call) => What::ToolStarted(call),
            Happened::ToolFinished(result) => What::ToolFinished(result),
            Happened::Finished(report) => What::Finished(report, stopped_by),
        };
        let item = |what| Item {
            run: run.clone(),
            session: session.clone(),
            agent: agent.clone(),
            what,
        };
        let first = if known { None } else { so_far() };
        if let What::Finished(..) = what {
            waiting.told.remove(&run);
        } else if !known {
            waiting.told.insert(run.clone());
        }
        let has_joined = first.is_some();
        waiting.items.extend(first.map(What::Joined).map(item));
        match what {
            // What a run has said so far has it in it.
            What::Text(_) if has_joined => {}
            What::Text(delta) => waiting.add_text(&run, &delta, item),
            other @ (What::Joined(_)
            | What::Started(_)
            | What::Asked(_)
            | What::ToolStarted(_)
            | What::ToolFinished(_)
            | What::Finished(..)) => waiting.items.push_back(item(other)),
        }
        drop(waiting);
        self.news.notify_one();
    }

    /// The oldest, if there is one.
    pub(super) fn take(&self) -> Option<Item> {
        self.lock().items.pop_front()
    }

    /// Resolves when something may be there.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub(super) async fn wait(&self) {
        self.news.notified().await;
    }
}

impl Waiting {
    /// Text goes to the text before it, if that is of the same run.
    fn add_text(&mut self, run: &RunId, delta: &str, item: impl FnOnce(What) -> Item) {
        if let Some(last) = self.items.back_mut()
            && last.run == *run
            && let What::Text(text) = &mut last.what
        {
            text.push_str(delta);
        } else if self.items.len() < MAX_WAITING {
            self.items.push_back(item(What::Text(delta.to_owned())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(inbox: &Inbox, run: &str, listened: bool, what: Happened) {
        let notice = Notice {
            run: RunId::new(run),
            session: SessionKey::new("agent:main:lab"),
            agent: AgentId::new("main"),
            what,
        };
        inbox.push(notice, None, listened, || None);
    }

    fn asked() -> Happened {
        Happened::Asked {
            model: "fake/one".to_owned(),
        }
    }

    #[test]
    fn nothing_is_put_aside_for_nobody_and_a_run_is_told_to_its_end() {
        let inbox = Inbox::default();
        tell(&inbox, "unheard", false, asked());
        assert!(inbox.take().is_none());
        tell(&inbox, "heard", true, asked());
        // Who listened is gone.
        tell(&inbox, "heard", false, Happened::Text("more".into()));
        tell(&inbox, "unheard", false, Happened::Text("more".into()));
        let runs: Vec<_> = std::iter::from_fn(|| inbox.take())
            .map(|item| item.run.to_string())
            .collect();
        assert_eq!(runs, ["heard", "heard"]);
    }
}
