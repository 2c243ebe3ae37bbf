//! `wizard.*`. Source: gateway RPC methods, "Wizard".

use super::NoParams;
use crate::method::methods;
use serde_json::Value;

methods! {
    /// Begins the setup, step by step.
    "wizard.start" => WizardStart(NoParams) -> Value, Admin;
    /// Answers a step and asks for the next.
    "wizard.next" => WizardNext(NoParams) -> Value, Admin;
    /// Where the setup is.
    "wizard.status" => WizardStatus(NoParams) -> Value, Admin;
    /// Ends the setup.
    "wizard.cancel" => WizardCancel(NoParams) -> Value, Admin;
}
