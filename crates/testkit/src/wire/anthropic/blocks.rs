//! Content blocks of one message.

use crate::wire::place::{Checked, Place};

/// What matters of a message's blocks to the messages around it.
#[derive(Debug, Default)]
pub(super) struct Blocks<'a> {
    /// Ids of its `tool_use` blocks.
    pub(super) calls: Vec<&'a str>,
    /// Ids its `tool_result` blocks answer.
    pub(super) results: Vec<&'a str>,
    /// How many blocks have `cache_control`.
    pub(super) marks: usize,
    /// Whether the first block is a thinking block.
    pub(super) begins_thinking: bool,
    /// Whether it is said by the assistant and ends in white space.
    pub(super) ends_in_space: bool,
}

impl<'a> Blocks<'a> {
    /// Reads the content of a message of this role.
    pub(super) fn read(message: &Place<'a>, role: &str) -> Result<Self, String> {
        let content = message.need("content")?;
        let mut blocks = Self::default();
        if let Ok(text) = content.text() {
            said(&content)?;
            blocks.ends_in_space = role == "assistant" && text.trim_end() != text;
            return Ok(blocks);
        }
        let (mut spoken, mut ends_thinking) = (false, false);
        for (index, block) in content.some_list()?.iter().enumerate() {
            let kind = block.need("type")?;
            if role == "user" {
                let known = ["text", "image", "document", "tool_result"];
                let kind = kind.one_of(&known)?;
                block.must(
                    kind != "tool_result" || !spoken,
                    "tool_result blocks must come before all else",
                )?;
                spoken |= kind != "tool_result";
                blocks.of_user(block, kind)?;
            } else {
                let known = ["text", "tool_use", "thinking", "redacted_thinking"];
                let kind = kind.one_of(&known)?;
                let thinks = kind.ends_with("thinking");
                // Between texts and calls they are welcome, but something must come of them.
                ends_thinking = thinks;
                blocks.begins_thinking |= thinks && index == 0;
                blocks.of_assistant(block, kind)?;
            }
        }
        message.must(
            !ends_thinking,
            "the final block must not be a thinking block",
        )?;
        Ok(blocks)
    }

    fn of_user(&mut self, block: &Place<'a>, kind: &str) -> Checked {
        self.marks += mark(block)?;
        match kind {
            "text" => text(block),
            "image" => image(block),
            "document" => document(block),
            _ => {
                block.only(&[
                    "type",
                    "tool_use_id",
                    "content",
                    "is_error",
                    "cache_control",
                ])?;
                block.flag("is_error")?;
                let id = block.need("tool_use_id")?.some_text()?;
                block.must(
                    !self.results.contains(&id),
                    "a second tool_result of one tool_use",
                )?;
                self.results.push(id);
                match block.get("content") {
                    Some(content) if content.text().is_err() => result(&content),
                    _ => Ok(()),
                }
            }
        }
    }

    fn of_assistant(&mut self, block: &Place<'a>, kind: &str) -> Checked {
        match kind {
            "text" => {
                self.marks += mark(block)?;
                let said = block.need("text")?.text()?;
                self.ends_in_space = said.trim_end() != said;
                text(block)
            }
            "tool_use" => {
                self.marks += mark(block)?;
                self.ends_in_space = false;
                block.only(&["type", "id", "name", "input", "cache_control"])?;
                self.calls.push(block.need("id")?.name(usize::MAX, &[])?);
                block.need("name")?.name(128, &[])?;
                block.need("input")?;
                block.object("input")
            }
            "thinking" => {
                block.only(&["type", "thinking", "signature"])?;
                block.need("thinking")?.text()?;
                block.need("signature")?.base64()
            }
            _ => {
                block.only(&["type", "data"])?;
                block.need("data")?.some_text().map(drop)
            }
        }
    }

    /// Refuses unless exactly the calls of the message before are answered.
    pub(super) fn answer(&self, message: &Place<'_>, calls: &[&str]) -> Checked {
        if let Some(id) = calls.iter().find(|id| !self.results.contains(id)) {
            return Err(message.wrong(format_args!(
                "tool_use {id:?} has no tool_result immediately after it"
            )));
        }
        match self.results.iter().find(|id| !calls.contains(id)) {
            Some(id) => Err(message.wrong(format_args!(
                "tool_result {id:?} has no tool_use in the message before"
            ))),
            None => Ok(()),
        }
    }
}

/// Whether the block is marked for the cache: 1 or 0.
pub(super) fn mark(block: &Place<'_>) -> Result<usize, String> {
    let Some(mark) = block.get("cache_control") else {
        return Ok(0);
    };
    mark.only(&["type", "ttl"])?;
    mark.need("type")?.one_of(&["ephemeral"])?;
    if let Some(time) = mark.get("ttl") {
        time.one_of(&["5m", "1h"])?;
    }
    Ok(1)
}

/// Text that is more than white space.
pub(super) fn said(text: &Place<'_>) -> Checked {
    text.must(
        !text.text()?.trim().is_empty(),
        "text must hold more than white space",
    )
}

fn text(block: &Place<'_>) -> Checked {
    block.only(&["type", "text", "cache_control", "citations"])?;
    said(&block.need("text")?)
}

fn image(block: &Place<'_>) -> Checked {
    block.only(&["type", "source", "cache_control"])?;
    let source = block.need("source")?;
    match source.need("type")?.one_of(&["base64", "url", "file"])? {
        "base64" => {
            source.only(&["type", "media_type", "data"])?;
            let kinds = ["image/jpeg", "image/png", "image/gif", "image/webp"];
            source.need("media_type")?.one_of(&kinds)?;
            source.need("data")?.base64()
        }
        "url" => source.need("url")?.some_text().map(drop),
        _ => source.need("file_id")?.some_text().map(drop),
    }
}

fn document(block: &Place<'_>) -> Checked {
    block.only(&[
        "type",
        "source",
        "title",
        "context",
        "citations",
        "cache_control",
    ])?;
    let source = block.need("source")?;
    match source
        .need("type")?
        .one_of(&["base64", "text", "url", "file", "content"])?
    {
        "base64" => {
            source.only(&["type", "media_type", "data"])?;
            source.need("media_type")?.one_of(&["application/pdf"])?;
            source.need("data")?.base64()
        }
        "text" => {
            source.only(&["type", "media_type", "data"])?;
            source.need("media_type")?.one_of(&["text/plain"])?;
            source.need("data")?.some_text().map(drop)
        }
        _ => Ok(()),
    }
}

fn result(content: &Place<'_>) -> Checked {
    for block in content.list()? {
        match block.need("type")?.one_of(&["text", "image", "document"])? {
            "text" => text(&block)?,
            "image" => image(&block)?,
            _ => document(&block)?,
        }
    }
    Ok(())
}
