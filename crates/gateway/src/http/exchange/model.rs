//! The answer of a model on the direct path: no agent, no session, no tools of ours; paid for all
//! the same.

use super::{Ended, Piece, Question, lost};
use crate::error::ApiError;
use crate::services::Services;
use domain::ledger::CallId;
use domain::{Message, Payer};
use llm::{
    Answering, CacheHints, Collector, ModelCall, ModelEvent, ModelRequest, PartIndex, Plan, Wish,
};
use std::collections::HashMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A model's answer and what it takes to ask once more.
pub(super) struct ModelSource {
    services: Arc<Services>,
    /// To ask once more; `None` when that cannot happen.
    request: Option<ModelRequest>,
    plan: Plan,
    payer: Payer,
    /// `None` after the end.
    answer: Option<Answer>,
}

struct Answer {
    stream: Answering,
    collector: Collector,
    calls: HashMap<PartIndex, u32>,
}

impl ModelSource {
    /// Asks; `may_ask_again` tells whether [`Self::again`] may follow.
    pub(super) async fn begin(
        services: &Arc<Services>,
        name: &str,
        question: Question,
        may_ask_again: bool,
    ) -> Result<Self, ApiError> {
        let payer = Payer {
            key: question.payer.as_deref().map(Arc::from),
            ..Payer::default()
        };
        let request = request(question);
        let names = [name.to_owned()];
        let wish = Wish {
            names: &names,
            routing: None,
        };
        let plan = services.models.plan(&wish, &request)?;
        let mut source = Self {
            services: Arc::clone(services),
            request: may_ask_again.then(|| request.clone()),
            plan,
            payer,
            answer: None,
        };
        source.call(request).await?;
        Ok(source)
    }

    /// Asks once more: the conversation goes on with what was said and the request.
    pub(super) async fn again(&mut self, said: Message, request: String) -> Result<(), ApiError> {
        let mut next = self.request.take().ok_or_else(lost)?;
        next.messages.push(said);
        next.messages.push(Message::user(request));
        self.call(next).await
    }

    /// The call's id in the ledger.
    pub(super) fn call_id(&self) -> Option<&CallId> {
        self.answer.as_ref().map(|answer| &answer.stream.call)
    }

    async fn call(&mut self, request: ModelRequest) -> Result<(), ApiError> {
        let call = ModelCall {
            payer: self.payer.clone(),
            ..ModelCall::new(request, self.plan.clone())
        };
        // Dropping the answer drops the model's stream, which closes its connection.
        let cancel = CancellationToken::new();
        let stream = self.services.models.stream(call, &cancel).await?;
        self.answer = Some(Answer {
            stream,
            collector: Collector::new(),
            calls: HashMap::new(),
        });
        Ok(())
    }

    /// Closes the connection to the model; what was said until then is the end.
    pub(super) fn stop(&mut self) -> Ended {
        match self.answer.take() {
            Some(answer) => answer.ended(None),
            None => Ended::failed(lost()),
        }
    }

    pub(super) async fn next(&mut self) -> Option<Piece> {
        let answer = self.answer.as_mut()?;
        let error = loop {
            match answer.stream.next().await {
                Some(Ok(event)) => {
                    answer.collector.add(&event);
                    if let Some(piece) = answer.tell(event) {
                        return Some(piece);
                    }
                }
                Some(Err(error)) => break Some(ApiError::from(error)),
                None => break None,
            }
        };
        let answer = self.answer.take()?;
        Some(Piece::Ended(Box::new(answer.ended(error))))
    }
}

/// The request a question is for a model.
pub(super) fn request(question: Question) -> ModelRequest {
    let mut messages = question.before;
    messages.extend(question.input);
    ModelRequest {
        system: question.instructions.into_iter().map(Arc::from).collect(),
        messages,
        tools: question.tools.into(),
        tool_choice: question.tool_choice,
        sampling: question.sampling,
        stream: question.stream,
        cache: CacheHints::default(),
    }
}

impl Answer {
    fn tell(&mut self, event: ModelEvent) -> Option<Piece> {
        match event {
            ModelEvent::Text { delta, .. } => Some(Piece::Text(delta)),
            ModelEvent::Reasoning { delta, .. } => Some(Piece::Reasoning(delta)),
            ModelEvent::Opaque { keep, .. } => Some(Piece::Keep(keep)),
            ModelEvent::ToolCallStarted { part, id, name } => {
                let index = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
                self.calls.insert(part, index);
                Some(Piece::Call { index, id, name })
            }
            ModelEvent::ToolCallArguments { part, json } => {
                let index = *self.calls.get(&part)?;
                Some(Piece::Arguments { index, json })
            }
            ModelEvent::Started { .. } | ModelEvent::Usage(_) | ModelEvent::Finished { .. } => None,
        }
    }

    fn ended(mut self, error: Option<ApiError>) -> Ended {
        let receipt = self.stream.receipt();
        let said = self.collector.finish();
        Ended {
            calls: said.message.tool_calls().cloned().collect(),
            message: said.message,
            stop: said.stop,
            usage: receipt.usage,
            used_tools: false,
            error,
        }
    }
}
