//! `/metrics` in Prometheus text. Names end in their unit; labels have few values.

use super::respond::Reply;
use crate::net::{Counters, ResponseBody};
use crate::rpc::Registry as Methods;
use crate::services::Services;
use domain::UnixMillis;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

/// Everything known now, as one text.
pub(super) async fn render(services: &Services, methods: &Methods, door: &Counters) -> Reply {
    let mut registry = Registry::with_prefix("openclaw");
    present(services, &mut registry).await;
    at_the_door(door, methods, &mut registry);
    model_calls(services, &mut registry).await;
    let mut text = String::new();
    if encode(&mut text, &registry).is_err() {
        text.clear();
    }
    let mut reply = Response::new(ResponseBody::full(text));
    let headers = reply.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

async fn present(services: &Services, registry: &mut Registry) {
    let mut gauge = |name: &str, help: &str, value: u64| {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        registry.register(name, help, ConstGauge::new(value));
    };
    let health = services.health.report();
    gauge(
        "ready",
        "Whether new turns are accepted",
        u64::from(health.ok),
    );
    gauge("uptime_seconds", "Since the start", health.uptime_ms / 1000);
    let active = u64::try_from(services.agents.active_runs()).unwrap_or(u64::MAX);
    gauge("active_runs", "Runs waiting or under way", active);
    // A store that cannot be read says so in `ready`; a count that is not known is left out.
    if let Ok(sessions) = services.state.sessions.count().await {
        gauge("sessions", "Sessions in the store", sessions);
    }
}

fn at_the_door(door: &Counters, methods: &Methods, registry: &mut Registry) {
    let door = door.snapshot();
    let open = i64::try_from(door.open).unwrap_or(i64::MAX);
    registry.register(
        "open_connections",
        "Connections now open",
        ConstGauge::new(open),
    );
    let mut counter = |name: &str, help: &str, value: u64| {
        registry.register(name, help, ConstCounter::new(value));
    };
    counter("connections", "Connections accepted", door.accepted);
    counter("requests", "Requests that reached the guard", door.requests);
    counter(
        "refused_requests",
        "Requests the guard sent away",
        door.guarded,
    );
    counter(
        "malformed_requests",
        "Requests with broken framing, size or pace",
        door.malformed,
    );
    counter(
        "panics",
        "Requests that ended in a fault of ours",
        door.panics + methods.panics(),
    );
}

async fn model_calls(services: &Services, registry: &mut Registry) {
    let (since, until) = (UnixMillis(0), UnixMillis(i64::MAX));
    let Ok(totals) = services.state.metering.totals(since, until).await else {
        return;
    };
    let mut counter = |name: &str, help: &str, value: u64| {
        registry.register(name, help, ConstCounter::new(value));
    };
    let tokens = |count: Option<domain::TokenCount>| count.unwrap_or_default().0;
    let micros = u64::try_from(totals.cost.0).unwrap_or_default();
    counter("model_calls", "Model calls", totals.calls);
    counter(
        "unpriced_model_calls",
        "Model calls without a known price",
        totals.unpriced,
    );
    counter(
        "estimated_model_calls",
        "Model calls that were charged by estimate",
        totals.estimated,
    );
    counter(
        "input_tokens",
        "Prompt tokens, as far as reported",
        tokens(totals.usage.input),
    );
    counter(
        "output_tokens",
        "Answer tokens, as far as reported",
        tokens(totals.usage.output),
    );
    counter(
        "cache_read_tokens",
        "Prompt tokens read from a provider's cache",
        tokens(totals.usage.cache_read),
    );
    let (hits, misses) = services.response_cache.counts();
    counter(
        "response_cache_hits",
        "Requests answered from the response cache",
        hits,
    );
    counter(
        "response_cache_misses",
        "Requests that the response cache had no answer for",
        misses,
    );
    counter(
        "cost_micro_usd",
        "Known cost in millionths of a US dollar",
        micros,
    );
}
