//! What the calls cost.
//!
//! A call is charged with the usage it reports, and again when it reports more: a call that is
//! cut keeps what its last report said. A call that reports nothing is charged with what it
//! really used so far, and marked. Nothing is charged for a refusal, nor before the first byte.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::wire::Wire;

/// How many single charges are kept.
const KEPT: usize = 131_072;

/// Prices in micro-dollars per million tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Price {
    /// Prompt tokens.
    pub input: i64,
    /// Answer tokens.
    pub output: i64,
    /// Prompt tokens read from the cache.
    pub cache_read: i64,
    /// Prompt tokens written to the cache.
    pub cache_write: i64,
}

/// Tokens of one call. `input` counts the whole prompt, `output` the whole answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Prompt tokens, cached ones included.
    pub input: u64,
    /// Prompt tokens read from the cache.
    pub cache_read: u64,
    /// Prompt tokens written to the cache.
    pub cache_write: u64,
    /// Prompt tokens of media.
    pub media: u64,
    /// Answer tokens, reasoning included.
    pub output: u64,
    /// Answer tokens of reasoning.
    pub reasoning: u64,
}

/// What one call cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The wire it came over.
    pub wire: Wire,
    /// The model.
    pub model: String,
    /// The key it was made with; empty without one.
    pub key: String,
    /// What is charged.
    pub used: Used,
    /// Micro-dollars, rounded up.
    pub cost: i64,
    /// Whether the client was told.
    pub reported: bool,
}

impl Price {
    /// The cost of a call in micro-dollars, rounded up to a whole one.
    pub fn cost(&self, used: &Used) -> i64 {
        let fresh = used
            .input
            .saturating_sub(used.cache_read + used.cache_write);
        let total = i128::from(fresh) * i128::from(self.input)
            + i128::from(used.cache_read) * i128::from(self.cache_read)
            + i128::from(used.cache_write) * i128::from(self.cache_write)
            + i128::from(used.output) * i128::from(self.output);
        i64::try_from((total + 999_999) / 1_000_000).unwrap_or(i64::MAX)
    }
}

#[derive(Debug, Default)]
struct Book {
    prices: HashMap<String, Price>,
    total: i64,
    unreported: i64,
    by_model: BTreeMap<String, i64>,
    charges: VecDeque<Charge>,
    /// How many charges were thrown away.
    dropped: usize,
}

/// The bill, shared by all connections.
#[derive(Debug, Default)]
pub(super) struct Bill(Mutex<Book>);

impl Bill {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the price of a model from the next call on.
    pub(super) fn set_price(&self, model: &str, price: Price) {
        self.book().prices.insert(model.to_owned(), price);
    }

    /// The price of a model; `None` when there is no such model.
    pub(super) fn price(&self, model: &str) -> Option<Price> {
        self.book().prices.get(model).copied()
    }

    pub(super) fn total(&self) -> i64 {
        self.book().total
    }

    pub(super) fn unreported(&self) -> i64 {
        self.book().unreported
    }

    pub(super) fn by_model(&self) -> BTreeMap<String, i64> {
        self.book().by_model.clone()
    }

    pub(super) fn charges(&self) -> Vec<Charge> {
        self.book().charges.iter().cloned().collect()
    }

    /// Forgets all charges and keeps the prices.
    pub(super) fn clear(&self) {
        let mut book = self.book();
        let prices = std::mem::take(&mut book.prices);
        *book = Book {
            prices,
            ..Book::default()
        };
    }
}

/// What a call is charged, while it is answered.
#[derive(Debug)]
pub(super) struct Meter {
    bill: Arc<Bill>,
    price: Price,
    charge: Charge,
    /// Its number among all charges, once something was charged.
    number: Option<usize>,
}

impl Meter {
    /// For a call whose prompt side is known.
    pub(super) fn new(bill: &Arc<Bill>, price: Price, charge: Charge) -> Self {
        Self {
            bill: Arc::clone(bill),
            price,
            charge,
            number: None,
        }
    }

    /// Charges the prompt and so much of an answer. Once usage was reported only reports count.
    pub(super) fn note(&mut self, output: u64, reasoning: u64, reports: bool) {
        if self.charge.reported && !reports {
            return;
        }
        let (old, was_reported) = (self.charge.cost, self.charge.reported);
        self.charge.used.output = output;
        self.charge.used.reasoning = reasoning;
        self.charge.reported = reports;
        self.charge.cost = self.price.cost(&self.charge.used);
        let mut book = self.bill.book();
        let known = self.number.is_some();
        let before = if known { old } else { 0 };
        if known && !was_reported {
            book.unreported -= old;
        }
        if !reports {
            book.unreported += self.charge.cost;
        }
        let added = self.charge.cost - before;
        book.total += added;
        if let Some(sum) = book.by_model.get_mut(&self.charge.model) {
            *sum += added;
        } else {
            book.by_model.insert(self.charge.model.clone(), added);
        }
        let place = self.number.map(|number| number.checked_sub(book.dropped));
        match place {
            None => {
                if book.charges.len() == KEPT {
                    book.charges.pop_front();
                    book.dropped += 1;
                }
                self.number = Some(book.dropped + book.charges.len());
                book.charges.push_back(self.charge.clone());
            }
            Some(Some(place)) => {
                if let Some(charge) = book.charges.get_mut(place) {
                    charge.used = self.charge.used;
                    charge.cost = self.charge.cost;
                    charge.reported = self.charge.reported;
                }
            }
            // Thrown away already; the sums stay right.
            Some(None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Price = Price {
        input: 2_500_000,
        output: 15_000_000,
        cache_read: 250_000,
        cache_write: 0,
    };

    fn meter(bill: &Arc<Bill>) -> Meter {
        let charge = Charge {
            wire: Wire::Chat,
            model: "m".to_owned(),
            key: String::new(),
            used: Used {
                input: 1_000,
                cache_read: 900,
                ..Used::default()
            },
            cost: 0,
            reported: false,
        };
        Meter::new(bill, PRICE, charge)
    }

    #[test]
    fn rounds_up_once_per_call() {
        let one = Used {
            input: 1,
            ..Used::default()
        };
        assert_eq!(PRICE.cost(&one), 3);
    }

    #[test]
    fn the_last_report_counts() {
        let bill = Arc::new(Bill::default());
        let mut meter = meter(&bill);
        meter.note(5, 0, false);
        assert_eq!((bill.total(), bill.unreported()), (550, 550));
        meter.note(10, 0, true);
        meter.note(20, 0, false);
        assert_eq!((bill.total(), bill.unreported()), (625, 0));
        assert_eq!(bill.by_model(), BTreeMap::from([("m".to_owned(), 625)]));
        assert_eq!(bill.charges().len(), 1);
    }
}
