//! What onboarding is going to do.

use super::charge::Charge;
use super::{GatewayAuth, OnboardArgs};
use crate::failure::{Failure, Kind};
use crate::home::Home;
use crate::runtime;
use llm::provider::vendors::{VENDORS, Vendor};
use llm::provider::{LocalServer, probe_local};
use secrecy::SecretString;

/// A password of at least this length is accepted wherever the gateway listens.
/// Source: security specification, P2.
pub(crate) const GOOD_PASSWORD: usize = 12;

/// Everything that was decided. `None` leaves what is there.
#[derive(Debug)]
pub(crate) struct Plan {
    /// As typed, for the report.
    pub(crate) choice: String,
    /// Which model.
    pub(crate) model: ModelPlan,
    /// Folder with the agent's files.
    pub(crate) workspace: Option<String>,
    /// Port of the gateway.
    pub(crate) port: Option<u16>,
    /// `gateway.bind`.
    pub(crate) bind: Option<String>,
    /// `gateway.auth`.
    pub(crate) auth: Option<AuthPlan>,
    /// Whether to switch chat completions on.
    pub(crate) chat_completions: bool,
    /// Whether to send the test message.
    pub(crate) trial: bool,
}

impl Plan {
    /// The token that was given.
    pub(crate) fn token(&self) -> Option<&SecretString> {
        match &self.auth {
            Some(AuthPlan::Token(token)) => token.as_ref(),
            Some(AuthPlan::Password(_)) | None => None,
        }
    }
}

/// Which model the default agent uses.
#[derive(Debug)]
pub(crate) enum ModelPlan {
    /// What is configured, else what is found at each start.
    Keep,
    /// The built-in demo.
    Offline,
    /// A known provider.
    Vendor {
        /// Which.
        vendor: &'static Vendor,
        /// Its key.
        key: Key,
        /// The model there; its usual one when absent.
        model: Option<String>,
    },
    /// A server on this machine.
    Local {
        /// Its provider id.
        provider: String,
        /// Where it is.
        base_url: String,
        /// The model there.
        model: String,
    },
    /// Somebody's own server.
    Custom {
        /// Where it is.
        base_url: String,
        /// Its key.
        key: Option<SecretString>,
        /// The model there.
        model: String,
        /// What it costs.
        price: Charge,
    },
}

/// Where a provider's key comes from.
#[derive(Debug)]
pub(crate) enum Key {
    /// The environment variable of this name; the settings get a reference to it.
    Env(&'static str),
    /// Typed; it goes to the secrets file.
    Typed(SecretString),
}

/// How callers will prove who they are.
#[derive(Debug)]
pub(crate) enum AuthPlan {
    /// With this token, or a generated one.
    Token(Option<SecretString>),
    /// With this password.
    Password(SecretString),
}

/// Which questions the options have answered already.
pub(crate) struct Given {
    /// Which model.
    pub(crate) model: bool,
}

impl Given {
    /// Looks at the options.
    pub(crate) fn of(args: &OnboardArgs) -> Self {
        Self {
            model: args.auth_choice.is_some() || args.custom_base_url.is_some(),
        }
    }
}

/// Makes a plan of the options.
///
/// # Errors
/// When options are missing, contradict each other, or would leave the gateway open.
pub(crate) fn from_args(home: &Home, args: OnboardArgs) -> Result<Plan, Failure> {
    let choice = args.auth_choice.clone().unwrap_or_else(|| {
        if args.custom_base_url.is_some() {
            "custom-api-key"
        } else {
            "auto"
        }
        .to_owned()
    });
    let model = model(home, &choice, &args)?;
    let auth = match (args.gateway_auth, args.gateway_token, args.gateway_password) {
        (Some(GatewayAuth::Password) | None, None, Some(password)) => {
            Some(AuthPlan::Password(password))
        }
        (Some(GatewayAuth::Password), _, None) => {
            return Err(
                Failure::new(Kind::Usage, "--gateway-auth password needs a password")
                    .fix("add --gateway-password <PASSWORD>"),
            );
        }
        (Some(GatewayAuth::Token), _, Some(_)) | (Some(GatewayAuth::Password), Some(_), _) => {
            return Err(Failure::new(
                Kind::Usage,
                "the secret does not belong to --gateway-auth",
            ));
        }
        (Some(GatewayAuth::Token), token, None) => Some(AuthPlan::Token(token)),
        (None, Some(token), _) => Some(AuthPlan::Token(Some(token))),
        (None, None, None) => None,
    };
    Ok(Plan {
        choice,
        model,
        workspace: args.workspace,
        port: args.gateway_port,
        bind: args.gateway_bind,
        auth,
        chat_completions: args.enable_chat_completions,
        trial: !args.skip_health,
    })
}

fn model(home: &Home, choice: &str, args: &OnboardArgs) -> Result<ModelPlan, Failure> {
    match choice {
        "auto" | "skip" => Ok(ModelPlan::Keep),
        "offline" => Ok(ModelPlan::Offline),
        "local" => local(),
        "custom" | "custom-api-key" => {
            let missing = |name: &str| {
                Failure::new(Kind::Usage, format!("your own server needs {name}"))
                    .fix("--custom-base-url http://127.0.0.1:8080/v1 --custom-model-id <ID>")
            };
            let base_url = args
                .custom_base_url
                .clone()
                .ok_or_else(|| missing("--custom-base-url"))?;
            let model = args
                .custom_model_id
                .clone()
                .ok_or_else(|| missing("--custom-model-id"))?;
            let given = args.custom_input_price.clone();
            let price = match given.zip(args.custom_output_price.clone()) {
                Some((input, output)) => Charge::Known { input, output },
                None => Charge::usual(&base_url),
            };
            Ok(ModelPlan::Custom {
                base_url,
                key: args.custom_api_key.clone(),
                model,
                price,
            })
        }
        other => vendor(home, other, args.api_key.clone()),
    }
}

fn local() -> Result<ModelPlan, Failure> {
    let found = runtime::block_on(async { Ok(probe_local().await) })?;
    let first = found
        .iter()
        .find_map(|server| Some((server, chat_models(server).next()?)));
    let Some((server, model)) = first else {
        return Err(Failure::new(
            Kind::Other,
            "no model server with a model answers on this machine",
        )
        .fix("start Ollama, llama.cpp or LM Studio, or use --auth-choice custom-api-key"));
    };
    Ok(ModelPlan::local(server, &model))
}

impl ModelPlan {
    /// A model of a server that was found.
    pub(crate) fn local(server: &LocalServer, model: &str) -> Self {
        Self::Local {
            provider: server.provider.to_string(),
            base_url: server.base_url.clone(),
            model: model.to_owned(),
        }
    }
}

/// The models of a server that can hold a conversation.
pub(crate) fn chat_models(server: &LocalServer) -> impl Iterator<Item = String> {
    server
        .models
        .iter()
        .map(ToString::to_string)
        .filter(|model| !model.contains("embed"))
}

fn vendor(home: &Home, choice: &str, key: Option<SecretString>) -> Result<ModelPlan, Failure> {
    let id = choice.strip_suffix("-api-key").unwrap_or(choice);
    let id = if id == "gemini" { "google" } else { id };
    let keyed = || VENDORS.iter().filter(|vendor| vendor.needs_only_a_key());
    let Some(vendor) = keyed().find(|vendor| vendor.id == id) else {
        let known: Vec<&str> = keyed().map(|vendor| vendor.id).collect();
        return Err(
            Failure::new(Kind::Usage, format!("unknown --auth-choice {choice:?}")).fix(format!(
                "use auto, skip, offline, local, custom-api-key or one of {}",
                known.join(", ")
            )),
        );
    };
    let key = match (key, env_key(home, vendor)) {
        (Some(key), _) => Key::Typed(key),
        (None, Some(name)) => Key::Env(name),
        (None, None) => {
            return Err(
                Failure::new(Kind::Usage, format!("{} needs a key", vendor.name)).fix(format!(
                    "set {}, or add --api-key <KEY>",
                    vendor.env_keys.join(" or ")
                )),
            );
        }
    };
    Ok(ModelPlan::Vendor {
        vendor,
        key,
        model: None,
    })
}

/// The environment variable that holds the vendor's key now.
pub(crate) fn env_key(home: &Home, vendor: &Vendor) -> Option<&'static str> {
    vendor
        .env_keys
        .iter()
        .copied()
        .find(|name| home.env().filled(name).is_some())
}
