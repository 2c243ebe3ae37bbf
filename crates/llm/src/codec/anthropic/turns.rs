//! The conversation as messages whose roles take turns.

use super::state::{self, REDACTED, THINKING};
use crate::ModelInfo;
use crate::codec::call_id;
use crate::codec::media::{self, FileKind, IMAGE_LEFT_OUT};
use crate::codec::repair::{Call, Piece, Said, repair};
use crate::wire::anthropic::{Block, Source, Speaker, WireMessage};
use domain::{Message, Part};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;

/// Said for the user when a conversation begins with the model.
const EARLIER: &str = "[the beginning of the conversation was left out]";
/// Said for the user when the model was the last to speak: it does not answer itself.
const GO_ON: &str = "Continue.";
/// What came of a call that failed without a word; a failure must say something.
const FAILED: &str = "the tool failed without saying why";
/// Image formats the models read.
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
/// Longest title of a document that is passed on, in bytes.
const LONGEST_TITLE: usize = 255;
/// Longest name of a tool, in bytes.
const LONGEST_NAME: usize = 128;

/// The messages of a request. The user speaks first and last, no message and no text is empty,
/// every call has an id of its own, and its result comes next.
pub(super) fn turns<'a>(messages: &'a [Message], model: &ModelInfo) -> Vec<WireMessage<'a>> {
    let mut turns = Turns::default();
    for said in repair(messages, &model.provider) {
        match said {
            Said::User(parts) => {
                let blocks = parts.into_iter().filter_map(|part| user(part, model));
                turns.push(Speaker::User, blocks.collect());
            }
            Said::Assistant(pieces) => turns.assistant(&pieces, model),
            Said::Result {
                id,
                content,
                is_error,
                ..
            } => turns.result(id, content, is_error),
        }
    }
    turns.finish()
}

/// The names of the tools that were called, each once.
pub(super) fn called<'a>(messages: &[WireMessage<'a>]) -> Vec<Cow<'a, str>> {
    let mut names = Vec::new();
    for block in messages.iter().flat_map(|message| &message.content) {
        if let Block::ToolUse { name, .. } = block
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}

/// Whether every step of the tool calls under way begins with a thought.
pub(super) fn thoughts_kept(messages: &[WireMessage<'_>]) -> bool {
    let is_result = |block: &Block<'_>| matches!(block, Block::ToolResult { .. });
    let mut steps = messages.rchunks_exact(2).map_while(|pair| match pair {
        [step, results] if results.content.iter().any(is_result) => Some(step),
        _ => None,
    });
    steps.all(|step| {
        matches!(
            step.content.first(),
            Some(Block::Thinking { .. } | Block::RedactedThinking { .. })
        )
    })
}

#[derive(Default)]
struct Turns<'a> {
    all: Vec<WireMessage<'a>>,
    /// Every call id so far: some providers count theirs anew in every answer.
    ids: HashSet<Cow<'a, str>>,
    /// The calls of the last assistant message, by the ids they had.
    open: Vec<(&'a str, Cow<'a, str>)>,
}

impl<'a> Turns<'a> {
    fn push(&mut self, role: Speaker, content: Vec<Block<'a>>) {
        if content.is_empty() {
            return;
        }
        match self.all.last_mut() {
            Some(last) if last.role == role => last.content.extend(content),
            Some(_) | None => self.all.push(WireMessage { role, content }),
        }
    }

    fn assistant(&mut self, pieces: &[Piece<'a>], model: &ModelInfo) {
        self.open.clear();
        let mut content = Vec::with_capacity(pieces.len());
        let mut said = 0;
        // Thoughts stand where an answer begins, and this one only goes on.
        let goes_on = matches!(self.all.last(), Some(last) if last.role == Speaker::Assistant);
        for piece in pieces {
            match *piece {
                Piece::Text(text) if text.trim().is_empty() => continue,
                Piece::Text(text) => content.push(block(Cow::Borrowed(text))),
                Piece::Call(call) => content.extend(self.call(call)),
                Piece::Reasoning { text, keep } => {
                    let Some(state) = state::unpack(model, &keep.data).filter(|_| !goes_on) else {
                        continue;
                    };
                    content.push(match &*keep.kind {
                        THINKING => Block::Thinking {
                            thinking: text,
                            signature: state,
                        },
                        REDACTED => Block::RedactedThinking { data: state },
                        _ => continue,
                    });
                    continue;
                }
            }
            said = content.len();
        }
        // A message may not end with a thought.
        content.truncate(said);
        self.push(Speaker::Assistant, content);
    }

    fn call(&mut self, call: Call<'a>) -> Option<Block<'a>> {
        let mut id = call_id::usual(call.id);
        while self.ids.contains(&id) {
            id = Cow::Owned(call_id::made(&id, self.ids.len()));
        }
        // The arguments were found to be an object when the history was repaired.
        let input: &RawValue = serde_json::from_str(call.arguments).ok()?;
        self.ids.insert(id.clone());
        self.open.push((call.id, id.clone()));
        Some(Block::ToolUse {
            id,
            name: call_id::name(call.name, LONGEST_NAME),
            input,
        })
    }

    fn result(&mut self, id: &str, content: &'a str, is_error: bool) {
        let Some((_, id)) = self.open.iter().find(|(open, _)| *open == id) else {
            return;
        };
        let content = Some(content).filter(|content| !content.trim().is_empty());
        let result = Block::ToolResult {
            tool_use_id: id.clone(),
            content: content.or(is_error.then_some(FAILED)),
            is_error,
            cache_control: None,
        };
        self.push(Speaker::User, vec![result]);
    }

    fn finish(mut self) -> Vec<WireMessage<'a>> {
        if let Some(first) = self.all.first()
            && first.role == Speaker::Assistant
        {
            let earlier = WireMessage {
                role: Speaker::User,
                content: vec![block(Cow::Borrowed(EARLIER))],
            };
            self.all.insert(0, earlier);
        }
        if self
            .all
            .last()
            .is_none_or(|last| last.role == Speaker::Assistant)
        {
            self.push(Speaker::User, vec![block(Cow::Borrowed(GO_ON))]);
        }
        self.all
    }
}

fn block(text: Cow<'_, str>) -> Block<'_> {
    Block::Text {
        text,
        cache_control: None,
    }
}

fn user<'a>(part: &'a Part, model: &ModelInfo) -> Option<Block<'a>> {
    match part {
        Part::Text { text } => (!text.trim().is_empty()).then(|| block(Cow::Borrowed(text))),
        Part::Image { media_type, data } => Some(image(media_type, &data.0, model)),
        Part::File {
            media_type,
            name,
            data,
        } => Some(file(media_type, name.as_deref(), &data.0, model)),
        Part::Reasoning { .. } | Part::ToolCall(_) | Part::ToolResult(_) => None,
    }
}

fn image<'a>(media_type: &'a str, data: &'a str, model: &ModelInfo) -> Block<'a> {
    if !model.images {
        return block(Cow::Borrowed(IMAGE_LEFT_OUT));
    }
    let known = IMAGES
        .iter()
        .find(|known| media_type.eq_ignore_ascii_case(known));
    match known {
        Some(media_type) if !data.is_empty() => Block::Image {
            source: Source::Base64 { media_type, data },
            cache_control: None,
        },
        Some(_) | None => block(Cow::Owned(media::left_out(media_type))),
    }
}

fn file<'a>(
    media_type: &str,
    name: Option<&'a str>,
    data: &'a str,
    model: &ModelInfo,
) -> Block<'a> {
    let kind = media::kind(media_type);
    match kind {
        FileKind::Document if media::reads(model.media, kind) && !data.is_empty() => {
            Block::Document {
                source: Source::Base64 {
                    media_type: "application/pdf",
                    data,
                },
                title: name.filter(|name| !name.trim().is_empty() && name.len() <= LONGEST_TITLE),
                cache_control: None,
            }
        }
        // The wire has no place for sound and video.
        FileKind::Document | FileKind::Audio | FileKind::Video | FileKind::Else => {
            block(Cow::Owned(media::left_out(media_type)))
        }
    }
}
