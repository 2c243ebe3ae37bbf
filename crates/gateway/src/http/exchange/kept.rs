//! Answers given before, for equal questions of the same caller.

use super::{Answerer, Ended, Piece, Question, run};
use crate::error::ApiError;
use crate::services::Services;
use crate::services::response_cache::{Fingerprint, Kept};
use domain::{Message, StopReason};
use http::{HeaderMap, HeaderValue};
use llm::{ModelRequest, Wish};
use serde::Serialize;
use std::sync::Arc;

/// How clients ask for kept answers, and hear whether they got one.
const HEADER: &str = "x-openclaw-cache";

/// Whether the caller wants a kept answer: by the header of the request, else by the settings.
pub(in crate::http) fn wanted(
    services: &Services,
    headers: &HeaderMap,
    principal: Option<&str>,
) -> Result<bool, ApiError> {
    match headers.get(HEADER).map(HeaderValue::as_bytes) {
        Some(b"on") => Ok(true),
        Some(b"off") => Ok(false),
        Some(_) => Err(ApiError::invalid(format!("`{HEADER}` is on or off"))),
        None => Ok(services.response_cache.is_on_for(owner(principal))),
    }
}

/// The name of a caller among those of the settings.
fn owner(principal: Option<&str>) -> &str {
    principal.unwrap_or("owner")
}

/// The place of an answer among the kept ones.
pub(super) struct Place {
    services: Arc<Services>,
    fingerprint: Fingerprint,
    pub(super) hit: bool,
}

/// Everything that can change an answer.
#[derive(Serialize)]
struct Same<'a> {
    model: String,
    agent: Option<&'a str>,
    system: &'a [Arc<str>],
    messages: &'a [Message],
    tools: &'a [domain::ToolSpec],
    tool_choice: &'a domain::ToolChoice,
    sampling: &'a domain::Sampling,
}

impl Place {
    /// The place of the answer to `question`; `None` when it may not be kept: it belongs to a
    /// conversation that goes on.
    pub(super) async fn of(
        services: &Arc<Services>,
        answerer: &Answerer,
        question: &Question,
    ) -> Result<Option<Self>, ApiError> {
        let owner = owner(question.payer.as_deref());
        let written = match answerer {
            Answerer::Agent { session, .. } if !agent::is_one_off(session) => return Ok(None),
            Answerer::Agent {
                agent,
                session,
                model,
            } => {
                let turn = run::turn(agent, session.clone(), model.clone(), question.clone());
                let preview = services
                    .agents
                    .preview(&turn)
                    .await
                    .map_err(ApiError::from)?;
                let first = preview.plan.targets.first();
                let model = first.map(|target| target.info.reference());
                let agent = Some(preview.agent.id.as_str());
                fingerprint(owner, model.unwrap_or_default(), agent, &preview.request)
            }
            Answerer::Model(name) => {
                let request = super::model::request(question.clone());
                let names = [name.clone()];
                let wish = Wish {
                    names: &names,
                    routing: None,
                };
                let plan = services.models.plan(&wish, &request)?;
                let first = plan.targets.first();
                let model = first.map(|target| target.info.reference());
                fingerprint(owner, model.unwrap_or_default(), None, &request)
            }
        };
        let fingerprint =
            written.map_err(|error| ApiError::invalid(format!("cannot be kept: {error}")))?;
        Ok(Some(Self {
            services: Arc::clone(services),
            fingerprint,
            hit: false,
        }))
    }

    /// The answer kept here.
    pub(super) fn find(&mut self) -> Option<KeptSource> {
        let now = self.services.clock.now();
        let kept = self.services.response_cache.get(&self.fingerprint, now)?;
        self.hit = true;
        Some(KeptSource {
            kept,
            told: Told::Nothing,
        })
    }

    /// Keeps an answer here, if it is one to be given again.
    pub(super) fn keep(&self, ended: &Ended) {
        let Some(StopReason::Stop) = ended.stop else {
            return;
        };
        if self.hit || ended.error.is_some() || ended.used_tools || !ended.calls.is_empty() {
            return;
        }
        let kept = Kept {
            message: ended.message.clone(),
            usage: ended.usage,
            stop: StopReason::Stop,
        };
        let cache = &self.services.response_cache;
        cache.put(self.fingerprint.clone(), kept, self.services.clock.now());
    }
}

fn fingerprint(
    owner: &str,
    model: String,
    agent: Option<&str>,
    request: &ModelRequest,
) -> Result<Fingerprint, serde_json::Error> {
    let same = Same {
        model,
        agent,
        system: &request.system,
        messages: &request.messages,
        tools: &request.tools,
        tool_choice: &request.tool_choice,
        sampling: &request.sampling,
    };
    Fingerprint::of(owner, &same)
}

/// A kept answer on its way.
pub(super) struct KeptSource {
    kept: Arc<Kept>,
    told: Told,
}

enum Told {
    Nothing,
    Text,
    All,
}

impl KeptSource {
    pub(super) fn next(&mut self) -> Option<Piece> {
        match self.told {
            Told::Nothing => {
                self.told = Told::Text;
                Some(Piece::Text(self.kept.message.text()))
            }
            Told::Text => {
                self.told = Told::All;
                Some(Piece::Ended(Box::new(self.ended())))
            }
            Told::All => None,
        }
    }

    /// What it came to.
    pub(super) fn ended(&self) -> Ended {
        Ended {
            message: self.kept.message.clone(),
            calls: Vec::new(),
            stop: Some(self.kept.stop.clone()),
            usage: self.kept.usage,
            used_tools: false,
            error: None,
        }
    }
}
