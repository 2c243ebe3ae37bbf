//! Tells when one of the settings files changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use crate::document::Document;
use crate::{edit, parse};

/// How long the files must be quiet before a change is told.
pub const SETTLE: Duration = Duration::from_millis(300);
/// How long a file that never rests can put a change off.
const LONGEST_SETTLE: Duration = Duration::from_secs(5);
/// How often files are looked at when the system cannot tell of changes.
const POLL: Duration = Duration::from_secs(2);

/// Watches a set of files, also through editors that write a new file and rename it over.
///
/// What is watched are the folders, so a file that does not exist yet can appear. A change is told
/// only if the content of a watched file differs from what was seen last.
#[derive(Debug)]
pub struct Watcher {
    files: Vec<PathBuf>,
    seen: Seen,
    hints: Option<Hints>,
    poll: Duration,
}

/// Hints of the system that something may have happened. One waiting hint is enough.
#[derive(Debug)]
struct Hints {
    _watcher: RecommendedWatcher,
    receiver: mpsc::Receiver<()>,
}

/// Hash of the content of every file; nothing for a file that cannot be read.
type Seen = BTreeMap<PathBuf, Option<String>>;

impl Watcher {
    /// Begins to watch the files `document` was read from.
    ///
    /// A file that has changed since it was read is told by the first [`Watcher::changed`].
    pub fn of(document: &Document) -> Self {
        let mut watcher = Self::new(document.sources());
        watcher.seen = document.source_hashes().clone();
        watcher
    }

    /// Begins to watch `files`, which count as seen the way they are now.
    ///
    /// Never fails: where the system cannot tell of changes (its limit of watches is reached, or
    /// the file system does not support it) the files are looked at every two seconds, which is
    /// logged as a warning.
    pub fn new(files: &[PathBuf]) -> Self {
        let hints = Hints::for_files(files).inspect_err(|error| {
            let message = "cannot be told of changes to the settings files; looking every 2 s";
            tracing::warn!(%error, "{message}");
        });
        Self::with(files, hints.ok(), POLL)
    }

    /// Watches by looking at the files every `poll`, without help of the system.
    pub fn polling(files: &[PathBuf], poll: Duration) -> Self {
        Self::with(files, None, poll)
    }

    fn with(files: &[PathBuf], hints: Option<Hints>, poll: Duration) -> Self {
        let files = files.to_vec();
        Self {
            seen: look(&files),
            files,
            hints,
            poll,
        }
    }

    /// Whether the system tells of changes, rather than the files being looked at.
    pub fn is_notified(&self) -> bool {
        self.hints.is_some()
    }

    /// Waits until a watched file has changed and all of them were quiet for [`SETTLE`].
    ///
    /// A change that happened since the last call, or since [`Watcher::new`], is told at once
    /// after settling.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing; the next call tells of the same change.
    pub async fn changed(&mut self) {
        loop {
            let now = look(&self.files);
            if now != self.seen {
                self.settle().await;
                // Looked at before it is told: what changes after this is another change.
                self.seen = look(&self.files);
                return;
            }
            self.hint().await;
        }
    }

    /// Waits until the files rest. They may have changed back meanwhile; that is told too.
    async fn settle(&self) {
        let latest = Instant::now() + LONGEST_SETTLE;
        let mut before = look(&self.files);
        loop {
            let quiet = Instant::now() + SETTLE;
            if quiet >= latest {
                return;
            }
            sleep_until(quiet).await;
            let now = look(&self.files);
            if now == before {
                return;
            }
            before = now;
        }
    }

    async fn hint(&mut self) {
        let Some(hints) = &mut self.hints else {
            sleep(self.poll).await;
            return;
        };
        if hints.receiver.recv().await.is_none() {
            tracing::warn!("the system stopped telling of changes to the settings files");
            self.hints = None;
        }
    }
}

impl Hints {
    fn for_files(files: &[PathBuf]) -> notify::Result<Self> {
        let (sender, receiver) = mpsc::channel(1);
        let handler = move |event: notify::Result<notify::Event>| {
            let matters =
                !matches!(&event, Ok(event) if matches!(event.kind, EventKind::Access(_)));
            if matters {
                // Full means a hint is waiting already.
                sender.try_send(()).ok();
            }
        };
        let mut watcher = notify::recommended_watcher(handler)?;
        for folder in folders(files) {
            notify::Watcher::watch(&mut watcher, &folder, RecursiveMode::NonRecursive)?;
        }
        Ok(Self {
            _watcher: watcher,
            receiver,
        })
    }
}

/// The folders of the files and of what they link to.
fn folders(files: &[PathBuf]) -> Vec<PathBuf> {
    let real = files.iter().filter_map(|file| file.canonicalize().ok());
    let all = files.iter().cloned().chain(real);
    let mut folders: Vec<PathBuf> = all
        .filter_map(|file| file.parent().map(Path::to_owned))
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

fn look(files: &[PathBuf]) -> Seen {
    let hash = |file: &PathBuf| parse::read(file).ok().map(|text| edit::hash(&text));
    files
        .iter()
        .map(|file| (file.clone(), hash(file)))
        .collect()
}
