//! `generateContent`. Source: Gemini API reference, "Generating content".

mod parts;
mod tools;

use super::place::{Checked, Place};
use parts::Parts;

const FIELDS: &[&str] = &[
    "cachedContent",
    "contents",
    "generationConfig",
    "model",
    "safetySettings",
    "serviceTier",
    "store",
    "systemInstruction",
    "system_instruction",
    "toolConfig",
    "tools",
];
const CONFIG: &[&str] = &[
    "candidateCount",
    "enableEnhancedCivicAnswers",
    "frequencyPenalty",
    "imageConfig",
    "logprobs",
    "maxOutputTokens",
    "mediaResolution",
    "presencePenalty",
    "responseFormat",
    "responseJsonSchema",
    "_responseJsonSchema",
    "responseLogprobs",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "seed",
    "speechConfig",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
];

pub(super) fn check(body: &Place<'_>) -> Checked {
    body.only(FIELDS)?;
    for name in ["systemInstruction", "system_instruction"] {
        if let Some(system) = body.get(name) {
            system.only(&["role", "parts"])?;
            for part in system.need("parts")?.some_list()? {
                part.only(&["text"])?;
                part.need("text")?.some_text()?;
            }
        }
    }
    contents(&body.need("contents")?)?;
    tools::check(body)?;
    if let Some(config) = body.get("generationConfig") {
        generation(&config)?;
    }
    Ok(())
}

fn generation(config: &Place<'_>) -> Checked {
    config.only(CONFIG)?;
    config.at_least("maxOutputTokens", 1)?;
    config.at_least("candidateCount", 1)?;
    config.within("temperature", 0.0, 2.0)?;
    config.within("topP", 0.0, 1.0)?;
    config.within("presencePenalty", -2.0, 2.0)?;
    config.within("frequencyPenalty", -2.0, 2.0)?;
    let stops = config.list_of("stopSequences")?;
    config.must(stops.len() <= 5, "more than 5 stopSequences")?;
    stops
        .iter()
        .try_for_each(|stop| stop.some_text().map(drop))?;
    let schemas = [
        "responseSchema",
        "responseJsonSchema",
        "_responseJsonSchema",
    ];
    let given: Vec<_> = schemas.iter().filter_map(|name| config.get(name)).collect();
    config.must(given.len() <= 1, "more than one response schema")?;
    if let Some(schema) = given.first() {
        let kind = config.need("responseMimeType")?;
        kind.one_of(&["application/json", "text/x.enum"])?;
        schema.must(schema.value().is_object(), "must be an object")?;
    }
    if let Some(thinking) = config.get("thinkingConfig") {
        thinking.only(&["includeThoughts", "thinkingBudget", "thinkingLevel"])?;
        thinking.flag("includeThoughts")?;
        thinking.must(
            thinking.get("thinkingBudget").is_none() || thinking.get("thinkingLevel").is_none(),
            "thinkingBudget and thinkingLevel exclude each other",
        )?;
        if let Some(budget) = thinking.get("thinkingBudget") {
            budget.must(budget.value().is_i64(), "must be a whole number")?;
        }
        if let Some(level) = thinking.get("thinkingLevel") {
            let upper = level.text()?.to_ascii_uppercase();
            let known = ["MINIMAL", "LOW", "MEDIUM", "HIGH"];
            level.must(known.contains(&upper.as_str()), "is no level of thinking")?;
        }
    }
    Ok(())
}

/// The function calls of a turn are answered in the very next turn, one for one.
fn contents(contents: &Place<'_>) -> Checked {
    let all = contents.some_list()?;
    let mut last = Parts::default();
    let mut before = "";
    for content in &all {
        content.only(&["role", "parts"])?;
        let role = content.need("role")?.one_of(&["user", "model"])?;
        let parts = Parts::read(&content.need("parts")?, role)?;
        content.must(
            parts.calls.is_empty() || before == "user",
            "a turn with function calls must come right after a user turn or function responses",
        )?;
        parts.answer(content, &last)?;
        before = role;
        last = parts;
    }
    contents.must(
        before == "user",
        "the last turn must be the user's or hold function responses",
    )
}
