//! The beginning of a prompt stays the same bytes, and what changes it is named.

use crate::house::{House, Plan, turn};
use crate::scripted::{Does, Scripted, last_result};
use domain::stamp::unstamped;
use domain::{Message, SessionKey, Turn};
use llm::{ModelCall, ModelRequest};
use serde_json::json;
use std::sync::Arc;

/// Everything of a request that comes before the conversation, and the conversation.
fn bytes(request: &ModelRequest) -> (String, Vec<String>) {
    let tools = serde_json::to_string(&*request.tools).unwrap();
    let head = format!("{tools}{}", request.system.join("\n"));
    let messages = request
        .messages
        .iter()
        .map(|m| serde_json::to_string(m).unwrap());
    (head, messages.collect())
}

/// Says what changed at the beginning of a prompt that was to grow at its end only.
fn broken(before: &ModelRequest, after: &ModelRequest) -> Option<String> {
    let ((old_head, old), (new_head, new)) = (bytes(before), bytes(after));
    if old_head != new_head {
        return Some("tools or system".to_owned());
    }
    let changed = old
        .iter()
        .enumerate()
        .find(|(at, text)| new.get(*at) != Some(text));
    changed.map(|(at, _)| format!("message {}", at + 1))
}

async fn house(models: &Arc<Scripted>) -> House {
    let house = House::build(Plan::with(models.clone())).await;
    std::fs::write(house.file("SOUL.md"), "calm").unwrap();
    house
}

/// The break that the last call carries: source, place, what was there, what is there.
fn named(call: &ModelCall) -> Option<(String, u64, String, String)> {
    let broken = call.cache_break.clone()?;
    assert!(broken.lost_tokens > 0, "{broken:?}");
    Some((broken.source, broken.at_byte, broken.was, broken.now))
}

#[tokio::test]
async fn a_prompt_only_grows_at_its_end_even_over_a_restart() {
    let calls_once = |request: &ModelRequest| match last_result(request) {
        None => Does::Call("count", "{}".to_owned()),
        Some(_) => Does::Say("counted".to_owned()),
    };
    let models = Scripted::new(calls_once, |_| {});
    let mut house = house(&models).await;
    for n in 0..6 {
        if n == 3 {
            house.restart();
        }
        assert!(
            house
                .ask(turn(&format!("number {n}")))
                .await
                .outcome
                .is_success()
        );
    }
    let asked = models.asked();
    assert_eq!(asked.len(), 12);
    for pair in asked.windows(2) {
        assert_eq!(broken(&pair[0].request, &pair[1].request), None);
        assert_eq!(pair[1].cache_break, None);
    }
    // Every turn ends with its moment, and nothing else holds one.
    let last = &asked[11].request;
    let said = last.messages.iter().map(Message::text);
    let stamped = said.filter(|text| unstamped(text) != text.as_str()).count();
    assert_eq!(stamped, 6);
    assert!(!last.system.concat().contains("UTC"));
    let hints: Vec<_> = asked
        .iter()
        .map(|call| call.request.cache.clone())
        .collect();
    assert!(hints[0].keep && hints[0].key.is_some());
    assert!(hints.iter().all(|hint| *hint == hints[0]));
}

#[tokio::test]
async fn the_next_prompt_is_known_better_than_by_its_bytes() {
    let models = Scripted::agreeing();
    let mut house = house(&models).await;
    for text in ["first", "second", "third"] {
        house.ask(turn(text)).await;
        let call = models.last();
        let real = crate::scripted::prompt_tokens(&call.request);
        match (text, call.input_ceiling) {
            ("first", ceiling) => assert_eq!(ceiling, None),
            (_, Some(ceiling)) => assert!(
                (real..real + 400).contains(&ceiling),
                "{ceiling} for {real}"
            ),
            (_, None) => panic!("nothing is known of {text}"),
        }
    }
    // An image has no size that follows from its bytes; another model counts differently.
    let mut seen = turn("look");
    seen.input[0].parts.push(domain::Part::Image {
        media_type: "image/png".to_owned(),
        data: domain::Blob("AAAA".into()),
    });
    house.ask(seen).await;
    assert_eq!(models.last().input_ceiling, None);
    let ranked =
        json!({"defaults": {"model": {"primary": "offline/demo", "fallbacks": ["other/demo"]}}});
    house.reconfigure(ranked, json!({}));
    house.ask(turn("fourth")).await;
    assert_eq!(models.last().plan.targets.len(), 2);
    assert_eq!(models.last().input_ceiling, None);
    house.restart();
    house.ask(turn("fifth")).await;
    assert_eq!(models.last().input_ceiling, None);
}

#[tokio::test]
async fn a_volatile_line_of_the_system_text_is_named() {
    let models = Scripted::agreeing();
    let house = house(&models).await;
    let at = |moment: &str| Turn {
        instructions: vec![format!("Be brief. It is {moment} now.")],
        ..turn("hi")
    };
    house.ask(at("12:01")).await;
    house.ask(at("12:01")).await;
    assert_eq!(named(&models.last()), None);
    house.ask(at("12:02")).await;
    let asked = models.asked();
    assert_eq!(
        broken(&asked[1].request, &asked[2].request).unwrap(),
        "tools or system"
    );
    let (source, place, was, now) = named(&asked[2]).expect("the break is explained");
    assert_eq!(source, "system");
    let system = asked[2].request.system.concat();
    let place = usize::try_from(place).unwrap();
    assert!(system[place..].starts_with("2 now."), "{place}");
    assert_eq!((was.as_str(), now.as_str()), ("1 now.", "2 now."));
}

#[tokio::test]
async fn changed_files_tools_and_models_are_named() {
    let models = Scripted::agreeing();
    let mut house = house(&models).await;
    house.ask(turn("one")).await;

    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    std::fs::write(house.file("SOUL.md"), "a little loud").unwrap();
    house.ask(turn("two")).await;
    let (source, _, was, now) = named(&models.last()).unwrap();
    assert_eq!(
        (source.as_str(), was.as_str(), now.as_str()),
        ("system", "calm", "a little loud")
    );

    house.reconfigure(json!({}), json!({"deny": ["count"]}));
    house.ask(turn("three")).await;
    let (source, place, was, now) = named(&models.last()).unwrap();
    assert_eq!((source.as_str(), place, now.as_str()), ("tools", 0, ""));
    assert!(was.starts_with("count counts"), "{was}");

    let elsewhere = Turn {
        model: Some("other/demo".to_owned()),
        ..turn("four")
    };
    house.ask(elsewhere).await;
    let (source, _, was, now) = named(&models.last()).unwrap();
    assert_eq!(
        (source.as_str(), was.as_str(), now.as_str()),
        ("model", "offline/demo", "other/demo")
    );

    house
        .ask(Turn {
            model: Some("other/demo".to_owned()),
            ..turn("five")
        })
        .await;
    assert_eq!(named(&models.last()), None);
}

#[tokio::test]
async fn an_answer_that_is_cut_short_changes_nothing_that_was_sent() {
    let models = Scripted::agreeing();
    let house = house(&models).await;
    let alone = |text: &str| Turn {
        session: SessionKey::new("agent:main:other"),
        ..turn(text)
    };
    house.ask(turn("mine")).await;
    house.ask(alone("another session")).await;
    house.ask(turn("mine again")).await;
    assert_eq!(named(&models.last()), None);
}

#[tokio::test]
async fn a_request_without_a_session_is_not_kept_by_the_provider() {
    let counts = |request: &ModelRequest| match last_result(request) {
        None => Does::Call("count", "{}".to_owned()),
        Some(_) => Does::Say("counted".to_owned()),
    };
    let models = Scripted::new(counts, |_| {});
    let house = house(&models).await;
    let id = domain::RunId::generate();
    let one_off = Turn {
        session: SessionKey::new(format!("agent:main:openai:{id}")),
        ..turn("count")
    };
    house.ask(one_off).await;
    let kept: Vec<_> = models
        .asked()
        .iter()
        .map(|call| call.request.cache.keep)
        .collect();
    // The second step sends the beginning again, so a third one may find it.
    assert_eq!(kept, [false, true]);
}
