//! The commands this node takes.

use super::host::Host;
use super::{folder, system_run};
use ::tools::exec::{FileError, Held, Program};
use protocol::methods::nodes::{
    NodeInvokeFailure, NodeInvokeRequest, NodeInvokeResultParams, SystemWhich, SystemWhichResult,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Their names.
pub(super) const NAMES: &[&str] = &[
    "fs.listDir",
    "system.execApprovals.get",
    "system.execApprovals.set",
    "system.run",
    "system.run.prepare",
    "system.which",
];

/// Most programs that are looked for at once.
const MAX_BINS: usize = 256;

/// Why a command was not done.
#[derive(Debug)]
pub(super) struct Refused {
    code: &'static str,
    message: String,
}

impl Refused {
    /// With a name for programs and a line for people.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The caller asked for something that makes no sense.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("INVALID_REQUEST", message)
    }
}

impl From<FileError> for Refused {
    fn from(error: FileError) -> Self {
        let code = match error {
            FileError::Stale | FileError::NoBase | FileError::Invalid(_) => "INVALID_REQUEST",
            FileError::Broken { .. } | FileError::Io { .. } => "UNAVAILABLE",
        };
        Self::new(code, error.to_string())
    }
}

/// Does a command and makes its result.
pub(super) async fn answer(
    host: &Host,
    request: NodeInvokeRequest,
    cancel: &CancellationToken,
) -> NodeInvokeResultParams {
    let outcome = run(host, &request, cancel).await;
    let mut result = NodeInvokeResultParams {
        id: request.id,
        node_id: request.node_id,
        ok: outcome.is_ok(),
        ..NodeInvokeResultParams::default()
    };
    match outcome {
        Ok(payload) => result.payload_json = Some(payload.to_string()),
        Err(refused) => {
            result.error = Some(NodeInvokeFailure {
                code: Some(refused.code.to_owned()),
                message: Some(refused.message),
            });
        }
    }
    result
}

async fn run(
    host: &Host,
    request: &NodeInvokeRequest,
    cancel: &CancellationToken,
) -> Result<Value, Refused> {
    let params = request.params_json.as_deref();
    match request.command.as_str() {
        "system.which" => written(&which(&read(params)?)),
        "system.run.prepare" => written(&system_run::prepare(host, &read(params)?)?),
        "system.run" => {
            let limit = request.timeout_ms;
            written(&system_run::run(host, read(params)?, limit, cancel).await?)
        }
        "system.execApprovals.get" => Ok(shown(host, &host.rules.read()?)),
        "system.execApprovals.set" => set(host, read(params)?),
        "fs.listDir" => written(&folder::list(host, &read(params)?)?),
        other => Err(Refused::new(
            "COMMAND_NOT_SUPPORTED",
            format!(
                "this node does not take {other:?}; it takes {}",
                NAMES.join(", ")
            ),
        )),
    }
}

fn which(params: &SystemWhich) -> SystemWhichResult {
    let names = params.bins.iter().take(MAX_BINS);
    let found = names.filter_map(|name| {
        let program = Program::find(name.trim()).ok()?;
        Some((name.trim().to_owned(), program.path.to_str()?.to_owned()))
    });
    SystemWhichResult {
        bins: found.collect(),
    }
}

/// What `system.execApprovals.set` takes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetRules {
    file: Value,
    #[serde(default)]
    base_hash: Option<String>,
}

fn set(host: &Host, params: SetRules) -> Result<Value, Refused> {
    let held = host
        .rules
        .replace(params.file, params.base_hash.as_deref())?;
    Ok(shown(host, &held))
}

fn shown(host: &Host, held: &Held) -> Value {
    json!({
        "path": host.rules.path().display().to_string(),
        "exists": held.exists,
        "hash": held.hash,
        "file": held.shown(),
    })
}

fn read<T: DeserializeOwned>(params: Option<&str>) -> Result<T, Refused> {
    serde_json::from_str(params.unwrap_or("{}")).map_err(|error| {
        Refused::invalid(format!(
            "the parameters are not what this command takes: {error}"
        ))
    })
}

fn written(value: &impl serde::Serialize) -> Result<Value, Refused> {
    serde_json::to_value(value).map_err(|error| Refused::new("UNAVAILABLE", error.to_string()))
}
