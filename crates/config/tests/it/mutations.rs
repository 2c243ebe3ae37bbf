//! Files that went through bad hands: whatever is in them, there is an answer and no panic.

use config::{Document, Format, LoadOptions, Mode, decode, edit, redact};
use serde_json::json;

use crate::home::Home;
use crate::validation::{Sample, rules};

const JSON5: &str = "{\n  $include: ['./more.json'],\n  gateway: {port: 0x10, bind: 'lan', auth: {token: '${T}', allow: [\"a\"]}}, // c\n  providers: {'a.b': {baseUrl: \"u\\n\", apiKey: {source: 'env', id: 'K'}, weight: +5.}},\n  list: [{kind: 'local', name: 'ü'}, {kind: 'remote', url: 'u'}],\n  model: null, /* c */ env: {vars: {A: '$${B}'}},\n}\n";
const YAML: &str = "# c\ngateway: &g\n  port: 1 # c\n  bind: 'lan'\n  auth: {token: \"${T}\", allow: [a, 'b']}\nother: *g\nmodel: |\n  text\n  # no comment\nlist:\n- kind: local\n  name: ü\n-   kind: remote\n    url: >-\n      u\n      v\nenv: {vars: {A: $${B}}}\n";

/// A small generator of its own, so that the same files are tried every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound.max(1)
    }
}

fn mutate(text: &str, random: &mut Random) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let pieces: [&[u8]; 14] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b"\"",
        b"'",
        b":",
        b"\n",
        b"- ",
        b"&a *a ",
        b"${",
        b"$include: '.'",
        b"\xff",
        b"\xf0\x9f\x98\x80",
    ];
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => {
                bytes.remove(at);
            }
            1 => bytes.truncate(at),
            2 => {
                let piece = pieces[random.below(pieces.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            3 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            _ => {
                let end = (at + random.below(60)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, copy);
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn mutated_files_never_panic() {
    let home = Home::new();
    home.write("more.json", "{free: {x: 1}}");
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut read, mut decoded, mut edited) = (0, 0, 0);
    for round in 0..800 {
        let (name, text, format) = match round % 2 {
            0 => ("openclaw.json", JSON5, Format::Json5),
            _ => ("openclaw.yaml", YAML, Format::Yaml),
        };
        let bytes = mutate(text, &mut random);
        let path = home.write(name, &bytes);
        let file = config::ConfigFile::at(&path).unwrap();
        let options = LoadOptions::default();
        match Document::load(&file, &home.env(), &options) {
            Err(problems) => assert!(problems.has_errors()),
            Ok(document) => {
                read += 1;
                match decode::<Sample>(&document, &rules(), Mode::Start) {
                    Ok(_) => decoded += 1,
                    Err(problems) => assert!(problems.has_errors()),
                }
                redact(document.value(), &rules());
            }
        }
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        for (path, value) in [
            ("gateway.port", json!(7)),
            ("list[1].x", json!({"a": []})),
            ("new.key", json!("v")),
        ] {
            if let Ok(new) = edit::set(&text, format, path, &value) {
                edited += 1;
                assert!(
                    edit::unset(&new, format, path).is_ok() || format == Format::Yaml,
                    "{new}"
                );
            }
        }
    }
    assert!(
        read > 50 && decoded > 10 && edited > 50,
        "{read} {decoded} {edited}"
    );
}
