//! The crate as its users see it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails; clippy.toml knows only functions marked as tests"
)]

mod anthropic;
mod catalog;
mod embed;
mod fake;
mod gemini;
mod golden;
mod offline;
mod quirks;
mod refusals;
mod repair;
mod router;
mod routing;
mod said;
mod settings;
mod sse;
mod switch;
mod transport;

/// Calls one model and nobody else.
pub(crate) async fn call(
    router: &llm::Router,
    target: &llm::Target,
    request: llm::ModelRequest,
    cancel: &tokio_util::sync::CancellationToken,
) -> Result<llm::Answering, llm::Error> {
    use llm::Models;
    let plan = llm::Plan {
        targets: vec![target.clone()],
        decision: llm::Decision::default(),
    };
    let call = llm::ModelCall::new(request, plan);
    router
        .stream(call, cancel)
        .await
        .map_err(|failed| failed.error)
}
