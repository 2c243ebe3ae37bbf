//! What ends a run that does not end by itself.

use crate::config::LimitSettings;
use domain::{MicroUsd, RunLimit, ToolCall, Usage};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Counts what a run has used and says when it is enough.
#[derive(Debug)]
pub(crate) struct Limits {
    settings: LimitSettings,
    steps: u32,
    usage: Usage,
    cost: MicroUsd,
    unpriced: bool,
    calls: HashMap<[u8; 32], u32>,
}

impl Limits {
    pub(crate) fn new(settings: LimitSettings) -> Self {
        Self {
            settings,
            steps: 0,
            usage: Usage::default(),
            cost: MicroUsd::ZERO,
            unpriced: false,
            calls: HashMap::new(),
        }
    }

    /// Asks for one more model call.
    pub(crate) fn next_step(&mut self) -> Result<u32, RunLimit> {
        if self.steps >= self.settings.max_steps {
            return Err(RunLimit::Steps {
                limit: self.settings.max_steps,
            });
        }
        let used = self.usage.total().unwrap_or_default().0;
        if used >= self.settings.max_tokens {
            return Err(RunLimit::Tokens {
                limit: self.settings.max_tokens,
            });
        }
        if self.cost > MicroUsd::ZERO && self.money_left() == MicroUsd::ZERO {
            return Err(self.money());
        }
        self.steps += 1;
        Ok(self.steps)
    }

    /// What may still be spent.
    pub(crate) fn money_left(&self) -> MicroUsd {
        let left = self.settings.max_cost_usd.0.0.saturating_sub(self.cost.0);
        MicroUsd(left.max(0))
    }

    /// The limit of money.
    pub(crate) fn money(&self) -> RunLimit {
        RunLimit::Money {
            limit: self.settings.max_cost_usd.0,
        }
    }

    /// Counts a finished model call.
    pub(crate) fn count(&mut self, usage: &Usage, cost: Option<MicroUsd>) {
        self.usage = self.usage.plus(*usage);
        match cost {
            Some(cost) => self.cost += cost,
            None => self.unpriced = true,
        }
    }

    /// Counts a tool call; the call that passes the limit is not to be run.
    pub(crate) fn count_call(&mut self, call: &ToolCall) -> Result<(), RunLimit> {
        let mut digest = Sha256::new();
        digest.update(call.name.as_str());
        digest.update([0]);
        digest.update(&call.arguments);
        let times = self.calls.entry(digest.finalize().into()).or_default();
        *times += 1;
        if *times > self.settings.max_identical_calls {
            return Err(RunLimit::IdenticalCalls {
                limit: self.settings.max_identical_calls,
                tool: call.name.to_string(),
            });
        }
        Ok(())
    }

    /// Whether any tool was called.
    pub(crate) fn used_tools(&self) -> bool {
        !self.calls.is_empty()
    }

    pub(crate) fn usage(&self) -> Usage {
        self.usage
    }

    /// What the run cost so far; `None` when a price is unknown.
    pub(crate) fn cost(&self) -> Option<MicroUsd> {
        (!self.unpriced).then_some(self.cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{TokenCount, ToolCallId, ToolName};

    fn call(arguments: &str) -> ToolCall {
        ToolCall {
            id: ToolCallId::new("1"),
            name: ToolName::new("read"),
            arguments: arguments.into(),
        }
    }

    #[test]
    fn the_sixth_identical_call_is_not_run() {
        let mut limits = Limits::new(LimitSettings::default());
        for _ in 0..5 {
            limits.count_call(&call("{}")).unwrap();
            limits.count_call(&call("{\"a\":1}")).unwrap();
        }
        assert!(matches!(
            limits.count_call(&call("{}")),
            Err(RunLimit::IdenticalCalls { .. })
        ));
    }

    #[test]
    fn steps_tokens_and_money_end_a_run() {
        let settings = LimitSettings {
            max_steps: 2,
            max_tokens: 100,
            ..LimitSettings::default()
        };
        let mut steps = Limits::new(settings.clone());
        steps.next_step().unwrap();
        steps.next_step().unwrap();
        assert_eq!(steps.next_step(), Err(RunLimit::Steps { limit: 2 }));

        let mut tokens = Limits::new(settings.clone());
        tokens.count(
            &Usage {
                input: Some(TokenCount(100)),
                ..Usage::default()
            },
            None,
        );
        assert_eq!(tokens.next_step(), Err(RunLimit::Tokens { limit: 100 }));
        assert_eq!(tokens.cost(), None);

        let mut money = Limits::new(settings);
        money.count(&Usage::default(), Some(MicroUsd(2_000_000)));
        assert!(matches!(money.next_step(), Err(RunLimit::Money { .. })));
    }
}
