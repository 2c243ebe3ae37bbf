//! Embeddings under the same rules as answers: keys in turn, money reserved and settled.

use super::Router;
use super::attempt::MONEY_WAIT;
use super::candidates::Candidate;
use super::failover::{Blame, Next, reaction, tells};
use super::settle::{Bill, Terms};
use crate::embed::{self, Texts, Vectors};
use crate::estimate::{Bounds, Prompt};
use crate::models::{CallFailed, EmbedCall, Embedded, Tried};
use crate::{Error, ModelRequest, Price};
use domain::MicroUsd;
use domain::ledger::{Ask, CallId, CallNote, CallOutcome};
use tokio_util::sync::CancellationToken;

impl Router {
    pub(super) async fn embed_walk(
        &self,
        call: EmbedCall,
        cancel: &CancellationToken,
    ) -> Result<Embedded, CallFailed> {
        let targets = std::slice::from_ref(&call.target);
        let nothing = ModelRequest::default();
        let mut queue = self.start(targets, &nothing, None, cancel).await?;
        let mut tried: Vec<Tried> = Vec::new();
        while let Some(candidate) = queue.take() {
            let attempt = u32::try_from(tried.len()).map_or(u32::MAX, |n| n.saturating_add(1));
            let failed = match self.embed_once(&call, &candidate, attempt, cancel).await {
                Ok(embedded) => return Ok(embedded),
                Err(failed) => failed,
            };
            let Some(credential) = candidate.credential() else {
                continue;
            };
            let follows = reaction(&failed.error);
            self.health
                .failed(credential, &call.target.info, follows.blame, &failed.error);
            // There is one model; only another key can do better.
            let next = match follows.next {
                Next::Anyone => Next::Anyone,
                Next::OtherModel
                | Next::OtherProvider
                | Next::LargerWindow
                | Next::Cheaper
                | Next::Priced
                | Next::Nobody => Next::Nobody,
            };
            queue.after(&candidate, next);
            tried.push(failed);
        }
        let errors = tried.iter().map(|tried| &tried.error);
        let most = errors.rev().max_by_key(|error| tells(error)).cloned();
        Err(CallFailed {
            error: most.unwrap_or(Error::Cancelled),
            tried,
        })
    }

    async fn embed_once(
        &self,
        call: &EmbedCall,
        candidate: &Candidate,
        attempt: u32,
        cancel: &CancellationToken,
    ) -> Result<Embedded, Tried> {
        let id = CallId::generate();
        let info = &call.target.info;
        let credential = candidate.credential();
        let label = credential.map_or_else(String::new, |known| known.label.to_string());
        let tried = |error, cost| Tried {
            call: id.clone(),
            model: info.reference(),
            credential: label.clone(),
            error,
            cost,
        };
        let zero = Some(MicroUsd::ZERO);
        let config = &call.target.provider.config;
        if let (true, Some(hint)) = (config.keys.is_empty(), &config.key_hint) {
            let error = Error::Unauthorized {
                provider: info.provider.clone(),
                status: 0,
                message: hint.clone(),
            };
            return Err(tried(error, zero));
        }
        let bytes: usize = call.inputs.iter().map(String::len).sum();
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let prompt = Prompt {
            // Each text may get a mark of its own.
            ceiling: count(bytes + 8 * call.inputs.len()),
            expected: count(bytes / 4),
        };
        let ask = ask(call, id.clone(), prompt);
        let grant = match self.reserve(ask, cancel).await {
            Ok(grant) => grant,
            Err(error) => return Err(tried(error, zero)),
        };
        let terms = Terms {
            price: info.price,
            grant,
            prompt: prompt.expected,
            answers: false,
            shadow_price: None,
            note: CallNote {
                why: "embeddings".to_owned(),
                credential: label.clone(),
                attempt,
                ..CallNote::default()
            },
        };
        let mut bill = Bill::new(self.purse.clone(), id.clone(), terms);
        let probe = credential.map(|known| self.health.begin(known, &info.model, candidate.early));
        bill.sent();
        let texts = Texts {
            inputs: &call.inputs,
            dimensions: call.dimensions,
        };
        let answer = embed::attempt(&call.target, candidate.key, texts, cancel).await;
        let told = |error: &Error| reaction(error).blame != Blame::Nothing;
        if let (Some(probe), true) = (probe, answer.as_ref().err().is_none_or(told)) {
            probe.told();
        }
        let Vectors {
            vectors,
            model,
            usage,
        } = match answer {
            Ok(vectors) => vectors,
            Err(error) => {
                let cost = bill.fail(&error).cost;
                return Err(tried(error, cost));
            }
        };
        if let Some(credential) = credential {
            self.health.succeeded(credential, &info.model);
        }
        bill.reported(usage);
        Ok(Embedded {
            vectors,
            model,
            receipt: bill.settle(CallOutcome::Answered).clone(),
        })
    }
}

/// What the texts can cost at most; an embedding has no answer to pay for.
fn ask(call: &EmbedCall, id: CallId, prompt: Prompt) -> Ask {
    let info = &call.target.info;
    let most = info.price.map_or(MicroUsd::ZERO, |price: Price| {
        Bounds::of(&price, prompt, 0).most
    });
    Ask {
        call: id,
        payer: call.payer.clone(),
        provider: info.provider.clone(),
        model: info.model.clone(),
        least: most,
        most,
        run_left: None,
        priced: info.price.is_some(),
        wait: MONEY_WAIT,
    }
}
