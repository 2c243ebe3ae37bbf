//! Commands in what the user says.

use super::script::Script;
use serde_json::Value;
use std::time::Duration;

/// What the user asks for with a slash.
#[derive(Debug)]
pub(super) enum Command {
    /// Call these tools.
    Call(Vec<Wanted>),
    /// Say this text slowly.
    Pace {
        /// Between two words.
        delay: Duration,
        /// What to say.
        text: String,
    },
    /// Play this.
    Script(Box<Script>),
    /// It looks like a command but is not one; the text says why.
    Broken(String),
}

/// A tool the user wants called.
#[derive(Debug, PartialEq)]
pub(super) struct Wanted {
    /// Which.
    pub(super) name: String,
    /// With what.
    pub(super) arguments: Value,
}

/// Finds the first command in a text: a line that begins with `/call`, `/pace` or `/script`.
pub(super) fn find(text: &str) -> Option<Command> {
    let mut rest = text;
    loop {
        let line = rest.trim_start();
        for (word, read) in COMMANDS {
            if let Some(after) = line.strip_prefix(word)
                && after.chars().next().is_none_or(char::is_whitespace)
            {
                return Some(read(after));
            }
        }
        rest = line.split_once('\n')?.1;
    }
}

type Read = fn(&str) -> Command;
const COMMANDS: [(&str, Read); 3] = [("/call", calls), ("/pace", pace), ("/script", script)];

fn calls(text: &str) -> Command {
    let mut wanted = Vec::new();
    let mut rest = text;
    loop {
        let line = rest.trim_start();
        let name: String = line
            .chars()
            .take_while(|c| !c.is_whitespace() && *c != '{')
            .collect();
        if name.is_empty() {
            return Command::Broken("`/call` needs a tool: `/call <tool> {json}`".to_owned());
        }
        let after = line.get(name.len()..).unwrap_or_default().trim_start();
        let (arguments, tail) = if after.starts_with('{') {
            let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
            match values.next() {
                Some(Ok(value)) => (value, after.get(values.byte_offset()..).unwrap_or_default()),
                Some(Err(_)) | None => {
                    return Command::Broken(format!(
                        "what follows `/call {name}` is not a JSON object"
                    ));
                }
            }
        } else {
            (Value::Object(serde_json::Map::new()), after)
        };
        wanted.push(Wanted { name, arguments });
        match tail.trim_start().strip_prefix("/call") {
            Some(next) => rest = next,
            None => return Command::Call(wanted),
        }
    }
}

fn pace(text: &str) -> Command {
    let text = text.trim_start();
    let (number, said) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match number.parse() {
        Ok(ms) => Command::Pace {
            delay: Duration::from_millis(ms),
            text: said.trim().to_owned(),
        },
        Err(_) => Command::Broken("`/pace` needs milliseconds: `/pace 20 some text`".to_owned()),
    }
}

fn script(text: &str) -> Command {
    match serde_json::Deserializer::from_str(text)
        .into_iter::<Script>()
        .next()
    {
        Some(Ok(script)) => Command::Script(Box::new(script)),
        Some(Err(error)) => Command::Broken(format!("the script cannot be read: {error}")),
        None => Command::Broken("`/script` needs a JSON object".to_owned()),
    }
}
