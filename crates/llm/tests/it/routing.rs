//! The model `auto`: which tier a request gets, and which models.

mod requests;

use crate::router::{House, at, hello, read, row, says};
use domain::Message;
use llm::config::{AgentRouting, RoutingMode, RoutingSettings};
use llm::provider::ProviderConfig;
use llm::{ModelRequest, Models, Plan, Price, Router, RouterConfig, UnknownModel, Wish};
use std::sync::Arc;
use std::time::Instant;

const fn price(input: i64, output: i64) -> Price {
    Price {
        input,
        output,
        cache_read: input / 10,
        cache_write: input,
    }
}

/// Two vendors with the prices of the day.
fn vendors() -> Vec<ProviderConfig> {
    let mut one = at("one", 1);
    one.models = vec![
        row("one", "nano", Some(price(50_000, 400_000))),
        row("one", "mini", Some(price(250_000, 2_000_000))),
        row("one", "main", Some(price(2_500_000, 15_000_000))),
        row("one", "secret", None),
    ];
    one.default_model = Some(domain::ModelId::new("main"));
    let mut two = at("two", 1);
    two.models = vec![
        row("two", "haiku", Some(price(1_000_000, 5_000_000))),
        row("two", "sonnet", Some(price(3_000_000, 15_000_000))),
        row("two", "opus", Some(price(5_000_000, 25_000_000))),
    ];
    let mut keyless = at("keyless", 1);
    keyless.keys.clear();
    keyless.key_hint = Some("set KEYLESS_API_KEY".to_owned());
    vec![one, two, keyless, ProviderConfig::offline()]
}

fn router(providers: Vec<ProviderConfig>, routing: RoutingSettings) -> (Router, Vec<String>) {
    let config = RouterConfig {
        providers,
        routing,
        ..RouterConfig::default()
    };
    let purse = Arc::new(domain::ledger::Unmetered);
    Router::with(config, purse, Arc::new(domain::SystemClock))
}

fn settings(text: &str) -> RoutingSettings {
    serde_json::from_str(text).unwrap()
}

fn plan_of(
    router: &Router,
    names: &[&str],
    routing: Option<&AgentRouting>,
    request: &ModelRequest,
) -> Result<Plan, UnknownModel> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let wish = Wish {
        names: &names,
        routing,
    };
    router.plan(&wish, request)
}

fn models(plan: &Plan) -> Vec<String> {
    plan.targets.iter().map(|t| t.info.reference()).collect()
}

fn said(text: &str) -> ModelRequest {
    ModelRequest {
        messages: vec![Message::user(text)],
        ..hello()
    }
}

fn tier(router: &Router, request: &ModelRequest) -> (String, String) {
    let decision = plan_of(router, &["auto"], None, request).unwrap().decision;
    (decision.tier.unwrap(), decision.why)
}

#[test]
fn tiers_are_made_from_the_prices_of_what_can_be_called() {
    let (router, problems) = router(vendors(), RoutingSettings::default());
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        router.auto_names(),
        ["auto", "auto/cheap", "auto/standard", "auto/strong"]
    );
    let table: [(&str, &[&str]); 3] = [
        (
            "auto/cheap",
            &[
                "one/mini",
                "two/haiku",
                "one/nano",
                "one/main",
                "two/sonnet",
                "two/opus",
            ],
        ),
        (
            "auto/standard",
            &[
                "one/main",
                "two/sonnet",
                "two/opus",
                "one/mini",
                "two/haiku",
                "one/nano",
            ],
        ),
        (
            "auto/strong",
            &[
                "two/opus",
                "one/main",
                "two/sonnet",
                "one/mini",
                "two/haiku",
                "one/nano",
            ],
        ),
    ];
    for (name, expected) in table {
        let plan = plan_of(&router, &[name], None, &hello()).unwrap();
        assert_eq!(models(&plan), expected, "{name}");
        assert_eq!(
            plan.decision.why,
            format!("auto: asked for → tier {}", &name[5..])
        );
    }
    let unknown = plan_of(&router, &["auto/huge"], None, &hello()).unwrap_err();
    assert_eq!(unknown.name, "auto/huge");
    assert!(unknown.similar.contains(&"auto/cheap".to_owned()));
}

#[test]
fn one_model_is_no_choice_and_none_is_the_offline_one() {
    let mut lone = at("one", 1);
    lone.default_model = Some(domain::ModelId::new("m"));
    let (router, _) = router(
        vec![lone, ProviderConfig::offline()],
        RoutingSettings::default(),
    );
    assert_eq!(router.auto_names(), Vec::<String>::new());
    assert_eq!(
        models(&plan_of(&router, &["auto"], None, &hello()).unwrap()),
        ["one/m"]
    );
    let fresh = Router::offline();
    let plan = plan_of(&fresh, &["auto"], None, &hello()).unwrap();
    assert_eq!(models(&plan), ["offline/demo"]);
}

#[test]
fn settings_make_tiers_rules_and_floors() {
    let text = r#"{ "floor": "mid", "tiers": [
            { "name": "low", "models": ["one/nano", "gone/x"] },
            { "name": "mid", "models": ["two/haiku"] },
            { "name": "top", "models": ["two/opus", "one/main"] } ],
        "rules": [
            { "when": { "words": ["Vertrag", "contract"] }, "tier": "top" },
            { "when": { "kinds": ["chat"], "maxMessageChars": 20 }, "tier": "low" },
            { "when": {}, "tier": "nowhere" } ] }"#;
    let (router, problems) = router(vendors(), settings(text));
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].starts_with("models.routing.tiers[0].models: "),
        "{problems:?}"
    );
    assert!(problems[1].contains("rules[2].tier") && problems[1].contains("low, mid, top"));
    let names = ["auto", "auto/low", "auto/mid", "auto/top"];
    assert_eq!(router.auto_names(), names);
    let (contract, why) = tier(&router, &said("Prüfe den VERTRAG im Anhang"));
    assert_eq!((&*contract, &*why), ("top", "auto: rule 1 → tier top"));
    let (floored, why) = tier(&router, &said("hi"));
    assert_eq!(
        (&*floored, &*why),
        ("mid", "auto: rule 2 → tier mid, the floor")
    );
    let own = AgentRouting {
        mode: None,
        floor: Some("low".to_owned()),
    };
    let plan = plan_of(&router, &["auto"], Some(&own), &said("hi")).unwrap();
    assert_eq!(
        models(&plan),
        ["one/nano", "two/haiku", "two/opus", "one/main"]
    );
    let (other, why) = tier(&router, &said("what now"));
    assert_eq!((&*other, &*why), ("mid", "auto: no rule fits → tier mid"));
}

#[test]
fn an_agent_says_whether_the_policy_chooses() {
    let (router, _) = router(vendors(), RoutingSettings::default());
    let agent = |mode| AgentRouting {
        mode: Some(mode),
        floor: None,
    };
    let own = ["two/sonnet", "one/main"];
    let plan = plan_of(&router, &own, Some(&agent(RoutingMode::On)), &said("hi")).unwrap();
    assert_eq!(models(&plan)[0], "one/mini");
    assert_eq!(plan.targets.len(), 6, "nobody is in it twice");

    let plan = plan_of(
        &router,
        &own,
        Some(&agent(RoutingMode::Shadow)),
        &said("hi"),
    )
    .unwrap();
    assert_eq!(models(&plan), own);
    let shadow = plan.decision.shadow.unwrap();
    assert_eq!((&*shadow.tier, &*shadow.model), ("cheap", "one/mini"));
    assert_eq!(plan.decision.tier, None);

    for routing in [None, Some(agent(RoutingMode::Off))] {
        let plan = plan_of(&router, &own, routing.as_ref(), &said("hi")).unwrap();
        assert_eq!(models(&plan), own);
        assert!(plan.decision.shadow.is_none() && plan.decision.tier.is_none());
    }
    let off = agent(RoutingMode::Off);
    let plan = plan_of(&router, &["auto"], Some(&off), &said("hi")).unwrap();
    assert_eq!(models(&plan), ["one/main"]);
    // A name of one's own after `auto` is the last resort.
    let plan = plan_of(&router, &["auto", "one/secret"], None, &said("hi")).unwrap();
    assert_eq!(models(&plan).last().unwrap(), "one/secret");
}

#[test]
fn the_settings_speak_for_agents_that_say_nothing() {
    let (router, _) = router(vendors(), settings(r#"{ "mode": "shadow" }"#));
    let plan = plan_of(&router, &["two/sonnet"], None, &said("hi")).unwrap();
    assert_eq!(plan.decision.shadow.unwrap().model, "one/mini");
    let plan = plan_of(&router, &["auto"], None, &said("hi")).unwrap();
    assert_eq!(
        (plan.decision.tier.as_deref(), plan.decision.shadow),
        (Some("cheap"), None)
    );
}

#[test]
fn an_alias_may_stand_for_the_policy_and_settings_may_change() {
    let config = RouterConfig {
        providers: vendors(),
        aliases: [("smart".to_owned(), "auto/strong".to_owned())].into(),
        ..RouterConfig::default()
    };
    let purse = Arc::new(domain::ledger::Unmetered);
    let (router, _) = Router::with(config.clone(), purse, Arc::new(domain::SystemClock));
    let plan = plan_of(&router, &["smart"], None, &hello()).unwrap();
    assert_eq!(models(&plan)[0], "two/opus");
    router.reconfigure(vec![ProviderConfig::offline()], config.aliases);
    assert_eq!(router.auto_names(), Vec::<String>::new());
}

#[tokio::test]
async fn the_decision_is_in_the_books() {
    let fake = says("ok").await;
    let mut one = at("one", fake.port);
    one.models = vec![
        row("one", "mini", Some(price(250_000, 2_000_000))),
        row("one", "main", Some(price(2_500_000, 15_000_000))),
    ];
    one.default_model = Some(domain::ModelId::new("main"));
    let house = House::new(vec![one]);
    let answer = read(house.stream(house.call(&["auto"])).await.unwrap()).await;
    assert_eq!(answer.answering.target.info.reference(), "one/mini");
    let note = &house.books.settled()[0].note;
    assert_eq!(note.tier.as_deref(), Some("cheap"));
    assert_eq!(note.why, "auto: small talk → tier cheap");
}

#[tokio::test]
async fn a_long_conversation_stays_where_its_prompt_is_cached() {
    let fake = says("ok").await;
    let models = |cached: i64| {
        let mut one = at("one", fake.port);
        let big = Price {
            cache_read: cached,
            ..price(1_500_000, 6_000_000)
        };
        one.models = vec![
            row("one", "mini", Some(price(600_000, 2_400_000))),
            row("one", "main", Some(big)),
        ];
        one.default_model = Some(domain::ModelId::new("main"));
        one
    };
    for (cached, stays) in [(150_000, true), (1_500_000, false)] {
        let house = House::new(vec![models(cached)]);
        let mut first = said("Prove that there is no largest prime.");
        first.cache.key = Some("session-1".into());
        first
            .messages
            .insert(0, Message::user("word ".repeat(10_000)));
        let mut thanks = first.clone();
        thanks.messages.push(Message::user("thanks!"));
        let rest = || plan_of(&house.router, &["auto"], None, &thanks).unwrap();
        assert_eq!(models_first(&rest()), "one/mini", "nothing is warm yet");
        let plan = plan_of(&house.router, &["auto"], None, &first).unwrap();
        assert_eq!(models_first(&plan), "one/main");
        read(
            house
                .stream(llm::ModelCall::new(first, plan))
                .await
                .unwrap(),
        )
        .await;
        let expected = if stays { "one/main" } else { "one/mini" };
        assert_eq!(models_first(&rest()), expected);
        let decision = rest().decision;
        assert_eq!(
            decision.why.contains("in its cache"),
            stays,
            "{}",
            decision.why
        );
        assert_eq!(
            decision.tier.as_deref(),
            Some(if stays { "standard" } else { "cheap" })
        );
        // Another conversation is none of its business, and neither is one that went cold.
        let mut other = thanks.clone();
        other.cache.key = Some("session-2".into());
        let plan = plan_of(&house.router, &["auto"], None, &other).unwrap();
        assert_eq!(models_first(&plan), "one/mini");
        house.clock.pass(std::time::Duration::from_mins(6));
        assert_eq!(models_first(&rest()), "one/mini");
    }
}

fn models_first(plan: &Plan) -> String {
    models(plan)[0].clone()
}

#[test]
fn choosing_among_fifty_takes_microseconds() {
    let mut config = at("one", 1);
    config.models = (0..50)
        .map(|n| {
            row(
                "one",
                &format!("m{n}"),
                Some(price(100_000 * (n + 1), 500_000 * (n + 1))),
            )
        })
        .collect();
    let (router, _) = router(vec![config], RoutingSettings::default());
    let names = ["auto".to_owned()];
    let wish = Wish {
        names: &names,
        routing: None,
    };
    let request = said("What is the capital of Australia, and how many people live there?");
    let rounds = 2_000_u32;
    let begun = Instant::now();
    for _ in 0..rounds {
        assert_eq!(router.plan(&wish, &request).unwrap().targets.len(), 50);
    }
    // The bench measures it; an unoptimised build on a busy machine only must not be off by much.
    let each = begun.elapsed() / rounds;
    assert!(each.as_micros() < 1_000, "{each:?}");
}
