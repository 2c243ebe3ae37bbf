//! `models.*` and `tools.*`. Source: gateway RPC methods, "Models, tools, commands, skills".

pub(crate) mod invoke;
mod tools;

use super::Services;
use crate::error::ApiError;
use agent::Agent;
use llm::ModelInfo;
use protocol::methods::agents::ThinkingLevel;
use protocol::methods::catalog::{
    KeySource, ModelRow, ModelsAuthStatusReply, ModelsListParams, ModelsListReply, ProviderAuth,
    ProviderCapability,
};
use std::sync::Arc;

/// The views of `models.list`.
const VIEWS: [&str; 4] = ["default", "configured", "provider-config", "all"];

/// The one level of thinking: sessions do not choose it.
pub(super) const THINKING: &str = "off";

impl Services {
    /// The models that can be chosen. Every view has the same ones: a model without a provider in the
    /// settings or a key in the environment is not in the catalog.
    ///
    /// # Errors
    /// [`ApiError`] when there is no such agent or view.
    pub(crate) fn models_list(
        &self,
        params: &ModelsListParams,
    ) -> Result<ModelsListReply, ApiError> {
        if let Some(view) = &params.view
            && !VIEWS.contains(&view.as_str())
        {
            let all = VIEWS.join(", ");
            return Err(ApiError::invalid(format!(
                "invalid models.list params: view must be one of {all}"
            )));
        }
        let agent = self.agent_or_default(params.agent_id.as_deref())?;
        let catalog = self.models.catalog();
        let own = agent
            .models
            .first()
            .and_then(|name| catalog.resolve(name).ok());
        let row = |info: &Arc<ModelInfo>| {
            let is_own = own
                .as_ref()
                .is_some_and(|own| own.info.reference() == info.reference());
            model_row(info, is_own)
        };
        Ok(ModelsListReply {
            models: catalog.iter().map(row).collect(),
        })
    }

    /// Where the credentials of providers come from.
    pub(crate) fn models_auth_status(&self) -> ModelsAuthStatusReply {
        let catalog = self.models.catalog();
        let written = self.settings.providers_with_keys();
        let mut providers = Vec::new();
        let mut capabilities = Vec::new();
        for provider in catalog.providers() {
            let config = provider.config();
            let id = config.id.to_string();
            let has_key = !config.keys.is_empty();
            let needs_key = config.key_hint.is_some();
            let source = if written.contains(&id) {
                "config"
            } else {
                "env"
            };
            providers.push(ProviderAuth {
                provider: id.clone(),
                auth_provider: id.clone(),
                display_name: id.clone(),
                status: if has_key || !needs_key {
                    "static"
                } else {
                    "missing"
                }
                .to_owned(),
                profiles: Vec::new(),
                api_key: has_key.then(|| KeySource {
                    source: source.to_owned(),
                }),
            });
            capabilities.push(ProviderCapability {
                provider: id,
                api_key_supported: !config.offline,
                quick_api_key_setup: needs_key,
            });
        }
        ModelsAuthStatusReply {
            ts: self.clock.now().0,
            providers,
            provider_capabilities: capabilities,
        }
    }

    /// The agent that is named, or the default one.
    ///
    /// # Errors
    /// [`ApiError`] with the agents there are.
    pub(super) fn agent_or_default(&self, id: Option<&str>) -> Result<Arc<Agent>, ApiError> {
        let roster = self.agents.roster();
        match id {
            None => Ok(Arc::clone(roster.default_agent())),
            Some(id) => match roster.find(id) {
                Ok(agent) => Ok(Arc::clone(agent)),
                Err(unknown) => Err(agent::SubmitError::from(unknown).into()),
            },
        }
    }
}

/// How much an agent can be told to think.
pub(super) fn thinking_levels() -> Vec<ThinkingLevel> {
    vec![ThinkingLevel {
        id: THINKING.to_owned(),
        label: THINKING.to_owned(),
    }]
}

fn model_row(info: &ModelInfo, is_default: bool) -> ModelRow {
    let reads = [
        ("text", true),
        ("image", info.images),
        ("document", info.media.documents),
        ("audio", info.media.audio),
        ("video", info.media.video),
    ];
    ModelRow {
        id: info.model.to_string(),
        name: info.name.clone(),
        provider: info.provider.to_string(),
        context_window: info.context_window,
        reasoning: info.reasoning,
        input: reads
            .iter()
            .filter(|(_, reads)| *reads)
            .map(|(kind, _)| (*kind).to_owned())
            .collect(),
        tags: is_default
            .then(|| "default".to_owned())
            .into_iter()
            .collect(),
        thinking_levels: thinking_levels(),
        thinking_default: THINKING.to_owned(),
        available: true,
    }
}
