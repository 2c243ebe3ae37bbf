//! Nothing that others write acts on the terminal.

use super::*;
use proptest::prelude::*;

/// Text with everything a terminal could obey.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("\u{1b}[2J".to_owned()),
        Just("\u{1b}]52;c;ZXZpbA==\u{7}".to_owned()),
        Just("\u{9b}31m".to_owned()),
        Just("&#27;[31m".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\n\n```\n".to_owned()),
        Just("| a | b |\n|--|--|\n| \u{7} | x |\n".to_owned()),
        any::<char>().prop_map(String::from),
        "[ -~]{0,12}",
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]
    #[test]
    fn no_control_character_reaches_a_cell(text in hostile(), other in hostile(), open in any::<bool>()) {
        let mut stage = Stage::sized(60, 30);
        stage.history = json!({ "messages": [
            { "role": "user", "content": text },
            { "role": "assistant", "content": [
                { "type": "text", "text": other },
                { "type": "thinking", "thinking": text },
                { "type": "toolCall", "id": "a", "name": text, "arguments": { "path": other } } ] },
            { "role": "toolResult", "toolCallId": "a", "content": [{ "type": "text", "text": text }] },
        ]});
        stage.connect();
        if open {
            stage.control('o');
            stage.control('t');
        }
        stage.told("exec.approval.requested", json!({ "id": "x", "request": {
            "command": text, "cwd": other, "warningText": text } }));
        stage.told("sessions.changed", json!({ "sessionKey": "main", "session": { "key": text, "model": other } }));
        stage.told("agent", json!({ "runId": "r", "sessionKey": "main", "stream": "run_status", "data": { "phase": text } }));
        stage.told("chat", json!({ "runId": "q", "sessionKey": "main", "state": "delta", "deltaText": other }));
        let mut screens = vec![stage.screen()];
        stage.told("chat", json!({ "runId": "q", "sessionKey": "main", "state": "error", "errorMessage": text }));
        stage.refused.push(("sessions.patch", "no\u{1b}[31m"));
        stage.play(Event::Paste(format!("/session {}", text.replace('\n', " "))));
        screens.push(stage.screen());
        stage.press(KeyCode::Enter);
        stage.say("/model x");
        screens.push(stage.screen());
        stage.play(Event::News(News::Lost { why: other, again: None }));
        screens.push(stage.screen());
        for screen in screens {
            let found = screen.chars().find(|c| *c != '\n' && acts(*c));
            prop_assert_eq!(found, None, "in\n{}", screen);
        }
    }
}
