//! From the bytes of a frame to a [`Request`]. Pure: no byte sequence panics or recurses.

use super::Request;
use crate::json;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Why a frame is no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// Not JSON in UTF-8.
    NotJson,
    /// JSON, but not a request.
    NotARequest {
        /// Its id, when it has one that an answer may carry.
        id: Option<String>,
        /// Whether it came without `type`, and wants its answer in that form.
        bare: bool,
        /// What is wrong, for people.
        why: String,
    },
}

/// The fields of a request, unread. Others are ignored.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<&'a RawValue>,
    #[serde(default)]
    params: Option<Box<RawValue>>,
}

impl Request {
    /// Reads the text of a frame, be it `{"type":"req","id":…,"method":…,"params":…}` or the form
    /// without `type`. Source: WebSocket protocol, sections 1 and 16; requirements C16.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(text: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(text).map_err(|_| Malformed::NotJson)?;
        // Skips values without recursion, so any depth is read and only then judged.
        serde_json::from_str::<IgnoredAny>(text).map_err(|_| Malformed::NotJson)?;
        let wrong = |id, bare, why: &str| Malformed::NotARequest {
            id,
            bare,
            why: why.to_owned(),
        };
        if let Err(why) = json::check(text.as_bytes()) {
            return Err(wrong(None, false, &why));
        }
        let not_an_object = || wrong(None, false, "at root: must be object");
        if !text.trim_ascii_start().starts_with('{') {
            return Err(not_an_object());
        }
        let fields: Fields<'_> = serde_json::from_str(text).map_err(|_| not_an_object())?;
        let id = fields.id.and_then(text_of).map(Cow::into_owned);
        let bare = fields.kind.is_none();
        if !bare && fields.kind.and_then(text_of).as_deref() != Some("req") {
            return Err(wrong(id, false, "at /type: must be equal to constant"));
        }
        let Some(id) = id else {
            let why = missing(fields.id, "id");
            return Err(wrong(None, bare, &why));
        };
        let Some(method) = fields.method.and_then(text_of).map(Cow::into_owned) else {
            let why = missing(fields.method, "method");
            return Err(wrong(Some(id), bare, &why));
        };
        Ok(Self {
            id,
            method,
            params: fields.params,
            bare,
        })
    }
}

/// A string that is not empty.
fn text_of(value: &RawValue) -> Option<Cow<'_, str>> {
    let text: Cow<'_, str> = serde_json::from_str(value.get()).ok()?;
    (!text.is_empty()).then_some(text)
}

fn missing(value: Option<&RawValue>, name: &str) -> String {
    match value.map(RawValue::get) {
        None => format!("at root: must have required property '{name}'"),
        Some("\"\"") => format!("at /{name}: must NOT have fewer than 1 characters"),
        Some(_) => format!("at /{name}: must be string"),
    }
}

#[cfg(test)]
mod tests;
