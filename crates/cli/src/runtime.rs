//! The async runtime, started by the commands that need one and by nobody else.

use crate::failure::{Failure, Kind};
use std::future::Future;

/// Runs one conversation with a gateway on the current thread.
///
/// # Errors
/// What the work returns, and the system's refusal to start a runtime.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    start(tokio::runtime::Builder::new_current_thread(), work)
}

/// Runs a gateway on all cores.
///
/// # Errors
/// As [`block_on`].
pub(crate) fn block_on_all_cores<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    start(tokio::runtime::Builder::new_multi_thread(), work)
}

fn start<T>(
    mut builder: tokio::runtime::Builder,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let runtime = builder.enable_all().build().map_err(|error| {
        Failure::new(
            Kind::Other,
            format!("cannot start the async runtime: {error}"),
        )
    })?;
    runtime.block_on(work)
}
