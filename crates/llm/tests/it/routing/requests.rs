//! Requests and the tiers they get.

use super::{models, plan_of, router, said, tier, vendors};
use domain::{Blob, Message, Part, Role, ToolCall, ToolCallId, ToolName, ToolResult};
use llm::config::{RoutingSettings, TaskKind};
use llm::routing::features::Features;

/// What people write, and the tier and the reason it gets.
#[rustfmt::skip]
const TABLE: &[(&str, &str, &str)] = &[
    ("hi", "cheap", "small talk"),
    ("Good morning, how are you?", "cheap", "small talk"),
    ("Vielen Dank, super!", "cheap", "small talk"),
    ("Bonjour, ça va ?", "cheap", "small talk"),
    ("¡Hola! ¿qué tal?", "cheap", "small talk"),
    ("Привет, как дела?", "cheap", "small talk"),
    ("谢谢！", "cheap", "small talk"),
    ("こんにちは", "cheap", "small talk"),
    ("Translate to French: where is the station?", "cheap", "a text to work on"),
    ("Résume ce texte en deux phrases : le chat dort.", "cheap", "a text to work on"),
    ("Traduce esto al inglés: buenos días", "cheap", "a text to work on"),
    ("请把这段话翻译成英文：今天天气很好。", "cheap", "a text to work on"),
    ("次の文章を要約してください。会議は火曜日でした。", "cheap", "a text to work on"),
    ("What is the capital of Australia?", "cheap", "short question"),
    ("Wie hoch ist der Eiffelturm?", "cheap", "short question"),
    ("¿Cuándo abre el museo?", "cheap", "short question"),
    ("Prove that the square root of 2 is irrational.", "strong", "words of reasoning"),
    ("Plan a migration from MySQL to PostgreSQL without downtime", "strong", "words of reasoning"),
    ("Beweise, dass es unendlich viele Primzahlen gibt.", "strong", "words of reasoning"),
    ("Analysiere die Ursache für den Umsatzrückgang", "strong", "words of reasoning"),
    ("Démontre le théorème de Pythagore.", "strong", "words of reasoning"),
    ("Resuelve la ecuación x² + 3x + 2 = 0", "strong", "words of reasoning"),
    ("Докажи, что сумма углов треугольника равна 180 градусам", "strong", "words of reasoning"),
    ("请证明这个结论。", "strong", "words of reasoning"),
    ("この式の積分を計算して", "strong", "words of reasoning"),
    ("Warum kompiliert das nicht?\n```rust\nfn main() { let x: i32 = \"a\"; }\n```", "strong", "code in the prompt"),
    ("please fix\nfn main() {\n    let x = vec![1, 2];\n    if (x.len() == 2) {\n        return foo(&x[0]);\n    }\n}\n", "strong", "code in the prompt"),
    ("Translate this to Go:\n```python\nprint(sum(x for x in y))\n```", "strong", "code in the prompt"),
    ("it says\nTraceback (most recent call last):\n  File \"a.py\", line 3", "strong", "stack trace in the prompt"),
];

#[test]
fn a_request_gets_the_tier_it_needs_in_any_language() {
    let (router, _) = router(vendors(), RoutingSettings::default());
    let long = "The committee met again on Tuesday and talked about the roof. ".repeat(30);
    let report = format!("Fasse bitte den folgenden Bericht zusammen:\n\n{long}");
    let prose = [
        (&*report, "cheap", "a text to work on"),
        (&*long, "standard", "nothing special"),
    ];
    for (text, expected, why) in TABLE.iter().copied().chain(prose) {
        let (tier, said_why) = tier(&router, &said(text));
        assert_eq!(
            (&*tier, &*said_why),
            (expected, &*format!("auto: {why} → tier {expected}")),
            "{text}"
        );
    }
}

#[test]
fn the_conversation_counts_too() {
    let (router, _) = router(vendors(), RoutingSettings::default());
    let call = ToolCall {
        id: ToolCallId::new("c1"),
        name: ToolName::new("read"),
        arguments: "{}".to_owned(),
    };
    let result = |is_error| {
        Part::ToolResult(ToolResult {
            call: ToolCallId::new("c1"),
            name: None,
            content: "text".to_owned(),
            is_error,
        })
    };
    let with = |part: Part| {
        let mut request = said("What does the file say?");
        request.messages.push(Message {
            role: Role::Assistant,
            parts: vec![Part::ToolCall(call.clone())],
        });
        request.messages.push(Message {
            role: Role::Tool,
            parts: vec![part],
        });
        request
    };
    assert_eq!(tier(&router, &with(result(false))).0, "standard");
    assert_eq!(tier(&router, &with(result(true))).0, "strong");
    let mut thanks = with(result(false));
    thanks.messages.push(Message::user("thanks!"));
    assert_eq!(tier(&router, &thanks).0, "cheap");

    let mut picture = said("hi");
    picture.messages[0].parts.push(Part::Image {
        media_type: "image/png".to_owned(),
        data: Blob("iVBORw0KGgo=".into()),
    });
    let (_, why) = tier(&router, &picture);
    assert_eq!(why, "auto: an image or a file → tier standard");

    let mut long = said("And in one word?");
    long.messages
        .insert(0, Message::user("word ".repeat(80_000)));
    assert_eq!(
        tier(&router, &long).1,
        "auto: nothing special → tier standard"
    );
    // The line that says when something was said is no part of it.
    let stamp = domain::stamp::stamp(domain::UnixMillis(0));
    let mut stamped = said("hi");
    stamped.messages[0].parts.push(Part::Text { text: stamp });
    assert_eq!(tier(&router, &stamped).1, "auto: small talk → tier cheap");
    assert_eq!(Features::of(&stamped).kind, TaskKind::Chat);
}

#[test]
fn who_can_serve_the_request_comes_first() {
    let mut providers = vendors();
    providers[1].models[2].images = true;
    let (router, _) = router(providers, RoutingSettings::default());
    let mut picture = said("what is this?");
    picture.messages[0].parts.push(Part::Image {
        media_type: "image/png".to_owned(),
        data: Blob("iVBORw0KGgo=".into()),
    });
    let plan = plan_of(&router, &["auto"], None, &picture).unwrap();
    assert_eq!(models(&plan)[..2], ["two/opus", "one/main"]);
    assert_eq!(plan.decision.tier.as_deref(), Some("strong"));
}
