//! What a turn asks: the system text, the tools on offer, and who may answer.

use crate::prompt::cache_hints;
use crate::shared::Shared;
use crate::{Agent, context};
use domain::{Message, SessionKey, Turn};
use llm::{ModelRequest, Plan, Wish};
use std::sync::Arc;
use tools::Offer;

/// A request and what was decided about it.
pub(crate) struct Composed {
    /// With the conversation it was composed for.
    pub(crate) request: ModelRequest,
    pub(crate) plan: Plan,
    pub(crate) offer: Arc<Offer>,
}

/// Composes what `turn` asks when `messages` is the conversation up to it, itself included.
pub(crate) async fn compose(
    shared: &Shared,
    agent: &Agent,
    session: &SessionKey,
    turn: &Turn,
    messages: &[Message],
) -> Result<Composed, llm::UnknownModel> {
    let toolbox = shared.toolbox();
    let offer = |window| {
        let access = &agent.access;
        toolbox.offer(access, &turn.client_tools, &turn.tool_choice, window)
    };
    let mut offered = offer(None);
    let mut request = ModelRequest {
        system: shared.prompts.system(agent, &turn.instructions).await,
        messages: messages.to_vec(),
        tools: Arc::clone(offered.shown()),
        tool_choice: turn.tool_choice.clone(),
        sampling: turn.sampling.clone(),
        stream: true,
        cache: cache_hints(session, false),
    };
    let plan = plan(shared, agent, turn, &request)?;
    if plan.targets.iter().any(|target| target.info.tools) {
        let first = plan.targets.first();
        let window = first.and_then(|target| target.info.context_window);
        if window.is_some() && !offered.has_hidden() {
            offered = offer(window);
        }
        request.tools = Arc::clone(offered.shown());
    } else {
        request.tools = turn.client_tools.clone().into();
    }
    Ok(Composed {
        request,
        plan,
        offer: offered,
    })
}

fn plan(
    shared: &Shared,
    agent: &Agent,
    turn: &Turn,
    request: &ModelRequest,
) -> Result<Plan, llm::UnknownModel> {
    let routing = &agent.routing;
    let wish = match &turn.model {
        // A model named for this turn is not argued about.
        Some(chosen) => Wish {
            names: std::slice::from_ref(chosen),
            routing: is_auto(chosen).then_some(routing),
        },
        None => Wish {
            names: &agent.models,
            routing: Some(routing),
        },
    };
    shared.models.plan(&wish, request)
}

/// Whether a name leaves the choice to the routing policy.
fn is_auto(name: &str) -> bool {
    name == "auto" || name.starts_with("auto/")
}

/// What a turn would ask now, before it is submitted.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The first request of its run.
    pub request: ModelRequest,
    /// Who may answer.
    pub plan: Plan,
    /// Who would run it.
    pub agent: Arc<Agent>,
}

/// Composes what `turn` would ask, and keeps nothing.
pub(crate) async fn preview(shared: &Shared, turn: &Turn) -> Result<Preview, crate::SubmitError> {
    let roster = shared.roster();
    let agent = Arc::clone(roster.find(turn.agent.as_str())?);
    let records = super::history::records(shared, &turn.session).await;
    let mut messages = match records {
        Ok(records) => context::fold(&records),
        Err(state::Error::NoSession(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    context::push_turn(&mut messages, turn);
    let composed = compose(shared, &agent, &turn.session, turn, &messages).await?;
    Ok(Preview {
        request: composed.request,
        plan: composed.plan,
        agent,
    })
}
