//! Tool calls that wait for a person.

use crate::house::{House, NoArgs, Plan, turn};
use agent::{Approver, AskFor};
use async_trait::async_trait;
use domain::record::ApprovalVerdict;
use domain::{Record, RunOutcome, SessionKey, Turn};
use serde_json::json;
use state::Seq;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use tools::{Effect, Intent, Registry, ToolCx, ToolError, ToolOutput, TypedTool};

/// How often the program was started, by the agent's workspace, which each test has to itself.
static STARTED: Mutex<Vec<std::path::PathBuf>> = Mutex::new(Vec::new());

/// Says that it starts a program, which always needs approval.
struct Start;

#[async_trait]
impl TypedTool for Start {
    type Args = NoArgs;
    const NAME: &'static str = "start";
    const DESCRIPTION: &'static str = "starts a program";
    const EFFECT: Effect = Effect::Changes;

    fn plan(&self, _: &NoArgs) -> Intent {
        Intent {
            argv: vec!["make".to_owned(), "coffee".to_owned()],
            ..Intent::nothing(Self::NAME)
        }
    }

    async fn perform(&self, _: NoArgs, cx: &ToolCx) -> Result<ToolOutput, ToolError> {
        STARTED.lock().unwrap().push(cx.workspace.clone());
        Ok(ToolOutput::from("started".to_owned()))
    }
}

/// A person who is handed each question with the way to answer it.
#[derive(Default)]
struct Person {
    asked: Mutex<Vec<(AskFor, oneshot::Sender<ApprovalVerdict>)>>,
    withdrawn: AtomicU32,
}

struct Withdrawn<'a>(&'a Person, bool);

impl Drop for Withdrawn<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.withdrawn.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[async_trait]
impl Approver for Person {
    async fn ask(&self, question: AskFor) -> ApprovalVerdict {
        let (answer, answered) = oneshot::channel();
        self.asked.lock().unwrap().push((question, answer));
        let mut guard = Withdrawn(self, false);
        let verdict = answered.await.unwrap();
        guard.1 = true;
        verdict
    }
}

impl Person {
    async fn question(&self) -> (AskFor, oneshot::Sender<ApprovalVerdict>) {
        loop {
            if let Some(asked) = self.asked.lock().unwrap().pop() {
                return asked;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn asking() -> (House, Arc<Person>) {
    let person = Arc::new(Person::default());
    let add: fn(&mut Registry) = |registry| registry.add(Start).unwrap();
    let plan = Plan {
        agents: json!({ "defaults": { "maxConcurrent": 1 } }),
        more: vec![add],
        approver: person.clone(),
        ..Plan::with(Arc::new(llm::Router::offline()))
    };
    (House::build(plan).await, person)
}

fn started(house: &House) -> usize {
    let folder = house.file("x").parent().unwrap().to_owned();
    let all = STARTED.lock().unwrap();
    all.iter().filter(|it| **it == folder).count()
}

/// The kinds of the log from the answer that asked for the tool on, and the tool's result.
async fn recorded(house: &House) -> (Vec<String>, Option<String>) {
    let key = turn("").session;
    let log = house.state.log.read(&key, Seq(0), 99).await.unwrap();
    let kinds = log.iter().map(|it| it.record.kind().to_owned());
    let result = log.iter().find_map(|it| match &it.record {
        Record::ToolFinished(result) => Some(result.content.clone()),
        _ => None,
    });
    (kinds.skip(4).collect(), result)
}

#[tokio::test]
async fn what_a_person_allows_is_run_once() {
    let (house, person) = asking().await;
    let submitted = house
        .agents
        .submit(turn("/call start {}").into())
        .await
        .unwrap();
    let (question, answer) = person.question().await;
    assert_eq!(question.run, submitted.run);
    assert_eq!(question.intent.argv, ["make", "coffee"]);
    assert_eq!(question.call.arguments, "{}");
    assert!(
        question.reason.contains("needs a person's approval"),
        "{question:?}"
    );
    assert!(question.time_left.is_some());
    assert_eq!(started(&house), 0);
    answer.send(ApprovalVerdict::AllowOnce).unwrap();
    let report = submitted.feed.unwrap().finished().await.unwrap();
    assert!(report.outcome.is_success(), "{report:?}");
    assert_eq!(started(&house), 1);
    let (kinds, result) = recorded(&house).await;
    assert_eq!(
        kinds,
        [
            "approvalDecided",
            "toolStarted",
            "toolFinished",
            "assistantMessage",
            "runFinished"
        ]
    );
    assert_eq!(result.unwrap(), "started");
}

#[tokio::test]
async fn what_a_person_denies_is_not_run_and_the_model_is_told() {
    let (house, person) = asking().await;
    let submitted = house
        .agents
        .submit(turn("/call start {}").into())
        .await
        .unwrap();
    let (_, answer) = person.question().await;
    let why = "not before noon".to_owned();
    answer.send(ApprovalVerdict::Deny { why }).unwrap();
    let report = submitted.feed.unwrap().finished().await.unwrap();
    assert!(report.outcome.is_success(), "{report:?}");
    assert_eq!(started(&house), 0);
    let (_, result) = recorded(&house).await;
    assert_eq!(result.unwrap(), "not allowed: not before noon");
}

#[tokio::test]
async fn others_work_while_one_waits_and_stopping_withdraws_the_question() {
    let (house, person) = asking().await;
    let waiting = house
        .agents
        .submit(turn("/call start {}").into())
        .await
        .unwrap();
    let (_, answer) = person.question().await;
    // There is one place for all runs together.
    let other = Turn {
        session: SessionKey::new("agent:main:other"),
        ..turn("hello")
    };
    assert!(house.ask(other).await.outcome.is_success());
    house.agents.abort(&waiting.session, None);
    let report = waiting.feed.unwrap().finished().await.unwrap();
    assert!(
        matches!(report.outcome, RunOutcome::Aborted { .. }),
        "{report:?}"
    );
    assert_eq!(person.withdrawn.load(Ordering::SeqCst), 1);
    assert!(answer.send(ApprovalVerdict::AllowOnce).is_err());
    assert_eq!(started(&house), 0);
    assert!(house.ask(turn("and now?")).await.outcome.is_success());
}

#[tokio::test]
async fn a_question_ends_with_the_time_of_its_run() {
    let (house, person) = asking().await;
    let hurried = Turn {
        timeout_ms: Some(200),
        ..turn("/call start {}")
    };
    let report = house.ask(hurried).await;
    assert!(
        matches!(report.outcome, RunOutcome::Limited { .. }),
        "{report:?}"
    );
    let (question, _) = person.question().await;
    assert!(question.time_left.unwrap() <= Duration::from_millis(200));
    assert_eq!(started(&house), 0);
}

#[tokio::test]
async fn after_a_restart_the_question_is_asked_again() {
    let (mut house, person) = asking().await;
    house
        .agents
        .submit(turn("/call start {}").into())
        .await
        .unwrap();
    let (first, _kept) = person.question().await;
    // The process ends in the middle of the question.
    house.agents.stop(std::future::ready(())).await;
    house.restart();
    house.agents.recover().await.unwrap();
    let (second, answer) = person.question().await;
    assert_eq!((&second.run, &second.call), (&first.run, &first.call));
    answer.send(ApprovalVerdict::AllowAlways).unwrap();
    let row = house.agents.wait(&first.run, Duration::from_secs(10)).await;
    assert!(row.unwrap().is_some());
    assert_eq!(started(&house), 1);
}
