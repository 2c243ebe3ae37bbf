use config::{Document, Env, LoadOptions, locate};
use serde_json::{Value, json};

use crate::home::{Home, lines};

/// The example of a tutorial, as people paste it.
const TUTORIAL: &str = r#"{
  gateway: {
    // HTTP server listening port
    port: 3000,
    // Listening address; 0.0.0.0 allows external access
    host: "0.0.0.0",
    // Whether to enable API endpoints
    apiEnabled: true,
    // API key authentication
    apiKeys: [
      "sk-openclaw-xxxxxxxxxxxx",
      "sk-openclaw-yyyyyyyyyyyy"
    ],
    // CORS configuration
    cors: {
      origins: ["https://your-app.com"],
      methods: ["GET", "POST", "PUT", "DELETE"]
    }
  }
}"#;

/// The example of a reference page.
const REFERENCE: &str =
    "gateway:\n  port: 18789\n  bind: loopback  # or \"all\" for remote access\n";

#[test]
fn pasted_examples_are_read() {
    let home = Home::new();
    home.write("openclaw.json5", TUTORIAL);
    let expected = json!({"gateway": {
        "port": 3000, "host": "0.0.0.0", "apiEnabled": true,
        "apiKeys": ["sk-openclaw-xxxxxxxxxxxx", "sk-openclaw-yyyyyyyyyyyy"],
        "cors": {"origins": ["https://your-app.com"], "methods": ["GET", "POST", "PUT", "DELETE"]},
    }});
    assert_eq!(*home.load().unwrap().value(), expected);

    let home = Home::new();
    home.write("openclaw.yaml", REFERENCE);
    let expected = json!({"gateway": {"port": 18789, "bind": "loopback"}});
    assert_eq!(*home.load().unwrap().value(), expected);
}

#[test]
fn both_grammars_give_json_values() {
    let json5 = [
        (
            "{a: 'x', \"b\": \"y\", c$_: 1,}",
            json!({"a": "x", "b": "y", "c$_": 1}),
        ),
        (
            "/* c */ {a: [1, -2, +3, 0xff, .5, 5., 1e3,],} // c",
            json!({"a": [1, -2, 3, 255, 0.5, 5.0, 1000.0]}),
        ),
        (
            "{a: {b: {}}, 'c d': null, e: true}",
            json!({"a": {"b": {}}, "c d": null, "e": true}),
        ),
        ("\u{feff}{a: 1}", json!({"a": 1})),
        (
            "{a: 'line \\\nbreak', b: '\\x41'}",
            json!({"a": "line break", "b": "A"}),
        ),
        ("{a: 18446744073709551615}", json!({"a": u64::MAX})),
        ("", json!({})),
        (" // nothing yet\n", json!({})),
    ];
    let yaml = [
        (
            "a: x\nb: 'y'\nc: \"z\"\n",
            json!({"a": "x", "b": "y", "c": "z"}),
        ),
        (
            "a:\n- 1\n- -2\n- 0.5\nb: [x, {y: z}]\n",
            json!({"a": [1, -2, 0.5], "b": ["x", {"y": "z"}]}),
        ),
        (
            "on: yes\nno: off\nt: true\n",
            json!({"on": "yes", "no": "off", "t": true}),
        ),
        (
            "a: |\n  one\n  two\nb: >-\n  one\n  two\n",
            json!({"a": "one\ntwo\n", "b": "one two"}),
        ),
        (
            "base: &b {x: 1}\nuse: *b\n",
            json!({"base": {"x": 1}, "use": {"x": 1}}),
        ),
        ("123: a\n", json!({"123": "a"})),
        ("\u{feff}a: 1\n", json!({"a": 1})),
        ("a:\nb: ~\n", json!({"a": null, "b": null})),
        ("# nothing yet\n", json!({})),
        ("", json!({})),
    ];
    let tables = [
        ("openclaw.json", json5.to_vec()),
        ("openclaw.yml", yaml.to_vec()),
    ];
    for (name, table) in tables {
        for (text, expected) in table {
            let home = Home::new();
            home.write(name, text);
            let document = home
                .load()
                .unwrap_or_else(|problems| panic!("{text}: {problems}"));
            assert_eq!(*document.value(), expected, "{text}");
        }
    }
}

#[test]
fn broken_files_are_refused_with_a_line() {
    let deep_json = format!("{{a: {}{}}}", "[".repeat(200), "]".repeat(200));
    let deep_yaml = format!("a: {}{}\n", "[".repeat(200), "]".repeat(200));
    let huge = vec![b' '; 2 * 1024 * 1024 + 1];
    let table: [(&str, &[u8], &str); 14] = [
        (
            "openclaw.json",
            b"{\n  a: 1\n  b: 2\n}",
            "not valid JSON5: expected comma (openclaw.json:2)",
        ),
        (
            "openclaw.json",
            b"{\n  a: ",
            "not valid JSON5: expected value after colon in object property (openclaw.json:2)",
        ),
        (
            "openclaw.json",
            b"{a: Infinity}",
            "a: \"Infinity\" is not a number that can be used (openclaw.json:1)",
        ),
        (
            "openclaw.json",
            b"{a: 1} {b: 2}",
            "not valid JSON5: text cannot contain more than one JSON value (openclaw.json:1)",
        ),
        (
            "openclaw.json",
            b"[1]",
            "settings are an object, not an array (openclaw.json:1)",
        ),
        (
            "openclaw.json",
            deep_json.as_bytes(),
            "nested deeper than 64 objects and arrays (openclaw.json:1)",
        ),
        (
            "openclaw.json",
            &huge,
            "cannot read openclaw.json: larger than 2097152 bytes (openclaw.json)",
        ),
        (
            "openclaw.json",
            b"{\na: '\xff'}",
            "cannot read openclaw.json: not UTF-8 at byte 6; save it as UTF-8 (openclaw.json:2)",
        ),
        (
            "openclaw.yaml",
            b"just text\n",
            "settings are an object, not a string (openclaw.yaml:1)",
        ),
        (
            "openclaw.yaml",
            b"- a\n",
            "settings are an object, not an array (openclaw.yaml:1)",
        ),
        ("openclaw.yaml", b"a: 1\na: 2\n", "not valid YAML: "),
        ("openclaw.yaml", b"a: [1\n", "not valid YAML: "),
        ("openclaw.yaml", b"a: 1\n---\nb: 2\n", "not valid YAML: "),
        ("openclaw.yaml", deep_yaml.as_bytes(), "not valid YAML: "),
    ];
    for (name, text, expected) in table {
        let home = Home::new();
        home.write(name, text);
        let problems = home.load().unwrap_err();
        let found = lines(&problems.0, &home.path()).join("\n");
        assert!(found.starts_with(expected), "{found}\nexpected {expected}");
        assert!(
            problems.0[0].line.is_some() || found.contains("larger"),
            "{found}"
        );
    }
}

#[test]
fn parse_errors_do_not_repeat_what_stands_near() {
    for (name, text) in [
        ("openclaw.yaml", "auth:\n  token: sk-canary-1\n  x: [\n"),
        ("openclaw.yaml", "token: sk-canary-1\ntoken: sk-canary-1\n"),
        ("openclaw.json", "{token: 'sk-canary-1' x}"),
    ] {
        let home = Home::new();
        home.write(name, text);
        let found = home.load().unwrap_err().to_string();
        assert!(!found.contains("canary"), "{found}");
    }
}

#[test]
fn the_file_is_found_by_its_name() {
    let home = Home::new();
    let file = home.file();
    assert_eq!(
        (file.path, file.exists),
        (home.path().join("openclaw.json"), false)
    );
    assert_eq!(*home.load().unwrap().value(), json!({}));
    assert_eq!(
        home.load().unwrap().sources(),
        [home.path().join("openclaw.json")]
    );

    home.write("openclaw.yml", "a: 1\n");
    assert_eq!(home.file().path, home.path().join("openclaw.yml"));

    home.write("openclaw.json5", "{}");
    let problem = locate::config_file(&home.env(), &home.path())
        .unwrap_err()
        .to_string();
    assert!(
        problem.contains("openclaw.json5") && problem.contains("openclaw.yml"),
        "{problem}"
    );

    let elsewhere = home.write("x/my.yaml", "a: 2\n");
    let env: Env = [("OPENCLAW_CONFIG_PATH", elsewhere.to_str().unwrap())]
        .into_iter()
        .collect();
    assert_eq!(
        locate::config_file(&env, &home.path()).unwrap().path,
        elsewhere
    );
}

#[test]
fn the_state_directory_follows_environment_and_profile() {
    type Row = (
        &'static [(&'static str, &'static str)],
        Option<&'static str>,
        Option<&'static str>,
    );
    let table: [Row; 10] = [
        (&[("HOME", "/h")], None, Some("/h/.openclaw")),
        (&[("HOME", "/h")], Some("work"), Some("/h/.openclaw-work")),
        (
            &[("HOME", "/h"), ("OPENCLAW_PROFILE", "dev")],
            None,
            Some("/h/.openclaw-dev"),
        ),
        (
            &[("HOME", "/h"), ("OPENCLAW_PROFILE", "dev")],
            Some("default"),
            Some("/h/.openclaw"),
        ),
        (
            &[("HOME", "/h"), ("OPENCLAW_HOME", "/o")],
            None,
            Some("/o/.openclaw"),
        ),
        (
            &[("HOME", "/h"), ("OPENCLAW_STATE_DIR", "/s")],
            Some("work"),
            Some("/s"),
        ),
        (
            &[("HOME", "/h"), ("OPENCLAW_STATE_DIR", "~/s")],
            None,
            Some("/h/s"),
        ),
        (
            &[("HOME", "/h"), ("OPENCLAW_STATE_DIR", " ")],
            None,
            Some("/h/.openclaw"),
        ),
        (&[("HOME", "/h")], Some("../x"), None),
        (&[], None, None),
    ];
    for (variables, profile, expected) in table {
        let env: Env = variables.iter().copied().collect();
        let found = locate::state_dir(&env, profile).ok();
        assert_eq!(
            found.as_deref().and_then(|path| path.to_str()),
            expected,
            "{variables:?}"
        );
    }
}

#[test]
fn variables_come_from_process_dotenv_and_the_document() {
    let mut home = Home::with(
        "{a: '${A}', b: '${B}', c: '${C}', d: '${D}', lit: '$${A}',\n gone: ['x ${GONE}'],\n env: {vars: {A: 'document', C: '${B}-c'}, D: 'document'}}",
    );
    home.set("A", "process");
    home.write(".env", "A=dotenv\nexport B='dotenv # b'\nbroken line\n");
    let document = home.load().unwrap();
    let value = document.value();
    let found = ["a", "b", "c", "d", "lit", "gone"].map(|name| value[name].clone());
    let expected = ["process", "dotenv # b", "dotenv # b-c", "document", "${A}"].map(Value::from);
    assert_eq!(found[..5], expected);
    assert_eq!(found[5], json!(["x ${GONE}"]));
    assert_eq!(document.raw()["a"], "${A}");
    let expected = [
        "line ignored: it is not NAME=value (.env:3)",
        "gone[0]: environment variable GONE is not set (openclaw.json:2)",
    ];
    assert_eq!(lines(document.warnings(), &home.path()), expected);
}

#[test]
fn a_dotenv_of_the_working_folder_is_never_read() {
    let home = Home::with("{a: '${WORK}'}");
    home.write("workspace/.env", "WORK=stolen\n");
    let options = LoadOptions::default();
    let document = Document::load(&home.file(), &home.env(), &options).unwrap();
    assert_eq!(document.value()["a"], "${WORK}");
}

#[test]
fn a_key_written_twice_is_told() {
    let home = Home::with("{\n  a: 1,\n  b: {x: 1,\n    x: 2},\n  a: 3,\n}");
    let document = home.load().unwrap();
    assert_eq!(*document.value(), json!({"a": 3, "b": {"x": 2}}));
    let expected = [
        "b.x: set twice; this one wins over line 3 (openclaw.json:4)",
        "a: set twice; this one wins over line 2 (openclaw.json:5)",
    ];
    assert_eq!(lines(document.warnings(), &home.path()), expected);
}

#[cfg(unix)]
#[test]
fn open_rights_are_tightened_and_told() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::with("{}");
    let set = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = home.file();
    set(&file.path, 0o644);
    set(&home.path(), 0o755);
    let options = LoadOptions::for_gateway(&home.path());
    let document = Document::load(&file, &home.env(), &options).unwrap();
    assert_eq!((mode(&file.path), mode(&home.path())), (0o600, 0o700));
    assert_eq!(document.warnings().len(), 2, "{:?}", document.warnings());
    let again = Document::load(&file, &home.env(), &options).unwrap();
    assert_eq!(again.warnings(), []);
}
