//! What a run would cost, before it is started.

use crate::error::ApiError;
use crate::services::Services;
use domain::{Message, OnDisconnect, Origin, Sampling, ToolChoice, Turn};
use protocol::methods::usage::{UsageQuoteParams, UsageQuoteReply};

impl Services {
    /// What the first model call of a run would cost. Calls nobody and keeps nothing.
    ///
    /// # Errors
    /// [`ApiError`]: no such agent, session or model, or a session that cannot be read.
    pub async fn usage_quote(&self, params: UsageQuoteParams) -> Result<UsageQuoteReply, ApiError> {
        if params.message.trim().is_empty() {
            return Err(ApiError::invalid(
                "invalid usage.quote params: message must not be empty",
            ));
        }
        let roster = self.agents.roster();
        let agent = match &params.agent_id {
            Some(id) => roster.find(id).map_err(agent::SubmitError::from)?,
            None => roster.default_agent(),
        };
        let key = params.session_key.as_deref().unwrap_or("main");
        let session = agent::expand(key, &agent.id).map_err(|why| {
            ApiError::invalid(format!("invalid usage.quote params: sessionKey: {why}"))
        })?;
        let turn = Turn {
            agent: agent.id.clone(),
            session,
            origin: Origin::Rpc,
            at: Some(self.clock.now()),
            payer_key: None,
            input: vec![Message::user(params.message)],
            context: Vec::new(),
            instructions: Vec::new(),
            client_tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            sampling: Sampling::default(),
            model: params.model,
            on_disconnect: OnDisconnect::Cancel,
            timeout_ms: None,
        };
        let preview = self.agents.preview(&turn).await?;
        let decision = preview.plan.decision;
        let Some(target) = preview.plan.targets.first() else {
            return Err(ApiError::invalid("no model can answer this"));
        };
        let quote = llm::quote(target, &preview.request);
        Ok(UsageQuoteReply {
            model: target.info.reference(),
            why: decision.why,
            tier: decision.tier,
            low_usd: quote.map(|quote| quote.low.to_string()),
            expected_usd: quote.map(|quote| quote.expected.to_string()),
            high_usd: quote.map(|quote| quote.high.to_string()),
            run_limit_usd: preview.agent.limits.max_cost_usd.0.to_string(),
            budgets: self.budgets(),
        })
    }
}
