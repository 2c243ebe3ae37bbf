//! A value and where in the body it stands, so that a complaint can name it.

use serde_json::Value;

/// A value of a request body.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    /// `None` while nothing is known to be wrong: then nobody wants to read it.
    path: Option<String>,
    value: &'a Value,
}

/// Nothing, or what is wrong and where.
pub(super) type Checked = Result<(), String>;

impl<'a> Place<'a> {
    /// The whole body. Complaints name their place only when `named`, which takes longer.
    pub(super) fn top(value: &'a Value, named: bool) -> Self {
        Self {
            path: named.then(String::new),
            value,
        }
    }

    /// The value itself.
    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// A complaint about this place.
    pub(super) fn wrong(&self, what: impl std::fmt::Display) -> String {
        match &self.path {
            Some(path) if !path.is_empty() => format!("{path}: {what}"),
            Some(_) | None => what.to_string(),
        }
    }

    /// Refuses unless `holds`.
    pub(super) fn must(&self, holds: bool, what: impl std::fmt::Display) -> Checked {
        if holds { Ok(()) } else { Err(self.wrong(what)) }
    }

    /// Refuses what is no object, and fields that are not among these.
    pub(super) fn only(&self, known: &[&str]) -> Checked {
        let Some(fields) = self.value.as_object() else {
            return Err(self.wrong("must be an object"));
        };
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(self.wrong(format_args!("unknown field {name:?}"))),
            None => Ok(()),
        }
    }

    /// A field; absent and `null` are the same.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        let path = self.path.as_ref().map(|path| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        });
        Some(Self { path, value })
    }

    /// A field that must be there.
    pub(super) fn need(&self, name: &str) -> Result<Self, String> {
        self.get(name)
            .ok_or_else(|| self.wrong(format_args!("field {name:?} is required")))
    }

    /// The text here.
    pub(super) fn text(&self) -> Result<&'a str, String> {
        self.value
            .as_str()
            .ok_or_else(|| self.wrong("must be a string"))
    }

    /// The text here, which must not be empty.
    pub(super) fn some_text(&self) -> Result<&'a str, String> {
        let text = self.text()?;
        self.must(!text.is_empty(), "must not be empty")?;
        Ok(text)
    }

    /// The text here, which must be one of these.
    pub(super) fn one_of(&self, known: &[&str]) -> Result<&'a str, String> {
        let text = self.text()?;
        self.must(
            known.contains(&text),
            format_args!("{text:?} is none of {known:?}"),
        )?;
        Ok(text)
    }

    /// The elements here.
    pub(super) fn list(&self) -> Result<Vec<Self>, String> {
        let Some(items) = self.value.as_array() else {
            return Err(self.wrong("must be an array"));
        };
        let place = |(index, value)| Self {
            path: self.path.as_ref().map(|path| format!("{path}[{index}]")),
            value,
        };
        Ok(items.iter().enumerate().map(place).collect())
    }

    /// The elements here, at least one.
    pub(super) fn some_list(&self) -> Result<Vec<Self>, String> {
        let items = self.list()?;
        self.must(!items.is_empty(), "must not be empty")?;
        Ok(items)
    }

    /// The elements of a field; none when it is absent.
    pub(super) fn list_of(&self, name: &str) -> Result<Vec<Self>, String> {
        self.get(name)
            .map_or_else(|| Ok(Vec::new()), |list| list.list())
    }

    /// Refuses a field that is there and no boolean.
    pub(super) fn flag(&self, name: &str) -> Result<bool, String> {
        let Some(field) = self.get(name) else {
            return Ok(false);
        };
        field
            .value
            .as_bool()
            .ok_or_else(|| field.wrong("must be a boolean"))
    }

    /// Refuses a field that is there and no whole number of at least this.
    pub(super) fn at_least(&self, name: &str, least: u64) -> Result<Option<u64>, String> {
        let Some(field) = self.get(name) else {
            return Ok(None);
        };
        match field.value.as_u64() {
            Some(number) if number >= least => Ok(Some(number)),
            _ => Err(field.wrong(format_args!("must be a whole number of at least {least}"))),
        }
    }

    /// Refuses a field that is there and no number of this range.
    pub(super) fn within(&self, name: &str, least: f64, most: f64) -> Checked {
        let Some(field) = self.get(name) else {
            return Ok(());
        };
        let fits = |number: f64| (least..=most).contains(&number);
        field.must(
            field.value.as_f64().is_some_and(fits),
            format_args!("must be a number from {least} to {most}"),
        )
    }

    /// Refuses a field that is there and no object.
    pub(super) fn object(&self, name: &str) -> Checked {
        let Some(field) = self.get(name) else {
            return Ok(());
        };
        field.must(field.value.is_object(), "must be an object")
    }

    /// Refuses what is no base64 of at least one byte.
    pub(super) fn base64(&self) -> Checked {
        let text = self.some_text()?;
        self.must(is_base64(text), "must be base64")
    }

    /// Refuses what is no name of a function: letters, digits, `_`, `-` and these.
    pub(super) fn name(&self, most: usize, also: &[char]) -> Result<&'a str, String> {
        let name = self.some_text()?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c) || also.contains(&c);
        self.must(
            name.len() <= most && name.chars().all(fits),
            format_args!("{name:?} is no name of up to {most} letters, digits, _ and -"),
        )?;
        Ok(name)
    }
}

/// Standard or URL alphabet, padded to whole groups or not at all.
fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    body.bytes().all(known)
        && body.len() % 4 != 1
        && padding <= 2
        && (padding == 0 || text.len().is_multiple_of(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_base64() {
        for good in ["AAAA", "AA==", "AAA=", "AA", "a-_/"] {
            assert!(is_base64(good), "{good}");
        }
        for bad in ["A", "AA=", "A===", "AA A", "AAAA=", "ä"] {
            assert!(!is_base64(bad), "{bad}");
        }
    }

    #[test]
    fn names_the_place() {
        let body = serde_json::json!({"a": [{"b": 1}]});
        let inner = Place::top(&body, true).need("a").unwrap().list().unwrap();
        let error = inner[0].need("b").unwrap().text().unwrap_err();
        assert_eq!(error, "a[0].b: must be a string");
    }
}
