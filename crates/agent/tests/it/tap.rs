//! Everybody hears of every run, and a caller may choose its id.

use crate::house::{House, Plan, turn};
use agent::{Happened, Notice, Submission, SubmitError, Tap};
use domain::{Message, OnDisconnect, RunId, Turn};
use state::{Admission, Error, IdempotencyKey};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Remembers what it heard.
#[derive(Default)]
struct Ear(Mutex<Vec<Notice>>);

impl Tap for Ear {
    fn notice(&self, notice: Notice) {
        self.0.lock().unwrap().push(notice);
    }
}

impl Ear {
    /// What was heard of a run, in a word each; pieces of one text count once.
    fn heard(&self, run: &RunId) -> Vec<String> {
        let heard = self.0.lock().unwrap();
        let of_run = heard.iter().filter(|notice| notice.run == *run);
        let mut words: Vec<_> = of_run.map(|notice| word(&notice.what)).collect();
        words.dedup();
        words
    }

    async fn finished(&self, run: &RunId) {
        while self
            .heard(run)
            .last()
            .is_none_or(|last| !last.starts_with("finished"))
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn word(what: &Happened) -> String {
    match what {
        Happened::Accepted => "accepted".to_owned(),
        Happened::Started { .. } => "started".to_owned(),
        Happened::Asked { model } => format!("asked {model}"),
        Happened::Text(_) => "text".to_owned(),
        Happened::Reasoning(_) => "reasoning".to_owned(),
        Happened::ToolStarted(call) => format!("{} started", call.name),
        Happened::ToolFinished(result) => format!("finished: {}", result.content),
        Happened::Finished(report) => format!("finished {}", report.outcome.name()),
    }
}

async fn listening() -> (House, Arc<Ear>) {
    let ear = Arc::new(Ear::default());
    let offline = Arc::new(llm::Router::offline());
    let plan = Plan {
        tap: ear.clone(),
        ..Plan::with(offline)
    };
    (House::build(plan).await, ear)
}

#[tokio::test]
async fn a_run_is_told_from_its_beginning_to_its_end() {
    let (house, ear) = listening().await;
    let report = house.ask(turn("/call count {}")).await;
    assert_eq!(
        ear.heard(&report.run),
        [
            "accepted",
            "started",
            "asked offline/demo",
            "count started",
            "finished: counted",
            "asked offline/demo",
            "text",
            "finished completed"
        ]
    );
    let heard = ear.0.lock().unwrap();
    assert!(
        heard
            .iter()
            .all(|it| it.session == report.session && it.agent.as_str() == "main")
    );
}

#[tokio::test]
async fn a_run_that_waits_is_accepted_before_it_starts() {
    let (house, ear) = listening().await;
    let mut all = Vec::new();
    for number in 0..8 {
        let turn = turn(&format!("number {number}"));
        all.push(house.agents.submit(turn.into()).await.unwrap().run);
    }
    for run in &all {
        ear.finished(run).await;
        let heard = ear.heard(run);
        assert_eq!(heard[..2], ["accepted", "started"], "{heard:?}");
    }
}

#[tokio::test]
async fn a_run_nobody_waits_for_is_told_as_well() {
    let (house, ear) = listening().await;
    let admit = |on_disconnect, session: &str| Admission {
        run: RunId::generate(),
        turn: Turn {
            on_disconnect,
            session: domain::SessionKey::new(session),
            ..turn("hello")
        },
        session_id: "s".to_owned(),
        idempotency: None,
    };
    let resumed = admit(OnDisconnect::Continue, "agent:main:a");
    let closed = admit(OnDisconnect::Cancel, "agent:main:b");
    let (first, second) = (resumed.run.clone(), closed.run.clone());
    house.state.queue.admit(resumed).await.unwrap();
    house.state.queue.admit(closed).await.unwrap();
    house.agents.recover().await.unwrap();
    ear.finished(&first).await;
    assert_eq!(
        ear.heard(&first),
        [
            "started",
            "asked offline/demo",
            "text",
            "finished completed"
        ]
    );
    assert_eq!(ear.heard(&second), ["finished interrupted"]);
}

fn chosen(text: &str, id: &str) -> Submission {
    Submission {
        idempotency: Some(IdempotencyKey {
            scope: "test".to_owned(),
            key: id.to_owned(),
            fingerprint: text.to_owned(),
            ttl: Duration::from_mins(1),
        }),
        run: Some(RunId::new(id)),
        ..turn(text).into()
    }
}

#[tokio::test]
async fn a_caller_chooses_the_id_of_its_run() {
    let (house, ear) = listening().await;
    let first = house.agents.submit(chosen("hello", "k1")).await.unwrap();
    assert_eq!(first.run.as_str(), "k1");
    // While it goes on and after its end alike.
    for _ in 0..2 {
        let again = house.agents.submit(chosen("hello", "k1")).await.unwrap();
        assert_eq!((again.run.as_str(), again.feed.is_none()), ("k1", true));
        for other in [
            chosen("something else", "k1"),
            Submission {
                idempotency: None,
                ..chosen("hello", "k1")
            },
        ] {
            let refused = house.agents.submit(other).await;
            let reused = matches!(&refused, Err(SubmitError::Store(Error::KeyReused { key })) if key == "k1");
            assert!(reused, "{refused:?}");
        }
        ear.finished(&first.run).await;
    }
    assert_eq!(ear.heard(&first.run).first().unwrap(), "accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_id_at_the_same_moment_is_one_run() {
    let (house, ear) = listening().await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let agents = house.agents.clone();
        all.spawn(async move { agents.submit(chosen("hello", "k2")).await.unwrap() });
    }
    let all = all.join_all().await;
    assert_eq!(all.iter().filter(|it| it.feed.is_some()).count(), 1);
    assert!(all.iter().all(|it| it.run.as_str() == "k2"));
    ear.finished(&RunId::new("k2")).await;
    let log = house
        .state
        .log
        .read(&turn("").session, state::Seq(0), 99)
        .await
        .unwrap();
    let turns = log.iter().filter(|it| it.record.kind() == "turnAccepted");
    assert_eq!(turns.count(), 1);
    assert_eq!(house.agents.active_runs(), 0);
    let said = Message::user("still there?");
    assert!(
        house
            .ask(Turn {
                input: vec![said],
                ..turn("")
            })
            .await
            .outcome
            .is_success()
    );
}
