//! The terminal UI in a real terminal (tmux), against a real gateway.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets something else must stop and say so"
)]

mod terminal;

use crate::journeys::{BINARY, openclaw};
use serde_json::json;
use terminal::Terminal;
use testkit::{FakeModel, GatewayProcess, Home, Launch};

struct Stage {
    home: Home,
    gateway: GatewayProcess,
    terminal: Terminal,
    _model: FakeModel,
}

async fn stage(arguments: &str) -> Stage {
    let model = FakeModel::start().await.unwrap();
    let home = Home::with_model(&model.base_url()).unwrap();
    let gateway = Launch::with_binary(&home, BINARY)
        .unwrap()
        .start()
        .await
        .unwrap();
    let terminal = Terminal::open(&home, 80, 24);
    let token = gateway.token();
    terminal.line(&format!("export OPENCLAW_GATEWAY_TOKEN={token}; clear"));
    terminal.line(&format!(
        "echo BEFORE; {BINARY} tui {arguments}; echo LEFT $?"
    ));
    terminal.wait("● connected");
    Stage {
        home,
        gateway,
        terminal,
        _model: model,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_from_the_first_word_to_leaving() {
    let stage = stage("").await;
    let terminal = &stage.terminal;
    terminal.wait("a message, or / for commands");
    terminal.line("SAY:good **morning** to all");
    terminal.wait("\n  good morning to all");
    terminal.wait("fake/fake-1");

    let workspace = stage.home.state_dir().join("workspace");
    std::fs::write(workspace.join("notes.md"), "buy milk").unwrap();
    terminal.line("TOOL:read{\"path\":\"notes.md\"}");
    terminal.wait("✓ read notes.md");
    terminal.wait("│ buy milk");
    terminal.wait("The tool said: buy milk");

    terminal.line("SLOW:1500");
    terminal.wait("  Hello");
    terminal.keys(&["Escape"]);
    terminal.wait("■ aborted");

    terminal.keys(&["C-l"]);
    terminal.wait("fake/fake-2");
    terminal.text("fake-2");
    terminal.keys(&["Enter"]);
    terminal.wait("this session uses fake/fake-2 from now on");
    terminal.wait_line(|line| line.starts_with(" fake/fake-2"));

    for (columns, rows) in [(160, 48), (40, 10), (80, 24)] {
        terminal.resize(columns, rows);
        terminal.wait_line(|line| line == "─".repeat(columns));
    }

    terminal.paste("first line\nsecond line\n");
    terminal.wait("❯ first line");
    let screen = terminal.wait("  second line");
    assert!(!screen.contains("▌ first line"), "it was sent:\n{screen}");
    terminal.keys(&["C-c"]);
    terminal.wait("Ctrl-C again leaves");

    terminal.line("/quit");
    let screen = terminal.wait("LEFT 0");
    assert!(
        screen.contains("BEFORE") && !screen.contains("connected"),
        "{screen}"
    );
    terminal.line("stty -a | tr ' ' '\\n' | grep -xE 'icanon|echo|isig' | tr '\\n' '+'");
    terminal.wait("icanon+echo+");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_answered_in_place() {
    let stage = stage("--session work").await;
    let caller = stage.gateway.caller().unwrap();
    let mut asking = tokio::task::JoinSet::new();
    asking.spawn(async move {
        let question = json!({
            "commandArgv": ["rm", "-rf", "build"], "cwd": "/tmp", "host": "gateway", "timeoutMs": 60_000,
        });
        caller.rpc("exec.approval.request", &question).await
    });
    let terminal = &stage.terminal;
    terminal.wait("$ rm -rf build");
    terminal.text("asd");
    terminal.wait("❯ asd");
    terminal.keys(&["F2", "Right", "Right", "Enter"]);
    terminal.wait("denied: rm -rf build");
    let answer = asking.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(answer.get("decision"), Some(&json!("deny")), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_comes_back_is_found_again() {
    let mut stage = stage("--message 'SAY:the first words'").await;
    stage.terminal.wait("\n  the first words");
    stage.gateway.kill9().await.unwrap();
    stage.terminal.wait("◌ reconnecting");
    stage.terminal.text("written meanwhile");
    stage.terminal.wait("❯ written meanwhile");
    stage.gateway.restart().await.unwrap();
    let screen = stage.terminal.wait("● connected");
    assert!(screen.contains("  the first words"), "{screen}");
    stage.terminal.keys(&["Enter"]);
    stage.terminal.wait("Hello from the fake model.");
}

#[test]
fn local_needs_no_gateway() {
    let home = Home::empty().unwrap();
    let terminal = Terminal::open(&home, 80, 24);
    terminal.line(&format!("{BINARY} tui --local"));
    terminal.wait("● connected");
    terminal.line("hello");
    terminal.wait("Say help to see what I can do.");
    terminal.keys(&["C-d"]);
    terminal.wait_line(|line| line.ends_with('$'));
}

#[test]
fn without_a_gateway_or_a_terminal_it_says_what_to_do() {
    let home = Home::empty().unwrap();
    let ran = openclaw(home.root(), &home.state_dir(), &["tui"]);
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(2), "{told}");
    assert!(
        told.contains("needs a terminal") && told.contains("openclaw agent -m"),
        "{told}"
    );
    let terminal = Terminal::open(&home, 80, 24);
    terminal.line(&format!(
        "OPENCLAW_GATEWAY_PORT=1 {BINARY} tui; echo LEFT $?"
    ));
    let screen = terminal.wait("LEFT 1");
    assert!(screen.contains("--local"), "{screen}");
}
