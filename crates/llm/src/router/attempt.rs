//! One call of one candidate: money reserved, the request sent, the answer read until there is
//! something to show.

use super::Router;
use super::answer::{Answer, Called};
use super::candidates::Candidate;
use super::failover::DEADLINE;
use super::settle::{Bill, Terms};
use crate::estimate::{Bounds, Prompt, answer_limit};
use crate::models::ModelCall;
use crate::{Error, ModelEvent, ModelStream, Price, codec, offline, transport};
use codec::{Codec, Encoded};
use domain::MicroUsd;
use domain::ledger::{Ask, CallId, CallNote};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a call waits for others to give back money they do not use.
pub(super) const MONEY_WAIT: Duration = Duration::from_secs(15);

/// What an attempt has to keep to.
pub(super) struct Frame<'a> {
    /// Counts from 1.
    pub(super) number: u32,
    /// Why this candidate, in one line.
    pub(super) why: String,
    /// Until when somebody must have begun to answer; `None` leaves it to the provider's limits.
    pub(super) share_until: Option<Instant>,
    /// How many other providers could still be called.
    pub(super) others: u32,
    pub(super) shadow_price: Option<Price>,
    pub(super) cancel: &'a CancellationToken,
}

impl Frame<'_> {
    /// How long to wait for the first word: a fair share of the time left while others could still
    /// be called, else all of it.
    fn patience(&self) -> Option<Duration> {
        let left = self.share_until?.saturating_duration_since(Instant::now());
        Some(left / self.others.saturating_add(1))
    }
}

/// An attempt that failed before there was anything to show.
pub(super) struct Failed {
    pub(super) call: CallId,
    pub(super) error: Error,
    pub(super) cost: Option<MicroUsd>,
}

impl Failed {
    /// Before any money was reserved.
    fn early(call: CallId, error: Error) -> Self {
        Self {
            call,
            error,
            cost: Some(MicroUsd::ZERO),
        }
    }
}

/// A request that is ready to be sent.
struct Ready {
    codec: Box<dyn Codec>,
    encoded: Encoded,
}

impl Router {
    /// Calls `candidate` once. `call.request.sampling.max_tokens` is changed for the attempt and
    /// put back.
    pub(super) async fn attempt(
        &self,
        call: &mut ModelCall,
        candidate: &Candidate,
        frame: Frame<'_>,
    ) -> Result<Answer, Failed> {
        let asked = call.request.sampling.max_tokens;
        let result = self.once(call, candidate, frame).await;
        call.request.sampling.max_tokens = asked;
        result
    }

    /// Asks for money; cancelled, it asks no more.
    pub(super) async fn reserve(
        &self,
        ask: Ask,
        cancel: &CancellationToken,
    ) -> Result<MicroUsd, Error> {
        match cancel.run_until_cancelled(self.purse.reserve(ask)).await {
            Some(Ok(grant)) => Ok(grant.amount),
            Some(Err(refused)) => Err(refused.into()),
            None => Err(Error::Cancelled),
        }
    }

    async fn once(
        &self,
        call: &mut ModelCall,
        candidate: &Candidate,
        frame: Frame<'_>,
    ) -> Result<Answer, Failed> {
        let id = CallId::generate();
        let info = &candidate.target.info;
        let priced = info.price.is_some_and(|price| price != Price::FREE);
        let least = codec::least_output(&candidate.target.provider.config.api);
        let longest = answer_limit(&call.request, info).max(least);
        if priced {
            call.request.sampling.max_tokens = Some(longest);
        }
        let mut ready = match prepare(call, candidate) {
            Ok(ready) => ready,
            Err(error) => return Err(Failed::early(id, error)),
        };
        let body = ready.as_ref().map_or(0, |ready| ready.encoded.body.len());
        let mut prompt = Prompt::of(&call.request, info, body);
        if let Some(known) = call.input_ceiling {
            prompt.ceiling = prompt.ceiling.min(known);
        }
        let ask = ask(call, candidate, id.clone(), prompt, longest);
        let grant = match self.reserve(ask, frame.cancel).await {
            Ok(grant) => grant,
            Err(error) => return Err(Failed::early(id, error)),
        };
        let terms = Terms {
            price: info.price,
            grant,
            prompt: prompt.expected,
            answers: true,
            shadow_price: frame.shadow_price,
            note: note(call, candidate, &frame),
        };
        let mut bill = Bill::new(self.purse.clone(), id.clone(), terms);
        let cut = info
            .price
            .filter(|_| priced)
            .and_then(|price| price.affordable_output(grant, prompt.ceiling))
            .filter(|affordable| *affordable < u64::from(longest));
        if let Some(affordable) = cut {
            let affordable = u32::try_from(affordable).unwrap_or(u32::MAX).max(1);
            call.request.sampling.max_tokens = Some(affordable);
            ready = match prepare(call, candidate) {
                Ok(ready) => ready,
                Err(error) => return Err(failed(&mut bill, error)),
            };
        }
        bill.sent();
        let begun = begin(call, candidate, ready, &mut bill, frame.cancel);
        let begun = match frame.patience() {
            None => begun.await,
            Some(patience) => {
                let waited = tokio::time::timeout(patience, begun).await;
                waited.unwrap_or_else(|_| {
                    Err(Error::TimedOut {
                        provider: info.provider.clone(),
                        phase: if frame.others == 0 {
                            DEADLINE
                        } else {
                            "first word"
                        },
                        waited: patience,
                    })
                })
            }
        };
        match begun {
            Ok((stream, ahead)) => Ok(Answer::new(Called {
                stream,
                ahead,
                bill,
                candidate: candidate.clone(),
                health: self.health.clone(),
                deadline: call.deadline,
            })),
            Err(error) => Err(failed(&mut bill, error)),
        }
    }
}

fn ask(call: &ModelCall, candidate: &Candidate, id: CallId, prompt: Prompt, longest: u32) -> Ask {
    let info = &candidate.target.info;
    let free = Bounds {
        least: MicroUsd::ZERO,
        most: MicroUsd::ZERO,
    };
    let bounds = info
        .price
        .map_or(free, |price| Bounds::of(&price, prompt, longest));
    let left = call.deadline.map_or(MONEY_WAIT, |deadline| {
        deadline.saturating_duration_since(Instant::now())
    });
    Ask {
        call: id,
        payer: call.payer.clone(),
        provider: info.provider.clone(),
        model: info.model.clone(),
        least: bounds.least,
        most: bounds.most,
        run_left: call.run_left,
        priced: info.price.is_some(),
        wait: if bounds.most == MicroUsd::ZERO {
            Duration::ZERO
        } else {
            left.min(MONEY_WAIT)
        },
    }
}

fn failed(bill: &mut Bill, error: Error) -> Failed {
    let cost = bill.fail(&error).cost;
    Failed {
        call: bill.call.clone(),
        error,
        cost,
    }
}

fn note(call: &ModelCall, candidate: &Candidate, frame: &Frame<'_>) -> CallNote {
    let credential = candidate.credential();
    CallNote {
        why: frame.why.clone(),
        tier: call.plan.decision.tier.clone(),
        shadow: call.plan.decision.shadow.clone(),
        credential: credential.map_or_else(String::new, |known| known.label.to_string()),
        attempt: frame.number,
        // What was lost was in the cache of whoever is called first.
        cache_break: call.cache_break.clone().filter(|_| frame.number == 1),
        ..CallNote::default()
    }
}

/// Writes the request; `None` for the offline model, which reads ours.
fn prepare(call: &ModelCall, candidate: &Candidate) -> Result<Option<Ready>, Error> {
    let provider = &candidate.target.provider;
    let config = &provider.config;
    if config.offline {
        return Ok(None);
    }
    let peer = provider.peer(&candidate.target.info.model);
    if let (true, Some(hint)) = (config.keys.is_empty(), &config.key_hint) {
        return Err(Error::Unauthorized {
            provider: peer.provider,
            status: 0,
            message: hint.clone(),
        });
    }
    let codec = codec::of(&config.api, &peer)?;
    let encoded = codec.encode(&call.request, &candidate.target.info, config.quirks)?;
    Ok(Some(Ready { codec, encoded }))
}

/// Sends the request and reads until there is something to show.
async fn begin(
    call: &ModelCall,
    candidate: &Candidate,
    ready: Option<Ready>,
    bill: &mut Bill,
    cancel: &CancellationToken,
) -> Result<(ModelStream, VecDeque<ModelEvent>), Error> {
    let target = &candidate.target;
    let mut stream = match ready {
        None => offline::call(&target.info, &call.request, cancel).await?,
        Some(Ready { codec, encoded }) => {
            let provider = &target.provider;
            let peer = provider.peer(&target.info.model);
            let call = transport::call(provider, candidate.key, peer, codec, encoded, cancel);
            let accepted = call.await?;
            bill.accepted();
            accepted.begin().await?
        }
    };
    let mut ahead = VecDeque::new();
    loop {
        let Some(event) = stream.next().await else {
            return Err(Error::BrokenStream {
                provider: target.info.provider.clone(),
                detail: "it ended before it began".to_owned(),
            });
        };
        let event = event?;
        bill.see(&event);
        let shows = shows(&event);
        ahead.push_back(event);
        if shows {
            return Ok((stream, ahead));
        }
    }
}

/// Whether a reader sees something of the event, so that it cannot be taken back.
fn shows(event: &ModelEvent) -> bool {
    match event {
        ModelEvent::Text { delta, .. } | ModelEvent::Reasoning { delta, .. } => !delta.is_empty(),
        ModelEvent::ToolCallStarted { .. } | ModelEvent::Finished { .. } => true,
        ModelEvent::Started { .. }
        | ModelEvent::ToolCallArguments { .. }
        | ModelEvent::Opaque { .. }
        | ModelEvent::Usage(_) => false,
    }
}
