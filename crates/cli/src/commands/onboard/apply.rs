//! Does what was planned, in an order in which every step leaves a working home.

use super::plan::{AuthPlan, Key, ModelPlan, Plan};
use super::report::{Report, Trial};
use super::{trial, vault};
use crate::access::Known;
use crate::failure::{Failure, Kind};
use crate::home::Home;
use crate::settings_file::SettingsFile;
use crate::{door, private_file, runtime};
use config::edit;
use gateway::token;
use serde_json::{Value, json};
use std::path::Path;

/// Carries the plan out.
///
/// Settings that the plan leaves open stay as they are; files are never overwritten.
///
/// # Errors
/// When a file cannot be written, or the settings would not be valid. A test message that does
/// not succeed is part of the report.
pub(crate) fn apply(home: &Home, plan: &Plan) -> Result<Report, Failure> {
    private_file::folder(home.state_dir())?;
    let mut file = SettingsFile::open(home)?;
    if let Some(workspace) = &plan.workspace {
        put(&mut file, "agents.defaults.workspace", &json!(workspace))?;
    }
    if let Some(port) = plan.port {
        put(&mut file, "gateway.port", &json!(port))?;
    }
    if let Some(bind) = &plan.bind {
        put(&mut file, "gateway.bind", &json!(bind))?;
    }
    if plan.chat_completions {
        put(
            &mut file,
            "gateway.http.endpoints.chatCompletions.enabled",
            &json!(true),
        )?;
    }
    authentication(home, &mut file, plan)?;
    model(home, &mut file, &plan.model)?;
    let config = file.path().to_owned();
    runtime::block_on(door::check(home, file.document(), plan.token()))?;
    if let Some(token) = plan.token() {
        token::store(home.state_dir(), token)
            .map_err(|error| Failure::file("write", &token::path(home.state_dir()), &error))?;
    }
    file.save()?;
    let found = runtime::block_on_all_cores(trial::run(home, plan.trial))?;
    let known = Known::of(home);
    Ok(Report {
        choice: plan.choice.clone(),
        config,
        workspace_files: notes(&found.workspace)?,
        workspace: found.workspace,
        database: home.state_dir().join("state.db"),
        token_file: token::path(home.state_dir()),
        port: known.port().number,
        bind: known.bind(),
        auth_mode: known.auth_mode(),
        chat_completions: found.chat_completions,
        model: found.model,
        model_reason: found.reason,
        warnings: found.warnings,
        trial: Trial::of(found.trial),
    })
}

/// The Markdown files of the workspace, in order of name.
fn notes(workspace: &Path) -> Result<Vec<String>, Failure> {
    let failed = |error| Failure::file("read", workspace, &error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(workspace).map_err(failed)? {
        let name = entry
            .map_err(failed)?
            .file_name()
            .to_string_lossy()
            .into_owned();
        if Path::new(&name)
            .extension()
            .is_some_and(|extension| extension == "md")
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn put(file: &mut SettingsFile<'_>, path: &str, value: &Value) -> Result<(), Failure> {
    if edit::get(file.document().raw(), path)? == Some(value) {
        return Ok(());
    }
    file.set(path, value)
}

fn authentication(home: &Home, file: &mut SettingsFile<'_>, plan: &Plan) -> Result<(), Failure> {
    match &plan.auth {
        Some(AuthPlan::Password(password)) => {
            let reference = vault::store(home, file, ["gateway", "password"], password)?;
            put(file, "gateway.auth.mode", &json!("password"))?;
            put(file, "gateway.auth.password", &reference)
        }
        Some(AuthPlan::Token(_)) => put(file, "gateway.auth.mode", &json!("token")),
        None => {
            // Somebody who wrote this section knows what it should say.
            if edit::get(file.document().raw(), "gateway.auth")?.is_some() {
                return Ok(());
            }
            put(file, "gateway.auth.mode", &json!("token"))
        }
    }
}

fn model(home: &Home, file: &mut SettingsFile<'_>, plan: &ModelPlan) -> Result<(), Failure> {
    let chosen = match plan {
        ModelPlan::Keep => return Ok(()),
        ModelPlan::Offline => "offline/demo".to_owned(),
        ModelPlan::Vendor { vendor, key, model } => {
            let reference = match key {
                Key::Env(name) => json!({ "source": "env", "provider": "default", "id": name }),
                Key::Typed(secret) => vault::store(home, file, [vendor.id, "apiKey"], secret)?,
            };
            put(
                file,
                &format!("models.providers.{}.apiKey", vendor.id),
                &reference,
            )?;
            let model = model.as_deref().or(vendor.default_model).ok_or_else(|| {
                Failure::new(Kind::Usage, format!("{} has no usual model", vendor.name))
                    .fix("openclaw config set agents.defaults.model <provider/model>")
            })?;
            format!("{}/{model}", vendor.id)
        }
        ModelPlan::Local {
            provider,
            base_url,
            model,
        } => {
            put(
                file,
                &format!("models.providers.{provider}.baseUrl"),
                &json!(base_url),
            )?;
            format!("{provider}/{model}")
        }
        ModelPlan::Custom {
            base_url,
            key,
            model,
            price,
        } => {
            put(file, "models.providers.custom.baseUrl", &json!(base_url))?;
            if let Some(cost) = price.setting() {
                put(file, "models.providers.custom.cost", &cost)?;
            }
            if let Some(key) = key {
                let reference = vault::store(home, file, ["custom", "apiKey"], key)?;
                put(file, "models.providers.custom.apiKey", &reference)?;
            }
            format!("custom/{model}")
        }
    };
    put(file, "agents.defaults.model", &json!(chosen))
}
