//! Slash commands: what is typed into the chat and answered without a model.

use super::super::Services;
use super::super::transcript::dollars;
use super::Sender;
use crate::error::ApiError;
use crate::net::Scope;
use crate::ws::Told;
use agent::Agent;
use domain::record::CommandAnswered;
use domain::{Record, RunId, SessionKey, UnixMillis};
use lru::LruCache;
use protocol::methods::chat::ChatSendReply;
use serde_json::{Map, Value, json};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// Of how many commands it is remembered that they were carried out. Source: WebSocket protocol,
/// section 14.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

/// Most models of a list in the chat.
const MAX_MODELS: usize = 50;

/// A command as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Typed<'a> {
    /// Its name, without the slash.
    name: &'static str,
    /// What follows it.
    argument: &'a str,
}

/// What is left to do after a command.
pub(super) enum Done<'a> {
    /// Nothing; this is answered.
    Answered(ChatSendReply),
    /// The session was begun anew, and this is said in it.
    Say(&'a str),
}

/// The commands that were carried out, by the keys of their calls, so that a repeated call does not
/// do it again.
#[derive(Debug)]
pub(crate) struct Commands {
    done: Mutex<LruCache<String, bool>>,
}

impl Default for Commands {
    fn default() -> Self {
        Self {
            done: Mutex::new(LruCache::new(REMEMBERED)),
        }
    }
}

impl Commands {
    /// Begins a command; for a repeated one whether the first has ended.
    fn begin(&self, key: &str) -> Option<bool> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ended) = done.get(key) {
            return Some(*ended);
        }
        done.put(key.to_owned(), false);
        None
    }

    /// A command ended, or failed and may be tried again.
    fn end(&self, key: &str, worked: bool) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if worked {
            done.put(key.to_owned(), true);
        } else {
            done.pop(key);
        }
    }
}

impl<'a> Typed<'a> {
    /// A command, if a message is one. Other words with a slash are said to the agent.
    pub(super) fn read(message: &'a str) -> Option<Self> {
        let rest = message.trim().strip_prefix('/')?;
        let end = rest.find(|c: char| c.is_whitespace() || c == ':');
        let (word, argument) = match end {
            Some(end) => rest.split_at(end),
            None => (rest, ""),
        };
        let argument = argument.trim_start_matches(':').trim();
        let word = word.to_ascii_lowercase();
        let name = match word.as_str() {
            "h" => "help",
            "thinking" | "t" => "think",
            "v" => "verbose",
            "abort" => "stop",
            word => word,
        };
        let known = super::super::commands::COMMANDS.iter();
        let name = known.map(|it| it.name).find(|known| *known == name)?;
        Some(Self { name, argument })
    }

    fn begins_anew(self) -> bool {
        matches!(self.name, "new" | "reset")
    }
}

/// Where a command was typed, and by whom.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) run: &'a RunId,
    pub(super) agent: &'a Agent,
    pub(super) session: &'a SessionKey,
    pub(super) sender: Sender<'a>,
}

impl Services {
    /// Carries out a command.
    ///
    /// # Errors
    /// [`ApiError`]: a scope that is missing, or a store that refuses. What a person typed wrong is
    /// answered in the chat.
    pub(super) async fn command<'a>(
        &self,
        place: Place<'_>,
        typed: Typed<'a>,
    ) -> Result<Done<'a>, ApiError> {
        let reply = |status: &str| ChatSendReply {
            run_id: place.run.to_string(),
            status: status.to_owned(),
            ..ChatSendReply::default()
        };
        if typed.name == "stop" {
            let stopped = self.stop_runs(place.session, None, "stop");
            return Ok(Done::Answered(ChatSendReply {
                ok: Some(true),
                aborted: Some(!stopped.is_empty()),
                run_ids: Some(stopped.iter().map(ToString::to_string).collect()),
                ..reply("ok")
            }));
        }
        if typed.begins_anew() && !place.sender.admin {
            return Err(crate::rpc::missing_scope(Scope::Admin));
        }
        let key = super::scope(place.run.as_str(), place.sender.principal);
        // The store remembers the run of what is said after a command.
        let says = typed.begins_anew() && !typed.argument.is_empty();
        if says && self.state.queue.run(place.run).await?.is_some() {
            return Ok(Done::Say(typed.argument));
        }
        match self.commands.begin(&key) {
            Some(true) => return Ok(Done::Answered(reply("ok"))),
            Some(false) => return Ok(Done::Answered(reply("in_flight"))),
            None => {}
        }
        let carried_out = self.carry_out(place, typed).await;
        self.commands.end(&key, carried_out.is_ok() && !says);
        let answer = carried_out?;
        if says {
            return Ok(Done::Say(typed.argument));
        }
        self.answer_command(place, typed, answer).await;
        Ok(Done::Answered(reply("started")))
    }

    /// Keeps the answer beside the conversation and tells everybody.
    async fn answer_command(&self, place: Place<'_>, typed: Typed<'_>, answer: String) {
        let command = format!("/{} {}", typed.name, typed.argument);
        let answered = CommandAnswered {
            command: command.trim_end().to_owned(),
            answer: answer.clone(),
            run: Some(place.run.clone()),
        };
        let kept = match self.opened(place.session).await {
            Ok(_) => {
                let record = Record::CommandAnswered(answered);
                let noted = self.state.log.note(place.session, vec![record]).await;
                noted.map(drop).map_err(ApiError::from)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::warn!(error = %error.message, "the answer to a command is not kept");
        }
        self.tell_final(place.session, place.run.as_str(), 1, &answer);
    }

    /// Tells everybody what was said without a run.
    pub(super) fn tell_final(&self, session: &SessionKey, run: &str, seq: u64, text: &str) {
        let payload = json!({
            "runId": run, "sessionKey": session.as_str(), "agentId": agent::owner(session),
            "seq": seq, "state": "final", "message": said(text, self.clock.now()),
        });
        if let Some(told) = Told::new("chat", &payload) {
            self.hub.spread(&told, |_| true);
        }
    }

    async fn carry_out(&self, place: Place<'_>, typed: Typed<'_>) -> Result<String, ApiError> {
        match typed.name {
            "new" | "reset" => {
                self.reset(
                    place.session,
                    if typed.name == "new" { "new" } else { "reset" },
                )
                .await?;
                Ok("A new conversation has begun.".to_owned())
            }
            "status" => self.status_text(place).await,
            "usage" if typed.argument.is_empty() => self.usage_text(place).await,
            "models" => Ok(self.models_text()),
            "model" => {
                let default = matches!(typed.argument, "default" | "reset");
                let value = if default {
                    Value::Null
                } else {
                    typed.argument.into()
                };
                self.set(place, "model", typed.argument, value).await
            }
            "think" => {
                let level = typed.argument;
                self.set(place, "thinkingLevel", level, level.into()).await
            }
            "verbose" => {
                let level = typed.argument;
                self.set(place, "verboseLevel", level, level.into()).await
            }
            "usage" => {
                let how = typed.argument;
                self.set(place, "responseUsage", how, how.into()).await
            }
            _ => Ok(help_text()),
        }
    }

    /// Changes one thing of a session, or says what it is.
    async fn set(
        &self,
        place: Place<'_>,
        name: &str,
        typed: &str,
        value: Value,
    ) -> Result<String, ApiError> {
        if !typed.is_empty() {
            let mut changes = Map::new();
            changes.insert(name.to_owned(), value);
            match self.patch(place.session, &changes, None).await {
                Ok(_) => {}
                Err(error) if error.status.is_client_error() => return Ok(error.message),
                Err(error) => return Err(error),
            }
        }
        let row = self.state.sessions.get(place.session).await?;
        let entry = self.session_entry(place.session, row.as_ref());
        let unset = || "not set".to_owned();
        Ok(match name {
            "model" => format!("Model: {}/{}", entry.model_provider, entry.model),
            "thinkingLevel" => format!(
                "Thinking: {} (use {})",
                entry.thinking_level.unwrap_or_else(|| "off".to_owned()),
                entry.thinking_options.join("|"),
            ),
            "verboseLevel" => format!(
                "Verbose: {} (use off|on|full)",
                entry.verbose_level.unwrap_or_else(unset),
            ),
            _ => format!(
                "Usage after answers: {} (use off|tokens|full)",
                entry.effective_response_usage
            ),
        })
    }

    async fn status_text(&self, place: Place<'_>) -> Result<String, ApiError> {
        let row = self.state.sessions.get(place.session).await?;
        let entry = self.session_entry(place.session, row.as_ref());
        let version = self.runtime.snapshot().version;
        let mut text = format!("OpenClaw {version}\nSession: {}\n", entry.key);
        let thinking = entry.thinking_level.as_deref().unwrap_or("off");
        let lines = [
            format!("Agent: {}", place.agent.name),
            format!("Model: {}/{}", entry.model_provider, entry.model),
            format!("Thinking: {thinking}"),
            format!("Turns: {}", entry.turns),
            format!("Tokens: {}", entry.total_tokens.unwrap_or_default()),
            format!("Cost: ${}", entry.cost_usd),
            format!("Runs under way: {}", entry.active_run_ids.len()),
        ];
        text.push_str(&lines.join("\n"));
        Ok(text)
    }

    async fn usage_text(&self, place: Place<'_>) -> Result<String, ApiError> {
        let row = self.state.sessions.get(place.session).await?;
        let (usage, cost) = row.map(|row| (row.usage, row.cost)).unwrap_or_default();
        let count = |tokens: Option<domain::TokenCount>| tokens.map(|t| t.0).unwrap_or_default();
        Ok(format!(
            "This session: {} tokens in, {} out, ${:.6}",
            count(usage.input),
            count(usage.output),
            dollars(cost),
        ))
    }

    fn models_text(&self) -> String {
        let catalog = self.models.catalog();
        let mut names: Vec<_> = self.models.auto_names();
        names.extend(catalog.iter().map(|info| info.reference()));
        let more = names.len().saturating_sub(MAX_MODELS);
        names.truncate(MAX_MODELS);
        let mut text = format!("Models:\n{}", names.join("\n"));
        if more > 0 {
            text.push_str("\n… and ");
            text.push_str(&more.to_string());
            text.push_str(" more");
        }
        text
    }
}

fn help_text() -> String {
    let commands = super::super::commands::COMMANDS.iter().map(|command| {
        let argument = match command.argument {
            Some((name, _)) => format!(" <{name}>"),
            None => String::new(),
        };
        format!("/{}{argument} – {}", command.name, command.about)
    });
    commands.collect::<Vec<_>>().join("\n")
}

/// A message that no model made.
fn said(text: &str, at: UnixMillis) -> Value {
    json!({
        "role": "assistant", "content": [{ "type": "text", "text": text }], "timestamp": at.0,
        "stopReason": "stop",
        "usage": {
            "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "totalTokens": 0,
            "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "total": 0 },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::THINKING;
    use super::*;

    #[test]
    fn only_words_of_the_table_are_commands() {
        let read = |text| Typed::read(text).map(|typed| (typed.name, typed.argument));
        assert_eq!(read("/status"), Some(("status", "")));
        assert_eq!(read(" /Model  fake/x "), Some(("model", "fake/x")));
        assert_eq!(read("/think: high"), Some(("think", "high")));
        assert_eq!(read("/new hello there"), Some(("new", "hello there")));
        for text in [
            "/etc/passwd",
            "/",
            "/statusx",
            "status",
            "//status",
            "see /status",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        for level in THINKING {
            assert!(super::super::effort(level).is_ok());
        }
    }

    #[test]
    fn a_command_is_carried_out_once() {
        let commands = Commands::default();
        assert_eq!(commands.begin("k"), None);
        assert_eq!(commands.begin("k"), Some(false));
        commands.end("k", true);
        assert_eq!(commands.begin("k"), Some(true));
        assert_eq!(commands.begin("other"), None);
        commands.end("other", false);
        assert_eq!(commands.begin("other"), None);
    }
}
