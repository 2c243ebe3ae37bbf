//! `chat.*`. Source: gateway RPC methods, "Chat".

mod history;
mod send;

pub use history::{
    ActiveRun, ChatHistoryParams, ChatHistoryReply, ChatMessageParams, ChatMessageReply,
    ChatMetadataParams, ChatMetadataReply, ChatStartupReply, PendingInput, PendingInputs,
};
pub use send::{
    AttachmentInput, ChatAbortParams, ChatAbortReply, ChatInjectParams, ChatInjectReply,
    ChatSendParams, ChatSendReply, ServerTiming, ToolTitlesParams, ToolTitlesReply,
};

use crate::method::methods;

methods! {
    /// Sends a message and answers as soon as it is durable; the answer of the agent comes as events.
    "chat.send" => ChatSend(ChatSendParams) -> ChatSendReply, Write;
    /// The messages of a session.
    "chat.history" => ChatHistory(ChatHistoryParams) -> ChatHistoryReply, Read;
    /// What a chat page needs to begin: the history, with models and commands beside it.
    "chat.startup" => ChatStartup(ChatHistoryParams) -> ChatStartupReply, Read;
    /// Models and commands to choose from.
    "chat.metadata" => ChatMetadata(ChatMetadataParams) -> ChatMetadataReply, Read;
    /// One message of a session, whole.
    "chat.message.get" => ChatMessageGet(ChatMessageParams) -> ChatMessageReply, Read;
    /// Stops the runs of a session, those that wait too.
    "chat.abort" => ChatAbort(ChatAbortParams) -> ChatAbortReply, Write;
    /// Appends a note of the assistant to a session; no model is called.
    "chat.inject" => ChatInject(ChatInjectParams) -> ChatInjectReply, Admin;
    /// Titles for tool calls. No model is called for them, so there are none.
    "chat.toolTitles" => ChatToolTitles(ToolTitlesParams) -> ToolTitlesReply, Write;
}
