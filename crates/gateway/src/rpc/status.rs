//! `health`, `status`, `login.link`.

use super::Registry;
use crate::net::Scope;
use protocol::methods::{Health, LoginLink, Status};

pub(super) fn register(table: &mut Registry) {
    table.on(Health, |call, params| async move {
        let may_read = call.caller.scopes.allow(Scope::Read);
        Ok(call.services.health(params, may_read).await)
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
