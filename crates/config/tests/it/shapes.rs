//! What `schemars` writes for the types sections like to use, and what is said about values.

use std::collections::BTreeMap;
use std::path::Path;

use config::{Document, Env, Format, LoadOptions, Mode, Rules, check, decode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[expect(
    dead_code,
    reason = "decoding is what is tested; not every field is looked at"
)]
struct Shapes {
    choice: Option<Colour>,
    by_number: BTreeMap<u32, String>,
    pair: Option<(u8, String)>,
    maybe: Vec<Option<i8>>,
    either: Option<Either>,
    ratio: Option<f64>,
    big: Option<u64>,
    #[schemars(length(min = 2, max = 4))]
    word: Option<String>,
    #[schemars(length(max = 2))]
    few: Vec<bool>,
    nested: Option<Box<Shapes>>,
    #[serde(flatten)]
    deadlines: Deadlines,
    anything: Value,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Deadlines {
    timeout_ms: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Colour {
    DarkRed,
    Blue,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "decoding is what is tested; not every field is looked at"
)]
enum Either {
    Flag(bool),
    Word(String),
    List(Vec<String>),
    Object { on: bool, level: Option<Colour> },
}

fn found(text: &str) -> String {
    let path = Path::new("/nowhere/openclaw.json");
    let (env, options) = (Env::default(), LoadOptions::default());
    let document = Document::from_text(path, text, Format::Json5, &env, &options).unwrap();
    let schema = schemars::schema_for!(Shapes).to_value();
    let rules = Rules {
        schema,
        strict_prefixes: vec![],
        absent: &[],
    };
    let problems = check(&document, &rules, Mode::Strict);
    let decoded = decode::<Shapes>(&document, &rules, Mode::Strict);
    assert_eq!(
        decoded.is_ok(),
        problems.0.is_empty(),
        "{text}: {decoded:?}"
    );
    problems.to_string().replace(" (openclaw.json:1)", "")
}

#[test]
fn good_values_of_every_shape() {
    for text in [
        "{choice: 'dark-red', byNumber: {'1': 'a', 2: 'b'}, pair: [1, 'x'], maybe: [1, null]}",
        "{choice: null, either: true}",
        "{either: 'x'}",
        "{either: ['x']}",
        "{either: {on: true, level: 'blue'}}",
        "{ratio: 1, big: 18446744073709551615, word: 'ab', few: [true]}",
        "{nested: {nested: {timeoutMs: 5}}, timeoutMs: 4294967295}",
        "{anything: {a: [1, null, {b: 'c'}]}}",
    ] {
        assert_eq!(found(text), "", "{text}");
    }
}

#[test]
fn bad_values_of_every_shape() {
    let table = [
        (
            "{choice: 'dark-rad'}",
            "choice: \"dark-rad\" is not one of \"dark-red\", \"blue\"; did you mean \"dark-red\"?",
        ),
        ("{choice: 1}", "choice: expected a string, found an integer"),
        ("{byNumber: {x: 'a'}}", "byNumber.x: unknown key"),
        (
            "{byNumber: {1: 2}}",
            "byNumber.\"1\": expected a string, found an integer",
        ),
        (
            "{pair: [300, 'x']}",
            "pair[0]: 300 is out of range: at most 255",
        ),
        ("{pair: [1]}", "pair: needs at least 2 elements, has 1"),
        (
            "{maybe: [1, 200]}",
            "maybe[1]: 200 is out of range: at most 127",
        ),
        (
            "{either: 1}",
            "either: expected true or false or a string or an array or an object, found an integer",
        ),
        (
            "{either: ['x', 1]}",
            "either[1]: expected a string, found an integer",
        ),
        (
            "{either: {on: true, lvel: 'blue'}}",
            "either.lvel: unknown key; did you mean \"level\"?",
        ),
        ("{either: {}}", "either.on: is required"),
        ("{ratio: 'x'}", "ratio: expected a number, found a string"),
        ("{big: -1}", "big: -1 is out of range: at least 0"),
        ("{big: 1.5}", "big: expected an integer, found a number"),
        ("{word: 'a'}", "word: needs at least 2 characters, has 1"),
        (
            "{word: 'abcde'}",
            "word: may have at most 4 characters, has 5",
        ),
        (
            "{few: [true, true, true]}",
            "few: may have at most 2 elements, has 3",
        ),
        (
            "{nested: {timeoutM: 5}}",
            "nested.timeoutM: unknown key; did you mean \"timeoutMs\"?",
        ),
        (
            "{timeoutMs: 4294967296}",
            "timeoutMs: 4294967296 is out of range: at most 4294967295",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(found(text), expected, "{text}");
    }
}
