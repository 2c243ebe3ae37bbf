use std::path::Path;

use config::{Document, Env, Format, LoadOptions, REDACTED, edit};
use serde_json::{Value, json};

/// The value of a text.
pub(crate) fn parse(text: &str, format: Format) -> Value {
    let path = Path::new("/nowhere/openclaw");
    let options = LoadOptions::default();
    Document::from_text(path, text, format, &Env::default(), &options)
        .unwrap_or_else(|problems| panic!("{problems}\n{text}"))
        .raw()
        .clone()
}

const JSON5: &str = "// top\n{\n  gateway: { // here\n    port: 18789, // the port\n    'bind': 'loopback',\n  },\n\n  /* models */\n  models: {\n    \"a.b\": {apiKey: \"${KEY}\"},\n  },\n  list: [\n    {id: \"x\"}, // first\n    {id: \"y\"},\n  ],\n}\n";

const YAML: &str = "# top\ngateway: # here\n  port: 18789  # the port\n  bind: 'loopback'\n\n# models\nmodels:\n  \"a.b\": {apiKey: \"${KEY}\"}\nlist:\n  - id: x # first\n    tags: [one, two]\n  # second\n  - id: y\nnote: |\n  # not a comment\n  text\nlast: 1\n";

/// Path, new value, the old text and the new text of the place.
type Row = (&'static str, Value, &'static str, &'static str);

fn json5_rows() -> Vec<Row> {
    vec![
        (
            "gateway.port",
            json!(1),
            "port: 18789, // the port",
            "port: 1, // the port",
        ),
        (
            "gateway.bind",
            json!("lan"),
            "'bind': 'loopback',",
            "'bind': \"lan\",",
        ),
        (
            "gateway.tls",
            json!(true),
            "'loopback',\n",
            "'loopback',\n    \"tls\": true,\n",
        ),
        ("models.\"a.b\".apiKey", json!("k"), "\"${KEY}\"", "\"k\""),
        ("list[1].id", json!("z"), "{id: \"y\"}", "{id: \"z\"}"),
        ("list.0.id", json!("z"), "{id: \"x\"}", "{id: \"z\"}"),
        (
            "new.deep.key",
            json!(1),
            "  ],\n}",
            "  ],\n  \"new\": {\n    \"deep\": {\n      \"key\": 1,\n    },\n  },\n}",
        ),
        (
            "list[2]",
            json!({"id": "w"}),
            "{id: \"y\"},\n",
            "{id: \"y\"},\n    {\n      \"id\": \"w\",\n    },\n",
        ),
    ]
}

fn yaml_rows() -> Vec<Row> {
    vec![
        (
            "gateway.port",
            json!(1),
            "port: 18789  # the port",
            "port: 1  # the port",
        ),
        ("gateway.bind", json!("a b"), "'loopback'", "\"a b\""),
        (
            "gateway.tls",
            json!(true),
            "'loopback'\n",
            "'loopback'\n  tls: true\n",
        ),
        (
            "models.\"a.b\".apiKey",
            json!("k"),
            "{apiKey: \"${KEY}\"}",
            "{apiKey: k}",
        ),
        (
            "models.\"a.b\".url",
            json!("u"),
            "{apiKey: \"${KEY}\"}",
            "{apiKey: \"${KEY}\", url: u}",
        ),
        ("list[1].id", json!("z"), "- id: y", "- id: z"),
        (
            "list[0].name",
            json!("nn"),
            "    tags: [one, two]\n",
            "    tags: [one, two]\n    name: nn\n",
        ),
        (
            "list[2]",
            json!({"id": "w", "a": [1]}),
            "  - id: y\n",
            "  - id: y\n  - a:\n      - 1\n    id: w\n",
        ),
        (
            "new.deep",
            json!({"k": []}),
            "last: 1\n",
            "last: 1\nnew:\n  deep:\n    k: []\n",
        ),
        ("last", json!({"a": 1}), "last: 1\n", "last:\n  a: 1\n"),
        (
            "note",
            json!("x"),
            "note: |\n  # not a comment\n  text\n",
            "note: x\n",
        ),
        (
            "gateway",
            json!("off"),
            "gateway: # here\n  port: 18789  # the port\n  bind: 'loopback'\n",
            "gateway: \"off\" # here\n",
        ),
    ]
}

#[test]
fn only_the_changed_line_differs() {
    let tables = [
        (JSON5, Format::Json5, json5_rows()),
        (YAML, Format::Yaml, yaml_rows()),
    ];
    for (text, format, rows) in tables {
        for (path, value, old, new) in &rows {
            let edited =
                edit::set(text, format, path, value).unwrap_or_else(|problem| panic!("{problem}"));
            assert_eq!(edited, text.replacen(old, new, 1), "{path}");
            let found = parse(&edited, format);
            assert_eq!(edit::get(&found, path).unwrap(), Some(value), "{path}");
        }
    }
}

#[test]
fn keys_and_elements_are_taken_out() {
    let json5 = [
        ("gateway.port", "    port: 18789, // the port\n", ""),
        ("list[0]", "    {id: \"x\"}, // first\n", ""),
        (
            "models",
            "  models: {\n    \"a.b\": {apiKey: \"${KEY}\"},\n  },\n",
            "",
        ),
    ];
    let yaml = [
        ("gateway.port", "  port: 18789  # the port\n", ""),
        (
            "gateway",
            "gateway: # here\n  port: 18789  # the port\n  bind: 'loopback'\n",
            "",
        ),
        ("list[0]", "  - id: x # first\n    tags: [one, two]\n", ""),
        ("list[0].tags[0]", "[one, two]", "[two]"),
        ("list[0].tags", "    tags: [one, two]\n", ""),
        ("list[1].id", "  - id: y\n", "  - {}\n"),
        ("models.\"a.b\".apiKey", "{apiKey: \"${KEY}\"}", "{}"),
        (
            "models.\"a.b\"",
            "models:\n  \"a.b\": {apiKey: \"${KEY}\"}\n",
            "models: {}\n",
        ),
        ("note", "note: |\n  # not a comment\n  text\n", ""),
        ("last", "last: 1\n", ""),
    ];
    for (text, format, rows) in [
        (JSON5, Format::Json5, &json5[..]),
        (YAML, Format::Yaml, &yaml[..]),
    ] {
        for (path, old, new) in rows {
            let edited =
                edit::unset(text, format, path).unwrap_or_else(|problem| panic!("{problem}"));
            assert_eq!(edited, text.replacen(old, new, 1), "{path}");
        }
        let missing = edit::unset(text, format, "gateway.gone")
            .unwrap_err()
            .to_string();
        assert_eq!(missing, "gateway.gone: is not set in this file");
    }
}

#[test]
fn empty_and_odd_files_can_be_edited() {
    let table = [
        ("", Format::Json5, "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n"),
        ("// note\n", Format::Json5, ""),
        ("{}", Format::Json5, ""),
        ("{a: null}", Format::Json5, ""),
        ("\u{feff}{c: 1}", Format::Json5, ""),
        (
            "{\r\n  c: 1,\r\n}\r\n",
            Format::Json5,
            "{\r\n  c: 1,\r\n  \"a\": {\r\n    \"b\": 1,\r\n  },\r\n}\r\n",
        ),
        ("", Format::Yaml, "a:\n  b: 1\n"),
        ("# note\n", Format::Yaml, "# note\na:\n  b: 1\n"),
        ("c: 1", Format::Yaml, "c: 1\na:\n  b: 1\n"),
        ("a:\n", Format::Yaml, "a:\n  b: 1\n"),
        ("a: # why\nc: 1\n", Format::Yaml, "a: # why\n  b: 1\nc: 1\n"),
        ("a: {}\n", Format::Yaml, "a:\n  b: 1\n"),
        ("a: {}  # why\n", Format::Yaml, "a: # why\n  b: 1\n"),
        (
            "c: 1\r\nd:\r\n    e: 2\r\n",
            Format::Yaml,
            "c: 1\r\nd:\r\n    e: 2\r\na:\r\n    b: 1\r\n",
        ),
        ("\u{feff}c: 1\n", Format::Yaml, "\u{feff}c: 1\na:\n  b: 1\n"),
        ("---\nc: 1\n", Format::Yaml, "---\nc: 1\na:\n  b: 1\n"),
        ("{c: 1}\n", Format::Yaml, "{c: 1, a: {b: 1}}\n"),
    ];
    for (text, format, expected) in table {
        let edited = edit::set(text, format, "a.b", &json!(1))
            .unwrap_or_else(|problem| panic!("{text:?}: {problem}"));
        assert_eq!(parse(&edited, format)["a"]["b"], 1, "{text:?}");
        if !expected.is_empty() {
            assert_eq!(edited, expected, "{text:?}");
        }
    }
}

#[test]
fn what_cannot_be_kept_is_refused_and_not_spoilt() {
    let table = [
        (
            "base: &b\n  x: 1\nuse: *b\n",
            Format::Yaml,
            "use.x",
            "touching more",
        ),
        (
            "use:\n  <<: {x: 1}\n  y: 2\n",
            Format::Yaml,
            "use.x",
            "touching more",
        ),
        ("a: [ # why\n  1]\n", Format::Yaml, "a[1]", "touching more"),
        ("a: {b: 1}\n", Format::Yaml, "a.b.c", "is a single value"),
        ("{a: 1, a: 2}", Format::Json5, "a", "written twice"),
        (
            "{a: [1]}",
            Format::Json5,
            "a[3]",
            "use an index from 0 to 1",
        ),
        ("{a: [1]}", Format::Json5, "a.b", "use an index from 0 to 1"),
        ("{a: 1", Format::Json5, "a", "not valid JSON5"),
        ("{a: 1}", Format::Json5, "a..b", "a step is empty"),
        ("{a: {k: 's'}}", Format::Json5, "", "settings are an object"),
    ];
    for (text, format, path, expected) in table {
        let value = if path.is_empty() {
            json!([1])
        } else {
            json!(9)
        };
        match edit::set(text, format, path, &value) {
            Err(problem) => assert!(problem.to_string().contains(expected), "{text}: {problem}"),
            Ok(edited) => panic!("{text} became {edited}"),
        }
    }
}

#[test]
fn a_marker_keeps_what_is_stored() {
    let text = "{\n  auth: {token: '${TOKEN}', mode: 'token'}, // keep\n}\n";
    let shown = json!({"token": REDACTED, "mode": "password"});
    let edited = edit::set(text, Format::Json5, "auth", &shown).unwrap();
    assert_eq!(edited, text.replace("'token'}", "\"password\"}"));
    assert_eq!(
        edit::set(text, Format::Json5, "auth.token", &json!(REDACTED)).unwrap(),
        text
    );
    assert!(edit::set(text, Format::Json5, "auth.password", &json!(REDACTED)).is_err());
    let whole = json!({"auth": {"token": REDACTED, "mode": "token"}, "new": 1});
    let applied = edit::apply(text, Format::Json5, &whole).unwrap();
    assert_eq!(
        applied,
        text.replace("// keep\n", "// keep\n  \"new\": 1,\n")
    );
}
