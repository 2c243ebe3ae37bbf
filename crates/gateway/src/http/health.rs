//! Probes. Source: HTTP API, section 2; requirements C20.

use super::respond::{self, Reply};
use crate::services::Services;
use http::StatusCode;
use serde_json::json;

/// `/health`: the process answers.
pub(super) fn live() -> Reply {
    respond::json(StatusCode::OK, &json!({ "ok": true, "status": "live" }))
}

/// `/readyz`: whether work is accepted; who is known also learns what is wrong.
pub(super) fn ready(services: &Services, known: bool) -> Reply {
    let report = services.health.report();
    let status = if report.ok {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    if !known {
        return respond::json(status, &json!({ "ready": report.ok }));
    }
    let body = json!({
        "ready": report.ok,
        "failing": report.failing,
        "reasons": report.reasons,
        "uptimeMs": report.uptime_ms,
    });
    respond::json(status, &body)
}
