//! What a dead process left behind. The log is written as that process would have, up to its death.

use crate::house::{House, turn};
use domain::record::AssistantMessage;
use domain::{
    Message, ModelId, OnDisconnect, Part, ProviderId, Record, Role, RunId, RunOutcome, SessionKey,
    ToolCall, ToolCallId, ToolName, Turn, Usage,
};
use state::{Admission, Admitted, Claim, Draft, RunStatus, Seq};
use std::time::Duration;

async fn admitted(house: &House, turn: Turn) -> (RunId, Option<Claim>) {
    let run = RunId::generate();
    let admission = Admission {
        run: run.clone(),
        turn,
        session_id: "s".to_owned(),
        idempotency: None,
    };
    match house.state.queue.admit(admission).await.unwrap() {
        Admitted::Accepted { claim, .. } => (run, claim),
        Admitted::Duplicate { run } => panic!("{run} is no duplicate"),
    }
}

fn call() -> ToolCall {
    ToolCall {
        id: ToolCallId::new("call_1"),
        name: ToolName::new("count"),
        arguments: "{}".to_owned(),
    }
}

fn asks() -> Record {
    Record::AssistantMessage(Box::new(AssistantMessage {
        message: Message {
            role: Role::Assistant,
            parts: vec![Part::ToolCall(call())],
        },
        provider: ProviderId::new("offline"),
        model: ModelId::new("demo"),
        usage: Usage::default(),
        cost: None,
        stop: None,
        incomplete: false,
    }))
}

async fn ended(house: &House, run: &RunId) -> RunOutcome {
    let row = house
        .agents
        .wait(run, Duration::from_secs(10))
        .await
        .unwrap()
        .expect("it ends");
    match row.status {
        RunStatus::Finished(outcome) => outcome,
        status @ (RunStatus::Queued | RunStatus::Running) => panic!("{status:?}"),
    }
}

async fn log(house: &House) -> Vec<Record> {
    let key = turn("").session;
    let read = house.state.log.read(&key, Seq(0), 1_000).await.unwrap();
    read.into_iter().map(|recorded| recorded.record).collect()
}

#[tokio::test]
async fn a_started_call_is_not_run_again_and_the_model_is_told() {
    let house = House::open().await;
    let (run, claim) = admitted(&house, turn("/call count {}")).await;
    let claim = claim.unwrap();
    let records = vec![asks(), Record::ToolStarted(call())];
    house
        .state
        .log
        .append(&claim.session, claim.fence, Some(&run), records)
        .await
        .unwrap();
    let recovered = house.agents.recover().await.unwrap();
    assert_eq!((recovered.resumed, recovered.interrupted), (1, 0));
    assert!(ended(&house, &run).await.is_success());
    assert_eq!(house.counted(), 0);
    let told = log(&house)
        .await
        .into_iter()
        .find_map(|record| match record {
            Record::ToolFinished(result) => Some(result),
            _ => None,
        });
    assert!(told.unwrap().content.contains("was not run again"));
}

#[tokio::test]
async fn a_call_that_was_not_started_is_run_once() {
    let house = House::open().await;
    let (run, claim) = admitted(&house, turn("/call count {}")).await;
    let claim = claim.unwrap();
    house
        .state
        .log
        .append(&claim.session, claim.fence, Some(&run), vec![asks()])
        .await
        .unwrap();
    house.agents.recover().await.unwrap();
    assert!(ended(&house, &run).await.is_success());
    assert_eq!(house.counted(), 1);
}

#[tokio::test]
async fn open_calls_of_another_run_are_never_run() {
    let house = House::open().await;
    let (first, claim) = admitted(&house, turn("/call count {}")).await;
    let claim = claim.unwrap();
    let (second, _) = admitted(&house, turn("hello")).await;
    let records = vec![asks(), Record::ToolStarted(call())];
    house
        .state
        .log
        .append(&claim.session, claim.fence, Some(&first), records)
        .await
        .unwrap();
    // The first run was closed without an answer to its call; the second one was started and died.
    let next = house
        .state
        .queue
        .finish(&claim, vec![], RunOutcome::Interrupted)
        .await
        .unwrap();
    assert_eq!(next.unwrap().run, second);
    house.agents.recover().await.unwrap();
    assert!(ended(&house, &second).await.is_success());
    assert_eq!(house.counted(), 0);
}

#[tokio::test]
async fn runs_nobody_waits_for_are_closed_with_their_drafts() {
    let house = House::open().await;
    let alone = |text: &str| Turn {
        on_disconnect: OnDisconnect::Cancel,
        ..turn(text)
    };
    let (first, claim) = admitted(&house, alone("hello")).await;
    let draft = Draft {
        text: "Hel".to_owned(),
        model: "offline/demo".to_owned(),
    };
    house
        .state
        .queue
        .save_draft(&claim.unwrap(), draft)
        .await
        .unwrap();
    let (waiting, _) = admitted(&house, turn("goes on")).await;
    let (last, _) = admitted(&house, alone("closed too")).await;
    let recovered = house.agents.recover().await.unwrap();
    assert_eq!(recovered.resumed, 1);
    assert_eq!(ended(&house, &first).await, RunOutcome::Interrupted);
    assert!(ended(&house, &waiting).await.is_success());
    assert_eq!(ended(&house, &last).await, RunOutcome::Interrupted);
    let kept = log(&house).await.into_iter().any(|record| match record {
        Record::AssistantMessage(said) => said.incomplete && said.message.text() == "Hel",
        _ => false,
    });
    assert!(kept);
}

#[tokio::test]
async fn a_lane_goes_on_in_order_after_a_restart() {
    let house = House::open().await;
    let mut runs = Vec::new();
    for n in 0..20 {
        runs.push(admitted(&house, turn(&format!("number {n}"))).await.0);
    }
    house.agents.recover().await.unwrap();
    for run in &runs {
        assert!(ended(&house, run).await.is_success());
    }
    let key = turn("").session;
    let read = house.state.log.read(&key, Seq(0), 1_000).await.unwrap();
    let order: Vec<_> = read
        .into_iter()
        .filter(|recorded| matches!(recorded.record, Record::RunFinished(_)))
        .filter_map(|recorded| recorded.run)
        .collect();
    assert_eq!(order, runs);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_go_on_are_taken_up_once_while_others_are_still_being_settled() {
    let house = House::open().await;
    let mut runs = Vec::new();
    for session in 0..20 {
        let key = SessionKey::new(format!("agent:main:{session}"));
        for n in 0..5 {
            let turn = Turn {
                session: key.clone(),
                ..turn(&format!("number {n}"))
            };
            runs.push((key.clone(), admitted(&house, turn).await.0));
        }
    }
    house.agents.recover().await.unwrap();
    for (key, run) in &runs {
        let outcome = ended(&house, run).await;
        assert!(outcome.is_success(), "{outcome:?}");
        let read = house.state.log.read(key, Seq(0), 1_000).await.unwrap();
        let starts = read
            .iter()
            .filter(|recorded| recorded.run.as_ref() == Some(run))
            .filter(|recorded| matches!(recorded.record, Record::RunStarted(_)))
            .count();
        // The first of a lane was running when the process died; the others start now.
        assert!(starts <= 2, "started {starts} times");
    }
}
