//! A raw model on the direct path: no agent, no session, no tools of ours; metered all the same.

use super::complete::{self, Completion, Head};
use super::request::ChatRequest;
use super::stream::{Frames, HEARTBEAT};
use crate::error::ApiError;
use crate::http::respond::{self, Reply};
use crate::services::Services;
use crate::services::meter::Metered;
use bytes::Bytes;
use domain::{StopReason, ToolChoice, Usage};
use llm::{
    Answering, CacheHints, Collector, Decision, ModelCall, ModelEvent, ModelRequest, PartIndex,
    Plan, Target,
};
use std::collections::HashMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Calls the model and answers.
pub(super) async fn complete(
    services: &Arc<Services>,
    target: Target,
    request: ChatRequest,
) -> Result<Reply, ApiError> {
    let head = Head::new(services.clock.now().seconds(), request.model.as_deref());
    let ChatRequest {
        instructions,
        messages,
        tools,
        tool_choice,
        sampling,
        stream,
        include_usage,
        ..
    } = request;
    let call = ModelRequest {
        system: instructions.into_iter().map(Arc::from).collect(),
        messages,
        tools: tools.into(),
        tool_choice: tool_choice.clone(),
        sampling,
        stream,
        cache: CacheHints::default(),
    };
    // Dropping this request's future drops the model's stream, which closes its connection.
    let cancel = CancellationToken::new();
    let plan = Plan {
        targets: vec![target.clone()],
        decision: Decision::default(),
    };
    let call = ModelCall::new(call, plan);
    let answer = services.models.stream(call, &cancel).await?;
    let metered = Metered::new(Arc::clone(services), &target);
    if stream {
        let frames = Frames::new(head);
        let answer = Answer {
            stream: answer,
            metered,
            calls: HashMap::new(),
            told: Told::default(),
        };
        return Ok(respond::events(events(
            answer,
            frames,
            tool_choice,
            include_usage,
        )));
    }
    whole(head, answer, metered, &tool_choice).await
}

async fn whole(
    head: Head,
    mut answer: Answering,
    mut metered: Metered,
    choice: &ToolChoice,
) -> Result<Reply, ApiError> {
    let mut collector = Collector::new();
    while let Some(event) = answer.next().await {
        let event = event?;
        metered.see(&event);
        collector.add(&event);
    }
    let said = collector.finish();
    let calls = || said.message.tool_calls();
    complete::hold_choice(choice, calls().map(|call| call.name.as_str()))?;
    let finish = complete::finish_reason(said.stop.as_ref(), calls().next().is_some());
    let completion = Completion::new(&head, &said.message, calls(), &said.usage, finish);
    Ok(respond::json(http::StatusCode::OK, &completion))
}

/// A model's answer on its way to the client.
struct Answer {
    stream: Answering,
    metered: Metered,
    calls: HashMap<PartIndex, u32>,
    told: Told,
}

/// What was passed on so far.
#[derive(Default)]
struct Told {
    names: Vec<String>,
    usage: Usage,
    stop: Option<StopReason>,
}

fn events(
    answer: Answer,
    frames: Frames,
    choice: ToolChoice,
    include_usage: bool,
) -> impl futures_util::Stream<Item = Bytes> + Send + 'static {
    let first = frames.role();
    let state = Some((answer, frames, choice, Some(first)));
    futures_util::stream::unfold(state, move |state| async move {
        let (mut answer, frames, choice, first) = state?;
        if let Some(first) = first {
            return Some((first, Some((answer, frames, choice, None))));
        }
        loop {
            let waited = tokio::time::timeout(HEARTBEAT, answer.stream.next()).await;
            let Ok(next) = waited else {
                return Some((Frames::heartbeat(), Some((answer, frames, choice, None))));
            };
            match next {
                Some(Ok(event)) => {
                    answer.metered.see(&event);
                    if let Some(bytes) = answer.tell(&frames, event) {
                        return Some((bytes, Some((answer, frames, choice, None))));
                    }
                }
                Some(Err(error)) => return Some((Frames::error(&ApiError::from(error)), None)),
                None => return Some((answer.end(&frames, &choice, include_usage), None)),
            }
        }
    })
}

impl Answer {
    fn tell(&mut self, frames: &Frames, event: ModelEvent) -> Option<Bytes> {
        match event {
            ModelEvent::Text { delta, .. } => Some(frames.text(&delta)),
            ModelEvent::Reasoning { delta, .. } => Some(frames.reasoning(&delta)),
            ModelEvent::ToolCallStarted { part, id, name } => {
                let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
                self.calls.insert(part, index);
                self.told.names.push(name.to_string());
                Some(frames.call(index, id.as_str(), name.as_str()))
            }
            ModelEvent::ToolCallArguments { part, json } => {
                let index = *self.calls.get(&part)?;
                Some(frames.arguments(index, &json))
            }
            ModelEvent::Usage(usage) => {
                self.told.usage = usage;
                None
            }
            ModelEvent::Finished { reason } => {
                self.told.stop = Some(reason);
                None
            }
            ModelEvent::Started { .. } | ModelEvent::Opaque { .. } => None,
        }
    }

    fn end(&self, frames: &Frames, choice: &ToolChoice, include_usage: bool) -> Bytes {
        if let Err(error) =
            complete::hold_choice(choice, self.told.names.iter().map(String::as_str))
        {
            return Frames::error(&error);
        }
        let finish = complete::finish_reason(self.told.stop.as_ref(), !self.told.names.is_empty());
        frames.end(finish, include_usage.then_some(&self.told.usage))
    }
}
