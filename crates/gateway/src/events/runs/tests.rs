use super::super::tell::To;
use super::*;
use agent::RunReport;
use domain::{
    AgentId, FailureKind, Message, MicroUsd, RunOutcome, SessionKey, StopReason, ToolCall,
    ToolCallId, ToolName, Usage,
};
use serde_json::{Value, json};

const AT: UnixMillis = UnixMillis(1_000);

struct Story {
    runs: Runs,
    now: Instant,
}

impl Story {
    fn new() -> Self {
        let mut story = Self {
            runs: Runs::default(),
            now: Instant::now(),
        };
        story.hear(What::Started(AT));
        story.hear(What::Asked("fake/one".to_owned()));
        story
    }

    fn hear(&mut self, what: What) -> Vec<Saying> {
        let item = Item {
            run: RunId::new("r"),
            session: SessionKey::new("agent:main:lab"),
            agent: AgentId::new("main"),
            what,
        };
        self.runs.hear(item, self.now, AT)
    }

    fn text(&mut self, text: &str) -> Vec<Saying> {
        self.hear(What::Text(text.to_owned()))
    }

    fn end(&mut self, outcome: RunOutcome, said: &str, word: Option<&'static str>) -> Vec<Saying> {
        let report = RunReport {
            run: RunId::new("r"),
            session: SessionKey::new("agent:main:lab"),
            outcome,
            message: Some(Message::assistant(said)),
            provider: None,
            model: None,
            usage: Usage::default(),
            cost: Some(MicroUsd::ZERO),
            used_tools: false,
            accepted_at: AT,
            finished_at: AT,
        };
        self.hear(What::Finished(Arc::new(report), word))
    }
}

fn chats(sayings: &[Saying]) -> Vec<&Value> {
    let chats = sayings.iter().filter(|saying| saying.event == "chat");
    chats.map(|saying| &saying.payload).collect()
}

#[tokio::test]
async fn deltas_keep_their_distance_and_the_last_one_carries_everything() {
    let mut story = Story::new();
    let first = story.text("one ");
    assert_eq!(chats(&first)[0]["deltaText"], "one ");
    assert!(first.iter().all(|saying| saying.droppable));
    assert!(story.text("two ").is_empty() && story.text("three").is_empty());
    assert_eq!(story.runs.next_due(story.now), Some(story.now + PAUSE));
    story.now += PAUSE;
    let second = story.runs.due(story.now, AT);
    assert_eq!(chats(&second)[0]["deltaText"], "two three");
    story.text(" four");
    let stop = StopReason::Stop;
    let end = story.end(
        RunOutcome::Completed { stop },
        "one two three four five",
        None,
    );
    let told = chats(&end);
    // What was left out on the way is in the last delta.
    assert_eq!(told[0]["deltaText"], " four five");
    assert_eq!(told[1]["state"], "final");
    assert_eq!(
        told[1]["message"]["content"][0]["text"],
        "one two three four five"
    );
    assert!(story.runs.by_run.is_empty());
}

#[tokio::test]
async fn the_text_of_a_later_call_replaces_the_earlier() {
    let mut story = Story::new();
    story.text("let me look");
    let call = ToolCall {
        id: ToolCallId::new("c"),
        name: ToolName::new("read"),
        arguments: "{\"path\":\"x\"}".to_owned(),
    };
    let tool = story.hear(What::ToolStarted(Arc::new(call)));
    assert_eq!(tool[0].to, To::ToolViewers);
    assert_eq!(tool[0].payload["data"]["args"], json!({ "path": "x" }));
    assert_eq!(tool[1].to, To::OtherFollowers("agent:main:lab".to_owned()));
    story.now += PAUSE;
    story.hear(What::Asked("fake/one".to_owned()));
    let next = story.text("done");
    let chat = chats(&next)[0];
    assert_eq!(
        (&chat["replace"], &chat["deltaText"]),
        (&json!(true), &json!("done"))
    );
    assert_eq!(chat["message"]["content"][0]["text"], "done");
}

#[tokio::test]
async fn every_end_has_its_state() {
    let failed = |kind| RunOutcome::Failed {
        kind,
        message: "no".to_owned(),
        status: None,
        retry_after_ms: None,
    };
    let aborted = || RunOutcome::Aborted {
        reason: "x".to_owned(),
    };
    for (outcome, word, state, detail) in [
        (RunOutcome::AwaitingClient, None, "final", "toolUse"),
        (aborted(), Some("rpc"), "aborted", "rpc"),
        (aborted(), None, "aborted", "stop"),
        (
            failed(FailureKind::RateLimited),
            None,
            "error",
            "rate_limit",
        ),
        (failed(FailureKind::Internal), None, "error", "unknown"),
        (RunOutcome::Interrupted, None, "error", "unknown"),
    ] {
        let mut story = Story::new();
        let end = story.end(outcome, "part", word);
        let last = *chats(&end).last().unwrap();
        let word = last.get("stopReason").unwrap_or(&last["errorKind"]);
        assert_eq!((&last["state"], word), (&json!(state), &json!(detail)));
        assert_eq!(last["message"]["content"][0]["text"], "part");
        assert!(
            last.as_object()
                .unwrap()
                .values()
                .all(|member| !member.is_null())
        );
    }
}
