//! Comma-separated values. Source: RFC 4180.

use protocol::methods::usage::{CallEntry, UsageEntry, UsageReportReply};
use std::borrow::Cow;

/// The names of the columns of [`call`].
pub(super) const CALL_HEADER: &str = "call_id,ended_at_ms,run_id,session_key,agent_id,key,model,\
outcome,duration_ms,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,media_tokens,\
reasoning_tokens,cost_usd,reserved_usd,estimated,why,tier,credential,attempt,error";

/// One call. A number nobody reported is an empty field.
pub(super) fn call(call: &CallEntry) -> String {
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    line(&[
        call.call_id.clone(),
        call.ended_at.to_string(),
        text(&call.run_id),
        text(&call.session_key),
        text(&call.agent_id),
        text(&call.key),
        call.model.clone(),
        call.outcome.clone(),
        call.duration_ms.to_string(),
        number(call.input_tokens),
        number(call.output_tokens),
        number(call.cache_read_tokens),
        number(call.cache_write_tokens),
        number(call.media_tokens),
        number(call.reasoning_tokens),
        text(&call.cost_usd),
        call.reserved_usd.clone(),
        call.estimated.to_string(),
        call.why.clone(),
        text(&call.tier),
        call.credential.clone(),
        call.attempt.to_string(),
        text(&call.error),
    ])
}

/// The report, with a header line.
pub(super) fn report(report: &UsageReportReply) -> String {
    let mut lines = vec![
        "name,calls,estimated_calls,unpriced_calls,input_tokens,output_tokens,cache_read_tokens,\
         cache_write_tokens,media_tokens,reasoning_tokens,cost_usd"
            .to_owned(),
    ];
    lines.extend(report.rows.iter().map(entry));
    lines.join("\n")
}

fn entry(row: &UsageEntry) -> String {
    line(&[
        row.name.clone(),
        row.calls.to_string(),
        row.estimated_calls.to_string(),
        row.unpriced_calls.to_string(),
        row.input_tokens.to_string(),
        row.output_tokens.to_string(),
        row.cache_read_tokens.to_string(),
        row.cache_write_tokens.to_string(),
        row.media_tokens.to_string(),
        row.reasoning_tokens.to_string(),
        row.cost_usd.clone(),
    ])
}

fn line(fields: &[String]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| quoted(field)).collect();
    fields.join(",")
}

/// A field is quoted when it must be. One that a spreadsheet would take for a formula gets an
/// apostrophe, since texts of other people end up here.
fn quoted(field: &str) -> Cow<'_, str> {
    let formula = field.starts_with(['=', '+', '@', '\t'])
        || (field.starts_with('-') && field.parse::<f64>().is_err());
    let shown: Cow<'_, str> = if formula {
        format!("'{field}").into()
    } else {
        field.into()
    };
    if shown.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", shown.replace('"', "\"\"")).into()
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_when_they_must_be() {
        let fields = ["plain", "a,b", "say \"hi\"", "=1+1", "-0.5", "-cmd", ""];
        let line = line(&fields.map(str::to_owned));
        assert_eq!(line, "plain,\"a,b\",\"say \"\"hi\"\"\",'=1+1,-0.5,'-cmd,");
    }

    #[test]
    fn a_call_has_a_field_for_every_name() {
        let fields = call(&CallEntry::default()).matches(',').count();
        assert_eq!(fields, CALL_HEADER.matches(',').count());
    }
}
