//! Who could answer: every model of a plan under every key of its provider, best first.

use super::credential::Credential;
use super::failover::Next;
use super::health::{Cause, Health, Rest};
use crate::estimate::{Measure, rough};
use crate::{Error, ModelRequest, Price, Target};
use domain::{Part, ToolChoice};
use std::collections::VecDeque;
use std::time::Duration;

/// What a request needs of whoever answers it.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, read by name"
)]
pub(crate) struct Needs {
    images: bool,
    documents: bool,
    recordings: bool,
    tools: bool,
    /// Tokens of the prompt, expected.
    tokens: u64,
}

impl Needs {
    pub(crate) fn of(request: &ModelRequest) -> Self {
        let measure = Measure::of(request);
        let mut needs = Self {
            images: measure.images > 0,
            tools: !request.tools.is_empty() && request.tool_choice != ToolChoice::None,
            tokens: rough(request),
            ..Self::default()
        };
        if measure.files > 0 {
            for part in request.messages.iter().flat_map(|message| &message.parts) {
                if let Part::File { media_type, .. } = part {
                    let heard = media_type.starts_with("audio/");
                    let seen = media_type.starts_with("video/");
                    needs.recordings |= heard || seen;
                    needs.documents |= !heard && !seen;
                }
            }
        }
        needs
    }

    /// What `target` lacks, in a few words; `None` when it has everything.
    pub(crate) fn missing(&self, target: &Target) -> Option<&'static str> {
        let info = &target.info;
        let recordings = info.media.audio || info.media.video;
        if self.images && !info.images {
            Some("reads no images")
        } else if self.documents && !info.media.documents {
            Some("reads no documents")
        } else if self.recordings && !recordings {
            Some("reads neither sound nor video")
        } else if self.tools && !info.tools {
            Some("calls no tools")
        } else if info
            .context_window
            .is_some_and(|window| u64::from(window) < self.tokens)
        {
            Some("has too small a context window")
        } else {
            None
        }
    }
}

/// A model with a key.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) target: Target,
    /// The place of its key among the provider's.
    pub(crate) key: usize,
    /// Whether it is called before its rest is over, for want of others.
    pub(crate) early: bool,
}

impl Candidate {
    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.target.provider.credentials.get(self.key)
    }

    fn provider(&self) -> &str {
        self.target.info.provider.as_str()
    }

    fn is_model_of(&self, other: &Self) -> bool {
        self.target.info.provider == other.target.info.provider
            && self.target.info.model == other.target.info.model
    }

    /// Whether it may be tried after `failed` has failed in a way that calls for `next`.
    fn may_follow(&self, failed: &Self, next: Next) -> bool {
        let window = |of: &Self| of.target.info.context_window;
        match next {
            Next::Anyone => true,
            Next::OtherModel => !self.is_model_of(failed),
            Next::OtherProvider => self.provider() != failed.provider(),
            Next::LargerWindow => match (window(self), window(failed)) {
                (Some(ours), Some(theirs)) => ours > theirs,
                (Some(_), None) => !self.is_model_of(failed),
                (None, _) => false,
            },
            Next::Cheaper => cost(&self.target) < cost(&failed.target),
            Next::Priced => self.target.info.price.is_some(),
            Next::Nobody => false,
        }
    }
}

/// A typical call: four thousand tokens of prompt, a short answer. Unknown is dearest.
fn cost(target: &Target) -> i64 {
    let price = target.info.price;
    price.map_or(i64::MAX, |price: Price| price.ceiling(4_000, 256).0)
}

/// The candidates that are left, best first.
pub(crate) struct Queue {
    waiting: VecDeque<Candidate>,
    /// What was left out and why, one line each.
    pub(crate) left_out: Vec<String>,
}

/// How a call begins.
pub(crate) enum Start {
    /// There is somebody to call.
    Go(Queue),
    /// Everybody rests; this one is the first that will not.
    AllRest(Box<Candidate>, Rest),
    /// There is nobody.
    Nobody,
}

impl Queue {
    /// Everybody of `targets` who has what `request` needs and does not rest. Where nobody has all
    /// of it, everybody is tried: what we know of models may be wrong. `patience` is how long the
    /// end of a rest could be waited for.
    pub(crate) fn start(
        targets: &[Target],
        request: &ModelRequest,
        health: &Health,
        patience: Duration,
    ) -> Start {
        let needs = Needs::of(request);
        let mut left_out = Vec::new();
        let mut fitting = Vec::with_capacity(targets.len());
        for target in targets {
            match needs.missing(target) {
                None => fitting.push(target),
                Some(lack) => left_out.push(format!("{} {lack}", target.info.reference())),
            }
        }
        if fitting.is_empty() {
            left_out.clear();
            fitting.extend(targets);
        }
        let mut waiting = VecDeque::with_capacity(fitting.len());
        let mut resting: Option<(Candidate, Rest)> = None;
        for target in fitting {
            for key in target.provider.credentials.rotation() {
                let candidate = Candidate {
                    target: target.clone(),
                    key,
                    early: false,
                };
                match candidate
                    .credential()
                    .and_then(|credential| health.rest(credential, &target.info.model))
                {
                    None => waiting.push_back(candidate),
                    Some(rest) => {
                        let sooner = resting
                            .as_ref()
                            .is_none_or(|(_, known)| rank(&rest, patience) < rank(known, patience));
                        if sooner {
                            resting = Some((candidate, rest));
                        }
                    }
                }
            }
        }
        match resting {
            Some((candidate, rest)) if waiting.is_empty() => {
                Start::AllRest(Box::new(candidate), rest)
            }
            None if waiting.is_empty() => Start::Nobody,
            Some(_) | None => Start::Go(Self { waiting, left_out }),
        }
    }

    /// A queue of one.
    pub(crate) fn only(candidate: Candidate) -> Self {
        Self {
            waiting: VecDeque::from([candidate]),
            left_out: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn take(&mut self) -> Option<Candidate> {
        self.waiting.pop_front()
    }

    pub(crate) fn put_back(&mut self, candidate: Candidate) {
        self.waiting.push_front(candidate);
    }

    /// Keeps those who may follow `failed`.
    pub(crate) fn after(&mut self, failed: &Candidate, next: Next) {
        self.waiting.retain(|one| one.may_follow(failed, next));
    }

    /// How many other providers than that of `candidate` could still be called.
    pub(crate) fn other_providers(&self, candidate: &Candidate) -> u32 {
        let mut seen = vec![candidate.provider()];
        for one in &self.waiting {
            if !seen.contains(&one.provider()) {
                seen.push(one.provider());
            }
        }
        u32::try_from(seen.len() - 1).unwrap_or(u32::MAX)
    }
}

/// Who is called first where all rest: whom we left alone of our own accord, then who asked for a
/// time that can be waited for, then refused keys, which time alone does not mend, then the others;
/// of equals the one whose rest ends first.
fn rank(rest: &Rest, patience: Duration) -> (u8, Duration) {
    let place = match rest.cause {
        Cause::Refused => 2,
        Cause::Limited | Cause::Failing if !rest.asked => 0,
        Cause::Limited | Cause::Failing if rest.left <= patience => 1,
        Cause::Limited | Cause::Failing => 3,
    };
    (place, rest.left)
}

/// The error of a candidate that rests.
pub(crate) fn resting(candidate: &Candidate, rest: &Rest) -> Error {
    let info = &candidate.target.info;
    match rest.cause {
        Cause::Limited => Error::RateLimited {
            provider: info.provider.clone(),
            model: info.model.clone(),
            retry_after: Some(rest.left),
            message: rest.reason.clone(),
        },
        Cause::Failing | Cause::Refused => Error::ProviderFailed {
            provider: info.provider.clone(),
            status: 0,
            message: format!(
                "not called again for {} s: {}",
                rest.left.as_secs().max(1),
                rest.reason
            ),
            retry_after: Some(rest.left),
        },
    }
}
