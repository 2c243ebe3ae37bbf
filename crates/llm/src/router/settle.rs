//! The bill of one call: reserved before, settled exactly once, whatever happens in between.

use crate::estimate::heard;
use crate::models::Receipt;
use crate::{Error, ModelEvent, Price};
use domain::ledger::{CallId, CallNote, CallOutcome, Purse, Settlement};
use domain::{MicroUsd, TokenCount, Usage};
use std::sync::Arc;
use tokio::time::Instant;

/// By how many tokens, and a quarter on top, our guess at a cut answer may pass the provider's count
/// before the guess is believed: the count may come a little before the text it counts, and a guess
/// at few words is rough.
const GUESS_SLACK: u64 = 8;

/// How far a call has come, as far as its costs go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was sent.
    Reserved,
    /// The request is on its way.
    Sent,
    /// The model began to answer.
    Answering,
    /// The end of the answer was read.
    Finished,
}

/// What is known of a call's costs when it begins.
pub(crate) struct Terms {
    pub(crate) price: Option<Price>,
    /// How much was granted.
    pub(crate) grant: MicroUsd,
    /// Tokens of the prompt, expected.
    pub(crate) prompt: u64,
    /// Whether it answers in tokens; embeddings do not.
    pub(crate) answers: bool,
    /// The price of the model that shadow mode would have chosen.
    pub(crate) shadow_price: Option<Price>,
    pub(crate) note: CallNote,
}

/// A reserved call. Settles itself as cancelled when it is dropped before.
pub(crate) struct Bill {
    purse: Arc<dyn Purse>,
    pub(crate) call: CallId,
    terms: Terms,
    begun: Instant,
    stage: Stage,
    usage: Usage,
    /// Bytes of the answer so far.
    heard: u64,
    /// How many of them came before the last report of usage.
    accounted: u64,
    receipt: Option<Receipt>,
}

impl Bill {
    pub(crate) fn new(purse: Arc<dyn Purse>, call: CallId, terms: Terms) -> Self {
        Self {
            purse,
            call,
            terms,
            begun: Instant::now(),
            stage: Stage::Reserved,
            usage: Usage::default(),
            heard: 0,
            accounted: 0,
            receipt: None,
        }
    }

    /// The request is about to be sent.
    pub(crate) fn sent(&mut self) {
        self.stage = Stage::Sent;
    }

    /// The provider reported what it used; a later report replaces an earlier one.
    pub(crate) fn reported(&mut self, usage: Usage) {
        self.usage = usage;
        self.accounted = self.heard;
        self.stage = self.stage_at_least_answering();
    }

    /// Part of the answer came.
    pub(crate) fn see(&mut self, event: &ModelEvent) {
        let bytes = match event {
            ModelEvent::Text { delta, .. } | ModelEvent::Reasoning { delta, .. } => delta.len(),
            ModelEvent::ToolCallStarted { name, .. } => name.as_str().len(),
            ModelEvent::ToolCallArguments { json, .. } => json.len(),
            ModelEvent::Started { .. } | ModelEvent::Opaque { .. } => 0,
            ModelEvent::Usage(usage) => return self.reported(*usage),
            ModelEvent::Finished { .. } => {
                self.stage = Stage::Finished;
                return;
            }
        };
        self.heard = self
            .heard
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        self.stage = self.stage_at_least_answering();
    }

    fn stage_at_least_answering(&self) -> Stage {
        match self.stage {
            Stage::Reserved | Stage::Sent | Stage::Answering => Stage::Answering,
            Stage::Finished => Stage::Finished,
        }
    }

    /// The provider began to answer with success: from here on it may charge for the call.
    pub(crate) fn accepted(&mut self) {
        self.stage = self.stage_at_least_answering();
    }

    /// Books the call as one that failed with `error`.
    pub(crate) fn fail(&mut self, error: &Error) -> &Receipt {
        let outcome = match error {
            Error::Cancelled => CallOutcome::Cancelled,
            Error::InvalidRequest { .. }
            | Error::Unauthorized { .. }
            | Error::Forbidden { .. }
            | Error::ModelNotFound { .. }
            | Error::ContextTooLong { .. }
            | Error::RateLimited { .. }
            | Error::ProviderFailed { .. }
            | Error::Unreachable { .. }
            | Error::TimedOut { .. }
            | Error::BrokenStream { .. }
            | Error::OverBudget(_)
            | Error::UnknownPrice { .. }
            | Error::LedgerUnavailable { .. } => CallOutcome::Failed(error.kind()),
        };
        if self.receipt.is_none() {
            self.terms.note.error = Some(error.to_string());
        }
        self.settle(outcome)
    }

    /// Books the call as it stands: answered if its end was read, else cancelled.
    pub(crate) fn close(&mut self) -> &Receipt {
        let outcome = match self.stage {
            Stage::Finished => CallOutcome::Answered,
            Stage::Reserved | Stage::Sent | Stage::Answering => CallOutcome::Cancelled,
        };
        self.settle(outcome)
    }

    /// Books the call; what was booked once stays.
    pub(crate) fn settle(&mut self, outcome: CallOutcome) -> &Receipt {
        if self.receipt.is_none() {
            self.book(outcome);
        }
        self.receipt.get_or_insert_default()
    }

    fn book(&mut self, outcome: CallOutcome) {
        let receipt = self.receipt_for(outcome);
        let mut note = std::mem::take(&mut self.terms.note);
        note.reserved = self.terms.grant;
        note.price = self.terms.price.as_ref().map(Price::as_array);
        if let Some(shadow) = &mut note.shadow {
            shadow.cost = self.terms.shadow_price.and_then(|p| p.cost(&receipt.usage));
        }
        self.purse.settle(Settlement {
            call: self.call.clone(),
            usage: receipt.usage,
            cost: receipt.cost,
            estimated: receipt.estimated,
            outcome,
            duration_ms: u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            note,
        });
        self.receipt = Some(receipt);
    }

    fn receipt_for(&self, outcome: CallOutcome) -> Receipt {
        let usage = self.usage;
        let output = self.output();
        let as_reported = |cost| Receipt {
            usage,
            cost,
            estimated: false,
        };
        // A provider that answered nothing charges nothing. A call we gave up on is another matter:
        // its prompt may have been read.
        let nothing = match (self.stage, outcome) {
            (Stage::Reserved, _) | (Stage::Sent, CallOutcome::Failed(_)) => true,
            (Stage::Sent, CallOutcome::Answered | CallOutcome::Cancelled)
            | (Stage::Answering | Stage::Finished, _) => false,
        };
        if nothing {
            return as_reported(Some(MicroUsd::ZERO));
        }
        let Some(price) = self.terms.price else {
            return as_reported(None);
        };
        if price == Price::FREE {
            return as_reported(Some(MicroUsd::ZERO));
        }
        let answer_known = output.is_some() || !self.terms.answers;
        if usage.input.is_some() && answer_known {
            return as_reported(price.cost(&usage));
        }
        // The counts that are missing are guessed; the sum is never more than was granted.
        let guess = |known: Option<TokenCount>, guess: u64| known.or(Some(TokenCount(guess)));
        let usage = Usage {
            input: guess(usage.input, self.terms.prompt),
            output: if self.terms.answers {
                guess(output, heard(self.heard))
            } else {
                usage.output
            },
            ..usage
        };
        Receipt {
            usage,
            cost: price.cost(&usage).map(|cost| cost.min(self.terms.grant)),
            estimated: true,
        }
    }
}

impl Bill {
    /// The length of the answer as reported; `None` where nothing was, or where an answer was cut
    /// after a report that is clearly short of what was read since: some wires count at the
    /// beginning and at the end only.
    fn output(&self) -> Option<TokenCount> {
        let reported = self.usage.output?;
        let counted_to_its_end = self.stage == Stage::Finished || self.heard == self.accounted;
        let tolerated = reported.0.saturating_add(reported.0 / 4 + GUESS_SLACK);
        (counted_to_its_end || heard(self.heard) <= tolerated).then_some(reported)
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        self.close();
    }
}
