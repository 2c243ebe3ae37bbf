//! A catalog of hundreds of tools: the same outcomes for a fraction of the prompt.

use crate::house::{House, Plan, turn};
use crate::scripted::{Does, Scripted, last_result, prompt_tokens};
use agent::{RunEvent, RunReport};
use async_trait::async_trait;
use domain::stamp::unstamped;
use domain::{
    Message, Part, Record, Role, RunLimit, RunOutcome, ToolCall, ToolName, ToolResult, ToolSpec,
    Turn,
};
use llm::ModelRequest;
use serde_json::{Value, json};
use state::Seq;
use std::sync::Arc;
use tools::{Effect, Intent, RawArgs, Registry, Tool, ToolCx, ToolError, ToolOutput};

/// One of many tools.
struct Named(String);

fn spec(name: &str) -> ToolSpec {
    let (thing, deed) = name.split_once('_').unwrap();
    ToolSpec {
        name: ToolName::new(name),
        description: format!(
            "{deed} one {thing} of the company, by its identifier. Tells what became of it, and why \
             not when it could not be done."
        ),
        parameters: json!({
            "type": "object",
            "properties": {
                "id": { "type": "string", "description": format!("Which {thing}.") },
                "note": { "type": "string", "description": "What to write beside it." },
            },
            "required": ["id"],
        }),
        strict: None,
    }
}

fn names() -> Vec<String> {
    let things = (0..25).map(|n| format!("thing{n}"));
    let deeds: Vec<String> = (0..20).map(|n| format!("deed{n}")).collect();
    things
        .flat_map(|thing| deeds.iter().map(move |deed| format!("{thing}_{deed}")))
        .collect()
}

#[async_trait]
impl Tool for Named {
    fn spec(&self) -> ToolSpec {
        spec(&self.0)
    }

    fn effect(&self) -> Effect {
        Effect::Changes
    }

    fn intent(&self, _: RawArgs<'_>) -> Result<Intent, ToolError> {
        Ok(Intent::nothing(&self.0))
    }

    async fn call(&self, args: RawArgs<'_>, _: &ToolCx) -> Result<ToolOutput, ToolError> {
        let args: Value = serde_json::from_str(args.0).unwrap();
        Ok(ToolOutput::from(format!("{} {} done", self.0, args["id"])))
    }
}

fn many(registry: &mut Registry) {
    for name in names() {
        registry.add(Named(name)).unwrap();
    }
}

/// Does a task such as `deed3 thing7 42` as a capable model would: with the tool if it is shown, else
/// it looks for one, reads what it finds, and calls it.
fn capable(request: &ModelRequest) -> Does {
    let said = request
        .messages
        .iter()
        .rfind(|message| message.role == Role::User);
    let task = said.map(Message::text).unwrap_or_default();
    let words: Vec<&str> = unstamped(&task).split(' ').collect();
    let [deed, thing, id] = words[..] else {
        return Does::Say("what shall I do?".to_owned());
    };
    let tool = format!("{thing}_{deed}");
    let arguments = json!({ "id": id });
    match last_result(request) {
        Some((call, found)) if call.name.as_str() == "tool_search" => {
            let definition = format!("\"name\":\"{tool}\"");
            if !found.contains(&definition) {
                return Does::Say("there is no such tool".to_owned());
            }
            let call = json!({ "name": tool, "arguments": arguments });
            Does::Call("tool_call", call.to_string())
        }
        Some((_, result)) => Does::Say(format!("so {result}")),
        None if request
            .tools
            .iter()
            .any(|shown| shown.name.as_str() == tool) =>
        {
            Does::Call(Box::leak(tool.into_boxed_str()), arguments.to_string())
        }
        None => {
            let query = json!({ "query": format!("{deed} a {thing}") });
            Does::Call("tool_search", query.to_string())
        }
    }
}

struct Suite {
    answers: Vec<String>,
    tokens: u64,
}

fn text(report: &RunReport) -> String {
    report
        .message
        .as_ref()
        .map(Message::text)
        .unwrap_or_default()
}

/// The tasks of a day, one after the other in one session.
fn tasks() -> Vec<String> {
    let pairs = [
        (3, 7),
        (11, 20),
        (0, 0),
        (19, 24),
        (3, 8),
        (3, 7),
        (15, 2),
        (8, 13),
    ];
    let numbered = pairs.iter().enumerate();
    numbered
        .map(|(n, (deed, thing))| format!("deed{deed} thing{thing} {n}"))
        .collect()
}

/// With tools of the gateway.
async fn own(mode: &str) -> (Suite, House) {
    let models = Scripted::new(capable, |_| {});
    let mut plan = Plan::with(models.clone());
    plan.tools = json!({ "search": { "mode": mode } });
    plan.more = vec![many];
    let house = House::build(plan).await;
    let mut answers = Vec::new();
    for task in tasks() {
        answers.push(text(&*house.ask(turn(&task)).await));
    }
    let asked = models.asked();
    assert!(asked.iter().all(|call| call.cache_break.is_none()));
    let tokens = asked.iter().map(|call| prompt_tokens(&call.request)).sum();
    (Suite { answers, tokens }, house)
}

#[tokio::test]
async fn five_hundred_tools_of_the_gateway_cost_a_fraction_and_do_the_same() {
    let ((searched, house), (listed, _)) = (own("auto").await, own("off").await);
    assert_eq!(searched.answers, listed.answers);
    assert_eq!(searched.answers[0], "so thing7_deed3 \"0\" done");
    let percent = searched.tokens * 100 / listed.tokens;
    assert!(
        percent <= 20,
        "{percent} % of the tokens of the full listing"
    );

    // The log shows what ran, under its own name.
    let key = turn("").session;
    let records = house.state.log.read(&key, Seq(0), 1_000).await.unwrap();
    let started: Vec<String> = records
        .iter()
        .filter_map(|recorded| match &recorded.record {
            Record::ToolStarted(call) => Some(call.name.to_string()),
            _ => None,
        })
        .take(4)
        .collect();
    assert_eq!(
        started,
        [
            "tool_search",
            "thing7_deed3",
            "tool_search",
            "thing20_deed11"
        ]
    );
}

/// With tools of the client, which it runs itself.
async fn theirs(mode: &str) -> Suite {
    let models = Scripted::new(capable, |_| {});
    let mut plan = Plan::with(models.clone());
    plan.tools = json!({ "search": { "mode": mode } });
    let house = House::build(plan).await;
    let with_tools = |input: Vec<Message>| Turn {
        input,
        client_tools: names().iter().map(|name| spec(name)).collect(),
        ..turn("")
    };
    let mut answers = Vec::new();
    for task in tasks() {
        let asked = house.ask(with_tools(vec![Message::user(task)])).await;
        assert_eq!(asked.outcome, RunOutcome::AwaitingClient);
        let calls: Vec<ToolCall> = asked
            .message
            .iter()
            .flat_map(Message::tool_calls)
            .cloned()
            .collect();
        let [call] = &calls[..] else {
            panic!("{calls:?}");
        };
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
        let result = ToolResult {
            call: call.id.clone(),
            name: None,
            content: format!("{} {} done", call.name, arguments["id"]),
            is_error: false,
        };
        let back = Message {
            role: Role::Tool,
            parts: vec![Part::ToolResult(result)],
        };
        answers.push(text(&*house.ask(with_tools(vec![back])).await));
    }
    let asked = models.asked();
    assert!(asked.iter().all(|call| call.cache_break.is_none()));
    // What the model reads again are its own calls, each with its result.
    if mode != "off" {
        let shown: Vec<&str> = asked[0]
            .request
            .tools
            .iter()
            .map(|t| t.name.as_str())
            .collect();
        assert_eq!(shown, ["tool_call", "tool_search"]);
        let last = &asked.last().unwrap().request.messages;
        let calls = last.iter().flat_map(Message::tool_calls);
        assert!(
            calls
                .map(|call| call.name.as_str())
                .all(|name| shown.contains(&name))
        );
    }
    Suite {
        answers,
        tokens: asked.iter().map(|call| prompt_tokens(&call.request)).sum(),
    }
}

#[tokio::test]
async fn five_hundred_tools_of_the_client_cost_a_fraction_and_do_the_same() {
    let (searched, listed) = (theirs("auto").await, theirs("off").await);
    assert_eq!(searched.answers, listed.answers);
    assert_eq!(searched.answers[0], "so thing7_deed3 \"0\" done");
    let percent = searched.tokens * 100 / listed.tokens;
    assert!(
        percent <= 20,
        "{percent} % of the tokens of the full listing"
    );
}

#[tokio::test]
async fn a_client_hears_of_a_found_tool_under_its_own_name() {
    let models = Scripted::new(capable, |_| {});
    let house = House::build(Plan::with(models)).await;
    let asked = Turn {
        client_tools: names().iter().map(|name| spec(name)).collect(),
        ..turn("deed1 thing2 7")
    };
    let mut feed = house
        .agents
        .submit(asked.into())
        .await
        .unwrap()
        .feed
        .unwrap();
    let mut heard = Vec::new();
    while let Some(event) = feed.next().await {
        match event {
            RunEvent::ClientCall { index, name, .. } => heard.push(format!("{index} {name}")),
            RunEvent::ClientCallArguments { index, json } => heard.push(format!("{index} {json}")),
            RunEvent::Finished(report) => heard.push(report.outcome.name().to_owned()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        heard,
        ["0 thing2_deed1", "0 {\"id\":\"7\"}", "awaitingClient"]
    );
}

#[tokio::test]
async fn a_call_that_is_wrong_is_answered_and_counted() {
    let stubborn = |request: &ModelRequest| match last_result(request) {
        Some((_, why)) if request.messages.len() > 7 => Does::Say(why.to_owned()),
        _ => Does::Call(
            "tool_call",
            r#"{"name":"thing1_deed","arguments":{}}"#.to_owned(),
        ),
    };
    let mut plan = Plan::with(Scripted::new(stubborn, |_| {}));
    plan.more = vec![many];
    let house = House::build(plan).await;
    let report = house.ask(turn("go")).await;
    let said = text(&report);
    assert!(
        said.contains("there is no tool named \"thing1_deed\"; nearest: thing1_deed"),
        "{said}"
    );

    // The limits hold for what is inside.
    let again = |_: &ModelRequest| {
        let call = r#"{"name":"thing1_deed1","arguments":{"id":"1"}}"#;
        Does::Call("tool_call", call.to_owned())
    };
    let mut plan = Plan::with(Scripted::new(again, |_| {}));
    plan.more = vec![many];
    let house = House::build(plan).await;
    let report = house.ask(turn("go")).await;
    let limit = RunLimit::IdenticalCalls {
        limit: 5,
        tool: "thing1_deed1".to_owned(),
    };
    assert_eq!(report.outcome, RunOutcome::Limited { limit });
}

#[tokio::test]
async fn what_was_found_is_still_known_after_a_restart() {
    let models = Scripted::new(capable, |_| {});
    let mut plan = Plan::with(Arc::<Scripted>::clone(&models));
    plan.more = vec![many];
    let mut house = House::build(plan).await;
    house.ask(turn("deed1 thing2 7")).await;
    let before = models.last().request;
    house.restart();
    house.ask(turn("deed1 thing2 8")).await;
    let after = &models.asked()[3].request;
    // Its own words, byte for byte, search and answer included.
    assert_eq!(after.messages[..before.messages.len()], before.messages[..]);
}
