//! Responses. Source: OpenAI API reference, "Create a model response".

use super::place::{Checked, Place};

const FIELDS: &[&str] = &[
    "background",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];
const INCLUDE: &[&str] = &[
    "file_search_call.results",
    "message.input_image.image_url",
    "message.output_text.logprobs",
    "reasoning.encrypted_content",
    "web_search_call.results",
    "code_interpreter_call.outputs",
];
/// The service answers no request for fewer tokens.
const LEAST_OUTPUT: u64 = 16;
/// Longest id that ties a result to its call.
const ID_LENGTH: usize = 64;

pub(super) fn check(body: &Place<'_>) -> Checked {
    body.only(FIELDS)?;
    body.need("model")?.some_text()?;
    if let Some(instructions) = body.get("instructions") {
        instructions.text()?;
    }
    let input = body.need("input")?;
    if input.text().is_err() {
        let stateless = !body.flag("store")? && body.get("store").is_some();
        let linked = body.get("previous_response_id").is_some();
        items(&input, stateless, linked)?;
    }
    tools(body)?;
    format(body)?;
    for included in body.list_of("include")? {
        included.one_of(INCLUDE)?;
    }
    if let Some(reasoning) = body.get("reasoning") {
        reasoning.only(&["effort", "summary", "generate_summary"])?;
    }
    body.flag("stream")?;
    body.flag("parallel_tool_calls")?;
    body.at_least("max_output_tokens", LEAST_OUTPUT)?;
    body.within("temperature", 0.0, 2.0)?;
    body.within("top_p", 0.0, 1.0)?;
    body.object("metadata")
}

fn format(body: &Place<'_>) -> Checked {
    let Some(text) = body.get("text") else {
        return Ok(());
    };
    text.only(&["format", "verbosity"])?;
    let Some(format) = text.get("format") else {
        return Ok(());
    };
    let kind = format.need("type")?;
    if kind.one_of(&["text", "json_object", "json_schema"])? == "json_schema" {
        format.only(&["type", "name", "schema", "strict", "description"])?;
        format.need("name")?.name(64, &[])?;
        format.need("schema")?;
        return format.object("schema");
    }
    format.only(&["type"])
}

fn tools(body: &Place<'_>) -> Checked {
    let mut names = Vec::new();
    for tool in body.list_of("tools")? {
        tool.need("type")?.one_of(&["function"])?;
        tool.only(&["type", "name", "description", "parameters", "strict"])?;
        let name = tool.need("name")?.name(64, &[])?;
        tool.must(!names.contains(&name), "two tools have this name")?;
        names.push(name);
        tool.object("parameters")?;
    }
    let Some(choice) = body.get("tool_choice") else {
        return Ok(());
    };
    if choice.value().is_string() {
        let chosen = choice.one_of(&["none", "auto", "required"])?;
        return choice.must(
            chosen != "required" || !names.is_empty(),
            "is only allowed when tools are given",
        );
    }
    choice.only(&["type", "name", "mode", "tools"])?;
    if choice
        .need("type")?
        .one_of(&["function", "allowed_tools"])?
        == "function"
    {
        let name = choice.need("name")?;
        name.must(names.contains(&name.text()?), "no tool given has this name")?;
    }
    Ok(())
}

/// Items in order: every call has one output after it, every output one call before it, and what
/// was thought stands before what came of it.
fn items(input: &Place<'_>, stateless: bool, linked: bool) -> Checked {
    let mut calls: Vec<&str> = Vec::new();
    let mut answered: Vec<&str> = Vec::new();
    let mut thought = None;
    for item in input.some_list()? {
        let kind = match item.get("type") {
            Some(kind) => kind.text()?,
            None => "message",
        };
        let role = item.get("role").map(|role| role.value().clone());
        let follows = matches!(kind, "reasoning" | "function_call")
            || (kind == "message" && role == Some("assistant".into()));
        if thought.is_some() && !follows {
            return Err(item.wrong("a reasoning item stands without the item that followed it"));
        }
        thought = (kind == "reasoning").then_some(());
        match kind {
            "message" => message(&item)?,
            "function_call" => call(&item, &mut calls)?,
            "function_call_output" => {
                let id = output(&item)?;
                item.must(
                    calls.contains(&id) || linked,
                    format_args!("no tool call has the id {id:?} of this output"),
                )?;
                item.must(!answered.contains(&id), "a second output of one call")?;
                answered.push(id);
            }
            "reasoning" => reasoning(&item, stateless)?,
            "item_reference" => {
                item.only(&["type", "id"])?;
                item.need("id")?.some_text()?;
            }
            other => return Err(item.wrong(format_args!("unknown type {other:?}"))),
        }
    }
    input.must(
        thought.is_none(),
        "a reasoning item stands without the item that followed it",
    )?;
    match calls.iter().find(|id| !answered.contains(id)) {
        Some(id) => Err(input.wrong(format_args!("no output for the tool call {id:?}"))),
        None => Ok(()),
    }
}

fn message(item: &Place<'_>) -> Checked {
    item.only(&["type", "role", "content", "id", "status", "phase"])?;
    let role = item.need("role")?;
    let role = role.one_of(&["user", "assistant", "system", "developer"])?;
    if let Some(id) = item.get("id") {
        id.must(id.text()?.starts_with("msg"), "must begin with msg")?;
    }
    let content = item.need("content")?;
    if content.text().is_ok() {
        return Ok(());
    }
    for part in content.some_list()? {
        let kind = part.need("type")?;
        if role == "assistant" {
            match kind.one_of(&["output_text", "refusal"])? {
                "output_text" => {
                    part.only(&["type", "text", "annotations", "logprobs"])?;
                    part.need("text")?.text()?;
                }
                _ => part.need("refusal")?.text().map(drop)?,
            }
        } else {
            input_part(&part)?;
        }
    }
    Ok(())
}

fn input_part(part: &Place<'_>) -> Checked {
    let kind = part.need("type")?;
    match kind.one_of(&["input_text", "input_image", "input_file"])? {
        "input_text" => {
            part.only(&["type", "text"])?;
            part.need("text")?.text().map(drop)
        }
        "input_image" => {
            part.only(&["type", "image_url", "file_id", "detail"])?;
            part.must(
                part.get("image_url").is_some() || part.get("file_id").is_some(),
                "an image needs image_url or file_id",
            )?;
            match part.get("image_url") {
                Some(url) => url.some_text().map(drop),
                None => Ok(()),
            }
        }
        _ => {
            part.only(&["type", "file_data", "filename", "file_id", "file_url"])?;
            let sources = ["file_data", "file_id", "file_url"];
            let given = sources.iter().any(|source| part.get(source).is_some());
            part.must(given, "a file needs file_data, file_id or file_url")
        }
    }
}

fn call<'a>(item: &Place<'a>, calls: &mut Vec<&'a str>) -> Checked {
    item.only(&["type", "id", "call_id", "name", "arguments", "status"])?;
    if let Some(id) = item.get("id") {
        id.must(id.text()?.starts_with("fc"), "must begin with fc")?;
    }
    let id = call_id(item)?;
    item.must(!calls.contains(&id), "two tool calls have this call_id")?;
    calls.push(id);
    item.need("name")?.name(64, &[])?;
    item.need("arguments")?.text().map(drop)
}

fn call_id<'a>(item: &Place<'a>) -> Result<&'a str, String> {
    let id = item.need("call_id")?;
    let text = id.some_text()?;
    id.must(text.len() <= ID_LENGTH, "is longer than 64 bytes")?;
    Ok(text)
}

/// The id of the call it answers.
fn output<'a>(item: &Place<'a>) -> Result<&'a str, String> {
    item.only(&["type", "id", "call_id", "output", "status"])?;
    let output = item.need("output")?;
    if output.text().is_err() {
        output.some_list()?.iter().try_for_each(input_part)?;
    }
    call_id(item)
}

fn reasoning(item: &Place<'_>, stateless: bool) -> Checked {
    item.only(&[
        "type",
        "id",
        "summary",
        "content",
        "encrypted_content",
        "status",
    ])?;
    let id = item.need("id")?;
    id.must(id.text()?.starts_with("rs"), "must begin with rs")?;
    for part in item.need("summary")?.list()? {
        part.only(&["type", "text"])?;
        part.need("type")?.one_of(&["summary_text"])?;
        part.need("text")?.text()?;
    }
    if stateless {
        item.need("encrypted_content")?.some_text()?;
    }
    Ok(())
}
