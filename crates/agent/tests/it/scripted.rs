//! A model that answers by a rule, and remembers what it was asked.

use async_trait::async_trait;
use domain::ledger::CallId;
use domain::{
    Message, MicroUsd, ModelId, Part, ProviderId, StopReason, TokenCount, ToolCall, ToolCallId,
    ToolName, Usage,
};
use llm::models::{AnswerSource, EmbedCall, Embedded};
use llm::provider::ProviderConfig;
use llm::{
    Answering, CallFailed, Catalog, Error, ModelCall, ModelEvent, ModelInfo, ModelRequest, Models,
    PartIndex, Plan, Receipt, Router, Target, UnknownModel, Wish,
};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

/// What it does with a request.
pub(crate) enum Does {
    Say(String),
    Call(&'static str, String),
    /// Fails before anything was said.
    Fail(Error),
}

type Rule = Box<dyn Fn(&ModelRequest) -> Does + Send + Sync>;

/// Two models, `offline/demo` and `other/demo`, that follow one rule.
pub(crate) struct Scripted {
    router: Router,
    rule: Rule,
    info: fn(&mut ModelInfo),
    asked: Mutex<Vec<ModelCall>>,
}

impl Scripted {
    pub(crate) fn new(
        rule: impl Fn(&ModelRequest) -> Does + Send + Sync + 'static,
        info: fn(&mut ModelInfo),
    ) -> Arc<Self> {
        let mut other = ProviderConfig::offline();
        other.id = ProviderId::new("other");
        for model in &mut other.models {
            model.provider = other.id.clone();
        }
        let providers = vec![ProviderConfig::offline(), other];
        let purse = Arc::new(domain::ledger::Unmetered);
        Arc::new(Self {
            router: Router::new(providers, BTreeMap::new(), purse),
            rule: Box::new(rule),
            info,
            asked: Mutex::default(),
        })
    }

    /// One that says `yes` to everything.
    pub(crate) fn agreeing() -> Arc<Self> {
        Self::new(|_| Does::Say("yes".to_owned()), |_| {})
    }

    /// The calls so far.
    pub(crate) fn asked(&self) -> Vec<ModelCall> {
        self.asked.lock().unwrap().clone()
    }

    /// The last call.
    pub(crate) fn last(&self) -> ModelCall {
        self.asked().pop().expect("it was asked")
    }
}

/// The size of a prompt, a token for every four bytes.
pub(crate) fn prompt_tokens(request: &ModelRequest) -> u64 {
    let tools = serde_json::to_string(&*request.tools).unwrap();
    let messages = serde_json::to_string(&request.messages).unwrap();
    let system: usize = request.system.iter().map(|text| text.len()).sum();
    u64::try_from((tools.len() + messages.len() + system) / 4).unwrap()
}

/// The text of the last result, when the conversation ends with one, and the call it answers.
pub(crate) fn last_result(request: &ModelRequest) -> Option<(&ToolCall, &str)> {
    let Some(Part::ToolResult(result)) = request.messages.last()?.parts.last() else {
        return None;
    };
    let mut calls = request.messages.iter().flat_map(Message::tool_calls);
    let call = calls.find(|call| call.id == result.call)?;
    Some((call, &result.content))
}

#[async_trait]
impl Models for Scripted {
    fn catalog(&self) -> Arc<Catalog> {
        self.router.catalog()
    }

    fn plan(&self, wish: &Wish<'_>, request: &ModelRequest) -> Result<Plan, UnknownModel> {
        let mut plan = self.router.plan(wish, request)?;
        for Target { info, .. } in &mut plan.targets {
            (self.info)(Arc::make_mut(info));
        }
        Ok(plan)
    }

    async fn stream(
        &self,
        call: ModelCall,
        _: &CancellationToken,
    ) -> Result<Answering, CallFailed> {
        let target = call.plan.targets[0].clone();
        let (does, input) = ((self.rule)(&call.request), prompt_tokens(&call.request));
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(call);
            asked.len()
        };
        let part = PartIndex(0);
        let mut events = VecDeque::new();
        let reason = match does {
            Does::Fail(error) => return Err(CallFailed::early(error)),
            Does::Say(delta) => {
                events.push_back(ModelEvent::Text { part, delta });
                StopReason::Stop
            }
            Does::Call(name, json) => {
                let id = ToolCallId::new(format!("call_{number}"));
                let name = ToolName::new(name);
                events.push_back(ModelEvent::ToolCallStarted { part, id, name });
                let (left, right) = json.split_at(json.len() / 2);
                for json in [left.to_owned(), right.to_owned()] {
                    events.push_back(ModelEvent::ToolCallArguments { part, json });
                }
                StopReason::ToolCalls
            }
        };
        let usage = Usage {
            input: Some(TokenCount(input)),
            output: Some(TokenCount(5)),
            ..Usage::default()
        };
        events.push_back(ModelEvent::Usage(usage));
        events.push_back(ModelEvent::Finished { reason });
        let cost = target.info.price.and_then(|price| price.cost(&usage));
        let playing = Playing {
            events,
            usage,
            cost,
        };
        Ok(Answering::new(CallId::generate(), target, playing))
    }

    async fn embed(
        &self,
        call: EmbedCall,
        cancel: &CancellationToken,
    ) -> Result<Embedded, CallFailed> {
        self.router.embed(call, cancel).await
    }
}

struct Playing {
    events: VecDeque<ModelEvent>,
    usage: Usage,
    cost: Option<MicroUsd>,
}

#[async_trait]
impl AnswerSource for Playing {
    async fn next(&mut self) -> Option<Result<ModelEvent, Error>> {
        self.events.pop_front().map(Ok)
    }

    fn ready(&mut self) -> Option<ModelEvent> {
        None
    }

    fn receipt(&mut self) -> Receipt {
        Receipt {
            usage: self.usage,
            cost: self.cost,
            estimated: false,
        }
    }
}

/// An error that a longer prompt than this gives.
pub(crate) fn too_long() -> Error {
    Error::ContextTooLong {
        provider: ProviderId::new("offline"),
        model: ModelId::new("demo"),
        status: 400,
        message: "too many tokens".to_owned(),
    }
}
