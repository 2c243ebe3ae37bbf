//! Events as text, so that a failed comparison can be read.

use llm::{Error, ModelEvent};
use std::fmt::Write;

/// One line per event.
pub(crate) fn lines(events: &[ModelEvent], end: Option<&Error>) -> String {
    let mut all = String::new();
    for event in events {
        let line = match event {
            ModelEvent::Started { response_id, model } => {
                let model = model.as_ref().map(domain::ModelId::as_str);
                format!("started id={response_id:?} model={model:?}")
            }
            ModelEvent::Text { part, delta } => format!("text[{}] {delta:?}", part.0),
            ModelEvent::Reasoning { part, delta } => format!("reasoning[{}] {delta:?}", part.0),
            ModelEvent::ToolCallStarted { part, id, name } => {
                format!("call[{}] {id} {name}", part.0)
            }
            ModelEvent::ToolCallArguments { part, json } => format!("arguments[{}] {json}", part.0),
            ModelEvent::Opaque { part, keep } => format!("opaque[{}] {keep:?}", part.0),
            ModelEvent::Usage(usage) => {
                let count = |n: Option<domain::TokenCount>| {
                    n.map_or("unknown".to_owned(), |n| n.0.to_string())
                };
                let media = usage
                    .media
                    .map_or(String::new(), |n| format!(" media={}", n.0));
                format!(
                    "usage input={} output={} cacheRead={} cacheWrite={} reasoning={}{media}",
                    count(usage.input),
                    count(usage.output),
                    count(usage.cache_read),
                    count(usage.cache_write),
                    count(usage.reasoning)
                )
            }
            ModelEvent::Finished { reason } => format!("finished {reason:?}"),
        };
        writeln!(all, "{line}").unwrap();
    }
    if let Some(error) = end {
        writeln!(all, "failed {:?}: {error}", error.kind()).unwrap();
    }
    all
}
