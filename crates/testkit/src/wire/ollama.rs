//! Ollama's own chat. Source: Ollama API reference, "Generate a chat message".
//!
//! The server ignores fields it does not know, and reads the others into typed structs: a wrong
//! type is refused.

use super::place::{Checked, Place};

pub(super) fn check(body: &Place<'_>) -> Checked {
    body.need("model")?.some_text()?;
    body.need("messages")?
        .list()?
        .iter()
        .try_for_each(message)?;
    for tool in body.list_of("tools")? {
        tool.need("type")?.one_of(&["function"])?;
        let function = tool.need("function")?;
        function.need("name")?.some_text()?;
        if let Some(text) = function.get("description") {
            text.text()?;
        }
        function.object("parameters")?;
    }
    body.flag("stream")?;
    if let Some(think) = body.get("think")
        && !think.value().is_boolean()
    {
        think.one_of(&["high", "medium", "low"])?;
    }
    if let Some(format) = body.get("format")
        && !format.value().is_object()
    {
        format.one_of(&["json", ""])?;
    }
    match body.get("options") {
        Some(options) => check_options(&options),
        None => Ok(()),
    }
}

fn check_options(options: &Place<'_>) -> Checked {
    options.must(options.value().is_object(), "must be an object")?;
    for whole in ["num_predict", "num_ctx", "seed", "top_k", "num_keep"] {
        if let Some(number) = options.get(whole) {
            number.must(number.value().is_i64(), "must be a whole number")?;
        }
    }
    for real in [
        "temperature",
        "top_p",
        "min_p",
        "presence_penalty",
        "frequency_penalty",
        "repeat_penalty",
    ] {
        options.within(real, f64::MIN, f64::MAX)?;
    }
    let stops = options.list_of("stop")?;
    stops.iter().try_for_each(|stop| stop.text().map(drop))
}

fn message(message: &Place<'_>) -> Checked {
    let role = message.need("role")?;
    let role = role.one_of(&["system", "user", "assistant", "tool"])?;
    if let Some(content) = message.get("content") {
        content.text()?;
    }
    if let Some(thinking) = message.get("thinking") {
        thinking.text()?;
    }
    for image in message.list_of("images")? {
        image.base64()?;
    }
    let calls = message.list_of("tool_calls")?;
    message.must(
        calls.is_empty() || role == "assistant",
        "only the assistant calls tools",
    )?;
    for call in &calls {
        let function = call.need("function")?;
        function.need("name")?.some_text()?;
        function.need("arguments")?;
        function.object("arguments")?;
    }
    if let Some(name) = message.get("tool_name") {
        name.text()?;
    }
    message.must(
        role == "assistant" || message.get("content").is_some(),
        format_args!("a {role} message needs content"),
    )
}
