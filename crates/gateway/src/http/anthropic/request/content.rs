//! The content of messages: texts and blocks.

use super::super::signature;
use crate::error::ApiError;
use domain::{Blob, Message, Part, Role, ToolCall, ToolCallId, ToolName, ToolResult};
use serde::Deserialize;
use serde_json::Value;

/// Most images and documents of one request.
const MAX_MEDIA: usize = 100;

/// Most decoded bytes of them together.
const MAX_MEDIA_BYTES: usize = 20 << 20;

/// Image types that are read.
const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// `system`: a text or text blocks.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum System {
    Text(String),
    Blocks(Vec<SystemBlock>),
}

/// A block of `system`.
#[derive(Deserialize)]
pub(super) struct SystemBlock {
    text: String,
}

impl System {
    /// The texts that are not empty.
    pub(super) fn texts(self) -> Vec<String> {
        let mut texts = match self {
            Self::Text(text) => vec![text],
            Self::Blocks(blocks) => blocks.into_iter().map(|block| block.text).collect(),
        };
        texts.retain(|text| !text.is_empty());
        texts
    }
}

/// `content`: a text or blocks.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Blocks(Vec<Block>),
}

/// One block; which fields it has depends on its type.
#[derive(Deserialize)]
pub(super) struct Block {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    source: Option<Source>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    input: Option<Value>,
    #[serde(default)]
    tool_use_id: Option<String>,
    #[serde(default)]
    content: Option<Box<Content>>,
    #[serde(default)]
    is_error: Option<bool>,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    signature: Option<String>,
    #[serde(default)]
    data: Option<String>,
}

/// Where an image or a document is.
#[derive(Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    data: Option<String>,
}

/// Counts the images and documents of a request against their limits.
#[derive(Default)]
pub(super) struct Media {
    count: usize,
    bytes: usize,
}

impl Content {
    /// Appends the message. Results of tools become a message of their own, before the rest.
    pub(super) fn read(
        self,
        role: Role,
        index: usize,
        media: &mut Media,
        messages: &mut Vec<Message>,
    ) -> Result<(), ApiError> {
        let blocks = match self {
            Self::Text(text) => {
                let parts = vec![Part::Text { text }];
                messages.push(Message { role, parts });
                return Ok(());
            }
            Self::Blocks(blocks) => blocks,
        };
        let mut results = Vec::new();
        let mut parts = Vec::with_capacity(blocks.len());
        for (place, block) in blocks.into_iter().enumerate() {
            let at = format!("messages.{index}.content.{place}");
            match (block.kind.as_str(), role) {
                ("tool_result", Role::User) => results.push(result(block, &at)?),
                _ => parts.extend(part(block, role, &at, media)?),
            }
        }
        if !results.is_empty() {
            messages.push(Message {
                role: Role::Tool,
                parts: results,
            });
        }
        if !parts.is_empty() {
            messages.push(Message { role, parts });
        }
        Ok(())
    }

    /// The texts, for places that take nothing else.
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Blocks(blocks) => {
                let texts: Vec<String> = blocks
                    .into_iter()
                    .filter_map(|block| match (block.kind.as_str(), block.text) {
                        ("image", _) => Some("[an image]".to_owned()),
                        (_, text) => text,
                    })
                    .collect();
                texts.join("\n")
            }
        }
    }
}

fn result(block: Block, at: &str) -> Result<Part, ApiError> {
    let Some(call) = block.tool_use_id.filter(|id| !id.is_empty()) else {
        return Err(ApiError::invalid(format!(
            "{at}.tool_use_id: Field required"
        )));
    };
    Ok(Part::ToolResult(ToolResult {
        call: ToolCallId::new(call),
        name: None,
        content: block
            .content
            .map(|content| content.text())
            .unwrap_or_default(),
        is_error: block.is_error.unwrap_or(false),
    }))
}

fn part(block: Block, role: Role, at: &str, media: &mut Media) -> Result<Option<Part>, ApiError> {
    let kind = block.kind.as_str();
    let missing = |field: &str| ApiError::invalid(format!("{at}.{field}: Field required"));
    Ok(match (kind, role) {
        ("text", _) => {
            let text = block.text.ok_or_else(|| missing("text"))?;
            (!text.is_empty()).then_some(Part::Text { text })
        }
        ("image", Role::User) => {
            let source = block.source.ok_or_else(|| missing("source"))?;
            Some(media.image(source, at)?)
        }
        ("document", Role::User) => {
            let source = block.source.ok_or_else(|| missing("source"))?;
            Some(media.document(source, block.title, at)?)
        }
        ("tool_use", Role::Assistant) => {
            let id = block.id.filter(|id| !id.is_empty());
            let name = block.name.filter(|name| !name.is_empty());
            let input = block.input.filter(Value::is_object);
            Some(Part::ToolCall(ToolCall {
                id: ToolCallId::new(id.ok_or_else(|| missing("id"))?),
                name: ToolName::new(name.ok_or_else(|| missing("name"))?),
                arguments: input.ok_or_else(|| missing("input"))?.to_string(),
            }))
        }
        ("thinking", Role::Assistant) => Some(Part::Reasoning {
            text: block.thinking.unwrap_or_default(),
            keep: block.signature.as_deref().and_then(signature::read),
        }),
        ("redacted_thinking", Role::Assistant) => Some(Part::Reasoning {
            text: String::new(),
            keep: block.data.as_deref().and_then(signature::read),
        }),
        (other, _) => {
            let other: String = other.chars().filter(|c| !c.is_control()).take(32).collect();
            return Err(ApiError::invalid(format!(
                "{at}: a block of type '{other}' is not supported here"
            )));
        }
    })
}

impl Media {
    fn image(&mut self, source: Source, at: &str) -> Result<Part, ApiError> {
        let (media_type, data) = inline(source, at)?;
        if !IMAGE_TYPES.contains(&media_type.as_str()) {
            return Err(ApiError::invalid(format!(
                "{at}.source.media_type: Input should be one of {}",
                IMAGE_TYPES.join(", ")
            )));
        }
        self.take(&data, at)?;
        Ok(Part::Image {
            media_type,
            data: Blob(data.into()),
        })
    }

    fn document(
        &mut self,
        source: Source,
        name: Option<String>,
        at: &str,
    ) -> Result<Part, ApiError> {
        if source.kind == "text" {
            let text = source.data.unwrap_or_default();
            return Ok(Part::Text { text });
        }
        let (media_type, data) = inline(source, at)?;
        if media_type != "application/pdf" {
            return Err(ApiError::invalid(format!(
                "{at}.source.media_type: Input should be application/pdf"
            )));
        }
        self.take(&data, at)?;
        Ok(Part::File {
            media_type,
            name,
            data: Blob(data.into()),
        })
    }

    fn take(&mut self, data: &str, at: &str) -> Result<(), ApiError> {
        let decoded = data_encoding::BASE64
            .decode(data.as_bytes())
            .map_err(|_| ApiError::invalid(format!("{at}.source.data: invalid base64 data")))?;
        self.count += 1;
        self.bytes = self.bytes.saturating_add(decoded.len());
        if decoded.is_empty() || self.count > MAX_MEDIA || self.bytes > MAX_MEDIA_BYTES {
            return Err(ApiError::invalid(format!(
                "{at}: a request has at most {MAX_MEDIA} images and documents of together 20 MB, \
                 none of them empty"
            )));
        }
        Ok(())
    }
}

/// Media type and base64 text of a source that holds its bytes.
fn inline(source: Source, at: &str) -> Result<(String, String), ApiError> {
    match (source.kind.as_str(), source.media_type, source.data) {
        ("base64", Some(media_type), Some(data)) => Ok((media_type.to_ascii_lowercase(), data)),
        ("base64", ..) => Err(ApiError::invalid(format!(
            "{at}.source: media_type and data are required"
        ))),
        _ => Err(ApiError::invalid(format!(
            "{at}.source.type: only base64 sources are supported; the gateway fetches no address"
        ))),
    }
}
