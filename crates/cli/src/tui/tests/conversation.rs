//! Runs, breaks of the connection, other clients.

use super::*;
use crate::tui::transcript::Entry;

#[test]
fn the_command_line_chooses_where_to_begin() {
    let wishes = Wishes {
        session: Some("Trip".to_owned()),
        agent: Some("work".to_owned()),
        message: Some("hello".to_owned()),
        thinking: Some("low".to_owned()),
        timeout_ms: Some(5000),
        history_limit: Some(7),
        deliver: true,
    };
    let stage = Stage::wishing(80, 24, wishes).connected();
    assert_eq!(
        stage.params("chat.history"),
        &json!({ "sessionKey": "agent:work:trip", "limit": 7 })
    );
    assert_eq!(
        stage.params("chat.send"),
        &json!({
            "sessionKey": "agent:work:trip", "message": "hello", "deliver": true,
            "idempotencyKey": "seed-1", "thinking": "low", "timeoutMs": 5000,
        })
    );
}

#[test]
fn what_is_said_before_and_after_a_tool_call_stays_in_order() {
    for rest in ["I look.\n\nIt says hi.", "It says hi."] {
        let mut stage = Stage::sized(80, 24).connected();
        stage.say("read");
        stage.chat("seed-1", "delta", "I look.");
        stage.tool("seed-1", &json!({ "phase": "start", "name": "read_file", "toolCallId": "a", "args": { "path": "x" } }));
        stage.tool(
            "seed-1",
            &json!({ "phase": "result", "name": "read_file", "toolCallId": "a", "result": "hi" }),
        );
        stage.chat("seed-1", "delta", rest);
        stage.chat("seed-1", "final", rest);
        let screen = stage.screen();
        let at = |text: &str| {
            screen
                .find(text)
                .unwrap_or_else(|| panic!("{text} is not in\n{screen}"))
        };
        assert!(at("I look.") < at("read_file") && at("read_file") < at("It says hi."));
        assert_eq!(screen.matches("I look.").count(), 1, "{screen}");
        assert_eq!(screen.matches("It says hi.").count(), 1, "{screen}");
        assert!(stage.model.runs.is_empty());
    }
}

#[test]
fn a_message_survives_a_break_and_runs_once() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.held.push("chat.send");
    stage.say("hello");
    stage.lose();
    assert!(stage.screen().contains("reconnecting"));
    stage.say("kept");
    assert_eq!(stage.model.composer.text(), "kept");
    stage.held.clear();
    stage.connect();
    let sent: Vec<&Value> = stage
        .calls
        .iter()
        .filter(|(name, _)| name == "chat.send")
        .map(|(_, params)| params)
        .collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1], "the same key, so that it runs once");
    assert_eq!(stage.screen().matches("hello").count(), 1);
}

#[test]
fn a_gap_reads_the_session_again() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.history = json!({ "messages": [{ "role": "user", "content": "missed" }],
        "inFlightRun": { "runId": "r", "text": "goes on" } });
    stage.play(Event::News(News::Gap));
    let screen = stage.screen();
    assert!(
        screen.contains("missed") && screen.contains("goes on"),
        "{screen}"
    );
    stage.chat("r", "final", "goes on and ends");
    assert!(stage.screen().contains("goes on and ends"));
}

#[test]
fn a_message_that_is_refused_comes_back() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.refused.push(("chat.send", "message too long"));
    stage.say("hello");
    assert_eq!(stage.model.composer.text(), "hello");
    assert!(stage.screen().contains("not sent: message too long"));
    assert!(stage.model.runs.is_empty());
}

#[test]
fn what_others_say_in_this_session_shows() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.say("mine");
    let message = |key: &str, text: &str| {
        json!({ "sessionKey": "agent:main:main", "message": {
        "role": "user", "content": text, "idempotencyKey": key } })
    };
    stage.told("session.message", message("seed-1:user", "mine"));
    stage.told("session.message", message("web-9:user", "theirs"));
    stage.chat("web-9", "final", "an answer to them");
    let screen = stage.screen();
    assert_eq!(screen.matches("mine").count(), 1);
    assert!(screen.contains("▌ theirs") && screen.contains("an answer to them"));
}

#[test]
fn other_sessions_do_not_show() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.told("chat", json!({ "runId": "r", "sessionKey": "agent:main:other", "state": "delta", "deltaText": "elsewhere" }));
    assert!(!stage.screen().contains("elsewhere"));
}

#[test]
fn stored_tool_calls_and_thoughts_show() {
    let mut stage = Stage::sized(80, 24);
    stage.history = json!({ "messages": [
        { "role": "user", "content": [{ "type": "text", "text": "read" }] },
        { "role": "assistant", "content": [
            { "type": "thinking", "thinking": "hmm, a file" },
            { "type": "toolCall", "id": "a", "name": "read_file", "arguments": { "path": "notes.md" } } ] },
        { "role": "toolResult", "toolCallId": "a", "toolName": "read_file", "isError": false,
          "content": [{ "type": "text", "text": "hi" }] },
        { "role": "assistant", "content": [{ "type": "text", "text": "part" }], "stopReason": "aborted" },
    ]});
    stage.connect();
    let screen = stage.screen();
    assert!(
        screen.contains("✓ read_file notes.md") && screen.contains("│ hi"),
        "{screen}"
    );
    assert!(
        screen.contains("■ aborted") && !screen.contains("hmm"),
        "{screen}"
    );
    stage.control('t');
    assert!(stage.screen().contains("hmm, a file"));
}

#[test]
fn an_approval_that_waited_before_shows_and_expires() {
    let mut stage = Stage::sized(80, 24).connected();
    let asked =
        json!({ "id": "x", "request": { "commandArgv": ["ls", "-l"] }, "expiresAtMs": NOW + 1000 });
    stage.told("exec.approval.requested", asked);
    assert!(stage.screen().contains("$ ls -l"));
    stage.later(2);
    assert!(!stage.screen().contains("$ ls -l"));
}

#[test]
fn a_budget_that_is_near_its_end_is_told() {
    let mut stage = Stage::sized(120, 24).connected();
    let result = Ok(json!({ "budgets": [
        { "scope": "agent", "window": "month", "limitUsd": "9.0", "spentUsd": "1.0" },
        { "scope": "gateway", "window": "day", "limitUsd": "1.000000", "spentUsd": "0.910000" },
    ]}));
    stage.play(Event::News(News::Answer {
        ask: Ask::Budgets,
        result,
    }));
    assert!(
        stage.screen().contains("91% of the gateway budget a day"),
        "{}",
        stage.screen()
    );
}

#[test]
fn a_megabyte_streams_without_being_laid_out_again() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.say("long");
    let mut text = "A line of an answer that is not short at all.\n\n".repeat(25_000);
    stage.chat("seed-1", "delta", &text);
    for number in 0..20 {
        text = format!("{text}more {number}\n\n");
        stage.chat("seed-1", "delta", &text);
        assert!(stage.screen().contains(&format!("more {number}")));
    }
    let last = stage.model.transcript.entries.last();
    let Some(Entry::Agent { prose, .. }) = last else {
        panic!("the answer is gone");
    };
    assert!(prose.blocks() > 20_000 && prose.laid_out() < 100);
}
