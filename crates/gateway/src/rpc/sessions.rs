//! `sessions.*`.

use super::Registry;
use crate::error::ApiError;
use crate::ws::Link;
use protocol::ErrorCode;
use protocol::methods::sessions::SessionsSubscribeReply;
use protocol::methods::{
    SessionsAbort, SessionsBranchesList, SessionsCatalogList, SessionsCompact, SessionsCreate,
    SessionsDelete, SessionsDescribe, SessionsGet, SessionsGroupsList, SessionsList,
    SessionsMessagesSubscribe, SessionsMessagesUnsubscribe, SessionsPatch, SessionsPreview,
    SessionsReset, SessionsResolve, SessionsSend, SessionsSubscribe, SessionsUnsubscribe,
    SessionsUsage, SessionsUsageLogs, SessionsUsageTimeseries, SessionsViewersSet,
};
use std::sync::Arc;

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
    table.absent(SessionsAbort, "later");
    table.absent(SessionsBranchesList, "later");
    table.absent(SessionsCatalogList, "later");
    table.absent(SessionsCompact, "later");
    table.absent(SessionsCreate, "later");
    table.absent(SessionsDelete, "later");
    table.absent(SessionsDescribe, "later");
    table.absent(SessionsGet, "later");
    table.absent(SessionsGroupsList, "later");
    table.absent(SessionsMessagesSubscribe, "later");
    table.absent(SessionsMessagesUnsubscribe, "later");
    table.absent(SessionsPatch, "later");
    table.absent(SessionsPreview, "later");
    table.absent(SessionsReset, "later");
    table.absent(SessionsResolve, "later");
    table.absent(SessionsSend, "later");
    table.absent(SessionsUsage, "later");
    table.absent(SessionsUsageLogs, "later");
    table.absent(SessionsUsageTimeseries, "later");
    table.absent(SessionsViewersSet, "later");
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
