//! How errors are spelt.

use super::Scalar;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The body of an error: `{"error":{…}}`, `{"error":"text"}`, or the detail itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    /// What is wrong.
    pub error: Option<ErrorDetail>,
    /// Where some servers put the text instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Scalar>,
    /// Where others put the text instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Scalar>,
}

/// What is wrong. Also read from a bare string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ErrorDetail {
    /// For people.
    pub message: Scalar,
    /// The class, e.g. `invalid_request_error`.
    #[serde(rename = "type")]
    pub kind: Scalar,
    /// The parameter at fault.
    pub param: Scalar,
    /// For programs; some send the HTTP status here.
    pub code: Scalar,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Message,
    Type,
    Param,
    Code,
    #[serde(other)]
    Else,
}

struct AnyDetail;

impl<'de> Visitor<'de> for AnyDetail {
    type Value = ErrorDetail;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an error object or text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ErrorDetail, E> {
        Ok(ErrorDetail {
            message: Scalar(Some(text.to_owned())),
            ..ErrorDetail::default()
        })
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<ErrorDetail, E> {
        Ok(ErrorDetail::default())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<ErrorDetail, E> {
        Ok(ErrorDetail {
            code: Scalar(Some(number.to_string())),
            ..ErrorDetail::default()
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ErrorDetail, A::Error> {
        let mut detail = ErrorDetail::default();
        while let Some(field) = map.next_key()? {
            let value: Scalar = map.next_value()?;
            match field {
                Field::Message => detail.message = value,
                Field::Type => detail.kind = value,
                Field::Param => detail.param = value,
                Field::Code => detail.code = value,
                Field::Else => {}
            }
        }
        Ok(detail)
    }
}

impl<'de> Deserialize<'de> for ErrorDetail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyDetail)
    }
}

impl ErrorBody {
    /// Reads a body leniently: an object, or a list whose first element is one (Google).
    pub fn read(body: &[u8]) -> Option<Self> {
        // A list would also be read as the fields of one object, in order.
        if body.trim_ascii_start().starts_with(b"[") {
            let all = serde_json::from_slice::<Vec<Self>>(body).ok()?;
            return all.into_iter().next();
        }
        serde_json::from_slice(body).ok()
    }
}
