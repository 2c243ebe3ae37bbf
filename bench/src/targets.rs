//! What we promise, and whether it holds.

use crate::report::Measured;
use crate::side::Kind;
use crate::stats::{ms, number};

/// One promise and what was measured for it.
pub(crate) struct Target {
    pub(crate) what: &'static str,
    pub(crate) value: String,
    pub(crate) promise: &'static str,
    pub(crate) kept: bool,
}

/// All promises, ratios first.
///
/// # Errors
/// When a side was not measured.
pub(crate) fn all(measured: &Measured) -> anyhow::Result<Vec<Target>> {
    let nginx = measured.results.side(Kind::Nginx)?;
    let direct = measured.results.side(Kind::Direct)?;
    let agent = measured.results.side(Kind::Agent)?;
    let speed = direct.per_second[2] / nginx.per_second[2];
    let effort = direct.cpu_per_thousand / nginx.cpu_per_thousand;
    let turns = agent.per_second[2];
    let durable = &measured.durable;
    let idle = number(measured.idle) / 1e6;
    let size = number(measured.starts.size) / 1e6;
    let (ready, help) = (ms(measured.starts.ready), ms(measured.starts.help));
    let load = vec![
        Target {
            what: "direct path, requests/s at 64, over nginx's",
            value: format!("{:.0} %", speed * 100.0),
            promise: "≥ 60 %",
            kept: speed >= 0.6,
        },
        Target {
            what: "direct path, CPU per request, over nginx's",
            value: format!("{effort:.2} ×"),
            promise: "≤ 2 ×",
            kept: effort <= 2.0,
        },
        Target {
            what: "agent path, durable turns/s at 64",
            value: format!("{turns:.0}"),
            promise: "≥ 1,500",
            kept: turns >= 1500.0,
        },
        Target {
            what: "acknowledged turns found after `kill -9`",
            value: format!(
                "{} of {}",
                durable.found.min(durable.acknowledged),
                durable.acknowledged
            ),
            promise: "all",
            kept: durable.found >= durable.acknowledged,
        },
        Target {
            what: "direct path, added latency p50",
            value: format!("{:.3} ms", direct.added_p50),
            promise: "≤ 0.2 ms",
            kept: direct.added_p50 <= 0.2,
        },
        Target {
            what: "agent path, added latency p50",
            value: format!("{:.3} ms", agent.added_p50),
            promise: "≤ 1 ms",
            kept: agent.added_p50 <= 1.0,
        },
        Target {
            what: "memory, idle",
            value: format!("{idle:.1} MB"),
            promise: "≤ 20 MB",
            kept: idle <= 20.0,
        },
        Target {
            what: "cold start to ready",
            value: format!("{ready:.1} ms"),
            promise: "≤ 60 ms",
            kept: ready <= 60.0,
        },
        Target {
            what: "`--help`",
            value: format!("{help:.1} ms"),
            promise: "≤ 10 ms",
            kept: help <= 10.0,
        },
        Target {
            what: "size of the `dist` binary",
            value: format!("{size:.1} MB"),
            promise: "≤ 35 MB",
            kept: size <= 35.0,
        },
    ];
    let rest = [measured.sockets.targets(), measured.money.targets()];
    Ok(load.into_iter().chain(rest.into_iter().flatten()).collect())
}
