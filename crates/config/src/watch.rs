//! Tells when one of the settings files changed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep, sleep_until};

use crate::document::Document;
use crate::{edit, parse};

/// How long the files must be quiet before a change is told.
pub const SETTLE: Duration = Duration::from_millis(300);
/// How long a file that never rests can put a change off.
const LONGEST_SETTLE: Duration = Duration::from_secs(5);
/// How often the files are looked at.
const POLL: Duration = Duration::from_millis(500);
/// A file changed this recently may change again without its time showing it.
const COARSE: Duration = Duration::from_secs(2);

/// Watches a set of files by looking at their dates and sizes twice a second.
///
/// It does not ask the system to tell of changes: the settings lie in the folder of the database,
/// so every commit would wake the watcher. Looking also works on network folders and through
/// editors that write a new file and rename it over, and a file that does not exist yet can appear.
/// A change is told only if the content of a watched file differs from what was seen last.
#[derive(Debug)]
pub struct Watcher {
    files: Vec<PathBuf>,
    seen: Seen,
    dates: Vec<Option<Dated>>,
}

/// What shows that a file may have changed: when it was written, how long it is.
type Dated = (SystemTime, u64);

/// Hash of the content of every file; nothing for a file that cannot be read.
type Seen = BTreeMap<PathBuf, Option<String>>;

impl Watcher {
    /// Begins to watch the files `document` was read from.
    ///
    /// A file that has changed since it was read is told by the first [`Watcher::changed`].
    pub fn of(document: &Document) -> Self {
        let mut watcher = Self::new(document.sources());
        watcher.seen = document.source_hashes().clone();
        watcher.dates.clear();
        watcher
    }

    /// Begins to watch `files`, which count as seen the way they are now.
    pub fn new(files: &[PathBuf]) -> Self {
        Self {
            dates: dates(files),
            seen: look(files),
            files: files.to_vec(),
        }
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
            let dates = dates(&self.files);
            if dates != self.dates || dates.iter().flatten().any(is_recent) {
                self.dates = dates;
                if look(&self.files) != self.seen {
                    self.settle().await;
                    // Looked at before it is told: what changes after this is another change.
                    self.seen = look(&self.files);
                    return;
                }
            }
            sleep(POLL).await;
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
}

fn dates(files: &[PathBuf]) -> Vec<Option<Dated>> {
    let dated = |file: &PathBuf| {
        let metadata = std::fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.iter().map(dated).collect()
}

fn is_recent((written, _): &Dated) -> bool {
    // A date in the future is no reason not to look.
    written.elapsed().map_or(true, |age| age < COARSE)
}

fn look(files: &[PathBuf]) -> Seen {
    let hash = |file: &PathBuf| parse::read(file).ok().map(|text| edit::hash(&text));
    files
        .iter()
        .map(|file| (file.clone(), hash(file)))
        .collect()
}
