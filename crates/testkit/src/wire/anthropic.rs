//! Messages. Source: Anthropic API reference, "Create a Message".

mod blocks;

use super::place::{Checked, Place};
use blocks::Blocks;

const FIELDS: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "service_tier",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];
const COUNT_FIELDS: &[&str] = &[
    "cache_control",
    "context_management",
    "mcp_servers",
    "messages",
    "model",
    "output_config",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];
/// Most cache marks of one request.
const MOST_MARKS: usize = 4;
/// Least tokens to think with.
const LEAST_THINKING: u64 = 1024;

pub(super) fn check(body: &Place<'_>) -> Checked {
    body.only(FIELDS)?;
    body.need("max_tokens")?;
    let most = body.at_least("max_tokens", 1)?.unwrap_or_default();
    conversation(body, most)?;
    body.flag("stream")?;
    body.within("temperature", 0.0, 1.0)?;
    body.within("top_p", 0.0, 1.0)?;
    body.at_least("top_k", 0)?;
    for stop in body.list_of("stop_sequences")? {
        let text = stop.some_text()?;
        stop.must(!text.trim().is_empty(), "must hold more than white space")?;
    }
    if let Some(metadata) = body.get("metadata") {
        metadata.only(&["user_id"])?;
    }
    if let Some(output) = body.get("output_config") {
        output.only(&["effort", "format", "task_budget"])?;
    }
    Ok(())
}

pub(super) fn check_count(body: &Place<'_>) -> Checked {
    body.only(COUNT_FIELDS)?;
    conversation(body, u64::MAX)
}

fn conversation(body: &Place<'_>, most: u64) -> Checked {
    body.need("model")?.some_text()?;
    let mut marks = usize::from(body.get("cache_control").is_some());
    if let Some(system) = body.get("system")
        && system.text().is_err()
    {
        for block in system.list()? {
            block.only(&["type", "text", "cache_control", "citations"])?;
            block.need("type")?.one_of(&["text"])?;
            blocks::said(&block.need("text")?)?;
            marks += blocks::mark(&block)?;
        }
    }
    let names = tools(body, &mut marks)?;
    choice(body, &names)?;
    let thinks = thinking(body, most)?;
    marks += messages(&body.need("messages")?, thinks)?;
    body.must(
        marks <= MOST_MARKS,
        format_args!("{marks} blocks have cache_control, at most {MOST_MARKS} may"),
    )
}

fn tools<'a>(body: &Place<'a>, marks: &mut usize) -> Result<Vec<&'a str>, String> {
    let mut names = Vec::new();
    for tool in body.list_of("tools")? {
        tool.only(&[
            "type",
            "name",
            "description",
            "input_schema",
            "cache_control",
            "strict",
            "defer_loading",
            "eager_input_streaming",
            "input_examples",
            "allowed_callers",
        ])?;
        if let Some(kind) = tool.get("type") {
            kind.one_of(&["custom"])?;
        }
        let name = tool.need("name")?.name(128, &[])?;
        tool.must(!names.contains(&name), "tool names must be unique")?;
        names.push(name);
        let schema = tool.need("input_schema")?;
        schema.need("type")?.one_of(&["object"])?;
        if let Some(text) = tool.get("description") {
            text.text()?;
        }
        *marks += blocks::mark(&tool)?;
    }
    Ok(names)
}

fn choice(body: &Place<'_>, names: &[&str]) -> Checked {
    let Some(choice) = body.get("tool_choice") else {
        return Ok(());
    };
    choice.must(!names.is_empty(), "is only allowed when tools are given")?;
    match choice
        .need("type")?
        .one_of(&["auto", "any", "tool", "none"])?
    {
        "tool" => {
            choice.only(&["type", "name", "disable_parallel_tool_use"])?;
            let name = choice.need("name")?;
            name.must(names.contains(&name.text()?), "no tool has this name")
        }
        "none" => choice.only(&["type"]),
        _ => choice.only(&["type", "disable_parallel_tool_use"]),
    }
}

/// Whether thinking is on with a budget.
fn thinking(body: &Place<'_>, most: u64) -> Result<bool, String> {
    let Some(thinking) = body.get("thinking") else {
        return Ok(false);
    };
    let kind = thinking.need("type")?;
    match kind.one_of(&["enabled", "disabled", "adaptive"])? {
        "enabled" => thinking.only(&["type", "budget_tokens", "display"])?,
        "adaptive" => {
            thinking.only(&["type", "display"])?;
            return Ok(false);
        }
        _ => {
            thinking.only(&["type"])?;
            return Ok(false);
        }
    }
    thinking.need("budget_tokens")?;
    let budget = thinking.at_least("budget_tokens", LEAST_THINKING)?;
    thinking.must(
        budget.is_some_and(|budget| budget < most),
        "budget_tokens must be less than max_tokens",
    )?;
    if let Some(temperature) = body.get("temperature") {
        temperature.must(
            temperature.value().as_f64() == Some(1.0),
            "may only be 1 when thinking is on",
        )?;
    }
    body.must(
        body.get("top_k").is_none(),
        "top_k is not allowed when thinking is on",
    )?;
    body.within("top_p", 0.95, 1.0)?;
    if let Some(choice) = body.get("tool_choice") {
        let kind = choice.need("type")?;
        kind.must(
            matches!(kind.text()?, "auto" | "none"),
            "thinking may not be on when tool_choice forces tool use",
        )?;
    }
    Ok(true)
}

/// Alternating roles, the user first; every call answered at once. Returns the cache marks.
fn messages(messages: &Place<'_>, thinks: bool) -> Result<usize, String> {
    let all = messages.some_list()?;
    let mut marks = 0;
    let mut ids: Vec<&str> = Vec::new();
    let mut last = Blocks::default();
    for (index, message) in all.iter().enumerate() {
        message.only(&["role", "content"])?;
        let role = message.need("role")?.one_of(&["user", "assistant"])?;
        let due = if index % 2 == 0 { "user" } else { "assistant" };
        message.must(
            role == due,
            format_args!("roles must alternate and begin with user, so this must be {due}"),
        )?;
        let blocks = Blocks::read(message, role)?;
        blocks.answer(message, &last.calls)?;
        for id in &blocks.calls {
            message.must(
                !ids.contains(id),
                format_args!("tool_use id {id:?} is not unique"),
            )?;
            ids.push(id);
        }
        marks += blocks.marks;
        let loops = !blocks.results.is_empty() && index + 1 == all.len();
        message.must(
            !(thinks && loops) || last.begins_thinking,
            "thinking is on, so the assistant message before these results must begin with a \
             thinking block",
        )?;
        last = blocks;
    }
    messages.must(
        last.calls.is_empty(),
        format_args!("tool_use {:?} has no tool_result at the end", last.calls),
    )?;
    messages.must(
        !last.ends_in_space,
        "the final assistant message must not end in white space",
    )?;
    Ok(marks)
}
