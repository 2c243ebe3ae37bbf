//! From what was asked to the answer: the script is read and done.

use std::time::Duration;

use serde_json::{Value, json};

use super::GREETING;
use super::answer::{Sent, Telling, status_of};
use super::asked::{Asked, By};
use super::bill::{Charge, Meter, Price, Used};
use super::body::{Act, ScriptedBody};
use super::fail::Refusal;
use super::journal::OpenCall;
use super::saying::Saying;
use super::script::{Call, Order, Script};
use super::wire::Wire;
use super::world::World;

/// What goes wrong after some deltas.
#[derive(Debug)]
enum Fault {
    Hang,
    Cut,
    Broken,
    Error(String),
}

/// Does what the last user text says: the body of an answer, or why there is none.
pub(super) async fn play(
    asked: &Asked,
    key: &str,
    price: Price,
    world: &World,
    call: OpenCall,
) -> Result<ScriptedBody, Refusal> {
    let order = order(asked, key);
    let looping = order.thinks.is_some() && !asked.trailing_results().is_empty();
    if let Some(complaint) = asked.state_complaint(looping) {
        return Err(Refusal::new(400, complaint));
    }
    let tokens = asked.prompt.tokens();
    if let Some(window) = world.window(&asked.model).filter(|most| tokens > *most)
        && let Some(refusal) = Refusal::too_long(asked.wire, tokens, window)
    {
        return Err(refusal);
    }
    refusal(&order, asked, world)?;
    if order.script == Script::Hang {
        let _held_open = call;
        return std::future::pending().await;
    }
    let mut saying = said(&order.script, asked);
    if let Some(thought) = order.thinks.as_ref().filter(|_| thinks(asked)) {
        saying = saying.after(thought);
    }
    let saying = saying.within(asked.most);
    let prompt = prompt_used(asked, world);
    let telling = Telling {
        wire: asked.wire,
        model: &asked.model,
        saying: &saying,
        prompt,
        reports: order.reports,
        wants_usage: asked.wants_usage,
        state: asked.next_state(),
    };
    let charge = Charge {
        wire: asked.wire,
        model: asked.model.clone(),
        key: key.to_owned(),
        used: prompt,
        cost: 0,
        reported: false,
    };
    let meter = Meter::new(&world.bill, price, charge);
    let body = if asked.streams {
        let acts = streamed(&telling, &order.script);
        ScriptedBody::acts(acts, Some(call)).metered(meter)
    } else {
        whole(&telling, &order.script, meter, call).await
    };
    Ok(body)
}

/// The script of the user's last turn. A text that is none, after a `JSON` was answered, asks for
/// its second line.
fn order(asked: &Asked, key: &str) -> Order {
    let (texts, after) = asked.last_user();
    let mut order = Order::of(texts);
    let answered = |turns: usize| {
        let since = asked.turns.iter().rev().take(turns);
        since.filter(|turn| turn.by == By::Model).count()
    };
    let mut asks_again = answered(after) > 0;
    if order.script == Script::Greet {
        let users = asked.turns.iter().enumerate().rev();
        let mut earlier = users.filter(|(_, turn)| turn.by == By::User).skip(1);
        if let Some((place, turn)) = earlier.next()
            && let before = Order::of(&turn.texts)
            && matches!(before.script, Script::Json(..))
        {
            order = before;
            asks_again = answered(asked.turns.len() - place - 1) > 0;
        }
    }
    if let Script::Json(_, second) = &order.script
        && asks_again
    {
        order.script = Script::Json(second.clone(), String::new());
    }
    let names = [asked.model.as_str(), key, asked.wire.api()];
    let addressed = |name: &String| names.contains(&name.as_str());
    if !order.only.is_empty() && !order.only.iter().any(addressed) {
        order = Order::default();
    }
    order
}

/// Fails, when the script says so before anything is answered.
fn refusal(order: &Order, asked: &Asked, world: &World) -> Result<(), Refusal> {
    let failure = |code: u16, retry_after: Option<u64>| Refusal {
        retry_after,
        ..Refusal::new(code, format!("fake failure {code}"))
    };
    if let Script::Status { code, retry_after } = &order.script {
        return Err(failure(*code, *retry_after));
    }
    if let Script::Flaky { times, code } = &order.script
        && world.fails_again(&order.text, *times)
    {
        return Err(failure(*code, None));
    }
    if let Script::ErrMid(kind) = &order.script
        && !asked.streams
    {
        let text = format!("fake failure {kind}");
        return Err(Refusal::new(status_of(kind), text));
    }
    Ok(())
}

/// Anthropic's models think only when they are asked to.
fn thinks(asked: &Asked) -> bool {
    asked.wire != Wire::Messages || asked.keeps_state
}

/// What the script says, faults aside.
fn said(script: &Script, asked: &Asked) -> Saying {
    match script {
        Script::Say(text) => Saying::text(text),
        Script::Big(words) => Saying::big(*words),
        // As many deltas as come before the cut, and one more.
        Script::Cut(after) if *after > 6 => Saying::big(*after + 1),
        Script::Json(text, _) => Saying::one(text),
        Script::Empty => Saying::default(),
        Script::EchoSystem => Saying::text(&asked.system.join("\n")),
        Script::EchoImages => Saying::text(&media("images", &asked.images)),
        Script::EchoMedia => Saying::text(&media("media", &asked.files)),
        Script::Loop(tool) => Saying::calls(vec![tool.clone()], asked.calls_so_far()),
        Script::Use(tool) => used(tool, asked),
        Script::Tools(tools) => {
            if asked.trailing_results().is_empty() {
                Saying::calls(tools.clone(), asked.calls_so_far())
            } else {
                told(asked)
            }
        }
        Script::Greet
        | Script::Status { .. }
        | Script::Flaky { .. }
        | Script::Hang
        | Script::HangMid
        | Script::Cut(_)
        | Script::BadJson
        | Script::ErrMid(_)
        | Script::Slow(_) => Saying::text(GREETING),
    }
}

/// What came of the calls.
fn told(asked: &Asked) -> Saying {
    let results = asked.trailing_results();
    Saying::text(&format!("The tool said: {}", results.join(" | ")))
}

/// Calls a tool that is on offer, or looks for it first unless it was found before.
fn used(tool: &Call, asked: &Asked) -> Saying {
    let (search, through) = ("tool_search", "tool_call");
    let searched = asked.last_calls().iter().any(|name| name == search);
    if !asked.trailing_results().is_empty() && !searched {
        return told(asked);
    }
    let on_offer = |name: &str| asked.tools.iter().any(|tool| tool == name);
    let call = |name: &str, arguments: Value| Call {
        name: name.to_owned(),
        arguments: arguments.to_string(),
    };
    let call = if on_offer(&tool.name) {
        tool.clone()
    } else if !on_offer(search) {
        return Saying::text(&format!("There is no tool {}.", tool.name));
    } else if asked.was_told_of(&tool.name) {
        let arguments = serde_json::from_str(&tool.arguments).unwrap_or(Value::Null);
        let inside = json!({"name": tool.name, "arguments": arguments});
        call(through, inside)
    } else if searched {
        return Saying::text(&format!("I found no tool {}.", tool.name));
    } else {
        call(search, json!({"query": tool.name.replace('_', " ")}))
    };
    Saying::calls(vec![call], asked.calls_so_far())
}

fn media(name: &str, kinds: &[String]) -> String {
    format!("{} {name}: {}", kinds.len(), kinds.join(", "))
}

/// The prompt's tokens, and what of them the cache has.
fn prompt_used(asked: &Asked, world: &World) -> Used {
    let now = world.clock.now();
    let cached = world
        .cache
        .pass(asked.wire, &asked.model, &asked.prompt, now);
    Used {
        input: asked.prompt.tokens(),
        cache_read: cached.read,
        cache_write: cached.written,
        media: asked.prompt.media,
        ..Used::default()
    }
}

/// After how many deltas what goes wrong.
fn fault(script: &Script) -> Option<(usize, Fault)> {
    let (after, fault) = match script {
        Script::HangMid => (3, Fault::Hang),
        Script::Cut(after) => (*after, Fault::Cut),
        Script::BadJson => (2, Fault::Broken),
        Script::ErrMid(kind) => (2, Fault::Error(kind.clone())),
        Script::Greet
        | Script::Say(_)
        | Script::Big(_)
        | Script::Json(..)
        | Script::Tools(_)
        | Script::Loop(_)
        | Script::Use(_)
        | Script::Status { .. }
        | Script::Flaky { .. }
        | Script::Hang
        | Script::Slow(_)
        | Script::EchoSystem
        | Script::EchoImages
        | Script::EchoMedia
        | Script::Empty => return None,
    };
    Some((after, fault))
}

fn act(fault: Fault, telling: &Telling<'_>) -> Act {
    match fault {
        Fault::Hang => Act::Hang,
        Fault::Cut => Act::Cut,
        Fault::Broken => Act::Send(telling.broken()),
        Fault::Error(kind) => Act::Send(telling.error(&kind)),
    }
}

fn streamed(telling: &Telling<'_>, script: &Script) -> Vec<Act> {
    let sent = telling.stream();
    if let Some((after, fault)) = fault(script) {
        let mut deltas = 0;
        let before = |sent: &Sent| {
            deltas += usize::from(sent.delta);
            deltas <= after
        };
        let mut acts: Vec<Act> = sent.into_iter().take_while(before).map(Act::Tell).collect();
        acts.push(act(fault, telling));
        return acts;
    }
    if let Script::Slow(pause) = script {
        let slowly = |sent| [Act::Pause(*pause), Act::Tell(sent)];
        return sent.into_iter().flat_map(slowly).collect();
    }
    sent.into_iter().map(Act::Tell).collect()
}

/// The whole answer, or half of it and what goes wrong.
async fn whole(
    telling: &Telling<'_>,
    script: &Script,
    meter: Meter,
    call: OpenCall,
) -> ScriptedBody {
    let sent = telling.whole();
    if let Some((_, fault)) = fault(script) {
        let half = Sent {
            bytes: sent.bytes.slice(..sent.bytes.len() / 2),
            reports: false,
            ..sent
        };
        let acts = [Act::Tell(half), act(fault, telling)];
        return ScriptedBody::acts(acts, Some(call)).metered(meter);
    }
    if let Script::Slow(pause) = script {
        let words = u32::try_from(telling.saying.deltas.len()).unwrap_or(u32::MAX);
        tokio::time::sleep(Duration::saturating_mul(*pause, words)).await;
    }
    ScriptedBody::charged(sent, meter, call)
}
