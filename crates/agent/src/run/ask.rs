//! One model call of a run: what is asked, of whom, on whose account; and what came of it.

use super::Run;
use super::compose::{Composed, compose};
use crate::context;
use crate::prompt::cache_hints;
use crate::prompt::sent::{Compared, Prompt};
use crate::step::{Step, StepError, StepResult};
use domain::ledger::BudgetScope;
use domain::record::AssistantMessage;
use domain::{Message, Part, Payer, Record, RunLimit, RunOutcome, ToolName};
use llm::{ModelCall, ModelRequest, Plan};
use std::collections::HashSet;
use std::sync::Arc;
use tools::Offer;
use tracing::warn;

/// Tokens kept free for the answer when the request does not say how long it may be.
const ANSWER_TOKENS: usize = 4_096;

/// What stays the same in all calls of a run.
pub(super) struct Question {
    /// Everything but the conversation.
    request: ModelRequest,
    plan: Plan,
    pub(super) offer: Arc<Offer>,
    /// The tools the client runs.
    pub(super) client: HashSet<ToolName>,
    /// What is asked, as it is remembered.
    prompt: Option<Prompt>,
    /// How many of the oldest messages were left out since the prompt was last looked at.
    left_out: usize,
    steps: u32,
}

impl Question {
    /// Tells that the oldest messages were left out.
    pub(super) fn leave_out(&mut self, messages: usize) {
        self.left_out += messages;
    }

    /// Whether the limit of money can apply: it counts as far as prices are known.
    fn has_price(&self) -> bool {
        let mut targets = self.plan.targets.iter();
        targets.any(|target| target.info.price.is_some())
    }

    /// The tokens of everything but the conversation, roughly.
    fn reserved(&self) -> usize {
        let system: usize = self.request.system.iter().map(|text| text.len() / 4).sum();
        let answer = self.request.sampling.max_tokens;
        let answer = answer.and_then(|tokens| usize::try_from(tokens).ok());
        system + answer.unwrap_or(ANSWER_TOKENS)
    }

    /// The conversation as the model reads it.
    fn rendered(&self, messages: &[Message]) -> Vec<Message> {
        let mut messages = messages.to_vec();
        if self.offer.has_hidden() {
            let parts = messages.iter_mut().flat_map(|message| &mut message.parts);
            for part in parts {
                if let Part::ToolCall(call) = part
                    && let Some(closed) = self.offer.closed(call)
                {
                    *call = closed;
                }
            }
        }
        messages
    }
}

impl Run<'_> {
    /// Decides who is asked, with which tools.
    pub(super) async fn question(&self) -> Result<Question, llm::UnknownModel> {
        let turn = &self.start.turn;
        let session = &self.claim.session;
        let composed = compose(self.shared, &self.agent, session, turn, &self.messages).await?;
        let Composed {
            mut request,
            plan,
            offer,
        } = composed;
        request.messages = Vec::new();
        let prompt = plan.targets.first();
        let prompt = prompt.map(|target| self.shared.sent.prompt(target, &request));
        let client = turn.client_tools.iter().map(|tool| tool.name.clone());
        Ok(Question {
            request,
            plan,
            offer,
            client: client.collect(),
            prompt,
            left_out: 0,
            steps: 0,
        })
    }

    /// Makes the next call.
    pub(super) async fn step(&mut self, question: &mut Question) -> StepResult {
        question.steps += 1;
        let first = question.plan.targets.first();
        let window = first.and_then(|target| target.info.context_window);
        let dropped = context::fit(&mut self.messages, window, question.reserved());
        let dropped = dropped + std::mem::take(&mut question.left_out);
        let mut request = question.request.clone();
        request.messages = question.rendered(&self.messages);
        let fresh = self.start.fresh && question.steps == 1;
        request.cache = cache_hints(&self.claim.session, !fresh);
        let compared = self.compare(question, &request.messages, dropped);
        let call = ModelCall {
            payer: Payer {
                key: self.start.turn.payer_key.as_deref().map(Arc::from),
                agent: Some(self.agent.id.clone()),
                session: Some(self.claim.session.clone()),
                run: Some(self.claim.run.clone()),
            },
            deadline: self.deadline,
            run_left: question.has_price().then(|| self.limits.money_left()),
            input_ceiling: compared.input_ceiling,
            cache_break: compared.cache_break,
            ..ModelCall::new(request, question.plan.clone())
        };
        let step = Step {
            models: &*self.shared.models,
            queue: &*self.shared.state.queue,
            claim: self.claim,
            offer: &question.offer,
            client_tools: &question.client,
            feed: self.start.feed.as_ref(),
            teller: self.teller(),
            on_disconnect: self.start.turn.on_disconnect,
            cancel: self.cancel,
        };
        let result = step.run(call).await;
        if let (Some(prompt), true) = (&question.prompt, result.said.usage.input.is_some()) {
            let model = format!("{}/{}", result.provider, result.model);
            let sent = &self.shared.sent;
            let usage = result.said.usage;
            sent.remember(&self.claim.session, prompt, model, usage, !result.estimated);
        }
        result
    }

    /// Compares what is about to be sent with what was sent before it.
    fn compare(&self, question: &mut Question, messages: &[Message], dropped: usize) -> Compared {
        let Some(prompt) = &mut question.prompt else {
            return Compared::default();
        };
        prompt.take_in(messages, dropped);
        let mut compared = self.shared.sent.compare(&self.claim.session, prompt);
        if let Some(broken) = &compared.cache_break {
            warn!(
                run.id = %self.claim.run,
                session.key = %self.claim.session,
                source = %broken.source,
                at_byte = broken.at_byte,
                lost_tokens = broken.lost_tokens,
                "the provider's prompt cache cannot be used: the beginning of the prompt changed"
            );
        }
        // Another model may count the same text as more tokens.
        if question.plan.targets.len() > 1 {
            compared.input_ceiling = None;
        }
        compared
    }

    /// Remembers what the step said; returns the outcome if the step was the last one.
    pub(super) fn keep(&mut self, result: &StepResult) -> Option<RunOutcome> {
        let incomplete = result.error.is_some();
        if !incomplete || !result.said.message.parts.is_empty() {
            let said = AssistantMessage {
                message: result.said.message.clone(),
                provider: result.provider.clone(),
                model: result.model.clone(),
                usage: result.said.usage,
                cost: result.cost,
                stop: result.said.stop.clone(),
                incomplete,
            };
            self.messages.push(said.message.clone());
            self.unsaved
                .push(Record::AssistantMessage(Box::new(said.clone())));
            self.last = Some(said);
        }
        Some(match result.error.as_ref()? {
            StepError::ListenerGone | StepError::Model(llm::Error::Cancelled) => self.aborted(),
            StepError::Model(llm::Error::OverBudget(trip)) if trip.scope == BudgetScope::Run => {
                RunOutcome::Limited {
                    limit: self.limits.money(),
                }
            }
            StepError::Model(llm::Error::OverBudget(trip)) => RunOutcome::Limited {
                limit: RunLimit::Budget { trip: trip.clone() },
            },
            StepError::Model(llm::Error::UnknownPrice { message }) => RunOutcome::Limited {
                limit: RunLimit::UnknownPrice {
                    message: message.clone(),
                },
            },
            StepError::Model(error) => RunOutcome::Failed {
                kind: error.kind(),
                message: error.to_string(),
                status: error.status(),
                retry_after_ms: error
                    .retry_after()
                    .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            },
        })
    }
}
