//! Strings, numbers and lengths against their limits.

use serde_json::{Number, Value};

use super::{SHOWN_BYTES, View};
use crate::nearest::nearest;

/// What is wrong with a scalar, and the nearest allowed value.
pub(super) fn complaint(value: &Value, view: &View<'_>) -> Option<(String, Option<String>)> {
    if let Some(allowed) = &view.allowed {
        return not_allowed(value, allowed);
    }
    match value {
        Value::String(text) => {
            let letters = text.chars().count();
            length_complaint(letters, view.length_range, "character").map(|message| (message, None))
        }
        Value::Number(number) => range_complaint(number, view).map(|message| (message, None)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The complaint about a value that is not in a list.
pub(super) fn not_allowed(value: &Value, allowed: &[&Value]) -> Option<(String, Option<String>)> {
    if allowed.contains(&value) {
        return None;
    }
    let list = quoted_list(allowed);
    let near = value.as_str().and_then(|text| {
        let known = allowed.iter().filter_map(|value| value.as_str());
        nearest(text, known)
    });
    let is_long = value.as_str().is_some_and(|text| text.len() > SHOWN_BYTES);
    let shown = (!is_long).then(|| value.to_string());
    let one_of = if allowed.len() == 1 { "" } else { "one of " };
    let message = match shown {
        Some(shown) => format!("{shown} is not {one_of}{list}"),
        None => format!("the value is not {one_of}{list}"),
    };
    Some((message, near))
}

/// `"a", "b"`.
pub(super) fn quoted_list(values: &[&Value]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for value in values.iter().filter(|value| !value.is_null()) {
        let text = value.to_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join(", ")
}

/// The complaint about a number of elements or characters.
pub(super) fn length_complaint(
    length: usize,
    (least, most): (Option<u64>, Option<u64>),
    unit: &str,
) -> Option<String> {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    let plural = |number: u64| if number == 1 { "" } else { "s" };
    match (least, most) {
        (Some(least), _) if length < least => Some(format!(
            "needs at least {least} {unit}{}, has {length}",
            plural(least)
        )),
        (_, Some(most)) if length > most => Some(format!(
            "may have at most {most} {unit}{}, has {length}",
            plural(most)
        )),
        _ => None,
    }
}

fn range_complaint(number: &Number, view: &View<'_>) -> Option<String> {
    let [least, most, above, below] = view.bounds;
    let fails = |bound: Option<&Value>, fits: fn(std::cmp::Ordering) -> bool| {
        let bound = bound?;
        let order = compare(number, bound)?;
        (!fits(order)).then(|| bound.to_string())
    };
    let out = |words: &str, bound: String| format!("{number} is out of range: {words} {bound}");
    let integer = number.as_i128().zip(view.format.and_then(integer_range));
    let out_of_format = integer.and_then(|(number, (least, most))| {
        let below = (number < least).then(|| out("at least", least.to_string()));
        below.or_else(|| (number > most).then(|| out("at most", most.to_string())))
    });
    fails(least, std::cmp::Ordering::is_ge)
        .map(|bound| out("at least", bound))
        .or_else(|| fails(most, std::cmp::Ordering::is_le).map(|bound| out("at most", bound)))
        .or_else(|| fails(above, std::cmp::Ordering::is_gt).map(|bound| out("more than", bound)))
        .or_else(|| fails(below, std::cmp::Ordering::is_lt).map(|bound| out("less than", bound)))
        .or(out_of_format)
}

/// The range of an integer type whose bounds `schemars` leaves to its format.
fn integer_range(format: &str) -> Option<(i128, i128)> {
    match format {
        "int8" => Some((i8::MIN.into(), i8::MAX.into())),
        "int16" => Some((i16::MIN.into(), i16::MAX.into())),
        "int32" => Some((i32::MIN.into(), i32::MAX.into())),
        "int64" | "int" => Some((i64::MIN.into(), i64::MAX.into())),
        "uint8" => Some((0, u8::MAX.into())),
        "uint16" => Some((0, u16::MAX.into())),
        "uint32" => Some((0, u32::MAX.into())),
        "uint64" | "uint" => Some((0, u64::MAX.into())),
        _ => None,
    }
}

fn compare(number: &Number, bound: &Value) -> Option<std::cmp::Ordering> {
    match (number.as_i128(), bound.as_number()?.as_i128()) {
        (Some(number), Some(bound)) => Some(number.cmp(&bound)),
        _ => number.as_f64()?.partial_cmp(&bound.as_f64()?),
    }
}
