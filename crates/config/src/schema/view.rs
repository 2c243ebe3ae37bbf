//! One schema with its references followed and its parts gathered.

use serde_json::{Map, Value};

use crate::Env;
use crate::node::{Kind, Node};

/// How far references are followed before a schema counts as circular.
const MAX_FOLLOWED: usize = 32;

/// What the schema says about members it does not name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Additional<'a> {
    /// There are none.
    None,
    /// Anything.
    Any,
    /// Each fits this.
    Schema(&'a Value),
}

/// The parts of a schema that settings use.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent word of the schema"
)]
pub(crate) struct View<'a> {
    /// The schema `false`.
    pub(crate) never: bool,
    /// JSON type names; `None` means any.
    pub(crate) types: Option<Vec<&'a str>>,
    pub(crate) properties: Vec<(&'a str, &'a Value)>,
    pub(crate) required: Vec<&'a str>,
    pub(crate) additional: Additional<'a>,
    pub(crate) names_format: Option<&'a str>,
    pub(crate) items: Option<&'a Value>,
    pub(crate) prefix_items: Vec<&'a Value>,
    pub(crate) items_range: (Option<u64>, Option<u64>),
    pub(crate) length_range: (Option<u64>, Option<u64>),
    /// Inclusive bounds, then exclusive ones.
    pub(crate) bounds: [Option<&'a Value>; 4],
    /// The values of `enum` or `const`.
    pub(crate) allowed: Option<Vec<&'a Value>>,
    pub(crate) format: Option<&'a str>,
    pub(crate) secret: bool,
    choices: Vec<&'a [Value]>,
    named_members: bool,
    closed: bool,
}

impl<'a> View<'a> {
    /// Gathers `schema`, whose references point into `root`.
    pub(crate) fn of(root: &'a Value, schema: &'a Value) -> Self {
        let mut view = Self {
            never: false,
            types: None,
            properties: Vec::new(),
            required: Vec::new(),
            additional: Additional::Any,
            names_format: None,
            items: None,
            prefix_items: Vec::new(),
            items_range: (None, None),
            length_range: (None, None),
            bounds: [None; 4],
            allowed: None,
            format: None,
            secret: false,
            choices: Vec::new(),
            named_members: false,
            closed: false,
        };
        view.add(root, schema, 0);
        view
    }

    /// This view and one branch of a choice.
    #[must_use]
    pub(crate) fn with(&self, root: &'a Value, branch: &'a Value) -> Self {
        let mut view = self.clone();
        view.add(root, branch, 0);
        view
    }

    fn add(&mut self, root: &'a Value, schema: &'a Value, followed: usize) {
        self.never |= schema == &Value::Bool(false);
        let Value::Object(schema) = schema else {
            return;
        };
        if followed > MAX_FOLLOWED {
            return;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = target.strip_prefix('#').and_then(|path| root.pointer(path))
        {
            self.add(root, target, followed + 1);
        }
        for part in list(schema, "allOf") {
            self.add(root, part, followed + 1);
        }
        self.add_object(schema);
        self.add_rest(schema);
    }

    fn add_object(&mut self, schema: &'a Map<String, Value>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            // Later wins: a tag's own constant is more exact than what a reference says of it.
            self.properties.extend(
                properties
                    .iter()
                    .map(|(name, value)| (name.as_str(), value)),
            );
            self.named_members = true;
        }
        self.required
            .extend(list(schema, "required").iter().filter_map(Value::as_str));
        let additional = schema.get("additionalProperties");
        match additional.or_else(|| schema.get("unevaluatedProperties")) {
            Some(Value::Bool(false)) => self.closed = true,
            Some(Value::Bool(true)) => self.additional = Additional::Any,
            Some(value) => self.additional = Additional::Schema(value),
            None => {}
        }
        if matches!(additional, Some(Value::Bool(true))) {
            self.named_members = false;
        }
        if let Some(patterns) = schema.get("patternProperties").and_then(Value::as_object)
            && let Some((pattern, value)) = patterns.iter().next()
        {
            self.additional = Additional::Schema(value);
            self.names_format = pattern.contains("\\d").then_some("integer");
            self.closed = false;
        }
        let open = matches!(self.additional, Additional::Schema(_));
        if !open && (self.closed || self.named_members) {
            self.additional = Additional::None;
        }
        if let Some(names) = schema.get("propertyNames") {
            self.names_format = names.get("format").and_then(Value::as_str);
        }
    }

    fn add_rest(&mut self, schema: &'a Map<String, Value>) {
        match schema.get("type") {
            Some(Value::String(name)) => self.types = Some(vec![name]),
            Some(Value::Array(names)) => {
                self.types = Some(names.iter().filter_map(Value::as_str).collect());
            }
            _ => {}
        }
        if let Some(value) = schema.get("const") {
            self.allowed = Some(vec![value]);
        } else if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            self.allowed = Some(values.iter().collect());
        }
        self.items = schema.get("items").or(self.items);
        self.prefix_items.extend(list(schema, "prefixItems"));
        let number = |name: &str| schema.get(name).and_then(Value::as_u64);
        self.items_range.0 = number("minItems").or(self.items_range.0);
        self.items_range.1 = number("maxItems").or(self.items_range.1);
        self.length_range.0 = number("minLength").or(self.length_range.0);
        self.length_range.1 = number("maxLength").or(self.length_range.1);
        let names = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
        for (bound, name) in self.bounds.iter_mut().zip(names) {
            *bound = schema.get(name).or(*bound);
        }
        self.format = schema.get("format").and_then(Value::as_str).or(self.format);
        self.secret |= schema.get("x-secret") == Some(&Value::Bool(true));
        for name in ["oneOf", "anyOf"] {
            if let Some(branches) = schema.get(name).and_then(Value::as_array) {
                self.choices.push(branches);
            }
        }
    }

    /// The last choice that is open, and this view without it.
    pub(crate) fn split_choice(&self) -> Option<(&'a [Value], Self)> {
        let mut base = self.clone();
        let group = base.choices.pop()?;
        Some((group, base))
    }

    /// All branches of all choices.
    pub(crate) fn branches(&self) -> impl Iterator<Item = &'a Value> {
        self.choices.iter().copied().flatten()
    }

    /// The schema of a named member, also by a name from its `x-aliases`.
    pub(crate) fn property(&self, name: &str) -> Option<&'a Value> {
        let mut backwards = self.properties.iter().rev();
        let exact = backwards.find(|(known, _)| *known == name);
        exact
            .or_else(|| {
                self.properties
                    .iter()
                    .find(|(_, schema)| aliases(schema).any(|alias| alias == name))
            })
            .map(|(_, schema)| *schema)
    }

    /// A member's name and its other names.
    pub(crate) fn spellings<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        let other = self
            .properties
            .iter()
            .filter(move |(known, _)| *known == name);
        std::iter::once(name).chain(other.flat_map(|(_, schema)| aliases(schema)))
    }

    /// The names of all members.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.properties.iter().map(|(name, _)| *name)
    }

    /// Whether an unnamed member may have this name.
    pub(crate) fn allows_name(&self, name: &str) -> bool {
        match self.names_format {
            Some("env-name") => Env::is_name(name),
            Some("integer") => name.parse::<i128>().is_ok(),
            _ => true,
        }
    }

    /// Whether the type of `node` is allowed; choices are not looked at.
    pub(crate) fn allows_kind(&self, node: &Node) -> bool {
        let Some(types) = &self.types else {
            return true;
        };
        types.iter().any(|name| match &node.kind {
            Kind::List(_) => *name == "array",
            Kind::Map(_) => *name == "object",
            Kind::Scalar(Value::String(_)) => *name == "string",
            Kind::Scalar(Value::Bool(_)) => *name == "boolean",
            Kind::Scalar(Value::Number(number)) => {
                *name == "number" || (*name == "integer" && !number.is_f64())
            }
            Kind::Scalar(_) => *name == "null",
        })
    }

    /// Whether the type of `node` is allowed here and in at least one branch of every choice.
    pub(crate) fn accepts_kind_deep(&self, root: &'a Value, node: &Node) -> bool {
        let constant = match (&self.allowed, &node.kind) {
            (Some(allowed), Kind::Scalar(Value::Null)) => allowed.contains(&&Value::Null),
            _ => true,
        };
        constant
            && self.allows_kind(node)
            && self.choices.iter().all(|group| {
                let mut branches = group.iter();
                branches.any(|branch| Self::of(root, branch).accepts_kind_deep(root, node))
            })
    }

    /// The allowed types as a person would say them.
    pub(crate) fn type_words(&self) -> String {
        words(self.types.iter().flatten().copied())
    }
}

/// `a string`, `a string or an object`; null is never asked for.
pub(crate) fn words<'s>(types: impl Iterator<Item = &'s str>) -> String {
    let mut words: Vec<&str> = Vec::new();
    for name in types {
        let word = match name {
            "string" => "a string",
            "integer" => "an integer",
            "number" => "a number",
            "boolean" => "true or false",
            "array" => "an array",
            "object" => "an object",
            _ => continue,
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() {
        "no value".to_owned()
    } else {
        words.join(" or ")
    }
}

fn list<'a>(schema: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    schema
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn aliases(schema: &Value) -> impl Iterator<Item = &str> {
    let names = schema.get("x-aliases").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str)
}
