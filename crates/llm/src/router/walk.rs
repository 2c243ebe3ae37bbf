//! Calls the candidates of a plan in order until one begins to answer.

use super::Router;
use super::attempt::{Failed, Frame};
use super::candidates::{Candidate, Queue, Start, resting};
use super::failover::{Blame, Reaction, reaction, tells};
use crate::models::{Answering, CallFailed, ModelCall, Models, Tried};
use crate::{Error, ModelRequest, Price, Target};
use domain::MicroUsd;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Longest wait for the end of a rest when everybody rests.
const REST_WAIT: Duration = Duration::from_secs(3);
/// How long all candidates together may take to begin, where the caller set no deadline and there
/// is more than one.
const ALL_BEGIN: Duration = Duration::from_mins(10);
/// The pause before the only candidate is called once more.
const PAUSE: Duration = Duration::from_millis(200);

/// A walk along the candidates.
struct Walk<'a> {
    router: &'a Router,
    cancel: &'a CancellationToken,
    call: ModelCall,
    tried: Vec<Tried>,
    /// What the attempts so far cost.
    spent: Option<MicroUsd>,
    /// Until when somebody must have begun to answer.
    all_begin: Instant,
    shadow_price: Option<Price>,
}

impl Router {
    pub(super) async fn walk(
        &self,
        call: ModelCall,
        cancel: &CancellationToken,
    ) -> Result<Answering, CallFailed> {
        let shadow = call.plan.decision.shadow.as_ref();
        let shadow_price = shadow
            .and_then(|shadow| self.catalog().resolve(&shadow.model).ok())
            .and_then(|target| target.info.price);
        let walk = Walk {
            router: self,
            cancel,
            tried: Vec::new(),
            spent: Some(MicroUsd::ZERO),
            all_begin: call.deadline.unwrap_or_else(|| Instant::now() + ALL_BEGIN),
            shadow_price,
            call,
        };
        let queue = self
            .start(
                &walk.call.plan.targets,
                &walk.call.request,
                walk.call.deadline,
                cancel,
            )
            .await?;
        walk.run(queue).await
    }

    /// The candidates to call. Where all rest, one of them all the same: at once if the rest is our
    /// own caution, which is of use only where there are others; at its end if its provider named a
    /// time that can be waited for.
    pub(super) async fn start(
        &self,
        targets: &[Target],
        request: &ModelRequest,
        deadline: Option<Instant>,
        cancel: &CancellationToken,
    ) -> Result<Queue, CallFailed> {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let patience = left.map_or(REST_WAIT, |left| left.min(REST_WAIT));
        let (candidate, rest) = match Queue::start(targets, request, &self.health, patience) {
            Start::Go(queue) => return Ok(queue),
            Start::Nobody => return Err(CallFailed::early(nobody())),
            Start::AllRest(candidate, rest) => (*candidate, rest),
        };
        if !rest.asked {
            return Ok(Queue::only(Candidate {
                early: true,
                ..candidate
            }));
        }
        if rest.left > patience {
            return Err(CallFailed::early(resting(&candidate, &rest)));
        }
        let slept = cancel.run_until_cancelled(tokio::time::sleep(rest.left));
        match slept.await {
            Some(()) => Ok(Queue::only(candidate)),
            None => Err(CallFailed::early(Error::Cancelled)),
        }
    }
}

impl Walk<'_> {
    async fn pause(&self, time: Duration) -> Result<(), Error> {
        let slept = self.cancel.run_until_cancelled(tokio::time::sleep(time));
        slept.await.ok_or(Error::Cancelled)
    }

    async fn run(mut self, mut queue: Queue) -> Result<Answering, CallFailed> {
        let mut once_more = true;
        while let Some(candidate) = queue.take() {
            if self.is_late() {
                break;
            }
            once_more = once_more && queue.other_providers(&candidate) == 0;
            let failed = match self.attempt(&candidate, &queue).await {
                Ok(answering) => return Ok(answering),
                Err(failed) => failed,
            };
            let Reaction { next, blame, again } = reaction(&failed.error);
            self.blame(&candidate, blame, &failed.error);
            self.tried(&candidate, failed);
            queue.after(&candidate, next);
            let alone = queue.is_empty() && once_more;
            if again && alone && !candidate.target.provider.config.offline {
                once_more = false;
                if self.pause(PAUSE).await.is_ok() {
                    queue.put_back(Candidate {
                        early: false,
                        ..candidate
                    });
                }
            }
        }
        Err(self.failed())
    }

    fn is_late(&self) -> bool {
        let deadline = self.call.deadline;
        deadline.is_some_and(|deadline| Instant::now() >= deadline) && !self.tried.is_empty()
    }

    async fn attempt(&mut self, candidate: &Candidate, queue: &Queue) -> Result<Answering, Failed> {
        let number = u32::try_from(self.tried.len()).map_or(u32::MAX, |n| n.saturating_add(1));
        let frame = Frame {
            number,
            why: self.why(queue),
            share_until: self.share_until(candidate, queue),
            others: queue.other_providers(candidate),
            shadow_price: self.shadow_price,
            cancel: self.cancel,
        };
        let info = &candidate.target.info;
        let credential = candidate.credential();
        let health = &self.router.health;
        let probe = credential.map(|known| health.begin(known, &info.model, candidate.early));
        let answer = self.router.attempt(&mut self.call, candidate, frame).await;
        let told = |failed: &Failed| reaction(&failed.error).blame != Blame::Nothing;
        if let (Some(probe), true) = (probe, answer.as_ref().err().is_none_or(told)) {
            probe.told();
        }
        let mut answer = answer?;
        if let Some(key) = &self.call.request.cache.key {
            let now = self.router.health.now();
            self.router.warm.answered(key, info, now);
        }
        answer.after(self.spent);
        let call = answer.call().call.clone();
        let mut answering = Answering::new(call, candidate.target.clone(), answer);
        answering.tried = std::mem::take(&mut self.tried);
        Ok(answering)
    }

    /// Why this candidate, in one line.
    fn why(&self, queue: &Queue) -> String {
        let mut why = String::new();
        if let Some(last) = self.tried.last() {
            why = format!("fallback after {}: {}", last.model, last.error);
        }
        let planned = self.call.plan.decision.why.as_str();
        for piece in std::iter::once(planned).chain(queue.left_out.iter().map(String::as_str)) {
            if !piece.is_empty() {
                if !why.is_empty() {
                    why.push_str("; ");
                }
                why.push_str(piece);
            }
        }
        why
    }

    /// Until when all candidates together may take to begin; `None` where only the provider's own
    /// limits count.
    fn share_until(&self, candidate: &Candidate, queue: &Queue) -> Option<Instant> {
        let alone = queue.other_providers(candidate) == 0;
        match self.call.deadline {
            None if alone => None,
            None | Some(_) => Some(self.all_begin),
        }
    }

    fn blame(&self, candidate: &Candidate, blame: Blame, error: &Error) {
        if candidate.target.provider.config.offline {
            return;
        }
        let (health, info) = (&self.router.health, &candidate.target.info);
        if blame == Blame::Provider {
            for credential in candidate.target.provider.credentials.iter() {
                health.failed(credential, info, blame, error);
            }
        } else if let Some(credential) = candidate.credential() {
            health.failed(credential, info, blame, error);
        }
    }

    fn tried(&mut self, candidate: &Candidate, failed: Failed) {
        self.spent = self
            .spent
            .zip(failed.cost)
            .map(|(spent, cost)| spent + cost);
        let label = candidate.credential().map(|known| known.label.to_string());
        self.tried.push(Tried {
            call: failed.call,
            model: candidate.target.info.reference(),
            credential: label.unwrap_or_default(),
            error: failed.error,
            cost: failed.cost,
        });
    }

    /// The failure to show: the most telling one, of equals the first.
    fn failed(self) -> CallFailed {
        let errors = self.tried.iter().map(|tried| &tried.error);
        let most = errors.rev().max_by_key(|error| tells(error)).cloned();
        CallFailed {
            error: most.unwrap_or_else(nobody),
            tried: self.tried,
        }
    }
}

fn nobody() -> Error {
    Error::InvalidRequest {
        provider: domain::ProviderId::new("none"),
        status: 0,
        message: "no model was named; choose one, e.g. openclaw config set agents.defaults.model"
            .to_owned(),
    }
}
