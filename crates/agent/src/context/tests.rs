//! What a model reads of a conversation.

use super::*;
use domain::record::{AssistantMessage, RunStarted};
use domain::{
    AgentId, ModelId, OnDisconnect, Origin, ProviderId, RunId, Sampling, SessionKey, ToolCall,
    ToolCallId, ToolChoice, ToolName, ToolResult, UnixMillis, Usage,
};
use state::Seq;

fn turn(context: Vec<Message>, input: Vec<Message>) -> Turn {
    Turn {
        agent: AgentId::new("main"),
        session: SessionKey::new("agent:main:main"),
        origin: Origin::OpenAi,
        at: None,
        payer_key: None,
        input,
        context,
        instructions: vec![],
        client_tools: vec![],
        tool_choice: ToolChoice::Auto,
        sampling: Sampling::default(),
        model: None,
        on_disconnect: OnDisconnect::Cancel,
        timeout_ms: None,
    }
}

fn asks(id: &str) -> Message {
    let call = ToolCall {
        id: ToolCallId::new(id),
        name: ToolName::new("weather"),
        arguments: "{}".into(),
    };
    Message {
        role: Role::Assistant,
        parts: vec![Part::ToolCall(call)],
    }
}

fn answers(id: &str) -> Message {
    let result = ToolResult {
        call: ToolCallId::new(id),
        name: None,
        content: "sunny".into(),
        is_error: false,
    };
    Message {
        role: Role::Tool,
        parts: vec![Part::ToolResult(result)],
    }
}

#[test]
fn the_clients_context_counts_only_in_a_new_session() {
    let mut fresh = vec![];
    push_turn(
        &mut fresh,
        &turn(vec![Message::user("before")], vec![Message::user("now")]),
    );
    assert_eq!(fresh.len(), 2);
    push_turn(
        &mut fresh,
        &turn(vec![Message::user("before")], vec![Message::user("next")]),
    );
    assert_eq!(
        fresh.iter().map(Message::text).collect::<Vec<_>>(),
        ["before", "now", "next"]
    );
}

#[test]
fn a_turn_speaks_when_its_run_starts() {
    let run = |name: &str| Some(RunId::new(name));
    let mut records = Vec::new();
    let mut add = |run: Option<RunId>, record: Record| {
        let seq = Seq(i64::try_from(records.len()).unwrap() + 1);
        records.push(Recorded {
            seq,
            at: UnixMillis(0),
            run,
            record,
        });
    };
    let accepted =
        |text: &str| Record::TurnAccepted(Box::new(turn(vec![], vec![Message::user(text)])));
    let started = |attempt| Record::RunStarted(RunStarted { attempt });
    let said = |text: &str| {
        Record::AssistantMessage(Box::new(AssistantMessage {
            message: Message::assistant(text),
            provider: ProviderId::new("p"),
            model: ModelId::new("m"),
            usage: Usage::default(),
            cost: None,
            stop: None,
            incomplete: false,
        }))
    };
    add(run("1"), accepted("one"));
    add(run("1"), started(1));
    add(run("2"), accepted("two"));
    add(run("3"), accepted("three"));
    add(run("1"), started(2));
    add(run("1"), said("first"));
    add(run("2"), started(1));
    let texts: Vec<_> = fold(&records).iter().map(Message::text).collect();
    assert_eq!(texts, ["one", "first", "two"]);
}

#[test]
fn results_of_calls_the_log_lacks_bring_their_call() {
    let mut known = vec![Message::user("hi"), asks("a")];
    push_turn(&mut known, &turn(vec![asks("a")], vec![answers("a")]));
    assert_eq!(known.len(), 3);

    let mut foreign = vec![Message::user("hi"), Message::assistant("hello")];
    push_turn(
        &mut foreign,
        &turn(vec![Message::user("hi"), asks("b")], vec![answers("b")]),
    );
    assert_eq!(foreign.len(), 4);
    assert_eq!(foreign[2], asks("b"));
}

#[test]
fn a_turn_ends_with_its_moment() {
    let mut said = turn(vec![], vec![Message::user("hi")]);
    said.at = Some(UnixMillis(1_795_273_499_000));
    let mut messages = vec![];
    push_turn(&mut messages, &said);
    assert_eq!(messages[0].parts.len(), 2);
    assert_eq!(messages[0].text(), "hi\n[2026-11-21 15:04 UTC]");
    let mut answered = turn(vec![], vec![answers("a")]);
    answered.at = said.at;
    let mut results = vec![];
    push_turn(&mut results, &answered);
    assert_eq!(results, [answers("a")]);
}

/// Turns of about 2,000 tokens each.
fn long_talk(turns: usize) -> Vec<Message> {
    let long = "x".repeat(4_000);
    let turn = || {
        [
            Message::user(long.clone()),
            Message::assistant(long.clone()),
        ]
    };
    (0..turns).flat_map(|_| turn()).collect()
}

#[test]
fn fitting_drops_whole_turns_from_the_front_and_keeps_the_last() {
    let mut messages = long_talk(10);
    messages.push(Message::user("last"));
    let mut small = messages.clone();
    let dropped = fit(&mut small, Some(8_000), 0);
    assert_eq!(dropped + small.len(), messages.len());
    assert!(small.len() < messages.len() && small.len() > 1);
    assert_eq!(small[0].role, Role::User);
    assert_eq!(small.last().unwrap().text(), "last");

    let mut tiny = messages.clone();
    fit(&mut tiny, Some(10), 0);
    assert_eq!(tiny.len(), 1);

    let mut whole = messages.clone();
    assert_eq!(fit(&mut whole, Some(1_000_000), 0), 0);
    assert_eq!(fit(&mut whole, None, 0), 0);
    assert_eq!(whole, messages);
}

#[test]
fn a_cut_stays_for_many_turns_however_often_it_is_made_anew() {
    let (window, all) = (Some(40_000), long_talk(60));
    let mut cuts = Vec::new();
    let mut going_on: Vec<Message> = Vec::new();
    let mut before = 0;
    for (index, message) in all.iter().enumerate() {
        going_on.push(message.clone());
        if message.role != Role::User {
            continue;
        }
        // Once in the life of a process, once folded anew from the log, with a little more reserved.
        before += fit(&mut going_on, window, 1_000);
        let mut anew = all[..=index].to_vec();
        let dropped = fit(&mut anew, window, 1_000 + index);
        assert_eq!(dropped, before);
        assert_eq!(anew, going_on);
        if cuts.last() != Some(&dropped) {
            cuts.push(dropped);
        }
    }
    assert!((3..=8).contains(&cuts.len()), "{cuts:?}");
}

#[test]
fn halving_keeps_the_last_turn() {
    let mut messages = long_talk(4);
    messages.push(Message::user("last"));
    assert_eq!(halve(&mut messages), 6);
    assert_eq!(halve(&mut messages), 2);
    assert_eq!(messages, [Message::user("last")]);
    assert_eq!(halve(&mut messages), 0);
}

/// A log that grows record by record.
#[derive(Default)]
struct Log(Vec<Recorded>);

impl Log {
    fn add(&mut self, run: Option<&str>, record: Record) -> &mut Self {
        self.0.push(Recorded {
            seq: Seq(i64::try_from(self.0.len()).unwrap() + 1),
            at: UnixMillis(0),
            run: run.map(RunId::new),
            record,
        });
        self
    }

    /// A turn and the beginning of its run.
    fn begun(&mut self, run: &str, turn: Turn) -> &mut Self {
        self.add(Some(run), Record::TurnAccepted(Box::new(turn)));
        let started = Record::RunStarted(RunStarted { attempt: 1 });
        self.add(Some(run), started)
    }

    fn ended(&mut self, run: &str) -> &mut Self {
        let stop = domain::StopReason::Stop;
        let completed = domain::RunOutcome::Completed { stop };
        self.add(Some(run), Record::RunFinished(completed))
    }

    fn said(&mut self, run: Option<&str>, message: Message) -> &mut Self {
        let said = AssistantMessage {
            message,
            provider: ProviderId::new("p"),
            model: ModelId::new("m"),
            usage: Usage::default(),
            cost: None,
            stop: None,
            incomplete: false,
        };
        self.add(run, Record::AssistantMessage(Box::new(said)))
    }

    /// The texts of the conversation; a call or a result is its id.
    fn texts(&self) -> Vec<String> {
        let part = |part: &Part| match part {
            Part::Text { text } => text.clone(),
            Part::ToolCall(call) => format!("call {}", call.id),
            Part::ToolResult(result) => format!("result {}", result.call),
            Part::Image { .. } | Part::File { .. } | Part::Reasoning { .. } => String::new(),
        };
        let text = |message: &Message| message.parts.iter().map(part).collect();
        fold(&self.0).iter().map(text).collect()
    }
}

fn says(text: &str) -> Turn {
    turn(vec![], vec![Message::user(text)])
}

#[test]
fn a_reset_begins_an_empty_conversation() {
    let mut log = Log::default();
    log.begun("1", says("one"));
    log.said(Some("1"), Message::assistant("first")).ended("1");
    let reset = domain::record::SessionReset {
        session_id: "s2".into(),
        reason: "new".into(),
    };
    log.add(None, Record::SessionReset(reset));
    assert_eq!(log.texts(), Vec::<String>::new());
    log.begun(
        "2",
        turn(vec![Message::user("before")], vec![Message::user("two")]),
    );
    assert_eq!(log.texts(), ["before", "two"]);
}

#[test]
fn a_trimmed_conversation_begins_later_and_takes_no_context() {
    let mut log = Log::default();
    log.begun("1", says("one"));
    log.said(Some("1"), Message::assistant("first")).ended("1");
    log.begun(
        "2",
        turn(vec![Message::user("before")], vec![Message::user("two")]),
    );
    log.said(Some("2"), Message::assistant("second")).ended("2");
    let trimmed = domain::record::Trimmed { before: 5 };
    log.add(None, Record::Trimmed(trimmed));
    assert_eq!(log.texts(), ["two", "second"]);
    // Read from there on it is the same.
    log.0.drain(..4);
    assert_eq!(log.texts(), ["two", "second"]);
}

#[test]
fn a_note_never_stands_between_a_call_and_its_result() {
    let note = |text| Message::assistant(text);
    let mut log = Log::default();
    log.said(None, note("welcome"));
    log.begun("1", says("weather?"));
    log.said(Some("1"), asks("c1"));
    log.said(None, note("by the way"));
    // The client's tool: its result comes with the next turn.
    log.ended("1").said(None, note("and another thing"));
    assert_eq!(log.texts(), ["welcome", "weather?", "call c1"]);
    log.begun("2", turn(vec![], vec![answers("c1")]));
    let answered = ["welcome", "weather?", "call c1", "result c1"];
    assert_eq!(log.texts(), answered);
    log.said(Some("2"), Message::assistant("sunny")).ended("2");
    let all = [&answered[..], &["sunny", "by the way", "and another thing"]].concat();
    assert_eq!(log.texts(), all);
    log.begun("3", says("thanks"));
    assert_eq!(log.texts(), [&all[..], &["thanks"]].concat());
}
