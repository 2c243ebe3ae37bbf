//! YAML to nodes.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use serde_saphyr::{Location, Spanned};

use super::{MAX_DEPTH, Parsed};
use crate::Problem;
use crate::node::{Kind, Node, Place};

/// Stack of the thread that reads. A level of nesting takes about 45 KiB in an unoptimised build,
/// which [`MAX_DEPTH`] levels would not find on the stack of a runtime's thread.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Parses one document; nothing but comments is an empty object.
pub(crate) fn parse(text: &str) -> Result<Parsed, Problem> {
    let failed = || Problem::error("", "the YAML reader failed");
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK_BYTES);
        let reader = reader.spawn_scoped(scope, || read(text)).map_err(|error| {
            Problem::error("", format!("cannot start a thread to read YAML: {error}"))
        })?;
        reader.join().map_err(|_| failed())?
    })
}

fn read(text: &str) -> Result<Parsed, Problem> {
    // The mark is three bytes; as many spaces would indent the first key, so offsets shift instead.
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shift = text.len() - bare.len();
    let options = serde_saphyr::options! {
        // Snippets would show secrets that happen to stand near a mistake.
        with_snippet: false,
        strict_booleans: true,
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: 250_000,
            max_documents: 1,
        },
    };
    let top: Result<Spanned<Raw>, _> = serde_saphyr::from_str_with_options(bare, options);
    let top = top.map_err(|error| {
        let message = error.without_snippet().to_string();
        let first = message.lines().next().unwrap_or_default();
        let mut problem = Problem::error("", format!("not valid YAML: {first}"));
        problem.line = error
            .location()
            .and_then(|at| u32::try_from(at.line()).ok());
        problem
    })?;
    let mut top = node(top, shift);
    if top.kind == Kind::Scalar(Value::Null) {
        top = Node::empty();
    }
    Ok(Parsed {
        top,
        warnings: Vec::new(),
    })
}

fn node(raw: Spanned<Raw>, shift: usize) -> Node {
    let place = Place {
        file: 0,
        line: u32::try_from(raw.referenced.line()).unwrap_or(u32::MAX),
        key: 0..0,
        value: bytes(&raw.referenced, shift),
    };
    let kind = match raw.value {
        Raw::Scalar(value) => Kind::Scalar(value),
        Raw::List(items) => Kind::List(items.into_iter().map(|item| node(item, shift)).collect()),
        Raw::Map(members) => {
            let mut map = BTreeMap::new();
            for (name, value) in members {
                let mut value = node(value, shift);
                value.place.line = u32::try_from(name.referenced.line()).unwrap_or(u32::MAX);
                value.place.key = bytes(&name.referenced, shift);
                map.insert(name.value.0, value);
            }
            Kind::Map(map)
        }
    };
    Node { kind, place }
}

fn bytes(at: &Location, shift: usize) -> Range<usize> {
    let offset = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
    let start = offset(at.span().byte_offset()).unwrap_or(0) + shift;
    start..start + offset(at.span().byte_len()).unwrap_or(0)
}

enum Raw {
    Scalar(Value),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Name>, Spanned<Raw>)>),
}

/// A key; numbers and booleans are taken by their text, as people write `1234: …` for a chat id.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar, a list or a mapping")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::from(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::from(value)))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Raw, E> {
        let number = Number::from_f64(value)
            .ok_or_else(|| E::custom("infinity and not-a-number cannot be used"))?;
        Ok(Raw::Scalar(Value::Number(number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::String(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Raw, A::Error> {
        let mut map: Vec<(Spanned<Name>, Spanned<Raw>)> = Vec::new();
        while let Some(name) = members.next_key::<Spanned<Name>>()? {
            if name.value.0.is_empty() {
                return Err(A::Error::custom("a key is empty"));
            }
            map.push((name, members.next_value()?));
        }
        Ok(Raw::Map(map))
    }
}
