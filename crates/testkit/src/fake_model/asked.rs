//! What was asked, whatever the wire.

use data_encoding::BASE64;
use serde_json::Value;

use super::prompt::Prompt;
use super::wire::Wire;

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The user.
    User,
    /// The model.
    Model,
    /// A tool: one result.
    Tool,
}

/// Something that was said.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) by: By,
    pub(super) texts: Vec<String>,
    /// The names of the tools it called.
    pub(super) calls: Vec<String>,
    /// The provider state it carries.
    pub(super) states: Vec<String>,
}

/// A request, without what only its wire knows.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) wire: Wire,
    pub(super) model: String,
    pub(super) streams: bool,
    /// Whether a stream is to tell the usage.
    pub(super) wants_usage: bool,
    /// Most tokens of the answer.
    pub(super) most: Option<u64>,
    pub(super) system: Vec<String>,
    pub(super) turns: Vec<Turn>,
    /// The names of the tools on offer.
    pub(super) tools: Vec<String>,
    /// Media types of all images, `link` for an address, and of all other media.
    pub(super) images: Vec<String>,
    pub(super) files: Vec<String>,
    pub(super) prompt: Prompt,
    /// Whether the model thinks, when the script says so, and wants its state back.
    pub(super) keeps_state: bool,
}

impl Asked {
    pub(super) fn new(wire: Wire, model: &str) -> Self {
        Self {
            wire,
            model: model.to_owned(),
            streams: false,
            wants_usage: true,
            most: None,
            system: Vec::new(),
            turns: Vec::new(),
            tools: Vec::new(),
            images: Vec::new(),
            files: Vec::new(),
            prompt: Prompt::default(),
            keeps_state: false,
        }
    }

    /// Begins a turn.
    pub(super) fn turn(&mut self, by: By) {
        self.turns.push(Turn {
            by,
            texts: Vec::new(),
            calls: Vec::new(),
            states: Vec::new(),
        });
    }

    /// Adds a tool on offer: its name, and its definition as a whole.
    pub(super) fn tool(&mut self, name: &str, definition: &Value) {
        self.tools.push(name.to_owned());
        self.prompt.json("tool", definition);
    }

    /// Adds a text to the turn begun last.
    pub(super) fn say(&mut self, tag: &'static str, text: &str) {
        self.prompt.text(tag, text);
        if let Some(turn) = self.turns.last_mut() {
            turn.texts.push(text.to_owned());
        }
    }

    /// Adds a system text.
    pub(super) fn system(&mut self, text: &str) {
        self.prompt.text("system", text);
        self.system.push(text.to_owned());
    }

    /// Adds a call to the turn begun last.
    pub(super) fn call(&mut self, name: &str, arguments: &str) {
        self.prompt.text("call", &format!("{name}{arguments}"));
        if let Some(turn) = self.turns.last_mut() {
            turn.calls.push(name.to_owned());
        }
    }

    /// Adds provider state to the turn begun last.
    pub(super) fn state(&mut self, state: &str) {
        self.prompt.text("state", "");
        if let Some(turn) = self.turns.last_mut() {
            turn.states.push(state.to_owned());
        }
    }

    /// Adds an image: a data URL, an address, or base64 of this media type.
    pub(super) fn image(&mut self, kind: Option<&str>, source: &str) {
        self.prompt.image(source);
        self.images.push(medium(kind, source));
    }

    /// Adds another medium.
    pub(super) fn file(&mut self, kind: Option<&str>, source: &str) {
        self.prompt.file(source);
        self.files.push(medium(kind, source));
    }

    /// The texts of the user's last turn, and how many turns came after it.
    pub(super) fn last_user(&self) -> (&[String], usize) {
        let by_user = |turn: &Turn| turn.by == By::User;
        let place = self.turns.iter().rposition(by_user);
        let texts = place.and_then(|place| self.turns.get(place));
        (
            texts.map(|turn| turn.texts.as_slice()).unwrap_or_default(),
            place.map_or(0, |place| self.turns.len() - place - 1),
        )
    }

    /// The results the conversation ends with, when the model is asked to go on after its calls.
    pub(super) fn trailing_results(&self) -> Vec<String> {
        let rev = self.turns.iter().rev();
        let mut results: Vec<String> = rev
            .take_while(|turn| turn.by == By::Tool)
            .map(|turn| turn.texts.concat())
            .collect();
        results.reverse();
        results
    }

    /// The tools the model called last.
    pub(super) fn last_calls(&self) -> &[String] {
        let by_model = |turn: &&Turn| turn.by == By::Model;
        let last = self.turns.iter().rev().find(by_model);
        last.map(|turn| turn.calls.as_slice()).unwrap_or_default()
    }

    /// Whether a tool's result speaks of this tool.
    pub(super) fn was_told_of(&self, tool: &str) -> bool {
        let mut results = self.turns.iter().filter(|turn| turn.by == By::Tool);
        results.any(|turn| turn.texts.iter().any(|text| text.contains(tool)))
    }

    /// How many tool calls the conversation holds already; the next call's number.
    pub(super) fn calls_so_far(&self) -> usize {
        self.turns.iter().map(|turn| turn.calls.len()).sum()
    }

    /// The state the model gives with its next thought.
    pub(super) fn next_state(&self) -> String {
        state(self.wire, self.turns.len())
    }

    /// What is wrong with the provider state that came back; `looping` when the script of the
    /// last user turn thinks, and its state is due.
    pub(super) fn state_complaint(&self, looping: bool) -> Option<String> {
        let ours = format!("fake:{}:", self.wire.api());
        for state in self.turns.iter().flat_map(|turn| &turn.states) {
            let known = BASE64
                .decode(state.as_bytes())
                .is_ok_and(|bytes| bytes.starts_with(ours.as_bytes()));
            if !known {
                return Some(format!(
                    "invalid signature or encrypted content {state:?}: this service did not give it"
                ));
            }
        }
        if !looping || !self.keeps_state {
            return None;
        }
        let (_, after) = self.last_user();
        let mut since = self.turns.iter().rev().take(after);
        since
            .any(|turn| turn.by == By::Model && !turn.calls.is_empty() && turn.states.is_empty())
            .then(|| {
                "the thinking state (signature, encrypted content) of a turn that called tools \
                 did not come back"
                    .to_owned()
            })
    }
}

/// State only this wire of the fake understands.
fn state(wire: Wire, number: usize) -> String {
    BASE64.encode(format!("fake:{}:{number}", wire.api()).as_bytes())
}

fn medium(kind: Option<&str>, source: &str) -> String {
    let of_url = || source.strip_prefix("data:")?.split([';', ',']).next();
    kind.or_else(of_url).unwrap_or("link").to_owned()
}
