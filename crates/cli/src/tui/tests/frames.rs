//! Whole screens, compared with stored ones.

use super::*;

/// Compares the screen with the stored one of this name, in both sizes.
fn compare(name: &str, scene: impl Fn(Stage) -> Stage) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("snapshots");
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (columns, rows) in [(80, 24), (160, 48)] {
            let stage = scene(Stage::sized(columns, rows));
            insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), stage.screen());
        }
    });
}

const ANSWER: &str = "# Plan\n\nTwo *steps*, **both** short:\n\n1. read the `notes.md` file\n2. write a summary\n\n\
    | file | lines | about |\n|---|--:|---|\n| notes.md | 120 | 日本語 and English |\n| plan.md | 7 | 🦞 |\n\n\
    ```rust\nfn main() {\n    println!(\"hello\");\n}\n```\n\n> quoted\n\nSee [the docs](https://docs.example.com).";

fn talking(mut stage: Stage) -> Stage {
    stage.history = json!({ "sessionId": "id-1", "messages": [
        { "role": "user", "content": "what is the plan?", "timestamp": 1 },
        { "role": "assistant", "content": [{ "type": "text", "text": ANSWER }], "timestamp": 2,
          "usage": { "totalTokens": 321, "cost": { "total": 0.0042 } } },
    ]});
    stage.connected()
}

#[test]
fn welcome() {
    compare("welcome", Stage::connected);
}

#[test]
fn connecting() {
    compare("connecting", |stage| stage);
}

#[test]
fn markdown() {
    compare("markdown", talking);
}

#[test]
fn streaming() {
    compare("streaming", |stage| {
        let mut stage = talking(stage);
        stage.say("go on");
        stage.chat("seed-1", "delta", "Here is the **first");
        stage.later(2);
        stage.write("while it streams I\nwrite");
        stage
    });
}

#[test]
fn tool_cards() {
    compare("tool_cards", |stage| {
        let mut stage = stage.connected();
        stage.say("read it");
        stage.chat("seed-1", "delta", "I look into the file.");
        stage.tool("seed-1", &json!({ "phase": "start", "name": "read_file", "toolCallId": "a", "args": { "path": "notes.md" } }));
        stage.later(2);
        stage.tool(
            "seed-1",
            &json!({ "phase": "result", "name": "read_file", "toolCallId": "a", "isError": false,
            "result": { "content": [{ "type": "text", "text": "one\ntwo\nthree\nfour\nfive" }] } }),
        );
        stage.tool("seed-1", &json!({ "phase": "start", "name": "exec", "toolCallId": "b", "args": { "command": "cargo test --workspace" } }));
        stage.tool(
            "seed-1",
            &json!({ "phase": "result", "name": "exec", "toolCallId": "b", "isError": true,
            "result": { "content": [{ "type": "text", "text": "error: it failed" }] } }),
        );
        stage.tool("seed-1", &json!({ "phase": "start", "name": "web_search", "toolCallId": "c", "args": { "query": "日本の天気" } }));
        stage.later(1);
        stage
    });
}

#[test]
fn approval() {
    compare("approval", |stage| {
        let mut stage = talking(stage);
        stage.told("exec.approval.requested", json!({ "id": "x", "expiresAtMs": NOW + 120_000, "request": {
            "command": "rm -rf build\u{1b}[2K && ls", "cwd": "/home/user/project", "host": "gateway",
            "agentId": "main", "warningText": "it removes a folder", "allowedDecisions": ["allow-once", "deny"],
        }}));
        stage.press(KeyCode::F(2));
        stage
    });
}

#[test]
fn session_picker() {
    compare("session_picker", |stage| {
        let mut stage = talking(stage);
        stage.control('p');
        stage.write("trip");
        stage
    });
}

#[test]
fn model_picker() {
    compare("model_picker", |stage| {
        let mut stage = talking(stage);
        stage.control('l');
        stage
    });
}

#[test]
fn completion() {
    compare("completion", |stage| {
        let mut stage = stage.connected();
        stage.write("/s");
        stage.press(KeyCode::Down);
        stage
    });
}

#[test]
fn help() {
    compare("help", |stage| {
        let mut stage = stage.connected();
        stage.press(KeyCode::F(1));
        stage
    });
}

#[test]
fn error() {
    compare("error", |stage| {
        let mut stage = stage.connected();
        stage.say("hello");
        stage.told("chat", json!({
            "runId": "seed-1", "sessionKey": "agent:main:main", "state": "error",
            "errorMessage": "the budget of the day is used up; raise it with: openclaw config set budgets.daily 5",
        }));
        stage
    });
}

#[test]
fn aborted() {
    compare("aborted", |stage| {
        let mut stage = stage.connected();
        stage.say("hello");
        stage.chat("seed-1", "delta", "part of an");
        stage.press(KeyCode::Esc);
        stage.chat("seed-1", "aborted", "part of an");
        stage.later(10);
        stage
    });
}

#[test]
fn reconnecting() {
    compare("reconnecting", |stage| {
        let mut stage = talking(stage);
        stage.lose();
        stage.later(1);
        stage
    });
}

#[test]
fn reading_above() {
    compare("reading_above", |mut stage| {
        let long: Vec<String> = (1..=200).map(|line| format!("line {line}")).collect();
        stage.history =
            json!({ "messages": [{ "role": "assistant", "content": long.join("\n") }] });
        stage.connect();
        stage.press(KeyCode::PageUp);
        stage.told(
            "chat",
            json!({
                "runId": "other", "sessionKey": "main", "state": "delta", "deltaText": "new words",
            }),
        );
        stage
    });
}

#[test]
fn long_input() {
    compare("long_input", |stage| {
        let mut stage = talking(stage);
        stage.play(Event::Paste(
            "一二三四五六七八九十 ".repeat(20) + "\nsecond line\nthird line",
        ));
        stage
    });
}

#[test]
fn a_small_terminal_says_so() {
    assert_eq!(
        Stage::sized(29, 7).screen(),
        "too small\nat least 30 × 8\nnow 29 × 7\n\n\n\n\n"
    );
    assert!(
        Stage::sized(30, 8)
            .connected()
            .screen()
            .contains("connected")
    );
}
