//! Everything that can happen in a session, in the form it is written to the log.
//!
//! A record is stored as three columns: `kind`, `version`, `payload` (JSON). Kinds are added, never
//! renamed; a kind this program does not know is carried through as [`Record::Unknown`].

use crate::RunId;
use crate::{
    AgentId, Message, MicroUsd, ModelId, ProviderId, RunOutcome, StopReason, ToolCall, ToolCallId,
    ToolResult, Turn, Usage,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The version written beside every payload this program makes.
pub const VERSION: u32 = 1;

/// The first record of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionOpened {
    /// The agent the session belongs to.
    pub agent: AgentId,
    /// A stable random id clients show as `sessionId`.
    pub session_id: String,
}

/// An attempt to answer a turn began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStarted {
    /// 1 for the first attempt, more after a restart.
    pub attempt: u32,
}

/// The model said something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssistantMessage {
    /// What it said, tool calls included.
    pub message: Message,
    /// Who served it.
    pub provider: ProviderId,
    /// The model that answered.
    pub model: ModelId,
    /// What it used.
    pub usage: Usage,
    /// What that cost; `None` when the model has no known price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<MicroUsd>,
    /// Why it stopped; `None` when it was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopReason>,
    /// Whether the text is only the beginning of an answer that was cut off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

/// A slash command and its answer; no model had a part in it, and none reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandAnswered {
    /// What was typed.
    pub command: String,
    /// What was answered.
    pub answer: String,
    /// The key of the call it came with, by which clients know their own words again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

/// The conversation was ended and another one begins under the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionReset {
    /// The random id clients show as `sessionId` from here on.
    pub session_id: String,
    /// Why, e.g. `new`.
    pub reason: String,
}

/// The beginning of the conversation was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trimmed {
    /// The number of the record it begins with now: a turn that was accepted while nothing else was
    /// under way.
    pub before: i64,
}

/// A person, or a rule a person made, decided about a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalDecided {
    /// The call.
    pub call: ToolCallId,
    /// What was decided.
    pub verdict: ApprovalVerdict,
}

/// What was decided about a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ApprovalVerdict {
    /// It may run, this time.
    AllowOnce,
    /// It may run, and so may the like of it from now on.
    AllowAlways,
    /// It may not.
    Deny {
        /// Why, for the model. No full stop.
        why: String,
    },
}

/// One entry of the session log.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// The session exists from here on.
    SessionOpened(SessionOpened),
    /// An input was accepted: from here on it is never lost.
    TurnAccepted(Box<Turn>),
    /// Work on it began, or began again.
    RunStarted(RunStarted),
    /// The model said something.
    AssistantMessage(Box<AssistantMessage>),
    /// A tool is about to run. Without a matching [`Record::ToolFinished`] its effect is unknown
    /// and it is never run again.
    ToolStarted(ToolCall),
    /// A tool ended.
    ToolFinished(ToolResult),
    /// Somebody decided whether a tool may run.
    ApprovalDecided(ApprovalDecided),
    /// The run reached its terminal state.
    RunFinished(RunOutcome),
    /// A slash command was answered.
    CommandAnswered(CommandAnswered),
    /// The conversation begins anew after this.
    SessionReset(SessionReset),
    /// The conversation begins later than it did.
    Trimmed(Trimmed),
    /// A kind from a newer program, carried through.
    Unknown {
        /// Its kind column.
        kind: String,
        /// Its version column.
        version: u32,
        /// Its payload column.
        payload: String,
    },
}

/// A stored payload could not be read as its kind.
#[derive(Debug, thiserror::Error)]
#[error("cannot read a {kind} record: {source}")]
pub struct DecodeError {
    /// The kind column.
    pub kind: String,
    /// What the JSON reader said.
    #[source]
    pub source: serde_json::Error,
}

impl Record {
    /// The `kind` column.
    pub fn kind(&self) -> &str {
        match self {
            Self::SessionOpened(_) => "sessionOpened",
            Self::TurnAccepted(_) => "turnAccepted",
            Self::RunStarted(_) => "runStarted",
            Self::AssistantMessage(_) => "assistantMessage",
            Self::ToolStarted(_) => "toolStarted",
            Self::ToolFinished(_) => "toolFinished",
            Self::ApprovalDecided(_) => "approvalDecided",
            Self::RunFinished(_) => "runFinished",
            Self::CommandAnswered(_) => "commandAnswered",
            Self::SessionReset(_) => "sessionReset",
            Self::Trimmed(_) => "trimmed",
            Self::Unknown { kind, .. } => kind,
        }
    }

    /// The `version` column.
    pub fn version(&self) -> u32 {
        match self {
            Self::Unknown { version, .. } => *version,
            Self::SessionOpened(_)
            | Self::TurnAccepted(_)
            | Self::RunStarted(_)
            | Self::AssistantMessage(_)
            | Self::ToolStarted(_)
            | Self::ToolFinished(_)
            | Self::ApprovalDecided(_)
            | Self::RunFinished(_)
            | Self::CommandAnswered(_)
            | Self::SessionReset(_)
            | Self::Trimmed(_) => VERSION,
        }
    }

    /// The `payload` column: JSON text.
    ///
    /// # Errors
    /// When a value inside cannot be JSON, such as a non-finite number.
    pub fn payload(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::SessionOpened(it) => serde_json::to_string(it),
            Self::TurnAccepted(it) => serde_json::to_string(it),
            Self::RunStarted(it) => serde_json::to_string(it),
            Self::AssistantMessage(it) => serde_json::to_string(it),
            Self::ToolStarted(it) => serde_json::to_string(it),
            Self::ToolFinished(it) => serde_json::to_string(it),
            Self::ApprovalDecided(it) => serde_json::to_string(it),
            Self::RunFinished(it) => serde_json::to_string(it),
            Self::CommandAnswered(it) => serde_json::to_string(it),
            Self::SessionReset(it) => serde_json::to_string(it),
            Self::Trimmed(it) => serde_json::to_string(it),
            Self::Unknown { payload, .. } => Ok(payload.clone()),
        }
    }

    /// Reads what [`Self::kind`], [`Self::version`] and [`Self::payload`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] when the payload is not what its kind promises.
    pub fn decode(kind: &str, version: u32, payload: &str) -> Result<Self, DecodeError> {
        fn read<T: DeserializeOwned>(kind: &str, payload: &str) -> Result<T, DecodeError> {
            serde_json::from_str(payload).map_err(|source| DecodeError {
                kind: kind.to_owned(),
                source,
            })
        }
        Ok(match kind {
            "sessionOpened" => Self::SessionOpened(read(kind, payload)?),
            "turnAccepted" => Self::TurnAccepted(read(kind, payload)?),
            "runStarted" => Self::RunStarted(read(kind, payload)?),
            "assistantMessage" => Self::AssistantMessage(read(kind, payload)?),
            "toolStarted" => Self::ToolStarted(read(kind, payload)?),
            "toolFinished" => Self::ToolFinished(read(kind, payload)?),
            "approvalDecided" => Self::ApprovalDecided(read(kind, payload)?),
            "runFinished" => Self::RunFinished(read(kind, payload)?),
            "commandAnswered" => Self::CommandAnswered(read(kind, payload)?),
            "sessionReset" => Self::SessionReset(read(kind, payload)?),
            "trimmed" => Self::Trimmed(read(kind, payload)?),
            other => Self::Unknown {
                kind: other.to_owned(),
                version,
                payload: payload.to_owned(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RunLimit, ToolName};

    #[test]
    fn records_survive_the_log() {
        let all = [
            Record::RunStarted(RunStarted { attempt: 2 }),
            Record::AssistantMessage(Box::new(AssistantMessage {
                message: Message::assistant("hi"),
                provider: ProviderId::new("offline"),
                model: ModelId::new("demo"),
                usage: Usage::default(),
                cost: Some(MicroUsd(7)),
                stop: Some(StopReason::Other("pause_turn".into())),
                incomplete: true,
            })),
            Record::ToolStarted(ToolCall {
                id: ToolCallId::new("c1"),
                name: ToolName::new("read"),
                arguments: "{broken".into(),
            }),
            Record::ApprovalDecided(ApprovalDecided {
                call: ToolCallId::new("c1"),
                verdict: ApprovalVerdict::Deny { why: "no".into() },
            }),
            Record::CommandAnswered(CommandAnswered {
                command: "/status".into(),
                answer: "fine".into(),
                run: Some(RunId::new("r1")),
            }),
            Record::SessionReset(SessionReset {
                session_id: "s2".into(),
                reason: "new".into(),
            }),
            Record::Trimmed(Trimmed { before: 7 }),
            Record::RunFinished(RunOutcome::Limited {
                limit: RunLimit::Steps { limit: 3 },
            }),
        ];
        for record in all {
            let payload = record.payload().unwrap();
            let back = Record::decode(record.kind(), record.version(), &payload).unwrap();
            assert_eq!(back, record);
        }
    }

    #[test]
    fn unknown_kinds_are_carried_through() {
        let record = Record::decode("compacted", 3, "{\"from\":1}").unwrap();
        assert_eq!(record.kind(), "compacted");
        assert_eq!(record.version(), 3);
        assert_eq!(record.payload().unwrap(), "{\"from\":1}");
    }
}
