//! What a JSON Schema says, in words. Knows the part that `schemars` writes.

use super::markdown::prose;
use serde_json::Value;

/// A schema whose references point into `root`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape<'a> {
    root: &'a Value,
    own: &'a Value,
}

/// What the members of a shape are.
pub(super) enum Inside<'a> {
    /// Nothing that has keys.
    Value,
    /// Members with names.
    Members(Shape<'a>),
    /// Elements with members.
    List(Shape<'a>),
    /// Members under names that people choose.
    Named(Shape<'a>),
}

impl<'a> Shape<'a> {
    pub(super) fn root(root: &'a Value) -> Self {
        Self::of(root, root)
    }

    fn of(root: &'a Value, own: &'a Value) -> Self {
        Self { root, own }
    }

    fn text(self, key: &str) -> &'a str {
        self.own
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn list(self, key: &str) -> &'a [Value] {
        self.own
            .get(key)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The shape a reference, or the one choice beside `null`, stands for.
    fn target(self) -> Self {
        let named = self.text("$ref").strip_prefix('#');
        if let Some(target) = named.and_then(|path| self.root.pointer(path)) {
            return Self::of(self.root, target).target();
        }
        let mut choices = self.choices();
        match (choices.next(), choices.next()) {
            (Some(only), None) => only.target(),
            _ => self,
        }
    }

    /// The alternatives, without `null`.
    fn choices(self) -> impl Iterator<Item = Self> {
        let all = [self.list("anyOf"), self.list("oneOf")]
            .into_iter()
            .flatten();
        all.map(move |value| Self::of(self.root, value))
            .filter(|choice| choice.text("type") != "null")
    }

    pub(super) fn about(self) -> &'a str {
        match self.text("description") {
            "" => self.target().text("description"),
            own => own,
        }
    }

    pub(super) fn default(self) -> Option<&'a Value> {
        self.own.get("default").filter(|value| !value.is_null())
    }

    /// The members with names, in order.
    pub(super) fn members(self) -> impl Iterator<Item = (&'a str, Self)> {
        let root = self.root;
        let members = self
            .target()
            .own
            .get("properties")
            .and_then(Value::as_object);
        members
            .into_iter()
            .flatten()
            .map(move |(name, value)| (name.as_str(), Self::of(root, value)))
    }

    /// What members under other names are, beside those with names.
    pub(super) fn others(self) -> Option<Self> {
        let own = self.target().own.get("additionalProperties")?;
        own.is_object().then(|| Self::of(self.root, own))
    }

    /// Whether a member must be there.
    pub(super) fn requires(self, name: &str) -> bool {
        let required = self.target().list("required");
        required.iter().any(|required| required == name)
    }

    /// The objects this may be, each with the constant that tells it apart.
    pub(super) fn variants(self) -> Vec<(Option<String>, Self)> {
        let target = self.target();
        let objects: Vec<_> = target.choices().filter(|c| c.has_members()).collect();
        if objects.is_empty() {
            return vec![(None, target)];
        }
        let tag = |shape: Self| {
            let (name, tag) = shape
                .members()
                .find(|(_, m)| m.own.get("const").is_some())?;
            Some(format!("{name}: {}", tag.own.get("const")?))
        };
        objects
            .into_iter()
            .map(|shape| (tag(shape), shape))
            .collect()
    }

    fn has_members(self) -> bool {
        self.target().own.get("properties").is_some()
    }

    pub(super) fn inside(self) -> Inside<'a> {
        let target = self.target();
        let below = |key: &str| target.own.get(key).map(|value| Self::of(self.root, value));
        let holds = |shape: &Self| {
            let tagged = shape.target().choices().all(Self::has_members);
            shape.has_members() || (tagged && shape.target().choices().next().is_some())
        };
        if target.text("format") == "secret-input" {
            return Inside::Value;
        }
        if target.has_members() {
            return Inside::Members(target);
        }
        if let Some(items) = below("items").filter(holds) {
            return Inside::List(items);
        }
        match below("additionalProperties").filter(holds) {
            Some(values) => Inside::Named(values),
            None => Inside::Value,
        }
    }

    /// The type in words, for a cell of a table.
    pub(super) fn words(self) -> String {
        let target = self.target();
        if target.text("format") == "secret-input" {
            return "secret".to_owned();
        }
        if let Some(value) = target.own.get("const") {
            return format!("`{value}`").replace('"', "");
        }
        let choices: Vec<_> = target.choices().map(Self::words).collect();
        if !choices.is_empty() {
            let words = target
                .choices()
                .any(|choice| choice.own.get("const").is_some());
            return choices.join(if words { ", " } else { " or " });
        }
        let below = |key: &str| target.own.get(key).map(|value| Self::of(self.root, value));
        let names = target.type_names();
        match names.first().copied() {
            Some("array") => {
                let of = below("items").map_or_else(|| "anything".to_owned(), Self::words);
                format!("list of {of}")
            }
            Some("object") if !target.has_members() => {
                let of = below("additionalProperties").map(Self::words);
                format!("names with {}", of.unwrap_or_else(|| "anything".to_owned()))
            }
            Some("object") => {
                let keys: Vec<_> = target
                    .members()
                    .map(|(name, _)| format!("`{name}`"))
                    .collect();
                format!("object with {}", keys.join(", "))
            }
            Some(_) => format!("{}{}", names.join(" or "), target.range()),
            None => "anything".to_owned(),
        }
    }

    fn type_names(self) -> Vec<&'a str> {
        match self.own.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                names.filter(|name| *name != "null").collect()
            }
            _ => Vec::new(),
        }
    }

    fn range(self) -> String {
        match (self.own.get("minimum"), self.own.get("maximum")) {
            (Some(least), Some(most)) => format!(", {least} to {most}"),
            (Some(least), None) => format!(", {least} or more"),
            (None, Some(most)) => format!(", {most} at most"),
            (None, None) => String::new(),
        }
    }

    /// What each allowed word means: `a`: this; `b`: that.
    pub(super) fn meanings(self) -> String {
        let meaning = |choice: Self| {
            let word = choice.own.get("const")?.as_str()?;
            let about = prose(choice.text("description"));
            (!about.is_empty()).then(|| format!("`{word}`: {about}"))
        };
        let target = self.target();
        target
            .choices()
            .filter_map(meaning)
            .collect::<Vec<_>>()
            .join(" ")
    }
}
