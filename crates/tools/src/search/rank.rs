//! Which tools a query means: BM25 over their words.

use super::words::words;
use domain::ToolSpec;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// How fast more of the same word stops counting.
const K1: f64 = 1.2;
/// How much the length of a text counts.
const B: f64 = 0.75;
/// How often a word of the name counts, compared with one of the description.
const NAME_WEIGHT: u32 = 3;
/// The least letters a query word without a match of its own must share with the beginning of
/// another; of a long one it is two thirds.
const STEM: usize = 4;
/// What such a match counts.
const STEM_WEIGHT: f64 = 0.5;
/// How deep into a schema names of parameters are looked for.
const DEPTH: usize = 3;

/// The words of all tools.
#[derive(Debug)]
pub(super) struct Ranking {
    /// For every word: which tools have it, and how often.
    places: HashMap<String, Vec<(usize, f64)>>,
    lengths: Vec<f64>,
    mean: f64,
}

impl Ranking {
    pub(super) fn new(tools: &[Arc<ToolSpec>]) -> Self {
        let mut places: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
        let mut lengths = Vec::with_capacity(tools.len());
        for (at, tool) in tools.iter().enumerate() {
            let counts = counts(tool);
            lengths.push(f64::from(counts.values().sum::<u32>()));
            for (word, count) in counts {
                places.entry(word).or_default().push((at, f64::from(count)));
            }
        }
        let mean = lengths.iter().sum::<f64>() / number(lengths.len().max(1));
        Self {
            places,
            lengths,
            mean: mean.max(1.0),
        }
    }

    /// The tools that share a word with the query, best first.
    pub(super) fn best(&self, query: &str) -> Vec<usize> {
        let mut scores: HashMap<usize, f64> = HashMap::new();
        for word in words(query) {
            if let Some(places) = self.places.get(&word) {
                self.add(places, 1.0, &mut scores);
                continue;
            }
            let letters = word.chars().count();
            if letters < STEM {
                continue;
            }
            let stem: String = word.chars().take(STEM.max(letters * 2 / 3)).collect();
            let alike = self
                .places
                .iter()
                .filter(|(known, _)| known.starts_with(&stem));
            for (_, places) in alike {
                self.add(places, STEM_WEIGHT, &mut scores);
            }
        }
        let mut ranked: Vec<(usize, f64)> = scores.into_iter().collect();
        ranked.sort_by(|(a, left), (b, right)| right.total_cmp(left).then(a.cmp(b)));
        ranked.into_iter().map(|(at, _)| at).collect()
    }

    fn add(&self, places: &[(usize, f64)], weight: f64, scores: &mut HashMap<usize, f64>) {
        let having = number(places.len());
        let all = number(self.lengths.len());
        let rarity = ((all - having + 0.5) / (having + 0.5)).ln_1p();
        for (at, count) in places {
            let length = self.lengths.get(*at).copied().unwrap_or(self.mean);
            let damped = count + K1 * (1.0 - B + B * length / self.mean);
            *scores.entry(*at).or_default() += weight * rarity * count * (K1 + 1.0) / damped;
        }
    }
}

fn counts(tool: &ToolSpec) -> HashMap<String, u32> {
    let mut counts = HashMap::new();
    let mut add = |text: &str, weight: u32| {
        for word in words(text) {
            *counts.entry(word).or_insert(0) += weight;
        }
    };
    add(tool.name.as_str(), NAME_WEIGHT);
    add(&tool.description, 1);
    let mut names = Vec::new();
    parameters(&tool.parameters, DEPTH, &mut names);
    for name in names {
        add(name, 1);
    }
    counts
}

/// The names of the parameters, those inside of others too.
fn parameters<'a>(schema: &'a Value, depth: usize, names: &mut Vec<&'a str>) {
    if depth == 0 {
        return;
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, inner) in properties {
            names.push(name);
            parameters(inner, depth - 1, names);
        }
    }
    if let Some(items) = schema.get("items") {
        parameters(items, depth - 1, names);
    }
}

/// A count as a number to calculate with.
fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// The names most like a wrong one, best first, at most `most`.
pub(super) fn nearest<'a>(
    wrong: &str,
    names: impl Iterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let wanted = triples(wrong);
    let mut ranked: Vec<(f64, &str)> = names
        .map(|name| {
            let known = triples(name);
            let shared = known
                .iter()
                .filter(|triple| wanted.contains(triple))
                .count();
            let all = number(known.len() + wanted.len()).max(1.0);
            (2.0 * number(shared) / all, name)
        })
        .filter(|(likeness, _)| *likeness > 0.2)
        .collect();
    ranked.sort_by(|(left, a), (right, b)| right.total_cmp(left).then(a.cmp(b)));
    ranked
        .into_iter()
        .map(|(_, name)| name)
        .take(most)
        .collect()
}

/// Each three letters of a name that stand together, without what separates words.
fn triples(name: &str) -> Vec<String> {
    let letters: Vec<char> = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if letters.len() < 3 {
        return vec![letters.iter().collect()];
    }
    letters
        .windows(3)
        .map(|three| three.iter().collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ToolName;
    use serde_json::json;

    fn tool(name: &str, description: &str, parameters: Value) -> Arc<ToolSpec> {
        Arc::new(ToolSpec {
            name: ToolName::new(name),
            description: description.to_owned(),
            parameters,
            strict: None,
        })
    }

    #[test]
    fn the_tool_that_was_meant_comes_first() {
        let none = json!({"type": "object", "properties": {}});
        let city = json!({"type": "object", "properties": {"cityName": {"type": "string"}}});
        let tools = [
            tool(
                "calendar_createEvent",
                "Adds an event to the calendar.",
                none.clone(),
            ),
            tool(
                "calendar_deleteEvent",
                "Removes an event from the calendar.",
                none.clone(),
            ),
            tool(
                "weather_forecast",
                "Tells the weather of the next days.",
                city,
            ),
            tool("mail_send", "Sends an e-mail.", none.clone()),
            tool(
                "wetter_karte",
                "Zeigt eine Karte mit Niederschlägen.",
                none.clone(),
            ),
            tool("tenki", "天気予報を表示します。", none),
        ];
        let ranking = Ranking::new(&tools);
        for (query, expected) in [
            ("create a calendar event", 0),
            ("remove event", 1),
            ("weather", 2),
            ("city", 2),
            ("send mails", 3),
            ("Karte", 4),
            ("Niederschlag", 4),
            ("天気", 5),
        ] {
            assert_eq!(ranking.best(query).first(), Some(&expected), "{query}");
        }
        assert!(ranking.best("zzz").is_empty());
        assert!(ranking.best("").is_empty());
    }

    #[test]
    fn a_wrong_name_finds_its_neighbours() {
        let names = ["get_weather", "get_time", "send_mail"];
        let near = |wrong| nearest(wrong, names.into_iter(), 2);
        assert_eq!(near("getWeather"), ["get_weather"]);
        assert_eq!(near("get_wether").first(), Some(&"get_weather"));
        assert!(near("xyz").is_empty());
    }
}
