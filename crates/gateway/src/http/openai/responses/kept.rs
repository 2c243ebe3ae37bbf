//! Responses in the store: what is kept of them, and what became of one that nobody finished.

use super::object::{Response, Status, items};
use crate::error::{self, ApiError};
use crate::http::exchange::{AnswerForm, Ended, invalid_output};
use crate::services::{ResponseBook, Services};
use agent::RunReport;
use domain::{AgentId, Message, RunId, RunOutcome, SessionKey, ToolCall, UnixMillis};
use protocol::ErrorCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use state::{RunStatus, StoredResponse};

/// Most responses a conversation goes back.
const LONGEST_CHAIN: usize = 1_000;

/// What a response leaves for the one that continues it on the direct path.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transcript {
    /// System text that stays with the conversation.
    pub(super) system: Vec<String>,
    /// What was asked.
    pub(super) input: Vec<Message>,
    /// What was answered.
    pub(super) said: Vec<Message>,
}

/// What is written beside the response itself.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) owner: String,
    pub(super) agent: Option<AgentId>,
    pub(super) session: Option<SessionKey>,
    pub(super) run: Option<RunId>,
    pub(super) previous: Option<String>,
    pub(super) created_at: UnixMillis,
    pub(super) transcript: Transcript,
}

impl Slot {
    /// The row of the store.
    pub(super) fn row(&self, response: &Response) -> Result<StoredResponse, ApiError> {
        Ok(StoredResponse {
            id: response.id.clone(),
            owner: self.owner.clone(),
            agent: self.agent.clone(),
            session: self.session.clone(),
            run: self.run.clone(),
            previous: self.previous.clone(),
            created_at: self.created_at,
            expires_at: ResponseBook::expiry(self.created_at),
            status: response.status.word().to_owned(),
            body: json(response)?,
            input: json(&self.transcript)?,
        })
    }
}

/// A response by its id; one that its process did not finish is closed by what is known of its run.
pub(super) async fn find(
    services: &Services,
    owner: &str,
    id: &str,
) -> Result<Option<StoredResponse>, ApiError> {
    let Some(stored) = services.responses.get(owner, id).await? else {
        return Ok(None);
    };
    if stored.status != Status::InProgress.word() || services.responses.is_live(id) {
        return Ok(Some(stored));
    }
    // It may have been closed between the two looks.
    let again = services.responses.get(owner, id).await?;
    match again {
        Some(stored) if stored.status == Status::InProgress.word() => {
            settle(services, stored).await.map(Some)
        }
        other => Ok(other),
    }
}

async fn settle(
    services: &Services,
    mut stored: StoredResponse,
) -> Result<StoredResponse, ApiError> {
    let run = match &stored.run {
        Some(run) => services.state.queue.run(run).await?,
        None => None,
    };
    let mut response: Response = parsed(&stored.body)?;
    let mut transcript: Transcript = parsed(&stored.input)?;
    match run {
        Some(run) if !matches!(run.status, RunStatus::Finished(_)) => return Ok(stored),
        Some(run) => {
            let report = services.reported(run).await?;
            close_by(&mut response, &report);
            transcript.said.extend(report.message);
        }
        None => {
            let error = ApiError::new(
                ErrorCode::Unavailable,
                "the gateway stopped while this response was made",
            )
            .with_reason("run_interrupted");
            response.status = Status::Failed;
            response.error = Some((&error).into());
        }
    }
    response.status.word().clone_into(&mut stored.status);
    stored.body = json(&response)?;
    stored.input = json(&transcript)?;
    services.responses.put(stored.clone()).await?;
    Ok(stored)
}

/// Closes a response by the end of its run.
fn close_by(response: &mut Response, report: &RunReport) {
    let message = report
        .message
        .clone()
        .unwrap_or_else(|| Message::assistant(""));
    let theirs = tool_names(&response.echo);
    let calls: Vec<ToolCall> = match report.outcome {
        RunOutcome::AwaitingClient => message
            .tool_calls()
            .filter(|call| theirs.iter().any(|name| *name == call.name.as_str()))
            .cloned()
            .collect(),
        RunOutcome::Completed { .. }
        | RunOutcome::Limited { .. }
        | RunOutcome::Failed { .. }
        | RunOutcome::Aborted { .. }
        | RunOutcome::Interrupted => Vec::new(),
    };
    let stop = match &report.outcome {
        RunOutcome::Completed { stop } => Some(stop.clone()),
        RunOutcome::AwaitingClient
        | RunOutcome::Limited { .. }
        | RunOutcome::Failed { .. }
        | RunOutcome::Aborted { .. }
        | RunOutcome::Interrupted => None,
    };
    let mut ended = Ended {
        message,
        calls,
        stop,
        usage: report.usage,
        error: error::of_outcome(&report.outcome),
        used_tools: false,
    };
    let schema = response.echo.get("text");
    let schema = schema.and_then(|text| text.pointer("/format/schema"));
    let form = schema.and_then(|schema| AnswerForm::new(schema).ok());
    if let Some(Err(words)) = form.map(|form| form.hold(&mut ended)) {
        ended.error = Some(invalid_output(&words));
    }
    let cancelled = matches!(report.outcome, RunOutcome::Aborted { .. });
    response.close(&ended, cancelled);
    response.output = items(&ended.message, &ended.calls, response.status);
}

fn tool_names(echo: &serde_json::Map<String, Value>) -> Vec<&str> {
    let tools = echo.get("tools").and_then(Value::as_array);
    let name = |tool| {
        let tool: &Value = tool;
        tool.get("name")
            .or_else(|| tool.pointer("/function/name"))
            .and_then(Value::as_str)
    };
    tools.into_iter().flatten().filter_map(name).collect()
}

/// What was said up to and with this response, oldest first.
pub(super) async fn transcript(
    services: &Services,
    last: StoredResponse,
) -> Result<Transcript, ApiError> {
    let owner = last.owner.clone();
    let mut chain = Vec::new();
    let mut next = Some(last);
    while let Some(stored) = next {
        let before = stored.previous.clone();
        if stored.status == Status::InProgress.word() {
            return Err(ApiError::invalid(format!(
                "Previous response with id '{}' is still in progress; continue it when it is done.",
                stored.id
            ))
            .with_param("previous_response_id"));
        }
        chain.push(parsed::<Transcript>(&stored.input)?);
        next = match before {
            None => None,
            Some(_) if chain.len() >= LONGEST_CHAIN => {
                return Err(ApiError::invalid(format!(
                    "the conversation is longer than {LONGEST_CHAIN} responses; begin a new one"
                ))
                .with_param("previous_response_id"));
            }
            Some(id) => match services.responses.get(&owner, &id).await? {
                Some(stored) => Some(stored),
                None => return Err(previous_not_found(&id)),
            },
        };
    }
    let mut whole = Transcript::default();
    for part in chain.into_iter().rev() {
        whole.system.extend(part.system);
        whole.input.extend(part.input);
        whole.input.extend(part.said);
    }
    Ok(whole)
}

/// The words existing clients know.
pub(super) fn previous_not_found(id: &str) -> ApiError {
    let shown: String = id.chars().filter(|c| !c.is_control()).take(128).collect();
    ApiError::invalid(format!("Previous response with id '{shown}' not found."))
        .with_reason("previous_response_not_found")
        .with_param("previous_response_id")
}

fn json(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "a response cannot be written as JSON");
        ApiError::new(ErrorCode::Internal, "internal error")
    })
}

/// Reads what [`Slot::row`] wrote.
pub(super) fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|error| {
        tracing::error!(%error, "a stored response cannot be read");
        ApiError::new(ErrorCode::Internal, "a stored response cannot be read")
    })
}
