//! Chat completions. Source: OpenAI API reference, "Create chat completion".

use super::place::{Checked, Place};

const FIELDS: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];
/// Longest id of a tool call.
const ID_LENGTH: usize = 40;

pub(super) fn check(body: &Place<'_>) -> Checked {
    body.only(FIELDS)?;
    body.need("model")?.some_text()?;
    messages(&body.need("messages")?)?;
    let tools = tools(body)?;
    for needs_tools in ["tool_choice", "parallel_tool_calls"] {
        if let Some(field) = body.get(needs_tools) {
            field.must(tools, "is only allowed when tools are given")?;
        }
    }
    if let Some(choice) = body.get("tool_choice") {
        if choice.value().is_string() {
            choice.one_of(&["none", "auto", "required"])?;
        } else {
            let kind = choice.need("type")?;
            if kind.one_of(&["function", "custom", "allowed_tools"])? == "function" {
                choice.need("function")?.need("name")?.some_text()?;
            }
        }
    }
    sampling(body)
}

fn sampling(body: &Place<'_>) -> Checked {
    let streams = body.flag("stream")?;
    if let Some(options) = body.get("stream_options") {
        options.must(streams, "is only allowed when stream is true")?;
        options.only(&["include_usage", "include_obfuscation"])?;
        options.flag("include_usage")?;
    }
    body.flag("parallel_tool_calls")?;
    let older = body.at_least("max_tokens", 1)?;
    let newer = body.at_least("max_completion_tokens", 1)?;
    body.must(
        older.is_none() || newer.is_none(),
        "max_tokens and max_completion_tokens exclude each other",
    )?;
    body.at_least("n", 1)?;
    body.within("temperature", 0.0, 2.0)?;
    body.within("top_p", 0.0, 1.0)?;
    body.within("presence_penalty", -2.0, 2.0)?;
    body.within("frequency_penalty", -2.0, 2.0)?;
    if let Some(key) = body.get("prompt_cache_key") {
        key.text()?;
    }
    if let Some(stop) = body.get("stop")
        && stop.text().is_err()
    {
        let stops = stop.some_list()?;
        stop.must(stops.len() <= 4, "has more than 4 elements")?;
        stops.iter().try_for_each(|stop| stop.text().map(drop))?;
    }
    if let Some(format) = body.get("response_format") {
        let kind = format.need("type")?;
        if kind.one_of(&["text", "json_object", "json_schema"])? == "json_schema" {
            let schema = format.need("json_schema")?;
            schema.only(&["name", "schema", "strict", "description"])?;
            schema.need("name")?.name(64, &[])?;
            schema.object("schema")?;
        }
    }
    Ok(())
}

/// Whether there are tools.
fn tools(body: &Place<'_>) -> Result<bool, String> {
    let Some(tools) = body.get("tools") else {
        return Ok(false);
    };
    let mut names = Vec::new();
    for tool in tools.some_list()? {
        tool.only(&["type", "function"])?;
        tool.need("type")?.one_of(&["function"])?;
        let function = tool.need("function")?;
        function.only(&["name", "description", "parameters", "strict"])?;
        let name = function.need("name")?.name(64, &[])?;
        function.must(!names.contains(&name), "two tools have this name")?;
        names.push(name);
        function.object("parameters")?;
    }
    Ok(true)
}

fn messages(messages: &Place<'_>) -> Checked {
    let mut open: Vec<&str> = Vec::new();
    for message in messages.some_list()? {
        let role = message.need("role")?;
        let role = role.one_of(&["system", "developer", "user", "assistant", "tool"])?;
        if role == "tool" {
            answer(&message, &mut open)?;
            continue;
        }
        message.must(
            open.is_empty(),
            format_args!("tool calls {open:?} have no answer before this message"),
        )?;
        match role {
            "assistant" => open = assistant(&message)?,
            "user" => {
                message.only(&["role", "content", "name"])?;
                content(&message.need("content")?, USER_PARTS)?;
            }
            _ => {
                message.only(&["role", "content", "name"])?;
                content(&message.need("content")?, &["text"])?;
            }
        }
    }
    messages.must(
        open.is_empty(),
        format_args!("tool calls {open:?} have no answer at the end"),
    )
}

/// Ticks off the call that a tool message answers.
fn answer(message: &Place<'_>, open: &mut Vec<&str>) -> Checked {
    message.only(&["role", "content", "tool_call_id", "name"])?;
    let id = message.need("tool_call_id")?;
    let Some(place) = open.iter().position(|call| Ok(*call) == id.text()) else {
        return Err(id.wrong(format_args!(
            "{} is the id of no open tool call",
            id.value()
        )));
    };
    open.swap_remove(place);
    content(&message.need("content")?, &["text"])
}

/// The ids of its calls.
fn assistant<'a>(message: &Place<'a>) -> Result<Vec<&'a str>, String> {
    message.only(&[
        "role",
        "content",
        "name",
        "refusal",
        "audio",
        "function_call",
        "tool_calls",
        // Not OpenAI's, but what DeepSeek and Kimi want back in a tool loop.
        "reasoning_content",
    ])?;
    if let Some(said) = message.get("content") {
        content(&said, &["text", "refusal"])?;
    }
    let Some(calls) = message.get("tool_calls") else {
        message.must(
            message.get("content").is_some() || message.get("refusal").is_some(),
            "an assistant message needs content or tool_calls",
        )?;
        return Ok(Vec::new());
    };
    let mut ids = Vec::new();
    for call in calls.some_list()? {
        call.only(&["id", "type", "function", "index"])?;
        call.need("type")?.one_of(&["function"])?;
        let id = call.need("id")?;
        let name = id.some_text()?;
        id.must(name.len() <= ID_LENGTH, "is longer than 40 bytes")?;
        id.must(!ids.contains(&name), "two tool calls have this id")?;
        ids.push(name);
        let function = call.need("function")?;
        function.only(&["name", "arguments"])?;
        function.need("name")?.name(64, &['.'])?;
        function.need("arguments")?.text()?;
    }
    Ok(ids)
}

const USER_PARTS: &[&str] = &["text", "image_url", "input_audio", "file"];

fn content(content: &Place<'_>, known: &[&str]) -> Checked {
    if content.value().is_string() {
        return Ok(());
    }
    for part in content.some_list()? {
        let kind = part.need("type")?.one_of(known)?;
        part.only(&["type", kind])?;
        let inner = part.need(kind)?;
        match kind {
            "image_url" => {
                inner.only(&["url", "detail"])?;
                inner.need("url")?.some_text()?;
            }
            "input_audio" => {
                inner.only(&["data", "format"])?;
                inner.need("data")?.base64()?;
                inner.need("format")?.one_of(&["wav", "mp3"])?;
            }
            "file" => {
                inner.only(&["file_data", "filename", "file_id"])?;
                inner.must(
                    inner.get("file_data").is_some() || inner.get("file_id").is_some(),
                    "a file needs file_data or file_id",
                )?;
            }
            _ => inner.text().map(drop)?,
        }
    }
    Ok(())
}
