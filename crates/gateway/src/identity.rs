//! Who connects: device keys, pairing, device tokens, setup codes, and the decision about a `connect`.
//! Source: WebSocket protocol, sections 5 to 12; decisions DEC-6, DEC-8, DEC-9.

mod ask;
mod devices;
pub(crate) mod door;
mod key;
mod one_time;
mod pairing;
mod pending;
mod proof;
mod record;
mod refusal;
mod setup;
mod tokens;

#[cfg(test)]
mod tests;

pub use devices::Devices;
pub(crate) use devices::DevicesDeps;
pub(crate) use door::{Admitted, Doorkeeper, Knock, Rejected};
pub(crate) use one_time::OneTime;
pub use proof::{ProofFault, check_device, device_id};
