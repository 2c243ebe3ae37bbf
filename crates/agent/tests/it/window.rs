//! Conversations longer than the model's context window.

use crate::house::{House, Plan, turn};
use crate::scripted::{Does, Scripted, prompt_tokens, too_long};
use domain::RunOutcome;
use llm::ModelRequest;

fn long(n: usize) -> String {
    format!("turn {n} {}", "x".repeat(4_000))
}

#[tokio::test]
async fn history_is_left_out_in_large_steps_and_each_is_explained() {
    let models = Scripted::new(
        |_| Does::Say("yes".to_owned()),
        |info| info.context_window = Some(20_000),
    );
    let house = House::build(Plan::with(models.clone())).await;
    let turns = 40;
    for n in 0..turns {
        assert!(house.ask(turn(&long(n))).await.outcome.is_success());
    }
    let asked = models.asked();
    assert!(
        asked
            .iter()
            .all(|call| prompt_tokens(&call.request) < 20_000)
    );
    let breaks: Vec<_> = asked
        .iter()
        .filter_map(|call| call.cache_break.clone())
        .collect();
    assert!(
        (2..=8).contains(&breaks.len()),
        "{} cuts in {turns} turns",
        breaks.len()
    );
    for broken in &breaks {
        assert!(
            broken.source.contains("oldest messages are left out"),
            "{}",
            broken.source
        );
        assert!(broken.was.starts_with("user: turn"), "{}", broken.was);
    }
}

#[tokio::test]
async fn a_prompt_the_provider_finds_too_long_is_halved_once() {
    /// Takes only so much, and does not say so in its catalog row.
    fn narrow(request: &ModelRequest) -> Does {
        if prompt_tokens(request) > 6_000 {
            Does::Fail(too_long())
        } else {
            Does::Say("yes".to_owned())
        }
    }
    let models = Scripted::new(narrow, |info| info.context_window = None);
    let house = House::build(Plan::with(models.clone())).await;
    let mut outcomes = Vec::new();
    for n in 0..7 {
        outcomes.push(house.ask(turn(&long(n))).await.outcome.clone());
    }
    assert!(outcomes.iter().all(RunOutcome::is_success), "{outcomes:?}");
    let asked = models.asked();
    assert!(asked.len() > 7, "it was asked again after it refused");
    let last = &asked.last().unwrap().request;
    assert!(last.messages.last().unwrap().text().starts_with("turn 6"));
    assert!(last.messages.len() < asked[asked.len() - 2].request.messages.len());

    // One message that alone is too long stays an error.
    let huge = house.ask(turn(&"x".repeat(40_000))).await;
    assert!(matches!(huge.outcome, RunOutcome::Failed { .. }));
}
