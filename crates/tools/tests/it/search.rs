//! Many tools: what a model is shown, what it finds, and what becomes of calls of what it found.

use crate::place::{Place, call};
use async_trait::async_trait;
use domain::{ToolChoice, ToolName, ToolSpec};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tools::{
    Access, Effect, Intent, Offer, Protected, RawArgs, Registry, SEARCH_TOOL, Tool, ToolCx,
    ToolError, ToolOutput, Toolbox, ToolsSettings,
};

const THINGS: [&str; 20] = [
    "calendar", "contact", "invoice", "mail", "ticket", "order", "customer", "product", "report",
    "server", "database", "channel", "meeting", "photo", "song", "recipe", "flight", "hotel",
    "payment", "weather",
];
const DEEDS: [(&str, &str); 25] = [
    ("create", "Makes a new"),
    ("delete", "Removes a"),
    ("list", "Lists every"),
    ("find", "Looks for a"),
    ("rename", "Gives another name to a"),
    ("copy", "Doubles a"),
    ("move", "Puts elsewhere a"),
    ("share", "Shows to others a"),
    ("lock", "Closes a"),
    ("unlock", "Opens a"),
    ("archive", "Stores away a"),
    ("restore", "Brings back a"),
    ("export", "Writes to a file a"),
    ("import", "Reads from a file a"),
    ("tag", "Marks a"),
    ("comment", "Says something about a"),
    ("assign", "Gives to a person a"),
    ("schedule", "Plans a"),
    ("cancel", "Calls off a"),
    ("approve", "Agrees to a"),
    ("reject", "Refuses a"),
    ("merge", "Joins with another a"),
    ("split", "Takes apart a"),
    ("count", "Counts each"),
    ("watch", "Tells about changes of a"),
];

/// Says its name, and counts.
struct Named {
    name: String,
    description: String,
    called: Arc<AtomicU32>,
}

#[async_trait]
impl Tool for Named {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: ToolName::new(self.name.as_str()),
            description: self.description.clone(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "id": { "type": "string", "description": "Which one, by its identifier." },
                    "note": { "type": "string", "description": "What to write beside it." },
                    "urgent": { "type": "boolean", "description": "Whether it cannot wait." },
                },
                "required": ["id"],
                "additionalProperties": false,
            }),
            strict: None,
        }
    }

    fn effect(&self) -> Effect {
        Effect::Changes
    }

    fn intent(&self, _: RawArgs<'_>) -> Result<Intent, ToolError> {
        Ok(Intent::nothing(&self.name))
    }

    async fn call(&self, args: RawArgs<'_>, _: &ToolCx) -> Result<ToolOutput, ToolError> {
        self.called.fetch_add(1, Ordering::SeqCst);
        Ok(ToolOutput::from(format!("{} {}", self.name, args.0)))
    }
}

/// The file tools and 500 others.
fn many(settings: Value) -> (Toolbox, Arc<AtomicU32>) {
    let mut registry = Registry::standard(Protected::default());
    let called = Arc::new(AtomicU32::new(0));
    for thing in THINGS {
        for (deed, words) in DEEDS {
            let tool = Named {
                name: format!("{thing}_{deed}"),
                description: format!("{words} {thing} in the company's system."),
                called: Arc::clone(&called),
            };
            registry.add(tool).unwrap();
        }
    }
    let settings: ToolsSettings = serde_json::from_value(settings).unwrap();
    (Toolbox::new(registry, settings), called)
}

fn offer(toolbox: &Toolbox) -> Arc<Offer> {
    toolbox.offer(&Access::default(), &[], &ToolChoice::Auto, Some(200_000))
}

fn names(offer: &Offer) -> Vec<&str> {
    offer
        .shown()
        .iter()
        .map(|tool| tool.name.as_str())
        .collect()
}

fn bytes(offer: &Offer) -> usize {
    serde_json::to_string(&**offer.shown()).unwrap().len()
}

fn search(offer: &Offer, query: &str) -> String {
    let arguments = json!({ "query": query }).to_string();
    offer.answer(&call(SEARCH_TOOL, &arguments)).unwrap()
}

#[test]
fn few_tools_are_listed_and_many_are_searched() {
    let few = Toolbox::new(
        Registry::standard(Protected::default()),
        ToolsSettings::default(),
    );
    assert_eq!(names(&offer(&few)), ["edit", "ls", "read", "write"]);
    let (many, _) = many(json!({}));
    assert_eq!(
        names(&offer(&many)),
        ["edit", "ls", "read", "tool_call", "tool_search", "write"]
    );
    // A window so small that even these few take a tenth of it.
    let cramped = few.offer(&Access::default(), &[], &ToolChoice::Auto, Some(3_000));
    assert!(!cramped.has_hidden(), "all of them are pinned");
}

#[test]
fn settings_decide() {
    let shown = |settings: Value| {
        let (toolbox, _) = many(settings);
        offer(&toolbox).shown().len()
    };
    assert_eq!(shown(json!({"search": {"mode": "off"}})), 504);
    assert_eq!(
        shown(json!({"search": {"threshold": 504, "windowPercent": 100}})),
        504
    );
    assert_eq!(
        shown(json!({"search": {"threshold": 504, "windowPercent": 5}})),
        6
    );
    assert_eq!(shown(json!({"search": {"pinned": ["weather_*"]}})), 27);
    let few = ToolsSettings {
        search: serde_json::from_value(json!({"mode": "on", "pinned": ["read"]})).unwrap(),
        ..ToolsSettings::default()
    };
    let few = Toolbox::new(Registry::standard(Protected::default()), few);
    assert_eq!(names(&offer(&few)), ["read", "tool_call", "tool_search"]);
}

#[test]
fn a_tool_that_must_be_called_is_shown() {
    let (toolbox, _) = many(json!({}));
    let name = ToolName::new("hotel_cancel");
    let choice = ToolChoice::Named { name };
    let offer = toolbox.offer(&Access::default(), &[], &choice, None);
    assert!(names(&offer).contains(&"hotel_cancel"));
}

#[test]
fn the_clients_tools_take_part_and_win_their_names() {
    let (toolbox, _) = many(json!({}));
    let theirs = ["read", "telescope_point"].map(|name| ToolSpec {
        name: ToolName::new(name),
        description: "Of the client: points the telescope.".to_owned(),
        parameters: json!({"type": "object", "properties": {}}),
        strict: None,
    });
    let offer = toolbox.offer(&Access::default(), &theirs, &ToolChoice::Auto, None);
    let read = offer
        .shown()
        .iter()
        .find(|tool| tool.name.as_str() == "read");
    assert!(read.unwrap().description.starts_with("Of the client"));
    assert!(search(&offer, "telescope").contains("telescope_point"));
    // Names of the search itself are not taken away from a client: then everything is listed.
    let taken = [ToolSpec {
        name: ToolName::new(SEARCH_TOOL),
        ..theirs[0].clone()
    }];
    let offer = toolbox.offer(&Access::default(), &taken, &ToolChoice::Auto, None);
    assert!(!offer.has_hidden());
    assert_eq!(offer.shown().len(), 505);
}

#[test]
fn five_hundred_tools_cost_less_than_a_fifth_and_are_all_found() {
    let (toolbox, _) = many(json!({}));
    let (whole, _) = many(json!({"search": {"mode": "off"}}));
    let (offer, whole) = (offer(&toolbox), bytes(&offer(&whole)));
    let listed = bytes(&offer);
    let mut missed = Vec::new();
    for thing in THINGS {
        for (deed, words) in DEEDS {
            let answer = search(&offer, &format!("{words} {thing}"));
            let definition = format!("\"name\":\"{thing}_{deed}\"");
            if !answer.contains(&definition) {
                missed.push(format!("{thing}_{deed}"));
            }
            // A step that lists all tools against two steps: one that searches, one with the answer.
            let searched = 2 * listed + answer.len();
            assert!(searched * 5 <= whole, "{searched} of {whole}");
        }
    }
    assert_eq!(missed, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_found_runs_as_if_it_had_been_listed() {
    let place = Place::new();
    let (toolbox, called) = many(json!({}));
    let offer = offer(&toolbox);
    let asked = [
        r#"{"name":"mail_archive","arguments":{"id":"7"}}"#,
        r#"{"name":"mail_archive","arguments":"{\"id\":\"7\"}"}"#,
        r#"{"name":"mail_archive","id":"7"}"#,
    ];
    for asked in asked {
        let inner = offer.opened(&call("tool_call", asked)).unwrap();
        assert_eq!(inner, call("mail_archive", r#"{"id":"7"}"#));
        let result = toolbox.run(&inner, &place.cx()).await;
        assert_eq!(result.content, r#"mail_archive {"id":"7"}"#);
        // The model is shown its own words again, and always the same ones.
        let shown = offer.closed(&inner).unwrap();
        assert_eq!(
            shown,
            call(
                "tool_call",
                r#"{"arguments":{"id":"7"},"name":"mail_archive"}"#
            )
        );
    }
    assert_eq!(called.load(Ordering::SeqCst), 3);
    let pinned = offer.opened(&call("tool_call", r#"{"name":"ls","arguments":{}}"#));
    assert_eq!(pinned, Some(call("ls", "{}")));
    assert_eq!(offer.closed(&call("ls", "{}")), None);
    assert_eq!(offer.opened(&call("ls", "{}")), None);
}

#[test]
fn wrong_calls_are_answered_with_what_to_do() {
    let (toolbox, _) = many(json!({}));
    let offer = offer(&toolbox);
    for (arguments, expected) in [
        (
            "{",
            "expected a JSON object with name (string), arguments (object)",
        ),
        ("{}", "the name of the tool is missing"),
        (
            r#"{"name":"archive_mail"}"#,
            "there is no tool named \"archive_mail\"; nearest: mail_archive",
        ),
        (r#"{"name":"zzzz"}"#, "find its name with tool_search"),
        (
            r#"{"name":"mail_archive","arguments":"{"}"#,
            "cannot read the arguments of mail_archive",
        ),
        (
            r#"{"name":"mail_archive","arguments":{"note":"x"}}"#,
            "do not fit mail_archive: arguments.id is missing; its parameters are {\"",
        ),
        (
            r#"{"name":"tool_call","arguments":{}}"#,
            "cannot call itself",
        ),
        (
            r#"{"name":"tool_search","arguments":{}}"#,
            "call tool_search by its own name",
        ),
    ] {
        let wrong = call("tool_call", arguments);
        assert_eq!(offer.opened(&wrong), None, "{arguments}");
        let said = offer.answer(&wrong).unwrap_err();
        assert!(said.contains(expected), "{arguments}: {said}");
    }
    let broken = offer
        .answer(&call(SEARCH_TOOL, r#"{"words":"x"}"#))
        .unwrap_err();
    assert!(broken.contains("query (string)"), "{broken}");
    assert!(search(&offer, "qqq").starts_with("no tool fits \"qqq\"; there are 500"));
    let three = offer
        .answer(&call(SEARCH_TOOL, r#"{"query":"mail","limit":3}"#))
        .unwrap();
    assert_eq!(three.lines().count(), 4, "{three}");
}

#[tokio::test]
async fn what_policy_denies_is_neither_found_nor_run() {
    let place = Place::new();
    let (toolbox, called) = many(json!({"deny": ["mail_*"]}));
    let offer = offer(&toolbox);
    assert!(!search(&offer, "archive mail").contains("mail_"));
    let denied = call(
        "tool_call",
        r#"{"name":"mail_archive","arguments":{"id":"7"}}"#,
    );
    assert_eq!(offer.opened(&denied), None);
    // And if a model knows the name all the same:
    let direct = toolbox
        .run(&call("mail_archive", r#"{"id":"7"}"#), &place.cx())
        .await;
    assert!(
        direct.is_error && direct.content.contains("denied by"),
        "{}",
        direct.content
    );
    assert_eq!(called.load(Ordering::SeqCst), 0);
}
