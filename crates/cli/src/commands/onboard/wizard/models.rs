//! The question which model to use.

use super::Stop;
use crate::commands::onboard::charge::{Charge, Price};
use crate::commands::onboard::plan::{Key, ModelPlan, chat_models, env_key};
use crate::home::Home;
use crate::runtime;
use llm::provider::vendors::{VENDORS, Vendor};
use llm::provider::{LocalServer, probe_local};
use secrecy::SecretString;

/// An answer to "which model".
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Keep,
    Vendor(usize),
    Local(usize),
    Custom,
    Offline,
}

/// Asks which model to use, what was found on this machine first.
pub(super) fn ask(home: &Home) -> Result<(ModelPlan, String), Stop> {
    let servers: Vec<LocalServer> = runtime::block_on(async { Ok(probe_local().await) })?
        .into_iter()
        .filter(|server| chat_models(server).next().is_some())
        .collect();
    let keyed: Vec<&'static Vendor> = VENDORS
        .iter()
        .filter(|vendor| vendor.needs_only_a_key())
        .collect();
    let mut question = cliclack::select("Which model should the agent use?").max_rows(18);
    question = question.item(
        Choice::Keep,
        "Decide at each start",
        "as configured, else the first key or local server that is found",
    );
    let (ready, others): (Vec<_>, Vec<_>) = keyed
        .iter()
        .enumerate()
        .partition(|(_, vendor)| env_key(home, vendor).is_some());
    for (index, vendor) in ready {
        let name = env_key(home, vendor).unwrap_or_default();
        question = question.item(Choice::Vendor(index), vendor.name, format!("key in {name}"));
    }
    for (index, server) in servers.iter().enumerate() {
        let hint = format!("on this machine, {} models", server.models.len());
        question = question.item(Choice::Local(index), &server.provider, hint);
    }
    for (index, vendor) in others {
        question = question.item(Choice::Vendor(index), vendor.name, "needs a key");
    }
    question = question
        .item(
            Choice::Custom,
            "Another server",
            "an OpenAI-compatible address",
        )
        .item(
            Choice::Offline,
            "Offline demo",
            "built in, costs nothing, answers by rote",
        );
    match question.interact()? {
        Choice::Keep => Ok((ModelPlan::Keep, "skip".to_owned())),
        Choice::Offline => Ok((ModelPlan::Offline, "offline".to_owned())),
        Choice::Custom => custom(),
        Choice::Vendor(index) => match keyed.get(index) {
            Some(vendor) => of_vendor(home, vendor),
            None => Ok((ModelPlan::Keep, "skip".to_owned())),
        },
        Choice::Local(index) => match servers.get(index) {
            Some(server) => of_server(server),
            None => Ok((ModelPlan::Keep, "skip".to_owned())),
        },
    }
}

fn of_vendor(home: &Home, vendor: &'static Vendor) -> Result<(ModelPlan, String), Stop> {
    let key = match env_key(home, vendor) {
        Some(name) => Key::Env(name),
        None => Key::Typed(SecretString::from(
            cliclack::password(format!("{} key", vendor.name))
                .mask('*')
                .interact()?,
        )),
    };
    let model = if vendor.models.is_empty() {
        Some(cliclack::input("Which model there?").interact::<String>()?)
    } else {
        let mut question = cliclack::select("Which model there?").max_rows(10);
        for model in vendor.models {
            question = question.item(model.id, model.name, model.best_for);
        }
        if let Some(usual) = vendor.default_model {
            question = question.initial_value(usual);
        }
        Some(question.interact()?.to_owned())
    };
    Ok((
        ModelPlan::Vendor { vendor, key, model },
        format!("{}-api-key", vendor.id),
    ))
}

fn of_server(server: &LocalServer) -> Result<(ModelPlan, String), Stop> {
    let mut question = cliclack::select("Which model there?").max_rows(10);
    for model in chat_models(server) {
        question = question.item(model.clone(), model, "");
    }
    let model = question.interact()?;
    Ok((ModelPlan::local(server, &model), "local".to_owned()))
}

/// What it charges. A server on this machine is not asked about.
fn charge(base_url: &str) -> Result<Charge, Stop> {
    let usual = Charge::usual(base_url);
    if usual != Charge::Unknown {
        return Ok(usual);
    }
    let amount = |question: &str| {
        cliclack::input(question)
            .required(false)
            .validate(|text: &String| price(text).map(|_| ()))
            .interact::<String>()
    };
    let input = amount("Its price of a million prompt tokens in US dollars (empty if unknown)")?;
    let Ok(Some(input)) = price(&input) else {
        cliclack::log::warning(
            "Calls with an unknown price are refused while a budget is set. Set \
             models.providers.custom.cost later, or budgets.unknownPrice to allow.",
        )?;
        return Ok(Charge::Unknown);
    };
    let output = amount("Its price of a million answer tokens in US dollars (empty if the same)")?;
    let output = price(&output).ok().flatten();
    Ok(Charge::Known {
        output: output.unwrap_or_else(|| input.clone()),
        input,
    })
}

/// An amount that was typed; `None` when nothing was.
fn price(typed: &str) -> Result<Option<Price>, &'static str> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    typed.parse().map(Some)
}

fn custom() -> Result<(ModelPlan, String), Stop> {
    let base_url: String = cliclack::input("Address of the server")
        .placeholder("http://127.0.0.1:8080/v1")
        .validate_on_enter(|text: &String| {
            if text.starts_with("http://") || text.starts_with("https://") {
                Ok(())
            } else {
                Err("begins with http:// or https://")
            }
        })
        .interact()?;
    let model: String = cliclack::input("Which model there?").interact()?;
    let key = cliclack::password("Its key (empty if it needs none)")
        .mask('*')
        .allow_empty()
        .interact()?;
    let key = Some(key)
        .filter(|key| !key.is_empty())
        .map(SecretString::from);
    Ok((
        ModelPlan::Custom {
            price: charge(&base_url)?,
            base_url,
            key,
            model,
        },
        "custom-api-key".to_owned(),
    ))
}
