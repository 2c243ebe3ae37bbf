//! Which model to use when nobody chose one.

use super::{LocalServer, OFFLINE, ProviderConfig};
use domain::ModelId;

/// The model to use when none is configured, as `provider/model`: of the first provider that has
/// a key (or needs none) and a default model, in the order of `providers`; else of the first
/// server found on this machine; else the built-in offline model.
pub fn pick_default(providers: &[ProviderConfig], local: &[LocalServer]) -> String {
    let usable = |config: &&ProviderConfig| {
        !config.offline && (!config.keys.is_empty() || config.key_hint.is_none())
    };
    let remote = providers.iter().filter(usable).find_map(|config| {
        let model = config
            .default_model
            .as_ref()
            .or_else(|| config.models.first().map(|info| &info.model))?;
        Some(format!("{}/{model}", config.id))
    });
    remote
        .or_else(|| {
            local.iter().find_map(|server| {
                let model = preferred(server)?;
                Some(format!("{}/{model}", server.provider))
            })
        })
        .unwrap_or_else(|| format!("{OFFLINE}/{}", crate::offline::MODEL))
}

/// The first model that can chat.
fn preferred(server: &LocalServer) -> Option<&ModelId> {
    server
        .models
        .iter()
        .find(|model| !model.as_str().contains("embed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ProviderId;
    use secrecy::SecretString;

    #[test]
    fn keys_come_first_then_this_machine_then_the_offline_model() {
        let mut keyless = ProviderConfig::new("openai", "https://api.openai.com/v1");
        keyless.key_hint = Some("set OPENAI_API_KEY".to_owned());
        keyless.default_model = Some(ModelId::new("gpt-5.4"));
        let mut keyed = keyless.clone();
        keyed.keys = vec![SecretString::from("sk-test")];
        let local = LocalServer {
            provider: ProviderId::new("ollama"),
            base_url: "http://127.0.0.1:11434/v1".to_owned(),
            models: vec![ModelId::new("nomic-embed-text"), ModelId::new("qwen3:8b")],
        };
        let found = std::slice::from_ref(&local);
        assert_eq!(pick_default(&[keyed], found), "openai/gpt-5.4");
        assert_eq!(
            pick_default(std::slice::from_ref(&keyless), found),
            "ollama/qwen3:8b"
        );
        assert_eq!(
            pick_default(&[keyless, ProviderConfig::offline()], &[]),
            "offline/demo"
        );
    }
}
