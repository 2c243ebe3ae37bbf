//! May this call happen? A pure function over ordered layers.
//!
//! The first layer with an opinion wins, and the decision says which layer it was and why:
//! hard denials, deny lists, the caller, the allow lists, the mode.

use crate::config::{Profile, ToolsSettings, WriteMode};
use crate::{Access, Effect, Intent, Protected, ToolPattern, WorkspacePath};
use std::path::Path;

/// What a call is judged by.
#[derive(Debug, Clone, Copy)]
pub struct PolicyCx<'a> {
    /// The gateway's settings.
    pub settings: &'a ToolsSettings,
    /// What narrows them for this run.
    pub access: &'a Access,
    /// Whether the tool changes anything.
    pub effect: Effect,
    /// The workspace, an absolute path.
    pub workspace: &'a Path,
    /// What no setting opens.
    pub protected: &'a Protected,
}

/// May it happen?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Allow,
    /// When a person says so.
    Ask,
    /// No.
    Deny,
}

/// Which layer decided, in the order they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// What no setting lifts: paths outside the workspace, the gateway's own files.
    Hard,
    /// The operator's deny lists.
    DenyList,
    /// Who asks: a turn that may only look.
    Caller,
    /// The profile and the allow lists.
    AllowList,
    /// What is left: the mode.
    Mode,
}

/// A decision with its reason, in words for the model and the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub verdict: Verdict,
    /// Who gave it.
    pub layer: Layer,
    /// Why, and for refusals what would change it. No full stop.
    pub reason: String,
}

/// Judges what a call would do.
pub fn decide(intent: &Intent, cx: &PolicyCx<'_>) -> Decision {
    hard(intent, cx)
        .or_else(|| by_name(intent.tool.as_str(), cx.effect, cx.settings, cx.access))
        .unwrap_or_else(|| mode(intent, cx))
}

/// Whether a tool is worth offering: some call of it may be allowed, now or after asking.
pub(crate) fn offered(
    tool: &str,
    effect: Effect,
    settings: &ToolsSettings,
    access: &Access,
) -> bool {
    let closed = effect == Effect::Changes
        && ToolPattern::new("group:fs").matches(tool)
        && settings.fs.write == WriteMode::Deny;
    !closed && by_name(tool, effect, settings, access).is_none()
}

fn hard(intent: &Intent, cx: &PolicyCx<'_>) -> Option<Decision> {
    intent.reads.iter().chain(&intent.writes).find_map(|asked| {
        match WorkspacePath::parse(asked, cx.workspace) {
            Err(error) => Some(deny(Layer::Hard, error.to_string())),
            Ok(path) if cx.protected.covers(&path.below(cx.workspace), cx.workspace) => {
                let reason = format!("{path} belongs to the gateway; no setting opens it");
                Some(deny(Layer::Hard, reason))
            }
            Ok(_) => None,
        }
    })
}

/// The layers that look at nothing but the tool.
fn by_name(
    tool: &str,
    effect: Effect,
    settings: &ToolsSettings,
    access: &Access,
) -> Option<Decision> {
    let agent = &access.agent;
    for (list, key) in [
        (&settings.deny, "tools.deny"),
        (&agent.deny, "the agent's tools.deny"),
    ] {
        if let Some(pattern) = list.iter().find(|pattern| pattern.matches(tool)) {
            let reason = format!(
                "{tool} is denied by {pattern:?} in {key}",
                pattern = pattern.as_str()
            );
            return Some(deny(Layer::DenyList, reason));
        }
    }
    if access.read_only && effect == Effect::Changes {
        let reason = format!("this turn may only look, and {tool} changes things");
        return Some(deny(Layer::Caller, reason));
    }
    profile(tool, settings.profile, "tools.profile")
        .or_else(|| profile(tool, agent.profile?, "the agent's tools.profile"))
        .or_else(|| allow_list(tool, settings.allow.as_deref()?, "tools.allow"))
        .or_else(|| allow_list(tool, agent.allow.as_deref()?, "the agent's tools.allow"))
}

fn profile(tool: &str, profile: Profile, key: &str) -> Option<Decision> {
    if profile.contains(tool) {
        return None;
    }
    let name = profile.as_str();
    let reason = format!("{tool} is not in the profile {name}; {key} chooses another");
    Some(deny(Layer::AllowList, reason))
}

fn allow_list(tool: &str, list: &[ToolPattern], key: &str) -> Option<Decision> {
    if list.iter().any(|pattern| pattern.matches(tool)) {
        return None;
    }
    Some(deny(
        Layer::AllowList,
        format!("{tool} is not listed in {key}"),
    ))
}

fn mode(intent: &Intent, cx: &PolicyCx<'_>) -> Decision {
    let tool = &intent.tool;
    let ask = |reason| Decision {
        verdict: Verdict::Ask,
        layer: Layer::Mode,
        reason,
    };
    if !intent.argv.is_empty() {
        return ask(format!(
            "{tool} starts a program, which needs a person's approval"
        ));
    }
    if !intent.hosts.is_empty() {
        return ask(format!(
            "{tool} connects to the network, which needs a person's approval"
        ));
    }
    if !intent.writes.is_empty() {
        match cx.settings.fs.write {
            WriteMode::Allow => {}
            WriteMode::Ask => {
                return ask(format!(
                    "{tool} changes files and tools.fs.write is ask; the owner can set it to allow"
                ));
            }
            WriteMode::Deny => {
                let reason = format!(
                    "{tool} changes files and tools.fs.write is deny; the owner can set it to allow"
                );
                return deny(Layer::Mode, reason);
            }
        }
    }
    let reason = format!("{tool} needs no approval");
    Decision {
        verdict: Verdict::Allow,
        layer: Layer::Mode,
        reason,
    }
}

fn deny(layer: Layer, reason: String) -> Decision {
    Decision {
        verdict: Verdict::Deny,
        layer,
        reason,
    }
}
