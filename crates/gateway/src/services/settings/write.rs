//! `config.set`, `config.patch`, `config.apply`, and whoever else changes the settings file.
//!
//! One write at a time: read, change, check as a start would, write with a backup, take up.

use super::merge::{merged, shortened};
use super::read::{issues, text_of};
use super::{SettingsDesk, Taken};
use crate::error::ApiError;
use crate::load;
use crate::rpc::Call;
use crate::services::Services;
use crate::settings;
use crate::start_error::StartError;
use config::edit::{self, WriteError};
use config::{Document, Format, Mode, Problem, check, diff, redact};
use protocol::methods::settings::{
    ConfigApplyParams, ConfigPatchParams, ConfigSentinel, ConfigSentinelPayload,
    ConfigSentinelStats, ConfigSetParams, ConfigWriteReply, SecretsReloadReply,
};
use protocol::{ErrorCode, Protocol};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a write must know of its caller.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    protocol: Protocol,
    client: String,
}

impl Writer {
    /// The caller of a method.
    pub(crate) fn of(call: &Call) -> Self {
        let client = match &call.link {
            Some(link) => match &link.device {
                Some(device) => format!("device {device}"),
                None => format!("address {}", link.address),
            },
            None => format!("http {}", call.principal().unwrap_or_default()),
        };
        Self {
            protocol: call.protocol,
            client,
        }
    }
}

/// The settings file before a change.
pub(crate) struct Current {
    /// Its text; empty for a missing file.
    pub(crate) text: String,
    /// What that says.
    pub(crate) value: Value,
    /// In which form.
    pub(crate) format: Format,
}

/// What a write came to.
pub(crate) struct Written {
    text: String,
    noop: bool,
    changed: Vec<String>,
    taken: Taken,
}

impl Services {
    /// Replaces the text of the file.
    ///
    /// # Errors
    /// [`ApiError`] in the recorded words.
    pub(crate) async fn config_set(
        &self,
        writer: Writer,
        params: ConfigSetParams,
    ) -> Result<ConfigWriteReply, ApiError> {
        let desk = &self.settings;
        let change = |old: &Current| replaced(old, &params.raw);
        let base = BasedOn::Named(params.base_hash.as_deref());
        let written = desk.write("config.set", &writer, base, change).await?;
        desk.reply(written, writer.protocol)
    }

    /// Replaces the text of the file and says so in more words.
    ///
    /// # Errors
    /// [`ApiError`] in the recorded words.
    pub(crate) async fn config_apply(
        &self,
        writer: Writer,
        params: ConfigApplyParams,
    ) -> Result<ConfigWriteReply, ApiError> {
        let desk = &self.settings;
        let change = |old: &Current| replaced(old, &params.raw);
        let base = BasedOn::Named(params.base_hash.as_deref());
        let written = desk.write("config.apply", &writer, base, change).await?;
        let reply = desk.reply(written, writer.protocol)?;
        Ok(self.with_sentinel(reply, "config.apply", params.note))
    }

    /// Changes what a merge patch names.
    ///
    /// # Errors
    /// [`ApiError`] in the recorded words.
    pub(crate) async fn config_patch(
        &self,
        writer: Writer,
        params: ConfigPatchParams,
    ) -> Result<ConfigWriteReply, ApiError> {
        let desk = &self.settings;
        let may_shorten = params.replace_paths.unwrap_or_default();
        let keeps_lists = writer.protocol == Protocol::V4;
        let change = |old: &Current| {
            let patch =
                edit::value(&params.raw, Format::Json5).map_err(|problem| syntax(&problem))?;
            if !patch.is_object() {
                return Err(ApiError::invalid("config.patch raw must be an object"));
            }
            let short = shortened(&old.value, &patch);
            let unnamed = short.iter().find(|path| !may_shorten.contains(path));
            if let Some(path) = unnamed.filter(|_| keeps_lists) {
                return Err(ApiError::invalid(format!(
                    "config.patch would take elements out of {path}; name it in replacePaths if \
                     that is meant"
                )));
            }
            let wanted = merged(&old.value, &patch);
            edit::apply(&old.text, old.format, &wanted).map_err(|problem| invalid(vec![problem]))
        };
        let base = BasedOn::Named(params.base_hash.as_deref());
        let written = desk.write("config.patch", &writer, base, change).await?;
        let reply = desk.reply(written, writer.protocol)?;
        if reply.noop {
            return Ok(reply);
        }
        Ok(self.with_sentinel(reply, "config.patch", params.note))
    }

    /// Fetches every secret again.
    ///
    /// # Errors
    /// [`ApiError`] when the settings cannot be used; the old secrets stay then.
    pub(crate) async fn secrets_reload(&self) -> Result<SecretsReloadReply, ApiError> {
        let taken = self.settings.reload(true).await?;
        Ok(SecretsReloadReply {
            ok: true,
            warning_count: taken.missing_secrets,
        })
    }

    fn with_sentinel(
        &self,
        reply: ConfigWriteReply,
        mode: &str,
        note: Option<String>,
    ) -> ConfigWriteReply {
        let stats = ConfigSentinelStats {
            mode: mode.to_owned(),
            root: reply.path.clone(),
            requires_restart: !reply.restart_paths.is_empty(),
        };
        ConfigWriteReply {
            sentinel: Some(ConfigSentinel {
                persisted: false,
                payload: ConfigSentinelPayload {
                    kind: mode.replace('.', "-"),
                    status: "ok".to_owned(),
                    ts: self.clock.now().0,
                    message: note,
                    stats,
                },
            }),
            ..reply
        }
    }
}

/// From which version a write starts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BasedOn<'a> {
    /// The one the caller names; protocol 3 must.
    Named(Option<&'a str>),
    /// Whichever there is: the change does not depend on what the caller saw.
    Present,
}

impl SettingsDesk {
    /// Changes the file and takes the change up.
    ///
    /// # Errors
    /// [`ApiError`]: too many writes, another version, a text that cannot be used.
    pub(crate) async fn write(
        &self,
        method: &'static str,
        writer: &Writer,
        base: BasedOn<'_>,
        change: impl FnOnce(&Current) -> Result<String, ApiError>,
    ) -> Result<Written, ApiError> {
        self.limit.count(method, &writer.client)?;
        let _turn = self.turn.lock().await;
        let file = &self.boot.config_file;
        let stored = text_of(&file.path)?;
        let digest = stored.as_deref().map(edit::hash);
        self.check_base(base, writer.protocol, digest.as_deref())?;
        let text = stored.unwrap_or_default();
        let value = edit::value(&text, file.format);
        let old = Current {
            // A file that cannot be read can be replaced, not changed.
            value: value.unwrap_or_default(),
            text,
            format: file.format,
        };
        let text = change(&old)?;
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > config::MAX_FILE_BYTES {
            let most = config::MAX_FILE_BYTES;
            return Err(ApiError::invalid(format!(
                "settings have at most {most} bytes"
            )));
        }
        let document = self.checked(&old.text, &text).await?;
        let before = self.document(&old.text);
        let empty = Document::empty();
        let changed = diff(before.as_ref().unwrap_or(&empty).raw(), document.raw());
        if text == old.text {
            return Ok(Written {
                text,
                noop: true,
                changed,
                taken: Taken::default(),
            });
        }
        edit::write(&file.path, &text, digest.as_deref()).map_err(|error| unwritten(&error))?;
        let taken = self.reload(false).await?;
        Ok(Written {
            text,
            noop: false,
            changed,
            taken,
        })
    }

    fn check_base(
        &self,
        base: BasedOn<'_>,
        protocol: Protocol,
        digest: Option<&str>,
    ) -> Result<(), ApiError> {
        let named = match base {
            BasedOn::Present => return Ok(()),
            BasedOn::Named(named) => named,
        };
        let known = [Protocol::V3, Protocol::V4].map(|it| self.name(digest, it));
        match named {
            Some(named) if known.iter().any(|it| it == named) => Ok(()),
            Some(_) => Err(stale()),
            None if protocol == Protocol::V3 && digest.is_some() => Err(ApiError::invalid(
                "config base hash required; re-run config.get and retry",
            )),
            None => Ok(()),
        }
    }

    /// The settings a text makes, tried as a start would. What was wrong before does not stand in the
    /// way of repairing the rest.
    async fn checked(&self, old: &str, new: &str) -> Result<Document, ApiError> {
        let rules = settings::rules();
        let document = self.document(new).map_err(invalid)?;
        let known: BTreeSet<_> = match self.document(old) {
            Ok(before) => check(&before, &rules, Mode::Strict)
                .0
                .into_iter()
                .map(what)
                .collect(),
            Err(_) => BTreeSet::new(),
        };
        let fresh: Vec<_> = check(&document, &rules, Mode::Strict)
            .0
            .into_iter()
            .filter(|problem| problem.is_error() && !known.contains(&what(problem.clone())))
            .collect();
        if !fresh.is_empty() {
            return Err(invalid(fresh));
        }
        match load::trial(&self.boot, document.clone()).await {
            Ok(()) => Ok(document),
            Err(StartError::Settings(problems)) => Err(invalid(problems.0)),
            Err(error) => Err(invalid(vec![Problem::error("", error.to_string())])),
        }
    }

    fn reply(&self, written: Written, protocol: Protocol) -> Result<ConfigWriteReply, ApiError> {
        let rules = settings::rules();
        let path = &self.boot.config_file.path;
        let document = self.document(&written.text).map_err(invalid)?;
        Ok(ConfigWriteReply {
            ok: true,
            path: path.display().to_string(),
            hash: self.name(Some(&edit::hash(&written.text)), protocol),
            config: redact(document.raw(), &rules),
            noop: written.noop,
            changed_paths: written.changed,
            restart_paths: written.taken.waiting,
            sentinel: None,
        })
    }
}

/// The text that replaces the file: what the caller sent, with the stored secrets for the markers.
fn replaced(old: &Current, raw: &str) -> Result<String, ApiError> {
    let new = match edit::value(raw, old.format) {
        Ok(new) => new,
        // JSON5 is understood whatever the file is written in.
        Err(problem) => {
            let wanted = edit::value(raw, Format::Json5).map_err(|_| syntax(&problem))?;
            return edit::apply(&old.text, old.format, &wanted)
                .map_err(|problem| invalid(vec![problem]));
        }
    };
    if !new.is_object() {
        let problem = Problem::error("", "settings are an object");
        return Err(invalid(vec![problem]));
    }
    // Nothing can be kept of a file that cannot be read.
    let stored = if edit::value(&old.text, old.format).is_ok() {
        &old.text
    } else {
        ""
    };
    edit::restored(raw, stored, old.format).map_err(|problem| invalid(vec![problem]))
}

fn what(problem: Problem) -> (String, String) {
    (problem.path, problem.message)
}

fn invalid(problems: Vec<Problem>) -> ApiError {
    ApiError::invalid("invalid config").with_details(issues(problems))
}

fn syntax(problem: &Problem) -> ApiError {
    let place = problem
        .line
        .map(|line| format!(" at line {line}"))
        .unwrap_or_default();
    ApiError::invalid(format!("SyntaxError: {}{place}", problem.message))
}

fn stale() -> ApiError {
    ApiError::invalid("config changed since last load; re-run config.get and retry")
}

fn unwritten(error: &WriteError) -> ApiError {
    if matches!(error, WriteError::Changed { .. }) {
        return stale();
    }
    ApiError::new(
        ErrorCode::Unavailable,
        format!("{error}; see that the gateway may write there and that the disk has room"),
    )
}
