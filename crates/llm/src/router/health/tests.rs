use super::*;
use crate::MediaKinds;
use crate::provider::ProviderConfig;
use crate::router::credential::Credentials;
use secrecy::SecretString;
use std::sync::atomic::{AtomicI64, Ordering};

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

struct Ward {
    clock: Arc<Hand>,
    health: Arc<Health>,
    keys: Credentials,
    info: ModelInfo,
}

impl Ward {
    fn new() -> Self {
        let clock = Arc::new(Hand(AtomicI64::new(1_000_000)));
        let mut config = ProviderConfig::new("acme", "http://x");
        config.keys = vec![SecretString::from("sk-a"), SecretString::from("sk-b")];
        Self {
            health: Arc::new(Health::new(clock.clone())),
            clock,
            keys: Credentials::of(&config),
            info: ModelInfo {
                provider: ProviderId::new("acme"),
                model: ModelId::new("m"),
                name: "m".to_owned(),
                context_window: None,
                max_output: None,
                images: false,
                media: MediaKinds::default(),
                tools: true,
                reasoning: false,
                price: None,
                best_for: None,
            },
        }
    }

    fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    fn key(&self, place: usize) -> &Credential {
        self.keys.get(place).unwrap()
    }

    fn fail(&self, blame: Blame, retry_after: Option<u64>) {
        let error = Error::ProviderFailed {
            provider: ProviderId::new("acme"),
            status: 500,
            message: "oops".to_owned(),
            retry_after: retry_after.map(Duration::from_secs),
        };
        self.health.failed(self.key(0), &self.info, blame, &error);
    }

    /// Seconds the first key rests for the model.
    fn rest(&self) -> Option<u64> {
        let rest = self.health.rest(self.key(0), &self.info.model)?;
        Some(rest.left.as_secs())
    }
}

#[test]
fn the_third_failure_in_a_row_opens_and_rests_double() {
    let ward = Ward::new();
    for _ in 0..2 {
        ward.fail(Blame::Model, None);
        assert_eq!(ward.rest(), None);
    }
    let mut rests = Vec::new();
    for _ in 0..9 {
        ward.fail(Blame::Model, None);
        let rest = ward.rest().unwrap();
        rests.push(rest);
        ward.pass(i64::try_from(rest).unwrap() + 1);
    }
    assert_eq!(rests, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
    ward.health.succeeded(ward.key(0), &ward.info.model);
    ward.fail(Blame::Model, None);
    assert_eq!(ward.rest(), None);
}

#[test]
fn calls_that_were_under_way_count_once() {
    let ward = Ward::new();
    for _ in 0..50 {
        ward.fail(Blame::Model, None);
    }
    assert_eq!(ward.rest(), Some(5));
}

#[test]
fn a_time_the_provider_names_is_kept_exactly_up_to_an_hour() {
    let ward = Ward::new();
    for (asked, rest) in [(7, 7), (90, 90), (100_000, 3600)] {
        ward.fail(Blame::Limit, Some(asked));
        assert_eq!(ward.rest(), Some(rest));
        ward.pass(4000);
    }
    let other = ModelId::new("other");
    ward.fail(Blame::Limit, Some(9));
    assert_eq!(ward.health.rest(ward.key(0), &other), None);
    assert_eq!(ward.health.rest(ward.key(1), &ward.info.model), None);
    ward.fail(Blame::Key, None);
    let rest = ward.health.rest(ward.key(0), &other).unwrap();
    assert_eq!(
        (rest.cause, rest.left),
        (Cause::Refused, Duration::from_mins(10))
    );
}

#[test]
fn after_a_rest_one_call_finds_out() {
    let ward = Ward::new();
    ward.fail(Blame::Limit, Some(5));
    ward.pass(6);
    assert_eq!(ward.rest(), None);
    let probe = ward.health.begin(ward.key(0), &ward.info.model, false);
    assert_eq!(ward.rest(), Some(0), "others leave it alone meanwhile");
    let second = ward.health.begin(ward.key(0), &ward.info.model, false);
    drop(second);
    assert_eq!(ward.rest(), Some(0), "only the probe ends the probing");
    drop(probe);
    assert_eq!(ward.rest(), None);
}

#[test]
fn rests_survive_a_restart_and_tell_whoever_saves_them() {
    let ward = Ward::new();
    let changes = ward.health.changes();
    ward.fail(Blame::Limit, Some(600));
    assert!(changes.has_changed().unwrap());
    let saved = ward.health.cooldowns();
    assert_eq!(saved.len(), 1);
    let text = serde_json::to_string(&saved).unwrap();
    assert!(!text.contains("sk-a"), "{text}");

    let after = Ward::new();
    after.health.restore(serde_json::from_str(&text).unwrap());
    assert_eq!(after.rest(), Some(600));
    assert_eq!(after.health.cooldowns(), saved);
    after.pass(601);
    assert_eq!(after.health.cooldowns(), []);
    let late = Ward::new();
    late.pass(700);
    late.health.restore(saved);
    assert_eq!(late.rest(), None);
}

#[test]
fn the_memory_is_bounded() {
    let mut ward = Ward::new();
    for number in 0..3 * MOST_ENTRIES {
        ward.info.model = ModelId::new(format!("m{number}"));
        ward.fail(Blame::Limit, Some(60));
    }
    assert!(ward.health.cooldowns().len() <= MOST_ENTRIES);
}
