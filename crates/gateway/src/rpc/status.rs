//! `health`, `status`, `login.link`.

use super::Registry;
use protocol::methods::{Health, LoginLink, Status};

pub(super) fn register(table: &mut Registry) {
    table.on(Health, |call, params| async move {
        Ok(call.services.health(params).await)
    });
    table.on(
        Status,
        |call, _| async move { call.services.status().await },
    );
    table.on(
        LoginLink,
        |call, _| async move { call.services.login_link() },
    );
}
