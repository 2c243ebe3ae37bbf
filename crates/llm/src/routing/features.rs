//! Cheap facts about a request.

use super::kind;
use crate::config::TaskKind;
use crate::{ModelRequest, estimate};
use domain::stamp::unstamped;
use domain::{Message, Part, Role, ToolChoice};

/// How many messages back tools count as used lately.
const LATELY: usize = 8;
/// Bytes of the beginning, and of the end, of a long message in which words are looked for.
const WINDOW: usize = 512;
/// Bytes of a message that are searched for fences of code.
const FENCE_WINDOW: usize = 64 * 1024;
/// One character in so many that belongs to code rather than to prose makes a text code.
const CODE_DENSITY: usize = 18;

/// What the policy knows of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, read by name"
)]
pub struct Features<'a> {
    /// Tokens of the whole prompt, by estimate.
    pub prompt_tokens: u64,
    /// What the user said last; empty when nothing.
    pub message: &'a str,
    /// Its length in characters.
    pub message_chars: u64,
    /// How often the user spoke.
    pub turns: u64,
    /// Whether the message has code in it.
    pub code: bool,
    /// Whether it has a stack trace or the like in it.
    pub trace: bool,
    /// Whether tools are on offer.
    pub tools_offered: bool,
    /// Whether tools were used lately.
    pub tools_used: bool,
    /// Whether the user's last message has an image.
    pub images: bool,
    /// Whether it has a file.
    pub files: bool,
    /// Whether the last tool calls brought an error.
    pub failed: bool,
    /// What the user wants, by the words used.
    pub kind: TaskKind,
}

impl<'a> Features<'a> {
    /// The facts about `request`.
    pub fn of(request: &'a ModelRequest) -> Self {
        let messages = &request.messages;
        let last = messages.iter().rfind(|message| message.role == Role::User);
        let message = last.map_or("", spoken);
        let mut turns = 0;
        for said in messages {
            turns += u64::from(said.role == Role::User);
        }
        let has = |kind: fn(&Part) -> bool| last.is_some_and(|said| said.parts.iter().any(kind));
        let lately = messages.iter().rev().take(LATELY);
        let uses = |part: &Part| matches!(part, Part::ToolCall(_) | Part::ToolResult(_));
        let tools_used = lately.flat_map(|said| &said.parts).any(uses);
        let window = Window::of(message);
        Self {
            prompt_tokens: estimate::rough(request),
            message,
            message_chars: characters(message),
            turns,
            code: has_code(message, &window),
            trace: kind::has_trace(&window.lower),
            tools_offered: !request.tools.is_empty() && request.tool_choice != ToolChoice::None,
            tools_used,
            images: has(|part| matches!(part, Part::Image { .. })),
            files: has(|part| matches!(part, Part::File { .. })),
            failed: failed(messages),
            kind: kind::of(&window.lower, message.len()),
        }
    }
}

/// The first text of a message, without the line that says when it was said.
fn spoken(message: &Message) -> &str {
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Text { text } => Some(unstamped(text)),
        Part::Image { .. }
        | Part::File { .. }
        | Part::Reasoning { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_) => None,
    });
    texts.max_by_key(|text| text.len()).unwrap_or_default()
}

/// Characters; of a long text only an upper bound, since no rule tells such lengths apart.
fn characters(text: &str) -> u64 {
    let count = if text.len() > FENCE_WINDOW {
        text.len()
    } else {
        text.chars().count()
    };
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Whether the results after the model's last words hold an error.
fn failed(messages: &[Message]) -> bool {
    let fresh = messages
        .iter()
        .rev()
        .take_while(|said| said.role == Role::Tool);
    let mut parts = fresh.flat_map(|said| &said.parts);
    parts.any(|part| matches!(part, Part::ToolResult(result) if result.is_error))
}

/// The beginning and the end of a text.
struct Window<'a> {
    head: &'a str,
    tail: &'a str,
    /// Both in lower case.
    lower: String,
}

impl<'a> Window<'a> {
    fn of(text: &'a str) -> Self {
        let (head, tail) = if text.len() <= 2 * WINDOW {
            (text, "")
        } else {
            let start = text.floor_char_boundary(WINDOW);
            let end = text.ceil_char_boundary(text.len() - WINDOW);
            (
                text.get(..start).unwrap_or_default(),
                text.get(end..).unwrap_or_default(),
            )
        };
        let mut lower = head.to_lowercase();
        if !tail.is_empty() {
            lower.push(' ');
            lower.push_str(&tail.to_lowercase());
        }
        Self { head, tail, lower }
    }
}

fn has_code(text: &str, window: &Window<'_>) -> bool {
    let searched = text
        .get(..text.floor_char_boundary(FENCE_WINDOW))
        .unwrap_or(text);
    if memchr::memmem::find(searched.as_bytes(), b"```").is_some() {
        return true;
    }
    let marks = |part: &str| part.bytes().filter(|byte| is_code_mark(*byte)).count();
    let count = marks(window.head) + marks(window.tail);
    let length = window.head.len() + window.tail.len();
    let lines = window.head.bytes().filter(|byte| *byte == b'\n').count();
    // One line of prose with a formula is not code; several marked lines are.
    count * CODE_DENSITY > length && (count > 12 || lines > 1) && kind::has_code(window.head)
}

fn is_code_mark(byte: u8) -> bool {
    b"{}()[];=<>_&|$#\\".contains(&byte)
}
