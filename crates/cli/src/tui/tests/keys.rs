//! Keys and commands.

use super::*;

#[test]
fn enter_sends_and_other_enters_begin_a_line() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.write("one\\");
    stage.press(KeyCode::Enter);
    stage.write("two");
    stage.chord(KeyModifiers::ALT, KeyCode::Enter);
    stage.write("three");
    stage.control('j');
    stage.say("four");
    assert_eq!(
        stage.params("chat.send"),
        &json!({
            "sessionKey": "agent:main:main", "sessionId": "id-1", "message": "one\ntwo\nthree\nfour",
            "deliver": false, "idempotencyKey": "seed-1",
        })
    );
    stage.press(KeyCode::Up);
    assert_eq!(stage.model.composer.text(), "one\ntwo\nthree\nfour");
}

#[test]
fn a_paste_of_many_lines_is_written_and_not_sent() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.play(Event::Paste("ls\r\nrm -rf x\r\n".to_owned()));
    assert_eq!(stage.model.composer.text(), "ls\nrm -rf x\n");
    assert_eq!(stage.count("chat.send"), 0);
}

#[test]
fn control_c_clears_then_stops_and_twice_leaves() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.say("hello");
    stage.write("draft");
    stage.control('c');
    assert_eq!(stage.model.composer.text(), "");
    stage.later(3);
    stage.control('c');
    assert_eq!(stage.count("chat.abort"), 1);
    assert!(stage.others.is_empty());
    stage.control('c');
    assert_eq!(stage.others, [Effect::Quit]);
}

#[test]
fn a_slow_second_control_c_does_not_leave() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.control('c');
    stage.later(3);
    stage.control('c');
    stage.write("x");
    stage.control('c');
    assert!(stage.others.is_empty());
}

#[test]
fn escape_stops_the_run() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.press(KeyCode::Esc);
    assert_eq!(stage.count("chat.abort"), 0);
    stage.say("hello");
    stage.press(KeyCode::Esc);
    assert_eq!(stage.params("chat.abort")["sessionKey"], "agent:main:main");
}

#[test]
fn commands_complete_and_run() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.write("/mod");
    stage.press(KeyCode::Tab);
    assert_eq!(stage.model.composer.text(), "/model ");
    stage.say("openai/gpt-5");
    assert_eq!(
        stage.params("sessions.patch"),
        &json!({ "key": "agent:main:main", "model": "openai/gpt-5" })
    );
    assert!(stage.screen().contains("this session uses openai/gpt-5"));
    stage.say("/hel");
    assert!(stage.screen().contains("Ctrl-Y"));
    stage.press(KeyCode::Esc);
    stage.say("/think high");
    assert_eq!(stage.params("sessions.patch")["thinkingLevel"], "high");
    stage.say("/status");
    assert_eq!(stage.params("chat.send")["message"], "/status");
    stage.say("/quit");
    assert_eq!(stage.others, [Effect::Quit]);
}

#[test]
fn pickers_narrow_and_take() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.control('g');
    stage.write("work");
    stage.press(KeyCode::Enter);
    assert_eq!(
        stage.params("chat.history")["sessionKey"],
        "agent:work:main"
    );
    stage.control('p');
    stage.press(KeyCode::Down);
    stage.press(KeyCode::Enter);
    assert_eq!(
        stage.params("chat.history")["sessionKey"],
        "agent:main:tui-2"
    );
    stage.control('l');
    stage.write("gpt");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.params("sessions.patch")["model"], "openai/gpt-5");
}

#[test]
fn typing_never_answers_an_approval() {
    let mut stage = Stage::sized(80, 24).connected();
    let asked = json!({ "id": "x", "request": { "command": "ls" } });
    stage.told("exec.approval.requested", asked);
    stage.say("a");
    stage.say("d s");
    assert_eq!(stage.count("exec.approval.resolve"), 0);
    stage.press(KeyCode::F(2));
    stage.press(KeyCode::Right);
    stage.press(KeyCode::Enter);
    assert_eq!(
        stage.params("exec.approval.resolve"),
        &json!({ "id": "x", "decision": "allow-always" })
    );
    stage.told(
        "exec.approval.resolved",
        json!({ "id": "x", "decision": "allow-always" }),
    );
    assert!(stage.screen().contains("allowed always: ls"));
    assert!(!stage.screen().contains("may this run"));
}

#[test]
fn an_answer_must_be_one_that_is_allowed() {
    let mut stage = Stage::sized(80, 24).connected();
    let request = json!({ "command": "ls", "allowedDecisions": ["allow-once", "deny"] });
    stage.told(
        "exec.approval.requested",
        json!({ "id": "x", "request": request }),
    );
    stage.say("/approve always");
    assert_eq!(stage.count("exec.approval.resolve"), 0);
    stage.say("/deny");
    assert_eq!(stage.params("exec.approval.resolve")["decision"], "deny");
}

#[test]
fn the_last_answer_and_its_code_are_copied() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.say("/copy");
    assert!(stage.others.is_empty());
    stage.say("code please");
    stage.chat(
        "seed-1",
        "final",
        "Here:\n```sh\nls -l\n```\n\u{1b}]0;x\u{7}done",
    );
    stage.say("/copy code");
    stage.control('y');
    assert_eq!(
        stage.others,
        [
            Effect::Copy("ls -l".to_owned()),
            Effect::Copy("Here:\n```sh\nls -l\n```\ndone".to_owned())
        ]
    );
}

#[test]
fn a_new_session_follows_this_one() {
    let mut stage = Stage::sized(80, 24).connected();
    stage.say("/new");
    assert_eq!(
        stage.params("sessions.create"),
        &json!({
            "key": "tui-seed-1", "agentId": "main", "parentSessionKey": "agent:main:main",
            "succeedsParent": true, "emitCommandHooks": true,
        })
    );
    assert_eq!(
        stage.params("chat.history")["sessionKey"],
        "agent:main:tui-seed-1"
    );
}

#[test]
fn an_older_gateway_needs_no_method_for_a_new_session() {
    let mut stage = Stage::sized(80, 24).connected();
    stage
        .refused
        .push(("sessions.create", "unknown method: sessions.create"));
    stage.say("/new");
    assert_eq!(
        stage.params("chat.history")["sessionKey"],
        "agent:main:tui-seed-1"
    );
}
