//! `chat.*`.

use super::{Call, Registry};
use crate::net::Scope;
use crate::services::chat::Sender;
use protocol::methods::chat::ToolTitlesReply;
use protocol::methods::{
    ChatAbort, ChatHistory, ChatInject, ChatMessageGet, ChatMetadata, ChatSend, ChatStartup,
    ChatToolTitles,
};

impl Call {
    /// Who sends a message.
    pub(super) fn sender(&self) -> Sender<'_> {
        Sender {
            principal: self.principal(),
            admin: self.caller.scopes.allow(Scope::Admin),
        }
    }
}

pub(super) fn register(table: &mut Registry) {
    // The run goes on when the caller leaves, so it does not hang on this call's future.
    table.on(ChatSend, |call, params| async move {
        call.services.chat_send(params, call.sender()).await
    });
    table.on(ChatHistory, |call, params| async move {
        call.services.chat_history(params, call.protocol).await
    });
    table.on(ChatAbort, |call, params| async move {
        call.services.chat_abort(&params)
    });
    table.on(ChatStartup, |call, params| async move {
        call.services.chat_startup(params, call.protocol).await
    });
    table.on(ChatMetadata, |call, params| async move {
        call.services.chat_metadata(&params)
    });
    table.on(ChatMessageGet, |call, params| async move {
        call.services.chat_message(params).await
    });
    table.on(ChatInject, |call, params| async move {
        call.services.chat_inject(params).await
    });
    table.on(ChatToolTitles, |_, _| async move {
        Ok(ToolTitlesReply {
            disabled: true,
            ..ToolTitlesReply::default()
        })
    });
}
