//! Help, version, completion, and command lines that are wrong.

use super::Sandbox;
use std::process::Stdio;

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let ran = Sandbox::new().run(&["--help"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for word in [
        "gateway",
        "onboard",
        "agent",
        "status",
        "costs",
        "usage",
        "explain",
        "health",
        "doctor",
        "config",
        "dashboard",
        "completion",
        "--profile",
        "--dev",
        "--log-level",
        "--no-color",
        "78",
    ] {
        assert!(ran.out.contains(word), "{word} is missing in {}", ran.out);
    }
}

#[test]
fn the_manual_names_every_option() {
    let manual = include_str!("../../../../../docs/cli.md");
    let sandbox = Sandbox::new();
    for command in [
        &["gateway", "run"][..],
        &["gateway", "status"],
        &["gateway", "stop"],
        &["gateway", "call"],
        &["onboard"],
        &["agent"],
        &["costs"],
        &["usage"],
        &["usage", "export"],
        &["explain"],
        &["doctor"],
        &["config", "set"],
    ] {
        let help = sandbox.run(&[command, &["--help"]].concat()).out;
        for option in help
            .split_whitespace()
            .filter(|word| word.starts_with("--"))
        {
            let option = option.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            assert!(
                manual.contains(option),
                "{option} of {command:?} is not in docs/cli.md"
            );
        }
    }
}

#[test]
fn version_is_one_line() {
    let ran = Sandbox::new().run(&["--version"]);
    assert_eq!(
        (ran.code, ran.out),
        (0, format!("openclaw {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn a_wrong_command_line_says_what_was_meant_and_exits_with_2() {
    let sandbox = Sandbox::new();
    for (args, hint) in [
        (&["gatway"][..], "gateway"),
        (&["gateway", "statsu"], "status"),
        (&["status", "--jsn"], "--json"),
        (&["gateway", "--port", "5", "status"], "gateway run --port"),
        (&["agent"], "--message"),
        (&["agent", "-m", " "], "the message is empty"),
        (&["config", "get", "a..b"], "a..b"),
        (
            &["gateway", "call", "status", "--params", "{"],
            "--params is not JSON",
        ),
        (&["--log-level", "loud", "status"], "loud"),
        (&["status", "--url", "http://127.0.0.1:1"], "--token"),
        (
            &["status", "--url", "ftp://127.0.0.1:1", "--token", "t"],
            "only ws://",
        ),
        (&[], "Usage"),
    ] {
        let ran = sandbox.run(args);
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains(hint), "{args:?}: {hint} is missing in {said}");
        let expected = if args == ["config", "get", "a..b"] {
            1
        } else {
            2
        };
        assert_eq!(ran.code, expected, "{args:?}: {said}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let sandbox = Sandbox::new();
    for args in [
        &["completion", "bash"][..],
        &["config", "schema"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = sandbox
            .command(args)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }
}

#[test]
fn every_shell_gets_a_completion_script() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = sandbox.run(&["completion", shell]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains("onboard"), "{shell}");
    }
}

#[test]
fn profiles_have_homes_of_their_own() {
    let sandbox = Sandbox::new();
    let file = |args: &[&str]| sandbox.run(args).out;
    assert!(file(&["config", "file"]).ends_with("/.openclaw/openclaw.json\n"));
    assert!(file(&["--dev", "config", "file"]).ends_with("/.openclaw-dev/openclaw.json\n"));
    assert!(file(&["config", "file", "--profile", "x"]).ends_with("/.openclaw-x/openclaw.json\n"));
    let dev = ["gateway", "--dev", "status", "--json", "--no-probe"];
    let said = sandbox.run(&dev).json();
    assert!(
        said["gateway"]["stateDir"]
            .as_str()
            .unwrap()
            .ends_with("/.openclaw-dev"),
        "{said}"
    );
    let ran = sandbox.run(&["--profile", "../x", "config", "file"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("../x"), "{}", ran.err);
}
