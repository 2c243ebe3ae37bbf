//! The files of the recordings: entries by name, in the order in which they were recorded.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::path::Path;

/// One of the reference gateways.
#[derive(Clone, Copy)]
pub(crate) enum Reference {
    /// 2026.3.13.
    V3,
    /// 2026.9.6.
    V4,
}

impl Reference {
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::V3 => "v3",
            Self::V4 => "v4",
        }
    }

    pub(crate) fn protocol(self) -> u32 {
        match self {
            Self::V3 => 3,
            Self::V4 => 4,
        }
    }

    /// One file of its recordings; `None` where it has no such file.
    pub(crate) fn file(self, name: &str) -> Option<Vec<(String, Value)>> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");
        let path = Path::new(folder).join(format!("{}/{name}.json", self.folder()));
        let text = std::fs::read_to_string(path).ok()?;
        let entries = serde_json::from_str::<Entries>(&text);
        Some(entries.unwrap().0)
    }
}

struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Entries;

    fn expecting(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        text.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
