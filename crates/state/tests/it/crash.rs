//! `kill -9` at any instant: what was acknowledged is there afterwards, and nothing is half done.

use crate::backend::open;
use crate::child;
use domain::{RunId, RunOutcome, SessionKey};
use state::conformance::{admission, answer, completed, fold};
use state::sqlite::SqliteConfig;
use state::{Admitted, Claim, Draft, RunStatus, State};
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

const CYCLES: usize = 40;
const SESSIONS: usize = 4;
/// Two senders per session, so that runs wait and are handed over.
const SENDERS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_loses_nothing_that_was_acknowledged() {
    let home = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::default();
    for cycle in 0..CYCLES {
        // From "at once" to a few hundred commits; the instant within them is the scheduler's.
        kill_after(cycle * cycle * 7 % 331, home.path(), &mut acknowledged);
        acknowledged.check(home.path()).await;
    }
    assert!(
        acknowledged.finished.len() > CYCLES,
        "the children hardly worked"
    );
}

/// Runs until it is killed; alone, it works for a moment and then checks itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker() {
    if let Some(home) = child::workplace() {
        let state = open(SqliteConfig::new(home)).await.unwrap();
        work(&state, usize::MAX).await;
        unreachable!("the work never ends");
    }
    let home = tempfile::tempdir().unwrap();
    let state = open(SqliteConfig::new(home.path())).await.unwrap();
    work(&state, 5).await;
    // Read from the same handle: the senders share their sessions, all turns must be finished.
    assert_eq!(state.queue.unfinished().await.unwrap(), []);
    for number in 0..SESSIONS {
        let turns = fold::check(&state, &key(number)).await;
        let accepted = turns.iter().filter(|it| it.record.kind() == "turnAccepted");
        assert_eq!(accepted.count(), 10);
    }
}

/// What a restart and then a busy gateway do, telling on standard error what is durable.
async fn work(state: &State, turns: usize) {
    for row in state.queue.unfinished().await.unwrap() {
        // The runs behind it are handed over one by one.
        if row.status == RunStatus::Running {
            let mut next = Some(state.queue.claim(&row.run).await.unwrap());
            while let Some(claim) = next {
                next = finish(state, &claim, RunOutcome::Interrupted).await;
            }
        }
    }
    let mut senders = tokio::task::JoinSet::new();
    for number in 0..SENDERS {
        let state = state.clone();
        senders.spawn(async move {
            for _ in 0..turns {
                send(&state, &key(number % SESSIONS)).await;
            }
        });
    }
    senders.join_all().await;
}

async fn send(state: &State, key: &SessionKey) {
    let admission = admission(key, "hello");
    let run = admission.run.clone();
    let admitted = state.queue.admit(admission).await.unwrap();
    acknowledge("admitted", &run);
    let Admitted::Accepted { claim, .. } = admitted else {
        unreachable!("{admitted:?}")
    };
    let mut next = claim;
    while let Some(claim) = next {
        let draft = Draft {
            text: "Once upon".to_owned(),
            model: "offline/demo".to_owned(),
        };
        state.queue.save_draft(&claim, draft).await.unwrap();
        next = finish(state, &claim, completed()).await;
    }
}

async fn finish(state: &State, claim: &Claim, outcome: RunOutcome) -> Option<Claim> {
    let records = vec![answer(Some(3), Some(5)), answer(None, None)];
    let next = state.queue.finish(claim, records, outcome).await.unwrap();
    acknowledge("finished", &claim.run);
    next
}

/// Tells the parent, if there is one; unlike standard output, this is never captured or buffered.
fn acknowledge(what: &str, run: &RunId) {
    let line = format!("{what} {run}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

fn key(number: usize) -> SessionKey {
    SessionKey::new(format!("agent:main:{number}"))
}

/// What children said was durable.
#[derive(Default)]
struct Acknowledged {
    admitted: HashSet<RunId>,
    finished: HashSet<RunId>,
}

fn kill_after(lines: usize, home: &Path, acknowledged: &mut Acknowledged) {
    let mut child = child::command("crash::worker", home)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).split(b'\n');
    let mut count = 0;
    loop {
        if count == lines {
            child.kill().unwrap();
        }
        count += 1;
        let Some(line) = said.next() else { break };
        let line = String::from_utf8(line.unwrap()).unwrap();
        // The last line may be cut: then it is not an acknowledgement.
        match line.split_once(' ') {
            Some(("admitted", run)) if run.len() == 36 => {
                acknowledged.admitted.insert(RunId::new(run));
            }
            Some(("finished", run)) if run.len() == 36 => {
                acknowledged.finished.insert(RunId::new(run));
            }
            _ if count > lines => {}
            _ => unreachable!("the child failed: {line}"),
        }
    }
    let status = child.wait().unwrap();
    assert!(
        count > lines,
        "the child ended before it was killed: {status}"
    );
}

impl Acknowledged {
    async fn check(&self, home: &Path) {
        let state = open(SqliteConfig::new(home)).await.unwrap();
        let mut accepted = HashSet::new();
        let mut ended = HashSet::new();
        for number in 0..SESSIONS {
            for recorded in fold::check(&state, &key(number)).await {
                let runs = match recorded.record.kind() {
                    "turnAccepted" => &mut accepted,
                    "runFinished" => &mut ended,
                    _ => continue,
                };
                let run = recorded.run.unwrap();
                assert!(runs.insert(run), "a run was accepted or ended twice");
            }
        }
        assert_eq!(
            self.admitted.difference(&accepted).next(),
            None,
            "a turn was lost"
        );
        assert_eq!(
            self.finished.difference(&ended).next(),
            None,
            "an end was lost"
        );
        let rows = state.queue.unfinished().await.unwrap();
        let unfinished: HashSet<_> = rows.into_iter().map(|row| row.run).collect();
        assert_eq!(unfinished, accepted.difference(&ended).cloned().collect());
        state.health.close().await.unwrap();
        let database = rusqlite::Connection::open(home.join("state.db")).unwrap();
        let verdict: String = database
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(verdict, "ok");
    }
}
