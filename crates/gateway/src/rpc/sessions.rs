//! `sessions.*` and `chat.history`.

use super::Registry;
use protocol::methods::{ChatHistory, SessionsList};

pub(super) fn register(table: &mut Registry) {
    table.on(ChatHistory, |call, params| async move {
        call.services.chat_history(params).await
    });
    table.on(SessionsList, |call, params| async move {
        call.services.sessions_list(params).await
    });
}
