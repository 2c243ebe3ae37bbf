//! Marks for the provider's prompt cache.
//!
//! A mark asks to keep everything up to it, in the order tools, system text, messages; at most
//! four are taken. Two stand where the prompt rarely changes, two in the conversation: the one at
//! its end writes for the next call, the one before reads what the last call wrote. Marks on less
//! than the provider's minimum have no effect and no price.
//!
//! Source: Anthropic API reference, "Prompt caching".

use crate::wire::anthropic::{Block, CacheControl, MessagesRequest, Speaker, SystemBlock, Tool};

const MARK: Option<CacheControl> = Some(CacheControl::Ephemeral);
/// How many messages of the user are marked, from the end.
const MESSAGES: usize = 2;

/// Marks what will be sent again.
pub(super) fn mark(request: &mut MessagesRequest<'_>) {
    match request.system.as_mut_slice() {
        [] => mark_tools(&mut request.tools),
        [only] => {
            mark_tools(&mut request.tools);
            mark_system(only);
        }
        // The first system text changes least; it has the tools before it.
        [first, .., last] => {
            mark_system(first);
            mark_system(last);
        }
    }
    let users = request
        .messages
        .iter_mut()
        .rev()
        .filter(|message| message.role == Speaker::User);
    for message in users.take(MESSAGES) {
        if let Some(last) = message.content.last_mut() {
            mark_block(last);
        }
    }
}

fn mark_tools(tools: &mut [Tool<'_>]) {
    if let Some(last) = tools.last_mut() {
        last.cache_control = MARK;
    }
}

fn mark_system(block: &mut SystemBlock<'_>) {
    match block {
        SystemBlock::Text { cache_control, .. } => *cache_control = MARK,
    }
}

fn mark_block(block: &mut Block<'_>) {
    match block {
        Block::Text { cache_control, .. }
        | Block::Image { cache_control, .. }
        | Block::Document { cache_control, .. }
        | Block::ToolResult { cache_control, .. } => *cache_control = MARK,
        // The user says none of these, and thoughts take no mark.
        Block::Thinking { .. } | Block::RedactedThinking { .. } | Block::ToolUse { .. } => {}
    }
}
