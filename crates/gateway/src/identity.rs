//! Who connects: device keys, pairing, device tokens, setup codes, and the decision about a `connect`.
//! Source: WebSocket protocol, sections 5 to 12; decisions DEC-6, DEC-8, DEC-9.

mod ask;
pub(crate) mod door;
mod proof;
mod refusal;

pub(crate) use door::{Admitted, Doorkeeper, Knock, Rejected};
pub use proof::{ProofFault, check_device, device_id};
