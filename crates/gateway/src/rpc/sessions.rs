//! `sessions.*`.

use super::{Call, Registry};
use crate::error::ApiError;
use crate::events::cursor_of;
use crate::net::Scope;
use crate::services::sessions::needs_admin;
use crate::ws::Link;
use protocol::ErrorCode;
use protocol::methods::sessions::{
    SessionsCatalogReply, SessionsGroupsReply, SessionsMessagesSubscribeParams,
    SessionsSubscribeReply, SubscribedReply,
};
use protocol::methods::{
    SessionsAbort, SessionsBranchesList, SessionsCatalogList, SessionsCompact, SessionsCreate,
    SessionsDelete, SessionsDescribe, SessionsGet, SessionsGroupsList, SessionsList,
    SessionsMessagesSubscribe, SessionsMessagesUnsubscribe, SessionsPatch, SessionsPreview,
    SessionsReset, SessionsResolve, SessionsSend, SessionsSubscribe, SessionsUnsubscribe,
    SessionsUsage, SessionsUsageLogs, SessionsUsageTimeseries, SessionsViewersSet,
};
use state::Seq;
use std::sync::Arc;

/// Most sessions one connection looks at.
const MAX_VIEWED: usize = 64;

pub(super) fn register(table: &mut Registry) {
    table.on(SessionsList, |call, params| async move {
        call.services.sessions_list(params).await
    });
    table.on(SessionsSubscribe, |call, _| async move {
        let link = connection(call.link.as_ref())?;
        call.services.events.follow_all(link, true);
        Ok(SessionsSubscribeReply { subscribed: true })
    });
    table.on(SessionsUnsubscribe, |call, _| async move {
        let link = connection(call.link.as_ref())?;
        call.services.events.follow_all(link, false);
        Ok(SessionsSubscribeReply { subscribed: false })
    });
    table.on(SessionsMessagesSubscribe, follow);
    table.on(SessionsMessagesUnsubscribe, |call, params| async move {
        let link = connection(call.link.as_ref())?;
        let services = &call.services;
        let key = services.session_key(&params.key, params.agent_id.as_deref())?;
        services.events.leave(link, &key);
        Ok(SubscribedReply {
            subscribed: false,
            key: key.to_string(),
            cursor: None,
        })
    });
    look(table);
    change(table);
    usage(table);
}

/// Hears the messages of a session, after a cursor if there is one.
async fn follow(
    call: Call,
    params: SessionsMessagesSubscribeParams,
) -> Result<SubscribedReply, ApiError> {
    let link = connection(call.link.as_ref())?;
    let services = &call.services;
    let key = services.session_key(&params.key, params.agent_id.as_deref())?;
    let row = services.state.sessions.get(&key).await?;
    let after = match (params.cursor.as_deref(), params.after_seq, &row) {
        (Some(cursor), _, Some(row)) => Some(crate::Services::read_cursor(row, cursor)?),
        (None, Some(seq), Some(row)) => Some(Seq(seq.clamp(row.start.0 - 1, row.last_seq.0))),
        (Some(_), _, None) | (None, Some(_), None) => Some(Seq(0)),
        (None, None, _) => None,
    };
    let heard = services.events.follow(services, link, &key, after).await?;
    Ok(SubscribedReply {
        subscribed: true,
        cursor: row.map(|row| cursor_of(&row.session_id, heard)),
        key: key.to_string(),
    })
}

fn look(table: &mut Registry) {
    table.on(SessionsDescribe, |call, params| async move {
        call.services.sessions_describe(params).await
    });
    table.on(SessionsGet, |call, params| async move {
        call.services.sessions_get(params, call.protocol).await
    });
    table.on(SessionsPreview, |call, params| async move {
        call.services.sessions_preview(params).await
    });
    table.on(SessionsResolve, |call, params| async move {
        call.services.sessions_resolve(params).await
    });
    table.on(SessionsBranchesList, |call, params| async move {
        call.services.sessions_branches(params).await
    });
    table.on(SessionsGroupsList, |_, _| async move {
        Ok(SessionsGroupsReply::default())
    });
    table.on(SessionsCatalogList, |_, _| async move {
        Ok(SessionsCatalogReply::default())
    });
    table.on(SessionsViewersSet, |call, params| async move {
        connection(call.link.as_ref())?;
        if params.session_keys.len() > MAX_VIEWED {
            return Err(ApiError::invalid(format!(
                "at most {MAX_VIEWED} sessions are looked at"
            )));
        }
        Ok(params)
    });
}

fn change(table: &mut Registry) {
    table.on(SessionsCreate, |call, params| async move {
        call.services.sessions_create(params, call.sender()).await
    });
    table.on(SessionsPatch, |call, params| async move {
        if needs_admin(&params.changes) {
            call.require(Scope::Admin)?;
        }
        call.services.sessions_patch(params).await
    });
    table.on(SessionsReset, |call, params| async move {
        call.services.sessions_reset(params).await
    });
    table.on(SessionsDelete, |call, params| async move {
        call.services.sessions_delete(params).await
    });
    table.on(SessionsCompact, |call, params| async move {
        call.services
            .sessions_compact(params, call.principal())
            .await
    });
    table.on(SessionsSend, |call, params| async move {
        call.services.sessions_send(params, call.sender()).await
    });
    table.on(SessionsAbort, |call, params| async move {
        call.services.sessions_abort(&params)
    });
}

fn usage(table: &mut Registry) {
    table.on(SessionsUsage, |call, params| async move {
        call.services.sessions_usage(params).await
    });
    table.on(SessionsUsageTimeseries, |call, params| async move {
        call.services.sessions_usage_series(params).await
    });
    table.on(SessionsUsageLogs, |call, params| async move {
        call.services.sessions_usage_logs(params).await
    });
}

/// The connection a call came over.
fn connection(link: Option<&Arc<Link>>) -> Result<&Arc<Link>, ApiError> {
    link.ok_or_else(|| {
        ApiError::new(
            ErrorCode::Unavailable,
            "events go over a WebSocket; connect to one and call this there",
        )
    })
}
