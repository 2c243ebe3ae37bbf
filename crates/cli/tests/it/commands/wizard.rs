//! `openclaw onboard` with a person at the terminal.

use super::Sandbox;
use super::terminal::Terminal;

const ENTER: &str = "\r";
const DOWN: &str = "\x1b[B";

#[test]
fn the_wizard_sets_up_a_home() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::start(sandbox.command(&["onboard", "--gateway-port", "4567"]));
    terminal.wait_for("Go on?");
    terminal.press(ENTER);
    terminal.wait_for("Which model should the agent use?");
    // The last entry is the offline demo; the list does not wrap around.
    terminal.press(&DOWN.repeat(40));
    terminal.press(ENTER);
    terminal.wait_for("Where should the agent's files be?");
    terminal.press(ENTER);
    terminal.wait_for("How should callers prove who they are?");
    terminal.press(ENTER);
    terminal.wait_for("/v1/chat/completions");
    terminal.press("y");
    terminal.wait_for("Send a short test message");
    terminal.press("y");
    terminal.wait_for("Next: openclaw gateway");
    let (status, shown) = terminal.end();
    assert!(status.success(), "{shown}");
    assert!(shown.contains("offline/demo"), "{shown}");
    assert!(has_colours(&shown), "{shown:?}");
    let settings = sandbox.run(&["config", "get", "--json"]).json();
    let expected = serde_json::json!({
        "gateway": {
            "port": 4567,
            "auth": { "mode": "token" },
            "http": { "endpoints": { "chatCompletions": { "enabled": true } } },
        },
        "agents": { "defaults": { "model": "offline/demo" } },
    });
    assert_eq!(settings, expected);
    assert!(sandbox.read("gateway.token").trim().len() >= 43);
    assert_eq!(sandbox.run(&["doctor"]).code, 0);
}

#[test]
fn breaking_off_writes_nothing() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::start(sandbox.command(&["onboard", "--no-color"]));
    terminal.wait_for("Go on?");
    terminal.press("\x1b");
    let (status, shown) = terminal.end();
    assert_eq!(status.code(), Some(1), "{shown}");
    assert!(shown.contains("nothing was written"), "{shown}");
    assert!(!has_colours(&shown), "{shown:?}");
    assert!(!sandbox.state("").try_exists().unwrap());
}

/// Whether a sequence `ESC [ numbers m` other than "back to normal" is there.
fn has_colours(shown: &str) -> bool {
    shown.split("\x1b[").skip(1).any(|after| {
        let end = after
            .find(|c: char| !c.is_ascii_digit() && c != ';')
            .unwrap_or(0);
        end > 0 && after[end..].starts_with('m') && &after[..end] != "0"
    })
}
