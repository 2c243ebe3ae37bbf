//! The method table at work: one registry behind the WebSocket, `POST /api/rpc` and `POST /api/endpoint`.
//!
//! A method of the contract either has a handler or is absent with a reason; clients are told only of
//! those that have one. Source: gateway RPC methods; security specification, R9.

mod agents;
mod approvals;
mod catalog;
mod chat;
mod devices;
mod nodes;
mod presence;
mod runs;
mod sessions;
mod settings;
mod status;
mod system;
mod usage;
mod vacant;

use crate::error::ApiError;
use crate::net::{Caller, Scope, principal};
use crate::services::Services;
use crate::ws::Link;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use protocol::{ErrorCode, Method, MethodInfo, Protocol, Role};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One call of a method: who calls, and with what.
#[derive(Clone)]
pub(crate) struct Call {
    /// What does the work.
    pub(crate) services: Arc<Services>,
    /// Who calls, and what they may do.
    pub(crate) caller: Caller,
    /// What the client is.
    pub(crate) role: Role,
    /// The version whose shapes it understands.
    pub(crate) protocol: Protocol,
    /// The connection it came over; absent over HTTP.
    pub(crate) link: Option<Arc<Link>>,
    /// Sends a first answer of a call that is answered twice.
    pub(crate) early: Option<Early>,
}

/// Sends a first answer.
pub(crate) type Early = Arc<dyn Fn(Box<RawValue>) + Send + Sync>;

impl Call {
    /// Whose sessions and whose bill; `None` is the owner.
    pub(crate) fn principal(&self) -> Option<&str> {
        principal(&self.caller)
    }

    /// Asks for a scope that depends on the parameters.
    ///
    /// # Errors
    /// [`missing_scope`].
    pub(crate) fn require(&self, scope: Scope) -> Result<(), ApiError> {
        if self.caller.scopes.allow(scope) {
            Ok(())
        } else {
            Err(missing_scope(scope))
        }
    }

    /// Answers a first time; the call goes on. Over HTTP there is only one answer, the last.
    pub(crate) fn accepted(&self, payload: &impl Serialize) {
        if let (Some(early), Ok(raw)) = (&self.early, serde_json::value::to_raw_value(payload)) {
            early(raw);
        }
    }
}

/// Why a call did not work.
#[derive(Debug)]
pub(crate) enum CallError {
    /// No method has this name.
    Unknown,
    /// The role may not use it.
    WrongRole,
    /// A scope is missing.
    MissingScope(Scope),
    /// It was called and failed.
    Failed(ApiError),
}

/// The error of a call whose parameters ask for a scope the caller does not have.
pub(crate) fn missing_scope(scope: Scope) -> ApiError {
    let name = scope.name();
    ApiError::new(ErrorCode::Forbidden, format!("missing scope: {name}")).with_details(
        serde_json::json!({ "code": "MISSING_SCOPE", "missingScope": name, "requiredScopes": [name] }),
    )
}

type Handler =
    Box<dyn Fn(Call, &[u8]) -> BoxFuture<'static, Result<Box<RawValue>, ApiError>> + Send + Sync>;

enum Entry {
    Served(Handler),
    Absent(&'static str),
}

/// Every method of the contract with what answers it.
#[derive(Default)]
pub(crate) struct Registry {
    entries: BTreeMap<&'static str, (MethodInfo, Entry)>,
    panics: AtomicU64,
}

impl Registry {
    /// All families.
    pub(crate) fn standard() -> Self {
        let mut table = Self::default();
        presence::register(&mut table);
        agents::register(&mut table);
        catalog::register(&mut table);
        settings::register(&mut table);
        status::register(&mut table);
        chat::register(&mut table);
        system::register(&mut table);
        vacant::register(&mut table);
        runs::register(&mut table);
        sessions::register(&mut table);
        usage::register(&mut table);
        nodes::register(&mut table);
        approvals::register(&mut table);
        devices::register(&mut table);
        table
    }

    /// A method and its handler.
    pub(crate) fn on<M, F, Fut>(&mut self, _method: M, handler: F)
    where
        M: Method,
        F: Fn(Call, M::Params) -> Fut + Send + Sync + Clone + 'static,
        Fut: Future<Output = Result<M::Reply, ApiError>> + Send + 'static,
    {
        let run: Handler = Box::new(move |call, body| {
            let params = crate::http::read_params::<M>(body);
            let handler = handler.clone();
            Box::pin(async move { write(&handler(call, params?).await?) })
        });
        self.add(info::<M>(), Entry::Served(run));
    }

    /// A method whose subsystem is not there; `reason` says so, and what to use in its place.
    pub(crate) fn absent<M: Method>(&mut self, _method: M, reason: &'static str) {
        self.add(info::<M>(), Entry::Absent(reason));
    }

    /// How many calls ended in a panic.
    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    fn add(&mut self, info: MethodInfo, entry: Entry) {
        self.entries.insert(info.name, (info, entry));
    }

    /// The methods that work for a role, by name.
    pub(crate) fn served(&self, role: Role) -> impl Iterator<Item = &'static str> {
        self.entries.values().filter_map(move |(info, entry)| {
            let works = matches!(entry, Entry::Served(_)) && may(role, *info);
            works.then_some(info.name)
        })
    }

    /// Calls a method; `body` is its parameters as JSON text, empty for none. A panic in it is the
    /// error of this one call.
    ///
    /// # Errors
    /// [`CallError`].
    pub(crate) async fn call(
        &self,
        name: &str,
        call: Call,
        body: &[u8],
    ) -> Result<Box<RawValue>, CallError> {
        let Some((info, entry)) = self.entries.get(name) else {
            return Err(CallError::Unknown);
        };
        if !may(call.role, *info) {
            return Err(CallError::WrongRole);
        }
        if let Some(scope) = scope(info.scope)
            && !call.caller.scopes.allow(scope)
        {
            return Err(CallError::MissingScope(scope));
        }
        match entry {
            Entry::Served(run) => {
                let called = AssertUnwindSafe(async { run(call, body).await });
                let answered = called.catch_unwind().await;
                let answered = answered.unwrap_or_else(|_panic| {
                    self.panics.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(method = info.name, "a method panicked");
                    Err(ApiError::new(ErrorCode::Internal, "internal error"))
                });
                answered.map_err(CallError::Failed)
            }
            Entry::Absent(reason) => {
                let error = ApiError::new(ErrorCode::Unavailable, *reason);
                Err(CallError::Failed(error.with_reason("not_available")))
            }
        }
    }
}

/// Whether a role may use a method at all.
fn may(role: Role, info: MethodInfo) -> bool {
    match role {
        Role::Node => info.scope == protocol::Scope::Node,
        Role::Operator => info.scope != protocol::Scope::Node,
    }
}

fn info<M: Method>() -> MethodInfo {
    MethodInfo {
        name: M::NAME,
        scope: M::SCOPE,
        about: M::ABOUT,
    }
}

fn write(reply: &impl Serialize) -> Result<Box<RawValue>, ApiError> {
    serde_json::value::to_raw_value(reply).map_err(|error| {
        tracing::error!(%error, "cannot write a reply as JSON");
        ApiError::new(ErrorCode::Internal, "internal error")
    })
}

/// The scope of the contract as the one callers hold.
pub(crate) fn scope(scope: protocol::Scope) -> Option<Scope> {
    match scope {
        protocol::Scope::Any | protocol::Scope::Node => None,
        protocol::Scope::Read => Some(Scope::Read),
        protocol::Scope::Write => Some(Scope::Write),
        protocol::Scope::Admin => Some(Scope::Admin),
        protocol::Scope::Approvals => Some(Scope::Approvals),
        protocol::Scope::Pairing => Some(Scope::Pairing),
        protocol::Scope::Questions => Some(Scope::Questions),
        protocol::Scope::Talk => Some(Scope::Talk),
        protocol::Scope::TalkSecrets => Some(Scope::TalkSecrets),
    }
}

#[cfg(test)]
mod tests {
    use super::Registry;

    #[test]
    fn every_method_of_the_contract_is_answered() {
        let table = Registry::standard();
        for method in protocol::methods::all() {
            assert!(
                table.entries.contains_key(method.name),
                "{} has no handler",
                method.name
            );
        }
        assert_eq!(table.entries.len(), protocol::methods::all().count());
    }
}
