//! Promises of [`Cooldowns`](crate::Cooldowns).

use super::Backend;
use domain::ledger::Cooldown;
use domain::{ModelId, ProviderId, UnixMillis};

fn resting(provider: &str, model: Option<&str>, until: i64) -> Cooldown {
    Cooldown {
        provider: ProviderId::new(provider),
        credential: "0123456789ab".to_owned(),
        model: model.map(ModelId::new),
        until: UnixMillis(until),
        failures: 3,
        reason: "rate limited".to_owned(),
    }
}

/// The list is as it was last replaced, over a restart.
pub async fn the_last_list_is_kept(backend: &dyn Backend) {
    let state = backend.open().await;
    assert_eq!(state.cooldowns.load().await.unwrap(), []);
    let first = vec![resting("openai", None, 1), resting("openai", Some("m"), 2)];
    state.cooldowns.replace(first.clone()).await.unwrap();
    assert_eq!(state.cooldowns.load().await.unwrap(), first);
    let second = vec![resting("anthropic", None, 3)];
    state.cooldowns.replace(second.clone()).await.unwrap();
    state.health.close().await.unwrap();
    let state = backend.open().await;
    assert_eq!(state.cooldowns.load().await.unwrap(), second);
    state.cooldowns.replace(Vec::new()).await.unwrap();
    assert_eq!(state.cooldowns.load().await.unwrap(), []);
}

/// There is one entry per provider, credential and model: the last one.
pub async fn the_last_of_two_stays(backend: &dyn Backend) {
    let state = backend.open().await;
    let twice = vec![resting("openai", None, 1), resting("openai", None, 2)];
    state.cooldowns.replace(twice).await.unwrap();
    let kept = state.cooldowns.load().await.unwrap();
    assert_eq!(kept, [resting("openai", None, 2)]);
}
