//! The tools as a run sees them.

use crate::dispatch::Consent;
use crate::policy::{self, PolicyCx, Verdict};
use crate::{
    Access, Effect, Intent, Offer, RawArgs, Registry, ToolCx, ToolError, ToolsSettings, cut,
    dispatch,
};
use domain::{ToolCall, ToolChoice, ToolResult, ToolSpec};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tracing::{Instrument, info_span};

/// The registered tools under one version of the settings. Shared behind an `Arc`; new settings
/// make a new one.
#[derive(Debug)]
pub struct Toolbox {
    registry: Registry,
    settings: ToolsSettings,
    /// Offers without tools of a client, which are the same in every run.
    offers: Mutex<Vec<Known>>,
}

/// An offer that was made before.
#[derive(Debug)]
struct Known {
    access: Access,
    window: Option<u32>,
    offer: Arc<Offer>,
}

/// A call that a person has to approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What it would do.
    pub intent: Intent,
    /// Why it needs approval, with what would allow it for good. No full stop.
    pub reason: String,
}

/// How many offers are kept; agents times models, usually a few.
const KNOWN: usize = 32;

impl Toolbox {
    /// Puts the tools under the settings.
    pub fn new(registry: Registry, settings: ToolsSettings) -> Self {
        Self {
            registry,
            settings,
            offers: Mutex::default(),
        }
    }

    /// Every tool, by name, whoever may use it.
    pub fn all(&self) -> Vec<Arc<ToolSpec>> {
        let entries = self.registry.entries();
        entries.map(|entry| Arc::clone(&entry.spec)).collect()
    }

    /// The tools there are for a model, by name. Those every call of which would be denied are left
    /// out.
    pub fn specs(&self, access: &Access) -> Vec<Arc<ToolSpec>> {
        self.registry
            .entries()
            .filter(|entry| {
                let name = entry.spec.name.as_str();
                policy::offered(name, entry.effect, &self.settings, access)
            })
            .map(|entry| Arc::clone(&entry.spec))
            .collect()
    }

    /// The tools of a run: these and the client's, of which a model with this context window, in
    /// tokens, is shown as many as is worth while. Of two tools with one name the client's counts. A
    /// tool that `choice` names is always shown.
    pub fn offer(
        &self,
        access: &Access,
        client: &[ToolSpec],
        choice: &ToolChoice,
        window: Option<u32>,
    ) -> Arc<Offer> {
        if client.is_empty() && !matches!(choice, ToolChoice::Named { .. }) {
            return self.usual_offer(access, window);
        }
        let mut seen = HashSet::new();
        let theirs = client.iter().map(|spec| Arc::new(spec.clone()));
        let mut tools: Vec<_> = theirs.chain(self.specs(access)).collect();
        tools.retain(|tool| seen.insert(tool.name.clone()));
        Arc::new(Offer::new(tools, &self.settings.search, window, choice))
    }

    fn usual_offer(&self, access: &Access, window: Option<u32>) -> Arc<Offer> {
        // Entries are put in whole, so a panic elsewhere does not spoil the list.
        let mut offers = self.offers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = offers.iter();
        if let Some(known) = all.find(|it| it.window == window && it.access == *access) {
            return Arc::clone(&known.offer);
        }
        let search = &self.settings.search;
        let offer = Offer::new(self.specs(access), search, window, &ToolChoice::Auto);
        let offer = Arc::new(offer);
        if offers.len() >= KNOWN {
            offers.remove(0);
        }
        offers.push(Known {
            access: access.clone(),
            window,
            offer: Arc::clone(&offer),
        });
        offer
    }

    /// Whether repeating a call of this tool could do something twice. True for unknown names.
    pub fn has_effects(&self, name: &str) -> bool {
        self.registry
            .entry(name)
            .is_none_or(|entry| entry.effect == Effect::Changes)
    }

    /// The settings in force.
    pub fn settings(&self) -> &ToolsSettings {
        &self.settings
    }

    /// What a call would do; `None` for a tool that is not there or arguments it cannot read.
    pub fn intent(&self, call: &ToolCall) -> Option<Intent> {
        let entry = self.registry.entry(call.name.as_str())?;
        entry.tool.intent(RawArgs(&call.arguments)).ok()
    }

    /// What a person is to be asked before this call is run; `None` when policy allows it, denies it,
    /// or cannot read it.
    pub fn asks(&self, call: &ToolCall, cx: &ToolCx) -> Option<Asked> {
        let entry = self.registry.entry(call.name.as_str())?;
        let intent = entry.tool.intent(RawArgs(&call.arguments)).ok()?;
        let decision = policy::decide(&intent, &self.policy(entry.effect, cx));
        match decision.verdict {
            Verdict::Ask => Some(Asked {
                intent,
                reason: decision.reason,
            }),
            Verdict::Allow | Verdict::Deny => None,
        }
    }

    /// Runs one call: decide, then attempt. Every problem is told in the result, for the model. A call
    /// that a person would have to approve is denied.
    ///
    /// # Cancel safety
    /// Dropping the future before a file tool has begun does nothing. Once begun, the file
    /// operation is finished on its own thread and its outcome is lost to the caller.
    pub async fn run(&self, call: &ToolCall, cx: &ToolCx) -> ToolResult {
        self.execute(call, cx, Consent::None).await
    }

    /// The same for a call that a person approved, exactly as it stands. What policy denies is denied
    /// all the same.
    ///
    /// # Cancel safety
    /// As [`Toolbox::run`].
    pub async fn run_approved(&self, call: &ToolCall, cx: &ToolCx) -> ToolResult {
        self.execute(call, cx, Consent::Given).await
    }

    async fn execute(&self, call: &ToolCall, cx: &ToolCx, consent: Consent) -> ToolResult {
        let span = info_span!("tool", tool.name = %call.name, run.id = %cx.run);
        async {
            let started = Instant::now();
            let outcome = self.attempt(call, cx, consent).await;
            let duration_ms = started.elapsed().as_millis();
            let (content, is_error) = match outcome {
                Ok(output) => (output.text, false),
                Err(error) => (error.to_string(), true),
            };
            let size_bytes = content.len();
            tracing::debug!(
                duration_ms,
                size_bytes,
                is_error,
                "tool {} finished",
                call.name
            );
            ToolResult {
                call: call.id.clone(),
                name: Some(call.name.clone()),
                content: cut::middle(content, cut::MAX_OUTPUT_BYTES),
                is_error,
            }
        }
        .instrument(span)
        .await
    }

    async fn attempt(
        &self,
        call: &ToolCall,
        cx: &ToolCx,
        consent: Consent,
    ) -> Result<crate::ToolOutput, ToolError> {
        let Some(entry) = self.registry.entry(call.name.as_str()) else {
            return Err(self.unknown(call, &cx.access));
        };
        let policy = self.policy(entry.effect, cx);
        let args = RawArgs(&call.arguments);
        dispatch::dispatch(entry.tool.as_ref(), args, &policy, cx, consent).await
    }

    fn policy<'a>(&'a self, effect: Effect, cx: &'a ToolCx) -> PolicyCx<'a> {
        PolicyCx {
            settings: &self.settings,
            access: &cx.access,
            effect,
            workspace: &cx.workspace,
            protected: self.registry.protected(),
        }
    }

    fn unknown(&self, call: &ToolCall, access: &Access) -> ToolError {
        let names: Vec<String> = self
            .specs(access)
            .iter()
            .map(|spec| spec.name.to_string())
            .collect();
        let available = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        ToolError::Denied {
            reason: format!(
                "there is no tool named {:?}; available: {available}",
                call.name.as_str()
            ),
        }
    }
}
