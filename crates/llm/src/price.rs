//! What tokens cost.

use domain::{MicroUsd, TokenCount, Usage};

/// Prices in micro-dollars per million tokens, which is dollars per token times 10^12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Prompt tokens.
    pub input: i64,
    /// Answer tokens.
    pub output: i64,
    /// Prompt tokens read from the provider's cache.
    pub cache_read: i64,
    /// Prompt tokens written to the provider's cache.
    pub cache_write: i64,
}

impl Price {
    /// Costs nothing: local models and the offline model.
    pub const FREE: Self = Self {
        input: 0,
        output: 0,
        cache_read: 0,
        cache_write: 0,
    };

    /// The cost of a call, rounded up to the next micro-dollar. `None` when nothing was reported
    /// and the price is not zero: unknown is not free.
    pub fn cost(&self, usage: &Usage) -> Option<MicroUsd> {
        if *self == Self::FREE {
            return Some(MicroUsd::ZERO);
        }
        if usage.input.is_none() && usage.output.is_none() {
            return None;
        }
        let count = |tokens: Option<TokenCount>| i128::from(tokens.unwrap_or_default().0);
        let read = count(usage.cache_read);
        let written = count(usage.cache_write);
        let fresh = (count(usage.input) - read - written).max(0);
        let total = fresh * i128::from(self.input)
            + read * i128::from(self.cache_read)
            + written * i128::from(self.cache_write)
            + count(usage.output) * i128::from(self.output);
        Some(rounded_up(total))
    }

    /// What `prompt` tokens and an answer of `output` tokens cost at most, whatever part of the
    /// prompt is written to the provider's cache.
    pub fn ceiling(&self, prompt: u64, output: u64) -> MicroUsd {
        let total = i128::from(prompt) * i128::from(self.dearest_input())
            + i128::from(output) * i128::from(self.output);
        rounded_up(total)
    }

    /// The longest answer, in tokens, that `amount` pays for after `prompt` tokens, so that
    /// [`Self::ceiling`] of both is no more than the amount. `None` when answers cost nothing.
    pub fn affordable_output(&self, amount: MicroUsd, prompt: u64) -> Option<u64> {
        if self.output <= 0 {
            return None;
        }
        let left = i128::from(amount.0) * PER_MILLION
            - i128::from(prompt) * i128::from(self.dearest_input());
        Some(u64::try_from(left.max(0) / i128::from(self.output)).unwrap_or(u64::MAX))
    }

    /// Input, output, cache read, cache write, as a receipt keeps them.
    pub fn as_array(&self) -> [i64; 4] {
        [self.input, self.output, self.cache_read, self.cache_write]
    }

    fn dearest_input(&self) -> i64 {
        self.input.max(self.cache_write).max(self.cache_read)
    }
}

const PER_MILLION: i128 = 1_000_000;

/// The next whole micro-dollar of tokens times price per million.
fn rounded_up(total: i128) -> MicroUsd {
    MicroUsd(i64::try_from((total + PER_MILLION - 1) / PER_MILLION).unwrap_or(i64::MAX))
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

    #[test]
    fn cached_tokens_are_cheaper_and_fractions_round_up() {
        let usage = Usage {
            input: Some(TokenCount(1_000)),
            output: Some(TokenCount(10)),
            cache_read: Some(TokenCount(900)),
            ..Usage::default()
        };
        // 100 x 2.5 + 900 x 0.25 + 10 x 15 = 250 + 225 + 150
        assert_eq!(PRICE.cost(&usage), Some(MicroUsd(625)));
        let one = Usage {
            input: Some(TokenCount(1)),
            ..Usage::default()
        };
        assert_eq!(PRICE.cost(&one), Some(MicroUsd(3)));
    }

    #[test]
    fn an_affordable_answer_never_breaks_the_ceiling() {
        let written = Price {
            cache_write: 3_125_000,
            ..PRICE
        };
        for amount in [0, 1, 999, 40_000, 1_000_000] {
            for prompt in [0, 1, 7, 10_000] {
                let output = written.affordable_output(MicroUsd(amount), prompt).unwrap();
                let prompt_alone = written.ceiling(prompt, 0);
                assert!(
                    written.ceiling(prompt, output) <= MicroUsd(amount).max(prompt_alone),
                    "{amount} {prompt}"
                );
                if prompt_alone.0 < amount {
                    assert!(written.ceiling(prompt, output + 1).0 > amount);
                }
            }
        }
        assert_eq!(Price::FREE.affordable_output(MicroUsd::ZERO, 9), None);
    }

    #[test]
    fn unknown_is_not_free() {
        assert_eq!(PRICE.cost(&Usage::default()), None);
        assert_eq!(Price::FREE.cost(&Usage::default()), Some(MicroUsd::ZERO));
    }
}
