//! What a command consists of, so that a change between its approval and its run is seen.

use ::tools::exec::Program;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many bytes of all files together are looked at; of what does not fit in, size and times count.
const MAX_READ: u64 = 64 * 1024 * 1024;

/// Most plans that are remembered.
const MAX_PLANS: usize = 256;

/// How long they are.
const REMEMBERED: Duration = Duration::from_mins(35);

/// The program, its folder, and the files it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint {
    folder: (u64, u64),
    files: Vec<Print>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Print {
    place: (u64, u64),
    size: u64,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Hash([u8; 32]),
    Times(i64, i64, i64, i64),
}

impl Fingerprint {
    /// Looks at them now. Arguments that name no file say so again later, or they have changed.
    pub(super) fn of(program: &Program, argv: &[String], cwd: &Path) -> std::io::Result<Self> {
        let folder = std::fs::metadata(cwd)?;
        let mut left = MAX_READ;
        let mut files = vec![Print::of(&program.real, &mut left)?];
        for word in argv.iter().skip(1) {
            // `--file=x` names x.
            let named = word
                .rsplit_once('=')
                .map_or(word.as_str(), |(_, value)| value);
            for name in [word.as_str(), named] {
                files.push(Print::of(&cwd.join(name), &mut left).unwrap_or(Print::NONE));
            }
        }
        Ok(Self {
            folder: place(&folder),
            files,
        })
    }
}

impl Print {
    /// No file.
    const NONE: Self = Self {
        place: (0, 0),
        size: 0,
        content: Content::Times(0, 0, 0, 0),
    };

    fn of(path: &Path, left: &mut u64) -> std::io::Result<Self> {
        let meta = std::fs::metadata(path)?;
        if !meta.is_file() {
            return Ok(Self {
                place: place(&meta),
                ..Self::NONE
            });
        }
        let content = if meta.len() > *left {
            Content::Times(
                meta.mtime(),
                meta.mtime_nsec(),
                meta.ctime(),
                meta.ctime_nsec(),
            )
        } else {
            *left -= meta.len();
            digest(path)?
        };
        Ok(Self {
            place: place(&meta),
            size: meta.len(),
            content,
        })
    }
}

fn place(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}

fn digest(path: &Path) -> std::io::Result<Content> {
    let mut hash = Sha256::new();
    let mut file = std::fs::File::open(path)?.take(MAX_READ);
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(Content::Hash(hash.finalize().into())),
            read => hash.update(chunk.get(..read).unwrap_or_default()),
        }
    }
}

/// What was prepared and not run yet.
#[derive(Debug, Default)]
pub(super) struct Plans(Mutex<VecDeque<(Instant, String, Fingerprint)>>);

impl Plans {
    pub(super) fn keep(&self, key: String, print: Fingerprint) {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|(at, known, _)| at.elapsed() < REMEMBERED && *known != key);
        if plans.len() >= MAX_PLANS {
            plans.pop_front();
        }
        plans.push_back((Instant::now(), key, print));
    }

    pub(super) fn take(&self, key: &str) -> Option<Fingerprint> {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = plans
            .iter()
            .position(|(at, known, _)| known == key && at.elapsed() < REMEMBERED)?;
        plans.remove(at).map(|(_, _, print)| print)
    }
}
