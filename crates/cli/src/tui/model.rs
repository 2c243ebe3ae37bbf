//! Everything the terminal UI knows, without a terminal and without a connection.
//!
//! Events change it in [`update`](super::update), which gives the effects to carry out; `view`
//! draws it. Time, keys, answers and events all come in as events, so every state can be made in
//! a test.

use super::approval::Approval;
use super::composer::Composer;
use super::picker::Picker;
use super::slash::Slash;
use super::theme::Theme;
use super::transcript::{Look, Scroll, Transcript};
use crossterm::event::KeyEvent;
use serde_json::Value;
use std::time::Duration;

/// What happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The wheel was turned: lines down, or up when negative.
    Wheel(isize),
    /// The terminal has this size now.
    Resize {
        /// Its width.
        columns: u16,
        /// Its height.
        rows: u16,
    },
    /// It is this many milliseconds since 1970.
    Time(u64),
    /// Something came over the link.
    News(News),
}

/// What comes over a link.
#[derive(Debug)]
pub(crate) enum News {
    /// Calls are answered from now on.
    Connected {
        /// Methods the gateway lists.
        methods: Vec<String>,
    },
    /// Calls are not answered.
    Lost {
        /// Why, with what to do when nothing is tried again.
        why: String,
        /// When it is tried again; `None` for never.
        again: Option<Duration>,
    },
    /// Events were missed.
    Gap,
    /// An event.
    Told {
        /// Its name.
        event: String,
        /// Its payload.
        payload: Value,
    },
    /// The answer to a call.
    Answer {
        /// Which call.
        ask: Ask,
        /// The payload, or what was wrong.
        result: Result<Value, String>,
    },
}

/// What a call was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Events of all sessions.
    Subscribe,
    /// The agents, to know the default one.
    Agents,
    /// The agents, to choose one.
    PickAgent,
    /// The sessions, to choose one.
    PickSession,
    /// The models, to choose one.
    PickModel,
    /// The gateway's slash commands.
    Commands,
    /// The messages of a session.
    History(String),
    /// A message; the run it starts.
    Send(String),
    /// The end of all runs.
    Abort,
    /// A session's model, tokens and cost.
    Describe(String),
    /// What the last answer of a session took.
    Usage(String),
    /// The budgets.
    Budgets,
    /// A change of the session; what to say when it is done.
    Patch(String),
    /// A new session with this key.
    Create(String),
    /// An empty session.
    Reset,
    /// Approvals that wait.
    Approvals,
    /// A decision about an approval.
    Resolve(String),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Call a method.
    Call {
        /// What for.
        ask: Ask,
        /// The method.
        method: &'static str,
        /// Its parameters.
        params: Value,
    },
    /// Put a text on the clipboard.
    Copy(String),
    /// Give the wheel to the UI, or leave the mouse to the terminal.
    Mouse(bool),
    /// Go to the background.
    Suspend,
    /// End.
    Quit,
}

/// What the command line asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    /// A session, by any form of its key.
    pub(crate) session: Option<String>,
    /// An agent.
    pub(crate) agent: Option<String>,
    /// A message to send first.
    pub(crate) message: Option<String>,
    /// Whether answers also go to the session's channel.
    pub(crate) deliver: bool,
    /// How hard to think.
    pub(crate) thinking: Option<String>,
    /// How many messages of the history; the gateway's default when absent.
    pub(crate) history_limit: Option<u32>,
    /// How long a run may take, in milliseconds.
    pub(crate) timeout_ms: Option<u64>,
}

/// How the link stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Connection {
    /// The first try goes on.
    Connecting,
    /// Calls are answered.
    Ready,
    /// It is tried again at this time.
    Lost { why: String, again_at: u64 },
    /// It is not tried again.
    Ended { why: String },
}

/// A run of the session.
#[derive(Debug)]
pub(super) struct Run {
    /// Its id.
    pub(super) id: String,
    /// Since when we know of it.
    pub(super) since: u64,
    /// What it does, in the gateway's words; cleaned.
    pub(super) phase: Option<String>,
    /// All it said so far.
    pub(super) whole: String,
    /// How much of that was said before its last tool call.
    pub(super) before: usize,
}

/// A message that was not acknowledged. It is sent again after a break, with the same key, so
/// that it runs once.
#[derive(Debug)]
pub(super) struct Unsent {
    /// The run it starts.
    pub(super) run: String,
    /// Its text.
    pub(super) text: String,
    /// The parameters of its call.
    pub(super) params: Value,
}

/// What lies over the conversation.
#[derive(Debug, Default)]
pub(super) enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// Keys and commands, from this line on.
    Help(usize),
    /// A list to choose from.
    Picker(Picker),
}

/// What is known of the session's model and cost.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// `provider/model`.
    pub(super) model: Option<String>,
    /// Tokens in the context.
    pub(super) tokens: Option<u64>,
    /// Tokens the context may have.
    pub(super) window: Option<u64>,
    /// Dollars spent in the session.
    pub(super) session_cost: Option<f64>,
    /// Tokens of the last run.
    pub(super) run_tokens: Option<u64>,
    /// Dollars of the last run.
    pub(super) run_cost: Option<f64>,
    /// A budget that is nearly used up.
    pub(super) budget: Option<String>,
}

/// What of an agent's work shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shown {
    /// All output of tools.
    pub(super) tools: bool,
    /// Thoughts.
    pub(super) thoughts: bool,
}

/// The word that shows until a run has stopped.
pub(super) const STOPPING: &str = "stopping …";

/// The state of the terminal UI.
#[derive(Debug)]
pub(crate) struct Model {
    pub(super) wishes: Wishes,
    pub(super) theme: Theme,
    /// Where the gateway is, for people.
    pub(super) place: String,
    pub(super) columns: u16,
    pub(super) rows: u16,
    pub(super) now: u64,
    pub(super) connection: Connection,
    pub(super) methods: Vec<String>,
    pub(super) agents: Vec<super::wire::AgentRow>,
    /// The agent in use; empty until known.
    pub(super) agent: String,
    pub(super) main_key: String,
    /// The canonical key of the session; empty until known.
    pub(super) session: String,
    pub(super) session_id: Option<String>,
    pub(super) transcript: Transcript,
    pub(super) scroll: Scroll,
    /// Whether something came while the reader looked above.
    pub(super) unseen: bool,
    pub(super) composer: Composer,
    pub(super) overlay: Overlay,
    pub(super) approvals: Vec<Approval>,
    /// Which answer to the first approval is chosen, while it has the focus.
    pub(super) deciding: Option<usize>,
    pub(super) runs: Vec<Run>,
    pub(super) unsent: Vec<Unsent>,
    pub(super) facts: Facts,
    /// Slash commands of the gateway.
    pub(super) theirs: Vec<Slash>,
    /// Which completion is chosen; `None` when they were put away.
    pub(super) completing: Option<usize>,
    /// A short word and until when it shows.
    pub(super) notice: Option<(String, u64)>,
    /// Until when another Ctrl-C ends the program.
    pub(super) quits_until: u64,
    pub(super) shown: Shown,
    pub(super) mouse: bool,
    /// Makes ids that nobody else makes.
    seed: String,
    serial: u64,
}

impl Model {
    /// The state before anything happened. `seed` must be unique; `place` is shown.
    pub(crate) fn new(wishes: Wishes, theme: Theme, place: &str, seed: &str) -> Self {
        Self {
            wishes,
            theme,
            place: super::clean::line(place),
            columns: 80,
            rows: 24,
            now: 0,
            connection: Connection::Connecting,
            methods: Vec::new(),
            agents: Vec::new(),
            agent: String::new(),
            main_key: "main".to_owned(),
            session: String::new(),
            session_id: None,
            transcript: Transcript::default(),
            scroll: Scroll::Follow,
            unseen: false,
            composer: Composer::default(),
            overlay: Overlay::None,
            approvals: Vec::new(),
            deciding: None,
            runs: Vec::new(),
            unsent: Vec::new(),
            facts: Facts::default(),
            theirs: Vec::new(),
            completing: Some(0),
            notice: None,
            quits_until: 0,
            shown: Shown::default(),
            mouse: true,
            seed: seed.to_owned(),
            serial: 0,
        }
    }

    /// Whether something on the screen moves by itself.
    pub(crate) fn is_moving(&self) -> bool {
        !self.runs.is_empty()
            || !self.approvals.is_empty()
            || self.notice.is_some()
            || matches!(self.connection, Connection::Lost { .. })
    }

    /// How the conversation is drawn.
    pub(super) fn look(&self) -> Look {
        Look {
            width: usize::from(self.columns),
            theme: self.theme,
            expanded: self.shown.tools,
            thoughts: self.shown.thoughts,
            now: self.now,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.connection == Connection::Ready
    }

    pub(super) fn fresh_id(&mut self) -> String {
        self.serial += 1;
        format!("{}-{}", self.seed, self.serial)
    }

    /// Whether a run was started here.
    pub(super) fn is_mine(&self, run: &str) -> bool {
        run.strip_prefix(&self.seed)
            .is_some_and(|rest| rest.starts_with('-'))
    }

    /// Shows a word for a few seconds.
    pub(super) fn notify(&mut self, text: impl Into<String>) {
        self.notice = Some((text.into(), self.now + 4000));
    }

    /// The canonical form of a key: `agent:<id>:<rest>` in lower case.
    pub(super) fn canonical(&self, key: &str) -> String {
        let key = key.trim().to_lowercase();
        if key.starts_with("agent:") || key == "global" {
            return key;
        }
        let rest = if key.is_empty() || key == "main" {
            &self.main_key
        } else {
            &key
        };
        format!("agent:{}:{rest}", self.agent)
    }

    /// The session without what it shares with all others of its agent.
    pub(super) fn session_name(&self) -> &str {
        let own = self
            .session
            .strip_prefix("agent:")
            .and_then(|rest| rest.split_once(':'));
        own.map_or(self.session.as_str(), |(_, name)| name)
    }
}
