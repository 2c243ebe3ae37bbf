//! Vectors, on each wire. Source: OpenAI, Gemini and Ollama API references, embeddings.
//!
//! A vector depends on its text only and has length 1; one token per 4 bytes of a text.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::fail::Refusal;
use super::prompt::tokens;
use super::wire::Wire;

/// Numbers of a vector nobody asked another size for.
const DIMENSIONS: usize = 8;
/// Most numbers of a vector.
const MOST: u64 = 4096;

/// Answers, and how many tokens that took. Gemini's wire does not tell it.
pub(super) fn answer(wire: Wire, body: &Value) -> Result<(Bytes, u64), Refusal> {
    let wrong = |what: &str| Refusal::new(400, what);
    let texts = match wire {
        Wire::Gemini => batch(body),
        Wire::Chat | Wire::Responses | Wire::Messages | Wire::Ollama => inputs(body),
    };
    let texts = texts.ok_or_else(|| wrong("the inputs must be texts, at least one"))?;
    if texts.iter().any(|text| text.is_empty()) {
        return Err(wrong("an input must not be empty"));
    }
    let size = match wire {
        Wire::Gemini => body.pointer("/requests/0/outputDimensionality"),
        Wire::Chat | Wire::Responses | Wire::Messages | Wire::Ollama => body.get("dimensions"),
    };
    let size = match size.filter(|size| !size.is_null()) {
        None => DIMENSIONS,
        Some(size) => size
            .as_u64()
            .filter(|size| (1..=MOST).contains(size))
            .and_then(|size| usize::try_from(size).ok())
            .ok_or_else(|| wrong("dimensions must be from 1 to 4096"))?,
    };
    let used = texts.iter().map(|text| tokens(text)).sum();
    let vectors: Vec<Vec<f32>> = texts.iter().map(|text| vector(text, size)).collect();
    let body = match wire {
        Wire::Gemini => {
            let values: Vec<Value> = vectors.iter().map(|v| json!({ "values": v })).collect();
            json!({ "embeddings": values })
        }
        Wire::Ollama => {
            json!({"model": body.get("model"), "embeddings": vectors, "prompt_eval_count": used})
        }
        Wire::Chat | Wire::Responses | Wire::Messages => openai(body, &vectors, used)?,
    };
    Ok((Bytes::from(body.to_string()), used))
}

fn openai(body: &Value, vectors: &[Vec<f32>], used: u64) -> Result<Value, Refusal> {
    let format = body.get("encoding_format").and_then(Value::as_str);
    let base64 = match format {
        None | Some("float") => false,
        Some("base64") => true,
        Some(other) => {
            let text = format!("encoding_format {other:?} is neither float nor base64");
            return Err(Refusal::new(400, text));
        }
    };
    let data: Vec<Value> = vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| {
            let bytes: Vec<u8> = vector.iter().flat_map(|n| n.to_le_bytes()).collect();
            let numbers = if base64 {
                Value::from(BASE64.encode(&bytes))
            } else {
                json!(vector)
            };
            json!({"object": "embedding", "index": index, "embedding": numbers})
        })
        .collect();
    Ok(
        json!({"object": "list", "data": data, "model": body.get("model"),
        "usage": {"prompt_tokens": used, "total_tokens": used}}),
    )
}

/// A text, or a list of texts.
fn inputs(body: &Value) -> Option<Vec<&str>> {
    let input = body.get("input")?;
    if let Some(text) = input.as_str() {
        return Some(vec![text]);
    }
    let texts = input.as_array()?.iter().map(Value::as_str);
    texts.collect::<Option<Vec<_>>>().filter(|t| !t.is_empty())
}

fn batch(body: &Value) -> Option<Vec<&str>> {
    let requests = body.get("requests")?.as_array()?.iter();
    let texts = requests.map(|request| request.pointer("/content/parts/0/text")?.as_str());
    texts.collect::<Option<Vec<_>>>().filter(|t| !t.is_empty())
}

fn vector(text: &str, size: usize) -> Vec<f32> {
    let number = |index: usize| {
        let mut hasher = DefaultHasher::new();
        (text, index).hash(&mut hasher);
        let [high, low, ..] = hasher.finish().to_le_bytes();
        f32::from(i16::from_le_bytes([high, low])) / f32::from(i16::MAX)
    };
    let numbers: Vec<f32> = (0..size).map(number).collect();
    let length = numbers.iter().map(|n| n * n).sum::<f32>().sqrt();
    let scale = if length > 0.0 { length.recip() } else { 0.0 };
    numbers.into_iter().map(|n| n * scale).collect()
}
