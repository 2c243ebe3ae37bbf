//! `usage.*`.

use super::Registry;
use protocol::methods::{
    UsageCalls, UsageCost, UsageExplain, UsageQuote, UsageReport, UsageStatus,
};

pub(super) fn register(table: &mut Registry) {
    table.on(UsageCost, |call, params| async move {
        call.services.usage_cost(params).await
    });
    table.on(UsageStatus, |call, _| async move {
        Ok(call.services.usage_status())
    });
    table.on(UsageReport, |call, params| async move {
        call.services.usage_report(params).await
    });
    table.on(UsageCalls, |call, params| async move {
        call.services.usage_calls(params).await
    });
    table.on(UsageExplain, |call, params| async move {
        call.services.usage_explain(params).await
    });
    table.on(UsageQuote, |call, params| async move {
        call.services.usage_quote(params).await
    });
}
