//! `chat.history`: what a session holds.

use super::super::Services;
use super::super::sessions::bounded;
use super::super::transcript::{MAX_CHARS, Shown};
use crate::error::ApiError;
use crate::events::{cursor_of, read_cursor};
use protocol::Protocol;
use protocol::methods::chat::{
    ActiveRun, ChatHistoryParams, ChatHistoryReply, PendingInput, PendingInputs,
};
use serde_json::Value;
use state::{Seq, SessionRow};

/// Messages of a history unless told otherwise, and at most.
const HISTORY: (u32, u32) = (200, 1_000);

/// Longest texts that can be asked for.
const MOST_CHARS: u32 = 500_000;

/// Records read from the log at a time.
const PAGE: usize = 200;

/// Most bytes of messages in one answer. Source: WebSocket protocol, section 14.
const MAX_BYTES: usize = 6 * 1024 * 1024;

impl Services {
    /// The newest messages of a session, or those after a cursor; oldest first. An unknown session
    /// has none.
    ///
    /// # Errors
    /// [`ApiError`] when the key is no key or the store cannot be read.
    pub(crate) async fn chat_history(
        &self,
        params: ChatHistoryParams,
        protocol: Protocol,
    ) -> Result<ChatHistoryReply, ApiError> {
        let key = self.session_key(&params.session_key, params.agent_id.as_deref())?;
        let limit = bounded(params.limit, HISTORY, "limit")?;
        let usual = u32::try_from(MAX_CHARS).unwrap_or(MOST_CHARS);
        let max_chars = bounded(params.max_chars, (usual, MOST_CHARS), "maxChars")?;
        let shown = Shown {
            protocol,
            max_chars,
        };
        let going = self.events.going(&key);
        let row = self.state.sessions.get(&key).await?;
        let mut reply = ChatHistoryReply {
            session_key: params.session_key,
            defaults: self.model_defaults(),
            session_info: self.session_entry(&key, row.as_ref()),
            ..ChatHistoryReply::default()
        };
        reply.thinking_level = Some(
            reply
                .session_info
                .thinking_level
                .clone()
                .unwrap_or_else(|| "off".to_owned()),
        );
        reply
            .verbose_level
            .clone_from(&reply.session_info.verbose_level);
        let Some(row) = row else {
            reply.total_messages = Some(0);
            return Ok(reply);
        };
        let page = if let Some(cursor) = params.cursor.as_deref() {
            self.after(&row, cursor, limit, shown).await?
        } else {
            let offset = params.offset.and_then(|n| usize::try_from(n).ok());
            self.newest(&row, offset.unwrap_or_default(), limit, shown)
                .await?
        };
        reply.messages = page.messages;
        reply.has_more = page.has_more;
        reply.total_messages = page.total;
        reply.delta_cursor = Some(cursor_of(&row.session_id, page.last));
        reply.session_id = row.session_id;
        for run in going {
            match run.started_at {
                Some(_) => {
                    reply.in_flight_run.get_or_insert(ActiveRun {
                        run_id: run.run.to_string(),
                        text: run.text,
                    });
                }
                None => reply.pending_inputs.items.push(PendingInput {
                    run_id: run.run.to_string(),
                }),
            }
        }
        let PendingInputs { items, total } = &mut reply.pending_inputs;
        *total = u64::try_from(items.len()).unwrap_or_default();
        Ok(reply)
    }
}

/// Messages of a session.
struct Page {
    messages: Vec<Value>,
    has_more: bool,
    /// The record up to which they were read.
    last: Seq,
    /// How many there are in all, where they were counted.
    total: Option<u64>,
}

impl Services {
    /// The newest messages, without the `offset` newest of them.
    async fn newest(
        &self,
        row: &SessionRow,
        offset: usize,
        limit: usize,
        shown: Shown,
    ) -> Result<Page, ApiError> {
        let mut messages = Vec::new();
        let mut to_skip = offset;
        let mut bytes = 0;
        let mut has_more = false;
        let mut before = Some(Seq(row.last_seq.0.saturating_add(1)));
        'pages: while before.is_some() {
            let records = self.state.log.read_back(&row.key, before, PAGE).await?;
            before = records.last().map(|oldest| oldest.seq);
            for recorded in &records {
                if recorded.seq < row.start {
                    break 'pages;
                }
                for message in shown.messages(recorded).into_iter().rev() {
                    if to_skip > 0 {
                        to_skip -= 1;
                        continue;
                    }
                    bytes += weight(&message);
                    let is_full = messages.len() >= limit || bytes > MAX_BYTES;
                    if is_full && !messages.is_empty() {
                        has_more = true;
                        break 'pages;
                    }
                    messages.push(message);
                }
            }
        }
        messages.reverse();
        let seen = u64::try_from(offset - to_skip + messages.len()).ok();
        Ok(Page {
            messages,
            has_more,
            last: row.last_seq,
            total: seen.filter(|_| !has_more),
        })
    }

    /// The messages after a cursor; all of them when the session was begun anew since.
    async fn after(
        &self,
        row: &SessionRow,
        cursor: &str,
        limit: usize,
        shown: Shown,
    ) -> Result<Page, ApiError> {
        let mut last = Self::read_cursor(row, cursor)?;
        let mut messages = Vec::new();
        let mut bytes = 0;
        loop {
            let records = self.state.log.read(&row.key, last, PAGE).await?;
            if records.is_empty() {
                return Ok(Page {
                    messages,
                    has_more: false,
                    last,
                    total: None,
                });
            }
            for recorded in records {
                let more = shown.messages(&recorded);
                bytes += more.iter().map(weight).sum::<usize>();
                let full = messages.len() + more.len() > limit || bytes > MAX_BYTES;
                if full && !messages.is_empty() {
                    return Ok(Page {
                        messages,
                        has_more: true,
                        last,
                        total: None,
                    });
                }
                messages.extend(more);
                last = recorded.seq;
            }
        }
    }

    /// Where a reader of a session stands.
    ///
    /// # Errors
    /// [`ApiError`] for what is no cursor.
    pub(crate) fn read_cursor(row: &SessionRow, cursor: &str) -> Result<Seq, ApiError> {
        match read_cursor(cursor) {
            Some((session_id, seq)) if session_id == row.session_id => Ok(seq.min(row.last_seq)),
            // The session was begun anew since.
            Some(_) => Ok(Seq(row.start.0.saturating_sub(1))),
            None => Err(ApiError::invalid(
                "cursor must be the `deltaCursor` of a history or the `cursor` of a subscription",
            )),
        }
    }
}

fn weight(message: &Value) -> usize {
    message.to_string().len()
}
